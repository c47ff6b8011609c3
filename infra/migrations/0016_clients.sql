-- migrate:up
-- Integrators' clients and their keys. Nothing of a citizen; a contact is whoever answers for the app.

CREATE TABLE client (
  id uuid PRIMARY KEY,
  name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
  contact text NOT NULL CHECK (char_length(contact) BETWEEN 3 AND 254),
  cities text[] NOT NULL,                        -- in which live keys are good; test keys are good in any sandbox
  scopes text[] NOT NULL CHECK (scopes <@ ARRAY['app', 'webhooks']),
  per_minute int CHECK (per_minute > 0),         -- null: no limit of its own
  created_at timestamptz NOT NULL,
  disabled_at timestamptz                        -- all keys at once
);

CREATE TABLE client_key (
  id uuid PRIMARY KEY,                           -- part of the key's text
  client_id uuid NOT NULL REFERENCES client ON DELETE CASCADE,
  environment text NOT NULL CHECK (environment IN ('live', 'test')),
  hash bytea NOT NULL,                           -- HMAC-SHA-256 of the text, keyed by a secret that is not in the database
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  last_used_at timestamptz                       -- to within some minutes
) WITH (fillfactor = 80);
CREATE INDEX client_key_by_client ON client_key (client_id);

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
