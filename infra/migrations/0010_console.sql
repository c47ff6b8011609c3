-- migrate:up
-- Clerks in a browser, and the screens of waiting rooms. Of what opens either only a SHA-256 is kept here.

-- One sign-in of one browser. Its clerk's memberships are read at every request, so it reaches what they reach.
CREATE TABLE console_session (
  id uuid PRIMARY KEY,
  token_hash bytea NOT NULL,
  clerk_id uuid NOT NULL REFERENCES clerk ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,                  -- to the minute: it ends when nothing was asked for long enough
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  CONSTRAINT console_session_token_once UNIQUE (token_hash)
);
CREATE INDEX console_session_by_clerk ON console_session (clerk_id);
CREATE INDEX console_session_over ON console_session (least(ended_at, expires_at));
ALTER TABLE console_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE console_session FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON console_session USING (app_system());

-- Whose session a token opens; nothing when it ended, ran out, or nothing was asked of it for p_idle. p_touch: somebody
-- asks (a page that only listens does not keep itself alive).
CREATE FUNCTION open_console_session(p_token bytea, p_now timestamptz, p_idle interval, p_touch boolean)
RETURNS TABLE (id uuid, clerk_id uuid, expires_at timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_found console_session;
BEGIN
  SELECT * INTO v_found FROM console_session s WHERE s.token_hash = p_token AND s.ended_at IS NULL
    AND s.expires_at > p_now AND s.seen_at + p_idle > p_now;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF p_touch AND v_found.seen_at < p_now - interval '1 minute' THEN
    UPDATE console_session s SET seen_at = p_now WHERE s.id = v_found.id AND s.seen_at < p_now;
  END IF;
  RETURN QUERY SELECT v_found.id, v_found.clerk_id, v_found.expires_at;
END $$;

-- A few at a time; how many rows went.
CREATE FUNCTION sweep_console_sessions(p_before timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_count int;
BEGIN
  DELETE FROM console_session WHERE id IN (SELECT s.id FROM console_session s
    WHERE least(s.ended_at, s.expires_at) < p_before LIMIT p_most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

-- A screen in an office's waiting room. Its key opens the numbers that are called there, and nothing else.
CREATE TABLE display (
  id uuid PRIMARY KEY,
  city_id text NOT NULL REFERENCES city,
  office_id uuid NOT NULL REFERENCES office,
  name text NOT NULL,
  token_hash bytea NOT NULL,
  created_by uuid NOT NULL,
  created_at timestamptz NOT NULL,
  ended_at timestamptz,
  CONSTRAINT display_token_once UNIQUE (token_hash)
);
CREATE INDEX display_by_office ON display (office_id);
ALTER TABLE display ENABLE ROW LEVEL SECURITY;
ALTER TABLE display FORCE ROW LEVEL SECURITY;
CREATE POLICY visible ON display USING (
  (city_id = app_clerk_city() AND office_id = ANY (app_clerk_offices())) OR app_system());

-- The office of a display that is in use.
CREATE FUNCTION open_display(p_token bytea) RETURNS TABLE (id uuid, city_id text, office_id uuid)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public SET app.system = 'on' AS $$
BEGIN
  RETURN QUERY SELECT d.id, d.city_id, d.office_id FROM display d WHERE d.token_hash = p_token AND d.ended_at IS NULL;
END $$;

-- How long one would have waited for the next free place, noted once a day per office and service: figures over time
-- cannot be computed afterwards. Null: there was none within the office's horizon. Nothing about anyone.
CREATE TABLE lead_time (
  city_id text NOT NULL REFERENCES city,
  office_id uuid NOT NULL REFERENCES office,
  service_id uuid NOT NULL REFERENCES service ON DELETE CASCADE,
  day date NOT NULL,
  minutes int,
  PRIMARY KEY (office_id, service_id, day)
);

-- Requests of any day stand on top of the desk until somebody answers them: few among many appointments.
CREATE INDEX appointment_requested ON appointment (office_id, starts_at) WHERE state = 'requested';

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
