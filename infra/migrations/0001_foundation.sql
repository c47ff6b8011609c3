-- migrate:up
-- The foundation: catalogue, people, places, appointments and the rows that every change leaves behind.
-- Run by the owner role; the application role `wartefrei_app` owns nothing and cannot pass row-level security.
-- btree_gist is created with the database by whoever may (a superuser, once).
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- ── catalogue ───────────────────────────────────────────────────────────────────────────────────
CREATE TABLE city (
  id text PRIMARY KEY CHECK (id ~ '^[a-z][a-z0-9-]{1,40}$'),
  name text NOT NULL,
  ags text NOT NULL CHECK (ags ~ '^\d{8}$'),
  state text NOT NULL,                          -- federal state, two letters, as the library `holidays` names it
  zone text NOT NULL DEFAULT 'Europe/Berlin',   -- IANA
  reference_prefix text NOT NULL UNIQUE CHECK (reference_prefix ~ '^[A-Z]{1,3}$'),
  municipal_holidays jsonb NOT NULL DEFAULT '[]',  -- ["rosenmontag", "weiberfastnacht"]: closed by the city's custom
  notice jsonb NOT NULL DEFAULT '{}',           -- {"de": "...", "en": "..."}: e.g. that hours are illustrative
  facts jsonb NOT NULL DEFAULT '{}',            -- what the city says about itself: population, NUTS code, which of it is unsure
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE district (                          -- Stadtbezirk > Stadtteil > Quartier
  id uuid PRIMARY KEY,
  city_id text NOT NULL REFERENCES city,
  parent_id uuid REFERENCES district,
  level text NOT NULL CHECK (level IN ('stadtbezirk', 'stadtteil', 'quartier')),
  slug text NOT NULL,
  name text NOT NULL,
  facts jsonb NOT NULL DEFAULT '{}',
  UNIQUE (city_id, slug)
);

CREATE TABLE office (                            -- Standort, Bürgercenter
  id uuid PRIMARY KEY,
  city_id text NOT NULL REFERENCES city,
  slug text NOT NULL,
  name text NOT NULL,
  district_id uuid REFERENCES district,
  street text NOT NULL, postcode text NOT NULL, town text NOT NULL,
  latitude double precision, longitude double precision,
  zone text NOT NULL,
  grid_minutes int CHECK (grid_minutes BETWEEN 1 AND 240),  -- null: the booked duration from each opening's start
  lead_minutes int NOT NULL DEFAULT 0 CHECK (lead_minutes BETWEEN 0 AND 100000),
  horizon_days int NOT NULL DEFAULT 56 CHECK (horizon_days BETWEEN 0 AND 366),
  buffer_minutes int NOT NULL DEFAULT 0 CHECK (buffer_minutes BETWEEN 0 AND 240),  -- after each appointment; may overrun closing
  release_minute int CHECK (release_minute BETWEEN 0 AND 1439),  -- of the day: the horizon's last day opens when the clock passes it; null: midnight
  accessibility jsonb NOT NULL DEFAULT '{}',
  texts jsonb NOT NULL DEFAULT '{}',
  facts jsonb NOT NULL DEFAULT '{}',
  retired boolean NOT NULL DEFAULT false,        -- no longer in the city's file; kept for its past appointments
  rules_version bigint NOT NULL DEFAULT 1,       -- bumped by every change of rules that decides what is open
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (city_id, slug)
);

CREATE TABLE service (                           -- Leistung
  id uuid PRIMARY KEY,
  city_id text NOT NULL REFERENCES city,
  slug text NOT NULL,
  leika text CHECK (leika ~ '^99\d{12}$'),
  category text NOT NULL DEFAULT 'other',
  minutes int NOT NULL CHECK (minutes BETWEEN 1 AND 480),   -- for one person
  max_persons int NOT NULL DEFAULT 1 CHECK (max_persons BETWEEN 1 AND 20),
  confirmation text NOT NULL CHECK (confirmation IN ('automatic', 'clerk')),
  fee jsonb NOT NULL DEFAULT '{}',               -- {"de": "46,00 €; …", "en": "…"}
  texts jsonb NOT NULL,                          -- {"de": {"name": …, "description": …}, "en": {…}}
  documents jsonb NOT NULL DEFAULT '[]',         -- [{"de": …, "en": …}] what to bring
  max_live_per_person int CHECK (max_live_per_person >= 1),  -- null: the installation's setting
  facts jsonb NOT NULL DEFAULT '{}',
  retired boolean NOT NULL DEFAULT false,
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (city_id, slug)
);

CREATE TABLE counter (                           -- Schalter
  id uuid PRIMARY KEY,
  city_id text NOT NULL REFERENCES city,
  office_id uuid NOT NULL REFERENCES office,
  slug text NOT NULL,
  name text NOT NULL,
  staff_only boolean NOT NULL DEFAULT false,     -- bookable by clerks, invisible to citizens
  position int NOT NULL DEFAULT 0,               -- order in which places are taken
  retired boolean NOT NULL DEFAULT false,
  UNIQUE (office_id, slug)
);

CREATE TABLE counter_service (
  city_id text NOT NULL REFERENCES city,
  counter_id uuid NOT NULL REFERENCES counter ON DELETE CASCADE,
  service_id uuid NOT NULL REFERENCES service ON DELETE CASCADE,
  PRIMARY KEY (counter_id, service_id)
);

CREATE TABLE opening_hours (                     -- wall clock in the office's zone
  id uuid PRIMARY KEY,
  city_id text NOT NULL REFERENCES city,
  counter_id uuid NOT NULL REFERENCES counter ON DELETE CASCADE,
  weekday int NOT NULL CHECK (weekday BETWEEN 1 AND 7),     -- ISO: 1 is Monday
  opens_minute int NOT NULL CHECK (opens_minute BETWEEN 0 AND 1439),    -- minutes since midnight on the wall clock
  closes_minute int NOT NULL CHECK (closes_minute BETWEEN 1 AND 1440),  -- 1440 is 24:00
  valid_from date,
  valid_until date,                              -- inclusive
  every_weeks int NOT NULL DEFAULT 1 CHECK (every_weeks BETWEEN 1 AND 52),
  anchor date,                                   -- the ISO week of this date is week one of the pattern
  CHECK (opens_minute < closes_minute),
  CHECK (every_weeks = 1 OR anchor IS NOT NULL)
);
CREATE INDEX ON opening_hours (counter_id);

CREATE TABLE special_opening (                   -- stands above closures and holidays
  id uuid PRIMARY KEY,
  city_id text NOT NULL REFERENCES city,
  office_id uuid NOT NULL REFERENCES office,
  counter_id uuid REFERENCES counter ON DELETE CASCADE,     -- null: every counter of the office
  day date NOT NULL,
  opens_minute int NOT NULL CHECK (opens_minute BETWEEN 0 AND 1439),
  closes_minute int NOT NULL CHECK (closes_minute BETWEEN 1 AND 1440),
  CHECK (opens_minute < closes_minute)
);
CREATE INDEX ON special_opening (office_id, day);

CREATE TABLE closure (                           -- Schließzeit; stands above opening hours
  id uuid PRIMARY KEY,
  city_id text NOT NULL REFERENCES city,
  office_id uuid REFERENCES office,              -- null: the whole city
  counter_id uuid REFERENCES counter ON DELETE CASCADE,     -- null: the whole office
  starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL,
  reason jsonb NOT NULL DEFAULT '{}',            -- {"de": …, "en": …}
  created_by text NOT NULL,
  CHECK (starts_at < ends_at),
  CHECK (counter_id IS NULL OR office_id IS NOT NULL)
);
CREATE INDEX ON closure (city_id, ends_at);

-- A number per office and day that every writer of a place bumps in its own transaction: what is computed from
-- the places of a day stays true exactly as long as its number.
CREATE TABLE office_day (
  office_id uuid NOT NULL REFERENCES office,
  day date NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (office_id, day)
) WITH (fillfactor = 50);

-- ── people ──────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE person (
  id uuid PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now(),
  language text NOT NULL DEFAULT 'de',
  issuer text, subject text,                     -- the OIDC identity once linked
  merged_into uuid REFERENCES person,            -- a guest whose appointments went to an identity that was known before
  deleted_at timestamptz,
  CONSTRAINT person_identity_once UNIQUE (issuer, subject),
  CHECK ((issuer IS NULL) = (subject IS NULL))
);

CREATE TABLE session (                           -- a device's sign-in: one family of refresh tokens
  id uuid PRIMARY KEY,
  person_id uuid NOT NULL REFERENCES person,
  device_id uuid NOT NULL,                       -- derived from the installation's id, which is not stored
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  end_reason text
);
CREATE INDEX ON session (person_id);

CREATE TABLE refresh_token (
  token_hash bytea PRIMARY KEY,                  -- SHA-256
  session_id uuid NOT NULL REFERENCES session ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  used_at timestamptz
);
CREATE INDEX ON refresh_token (session_id);

CREATE TABLE clerk (
  id uuid PRIMARY KEY,
  issuer text NOT NULL, subject text NOT NULL,
  display_name text NOT NULL,
  CONSTRAINT clerk_identity_once UNIQUE (issuer, subject)
);

CREATE TABLE clerk_membership (
  clerk_id uuid NOT NULL REFERENCES clerk ON DELETE CASCADE,
  city_id text NOT NULL REFERENCES city,
  office_id uuid REFERENCES office,              -- null: every office of the city (city_admin)
  role text NOT NULL CHECK (role IN ('clerk', 'office_manager', 'city_admin')),
  UNIQUE NULLS NOT DISTINCT (clerk_id, city_id, office_id),
  CHECK (role = 'city_admin' OR office_id IS NOT NULL)
);

-- ── places, holds, appointments ─────────────────────────────────────────────────────────────────
-- A place is what a live hold or appointment occupies: one counter for a range, buffer included. It carries
-- nothing about the person, so that availability may read it. A row that exists is taken, unless its hold ran out.
CREATE TABLE place (
  id uuid PRIMARY KEY,
  city_id text NOT NULL REFERENCES city,
  office_id uuid NOT NULL REFERENCES office,
  counter_id uuid NOT NULL REFERENCES counter,
  during tstzrange NOT NULL CHECK (NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)),
  hold_until timestamptz,                        -- null: booked
  CONSTRAINT place_taken_once EXCLUDE USING gist (counter_id WITH =, during WITH &&)
) WITH (fillfactor = 80);
CREATE INDEX place_by_office ON place (office_id, lower(during));

