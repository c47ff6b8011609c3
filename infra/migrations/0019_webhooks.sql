-- migrate:up
-- Where integrators' servers are told what happens in their cities, and what became of each telling. Ids only.

CREATE FUNCTION is_sandbox(p_city text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT p_city = 'sandbox' OR starts_with(p_city, 'sandbox-') $$;

CREATE TABLE webhook_endpoint (
  id uuid PRIMARY KEY,
  client_id uuid NOT NULL REFERENCES client ON DELETE CASCADE,
  environment text NOT NULL CHECK (environment IN ('live', 'test')),
  url text NOT NULL CHECK (char_length(url) <= 2000),
  types text[] NOT NULL,                         -- of events; empty: all
  description text NOT NULL DEFAULT '' CHECK (char_length(description) <= 200),
  secret bytea NOT NULL,                         -- sealed with a key that is not in the database
  old_secret bytea,                              -- signs beside it until then, for a rotation
  old_secret_until timestamptz,
  created_at timestamptz NOT NULL,
  failures int NOT NULL DEFAULT 0,               -- in a row
  failing_since timestamptz,
  last_failure text,                             -- a word of ours
  paused_until timestamptz,                      -- after failures in a row: nothing before that, and then one at a time
  disabled_at timestamptz,
  disabled_reason text CHECK (disabled_reason IN ('failing', 'gone', 'by-client')),
  CONSTRAINT webhook_endpoint_disabled_says_why CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX webhook_endpoint_by_client ON webhook_endpoint (client_id);

CREATE TABLE webhook_delivery (
  id uuid PRIMARY KEY,
  endpoint_id uuid NOT NULL REFERENCES webhook_endpoint ON DELETE CASCADE,
  event_id uuid NOT NULL,                        -- the same for all endpoints and attempts: receivers know repeats by it
  type text NOT NULL,
  city_id text,                                  -- null: a test
  subject_id uuid,
  happened_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  begun_at timestamptz NOT NULL,                 -- of this round: a replay begins another
  begun_attempts int NOT NULL DEFAULT 0,         -- as many were made in rounds before
  attempts int NOT NULL DEFAULT 0,               -- counted at the claim
  due_at timestamptz NOT NULL,
  leased_until timestamptz,
  done_at timestamptz,
  outcome text CHECK (outcome IN ('delivered', 'failed', 'dropped')),
  CONSTRAINT webhook_delivery_once UNIQUE (endpoint_id, event_id)
) WITH (fillfactor = 70);
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, due_at) WHERE done_at IS NULL;
CREATE INDEX webhook_delivery_old ON webhook_delivery (created_at);
CREATE INDEX webhook_delivery_log ON webhook_delivery (endpoint_id, id);

CREATE TABLE webhook_attempt (
  delivery_id uuid NOT NULL REFERENCES webhook_delivery ON DELETE CASCADE,
  attempt int NOT NULL,
  at timestamptz NOT NULL,
  milliseconds int NOT NULL,
  status int,                                    -- null: there was no answer
  code text NOT NULL,                            -- a word of ours
  answer text NOT NULL DEFAULT '' CHECK (char_length(answer) <= 500),  -- how it began
  PRIMARY KEY (delivery_id, attempt)
);

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