CREATE TABLE hold (                              -- Reservierung; its id is its place's
  id uuid PRIMARY KEY REFERENCES place ON DELETE CASCADE,
  city_id text NOT NULL REFERENCES city,
  office_id uuid NOT NULL REFERENCES office,
  person_id uuid NOT NULL,
  device_id uuid,
  starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL,   -- without buffer
  services jsonb NOT NULL,                       -- [{"service": id, "persons": n}]
  service_ids uuid[] NOT NULL,
  confirmation text NOT NULL CHECK (confirmation IN ('automatic', 'clerk')),
  expires_at timestamptz NOT NULL,
  CONSTRAINT hold_once_per_person UNIQUE (person_id),
  CONSTRAINT hold_once_per_device UNIQUE (device_id)
);

CREATE TABLE appointment (
  id uuid PRIMARY KEY,
  city_id text NOT NULL REFERENCES city,
  office_id uuid NOT NULL REFERENCES office,
  counter_id uuid NOT NULL REFERENCES counter,
  place_id uuid REFERENCES place ON DELETE SET NULL,  -- null once the place is free again
  person_id uuid NOT NULL,
  device_id uuid,
  reference text NOT NULL,
  state text NOT NULL CHECK (state IN ('requested', 'confirmed', 'checked_in', 'called', 'parked', 'completed',
                                       'rejected', 'cancelled', 'no_show', 'expired')),
  starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL,
  services jsonb NOT NULL, service_ids uuid[] NOT NULL,
  confirmation text NOT NULL,
  name text NOT NULL, date_of_birth date,        -- fixed after booking
  email text, phone text,
  note text NOT NULL DEFAULT '',
  language text NOT NULL DEFAULT 'de',
  reason text,                                   -- of the rejection or cancellation, in the words of who did it
  channel text NOT NULL CHECK (channel IN ('app', 'walk_in', 'phone')),
  sequence int NOT NULL DEFAULT 0,               -- of the calendar entry: grows when time or state changes
  version int NOT NULL DEFAULT 1,                -- grows with every change; the ETag
  created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
  CONSTRAINT appointment_reference_once UNIQUE (reference),
  CONSTRAINT appointment_place_once UNIQUE (place_id),
  CONSTRAINT appointment_live_has_place CHECK (
    (place_id IS NOT NULL) = (state IN ('requested', 'confirmed', 'checked_in', 'called', 'parked')))
) WITH (fillfactor = 80);
CREATE INDEX appointment_by_person ON appointment (person_id, id);
CREATE INDEX appointment_by_office ON appointment (office_id, starts_at);

CREATE TABLE appointment_event (
  id uuid PRIMARY KEY,
  city_id text NOT NULL,
  office_id uuid NOT NULL,
  appointment_id uuid NOT NULL REFERENCES appointment,
  person_id uuid NOT NULL,
  version int NOT NULL,                          -- the appointment's version that this event made
  at timestamptz NOT NULL,
  actor_kind text NOT NULL CHECK (actor_kind IN ('person', 'clerk', 'system')),
  actor_id uuid,
  kind text NOT NULL,                            -- booked, confirmed, rejected, rescheduled, cancelled, checked_in, …
  from_state text, to_state text NOT NULL,
  reason text,
  data jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT appointment_event_once UNIQUE (appointment_id, version)
);

CREATE TABLE audit_entry (                       -- who did what; ids only
  id uuid PRIMARY KEY,
  city_id text,
  at timestamptz NOT NULL,
  actor_kind text NOT NULL, actor_id uuid,
  action text NOT NULL,
  entity text NOT NULL, entity_id text NOT NULL,
  detail jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE outbox (                            -- what a worker has to tell the person; ids only
  id uuid PRIMARY KEY,
  city_id text NOT NULL,
  person_id uuid NOT NULL,
  kind text NOT NULL,                            -- appointment.confirmed, …
  subject_id uuid NOT NULL,
  dedupe text NOT NULL,                          -- appointment id and version: one row per change
  created_at timestamptz NOT NULL,
  due_at timestamptz NOT NULL,
  attempts int NOT NULL DEFAULT 0,
  leased_until timestamptz,
  done_at timestamptz,
  outcome text,
  CONSTRAINT outbox_once UNIQUE (dedupe, kind)
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL;

CREATE TABLE idempotency_record (
  owner text NOT NULL,                           -- person:<id>, clerk:<id>, device:<hash> …
  key text NOT NULL,
  request_hash bytea NOT NULL,
  status int NOT NULL,
  headers jsonb NOT NULL DEFAULT '{}',
  body bytea NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (owner, key)
);
CREATE INDEX ON idempotency_record (created_at);

CREATE UNLOGGED TABLE rate_bucket (
  key text PRIMARY KEY,
  tokens double precision NOT NULL,
  at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- ── who may see what ────────────────────────────────────────────────────────────────────────────
-- A parameter that was set LOCAL once reads '' ever after, hence nullif.
CREATE FUNCTION app_person() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('app.person', true), '')::uuid $$;
CREATE FUNCTION app_system() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT current_setting('app.system', true) = 'on' $$;
CREATE FUNCTION app_clerk_city() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('app.clerk_city', true), '') $$;
CREATE FUNCTION app_clerk_offices() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT coalesce(nullif(current_setting('app.clerk_offices', true), ''), '{}')::uuid[] $$;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['hold', 'appointment', 'appointment_event'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY; ALTER TABLE %I FORCE ROW LEVEL SECURITY', t, t);
    EXECUTE format($p$CREATE POLICY visible ON %I USING (
      person_id = app_person()
      OR (city_id = app_clerk_city() AND office_id = ANY (app_clerk_offices()))
      OR app_system())$p$, t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['session'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY; ALTER TABLE %I FORCE ROW LEVEL SECURITY', t, t);
    EXECUTE format('CREATE POLICY visible ON %I USING (person_id = app_person() OR app_system())', t);
  END LOOP;
END $$;
ALTER TABLE person ENABLE ROW LEVEL SECURITY;
ALTER TABLE person FORCE ROW LEVEL SECURITY;
CREATE POLICY visible ON person USING (id = app_person() OR app_system());
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY writes ON outbox FOR INSERT WITH CHECK (true);
CREATE POLICY reads ON outbox USING (app_system());

GRANT USAGE ON SCHEMA public TO wartefrei_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO wartefrei_app;
-- Events and audit entries are append-only for the application, whatever its code says.
REVOKE UPDATE, DELETE ON appointment_event, audit_entry FROM wartefrei_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO wartefrei_app;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
