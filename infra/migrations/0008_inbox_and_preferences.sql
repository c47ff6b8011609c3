-- migrate:up
-- What people have been told and have read, on which devices, and what they want to hear of.

-- ── the inbox ───────────────────────────────────────────────────────────────────────────────────
-- Which transaction wrote the row last. Ids and times are given before a commit, so a reader may meet a later one first;
-- a snapshot says exactly which transactions a reader has seen, and hence what it has not.
ALTER TABLE notice ADD COLUMN touched xid8 NOT NULL DEFAULT pg_current_xact_id();

-- The city's news: one row for everybody, which the inboxes of those whom it concerns show.
CREATE TABLE announcement (                      -- Bekanntmachung
  id uuid PRIMARY KEY,                           -- of the notice that spreads it too
  city_id text NOT NULL REFERENCES city,
  district_id uuid REFERENCES district,          -- null: the whole city; else that district and those within it
  topic text,                                    -- null: everybody; else who subscribed to it
  texts jsonb NOT NULL,                          -- {"de": {"title": …, "body": …}, …}
  clerk_id uuid NOT NULL,
  published_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  touched xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX announcement_by_city ON announcement (city_id, expires_at);
-- The notice that spreads an announcement is nobody's: it is in no inbox.
ALTER TABLE notice ALTER COLUMN person_id DROP NOT NULL;

CREATE TABLE announcement_read (
  person_id uuid NOT NULL,
  announcement_id uuid NOT NULL REFERENCES announcement ON DELETE CASCADE,
  read_at timestamptz NOT NULL,
  touched xid8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (person_id, announcement_id)
);

CREATE TABLE preference (                        -- what a person set; without a row everything is as below
  person_id uuid PRIMARY KEY REFERENCES person,
  version int NOT NULL DEFAULT 1,                -- the ETag
  inbox_off text[] NOT NULL DEFAULT '{}',        -- groups of kinds that are not wanted there
  push_off text[] NOT NULL DEFAULT '{}',
  mail_off text[] NOT NULL DEFAULT '{}',
  mail text NOT NULL DEFAULT 'without_device' CHECK (mail IN ('always', 'without_device', 'never')),
  quiet_from_minute int CHECK (quiet_from_minute BETWEEN 0 AND 1439),   -- on the wall clock of the zone
  quiet_until_minute int CHECK (quiet_until_minute BETWEEN 0 AND 1439),
  zone text NOT NULL DEFAULT 'Europe/Berlin',
  city_id text REFERENCES city,                  -- whose announcements; null: of the city that last told the person something
  district_id uuid REFERENCES district,
  topics text[] NOT NULL DEFAULT '{}',
  updated_at timestamptz NOT NULL,
  CHECK ((quiet_from_minute IS NULL) = (quiet_until_minute IS NULL)),
  CHECK (quiet_from_minute <> quiet_until_minute)
);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['announcement_read', 'preference'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY; ALTER TABLE %I FORCE ROW LEVEL SECURITY', t, t);
    EXECUTE format('CREATE POLICY visible ON %I USING (person_id = app_person() OR app_system())', t);
  END LOOP;
END $$;

-- A district and all that it lies in.
CREATE FUNCTION district_line(p_district uuid) RETURNS uuid[] LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  WITH RECURSIVE line AS (
    SELECT id, parent_id FROM district WHERE id = p_district
    UNION SELECT d.id, d.parent_id FROM district d JOIN line ON d.id = line.parent_id)
  SELECT coalesce(array_agg(id), '{}') FROM line
$$;

-- Whose announcements a person is shown who has chosen none.
CREATE FUNCTION usual_city(p_person uuid) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT n.city_id FROM notice n WHERE n.person_id = p_person ORDER BY n.id DESC LIMIT 1
$$;

-- Everything that has been shown to a person up to now: their notices of the kinds wanted, and announcements that
-- concern them.
CREATE FUNCTION inbox_items(p_person uuid, p_now timestamptz, p_kinds text[])
RETURNS TABLE (id uuid, city_id text, kind text, subject_id uuid, data jsonb, created_at timestamptz, due_at timestamptz,
  read_at timestamptz, touched xid8)
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT n.id, n.city_id, n.kind, n.subject_id, n.data, n.created_at, n.due_at, n.read_at, n.touched
    FROM notice n WHERE n.person_id = p_person AND n.due_at <= p_now AND n.kind = ANY (p_kinds)
  UNION ALL
  SELECT a.id, a.city_id, 'announcement.city', a.id, jsonb_build_object('texts', a.texts), a.published_at, a.published_at,
         r.read_at, greatest(a.touched, coalesce(r.touched, a.touched))
    FROM (SELECT coalesce(p.city_id, usual_city(p_person)) AS city_id, district_line(p.district_id) AS line, p.topics
            FROM (SELECT) one LEFT JOIN preference p ON p.person_id = p_person) wish
    JOIN announcement a ON a.city_id = wish.city_id AND a.published_at <= p_now AND a.expires_at > p_now
                       AND (a.district_id IS NULL OR a.district_id = ANY (wish.line))
                       AND (a.topic IS NULL OR a.topic = ANY (wish.topics))
    LEFT JOIN announcement_read r ON r.person_id = p_person AND r.announcement_id = a.id
   WHERE 'announcement.city' = ANY (p_kinds)
$$;

-- What a text about a notice may need beyond what the notice carries. Row-level security decides what the caller gets.
CREATE FUNCTION notice_facts(p_subject uuid, p_data jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT jsonb_build_object(
    'reference', a.reference, 'counter', c.name, 'wanted', a.services, 'language', a.language,
    'services', (SELECT coalesce(jsonb_agg(s.texts ORDER BY wanted.position), '[]')
                   FROM unnest(a.service_ids) WITH ORDINALITY wanted (id, position) JOIN service s ON s.id = wanted.id),
    'office', (SELECT jsonb_build_object('id', o.id, 'city', o.city_id, 'name', o.name, 'zone', o.zone,
                                         'address', concat(o.street, ', ', o.postcode, ' ', o.town))
                 FROM office o WHERE o.id = coalesce((p_data ->> 'office')::uuid, a.office_id)))
    FROM (SELECT) one LEFT JOIN appointment a ON a.id = p_subject LEFT JOIN counter c ON c.id = a.counter_id
$$;

-- ── devices ─────────────────────────────────────────────────────────────────────────────────────
-- What is on its way to a device is not sent to whoever has it now.
CREATE FUNCTION drop_deliveries(p_now timestamptz, p_device uuid, p_except uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
  UPDATE delivery d SET done_at = p_now, outcome = 'dropped', detail = 'device-passed-on', leased_until = NULL
    WHERE d.device_id = p_device AND d.done_at IS NULL AND d.person_id IS DISTINCT FROM p_except
$$;

-- The device is the person's from now on, with this target, which no other device has any more. Of too many devices the
-- one unseen for longest is forgotten. False: there is no such person (any more).
-- Sees across people, as the device may have been another's; sets `app.system` for its own duration.
CREATE FUNCTION register_device(p_now timestamptz, p_id uuid, p_person uuid, p_platform text, p_language text,
  p_app_version text, p_target_kind text, p_target text, p_most int) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE
  v_person uuid;
  v_old device;
BEGIN
  -- Waits for a link that is moving this person, and follows it.
  SELECT coalesce(p.merged_into, p.id) INTO v_person FROM person p WHERE p.id = p_person AND p.deleted_at IS NULL FOR SHARE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('target:' || p_target, 5));
  FOR v_old IN SELECT * FROM device d WHERE d.id = p_id OR d.target = p_target ORDER BY d.id FOR UPDATE LOOP
    IF v_old.id <> p_id THEN
      UPDATE device d SET target = NULL, target_kind = NULL WHERE d.id = v_old.id;
      PERFORM drop_deliveries(p_now, v_old.id, NULL);
    ELSIF v_old.person_id <> v_person THEN
      PERFORM drop_deliveries(p_now, p_id, v_person);
    END IF;
  END LOOP;
  INSERT INTO device AS d (id, person_id, platform, language, app_version, target_kind, target, registered_at, seen_at)
    VALUES (p_id, v_person, p_platform, p_language, p_app_version, p_target_kind, p_target, p_now, p_now)
    ON CONFLICT (id) DO UPDATE SET
      person_id = excluded.person_id, platform = excluded.platform, language = excluded.language,
      app_version = excluded.app_version, target_kind = excluded.target_kind, target = excluded.target,
      registered_at = CASE WHEN d.target = excluded.target AND d.person_id = excluded.person_id THEN d.registered_at
                           ELSE excluded.registered_at END,
      seen_at = excluded.seen_at;
  DELETE FROM device WHERE id IN (
    SELECT d.id FROM device d WHERE d.person_id = v_person AND d.id <> p_id
      ORDER BY d.target IS NULL, d.seen_at DESC, d.id OFFSET p_most - 1);
  RETURN true;
END $$;

-- What is still on its way to it finds no device, and is dropped.
CREATE FUNCTION unregister_device(p_now timestamptz, p_id uuid, p_person uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
BEGIN
  DELETE FROM device d WHERE d.id = p_id AND d.person_id = p_person;
  IF FOUND THEN
    PERFORM drop_deliveries(p_now, p_id, NULL);
  END IF;
END $$;

-- Devices that have not been seen for long. A few at a time; answers how many.
CREATE FUNCTION forget_devices(p_before timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_count int;
BEGIN
  DELETE FROM device WHERE id IN (
    SELECT d.id FROM device d WHERE d.seen_at < p_before ORDER BY d.id LIMIT p_most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

-- Notices made before the id and spread, with their deliveries, and announcements long over. Answers how many.
CREATE FUNCTION forget_notices(p_now timestamptz, p_before uuid, p_most int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE
  v_notices int;
  v_announcements int;
BEGIN
  DELETE FROM notice WHERE id IN (
    SELECT n.id FROM notice n WHERE n.id < p_before AND n.spread_at IS NOT NULL AND n.due_at <= p_now
      ORDER BY n.id LIMIT p_most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS v_notices = ROW_COUNT;
  DELETE FROM announcement WHERE id IN (
    SELECT a.id FROM announcement a WHERE a.id < p_before AND a.expires_at <= p_now LIMIT p_most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS v_announcements = ROW_COUNT;
  RETURN v_notices + v_announcements;
END $$;

-- ── people who log out, become one, or none ─────────────────────────────────────────────────────
-- A room that keeps something of a signed-in device has `leave_in_<room>(now, device, person)`, found by its name.
-- With the owner's rights, as those functions are not for everybody; the session has to be the person's.
CREATE FUNCTION end_session(p_now timestamptz, p_session uuid, p_person uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_device uuid;
BEGIN
  UPDATE session s SET ended_at = p_now, end_reason = 'logout'
    WHERE s.id = p_session AND s.person_id = p_person AND s.ended_at IS NULL RETURNING s.device_id INTO v_device;
  IF FOUND THEN
    PERFORM in_every_room('leave_in_', p_now, ARRAY[v_device, p_person]);
  END IF;
END $$;

CREATE FUNCTION leave_in_notices(p_now timestamptz, p_device uuid, p_person uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
  SELECT unregister_device(p_now, p_device, p_person)
$$;

-- What the guest was told is new to the other person's devices. Of two sets of preferences the older person's stand.
CREATE OR REPLACE FUNCTION merge_in_notices(p_now timestamptz, p_guest uuid, p_into uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
  UPDATE notice n SET person_id = p_into, touched = pg_current_xact_id() WHERE n.person_id = p_guest;
  UPDATE delivery d SET person_id = p_into WHERE d.person_id = p_guest;
  UPDATE device d SET person_id = p_into WHERE d.person_id = p_guest;
  UPDATE preference p SET person_id = p_into
    WHERE p.person_id = p_guest AND NOT EXISTS (SELECT FROM preference o WHERE o.person_id = p_into);
  DELETE FROM preference p WHERE p.person_id = p_guest;
  INSERT INTO announcement_read (person_id, announcement_id, read_at)
    SELECT p_into, r.announcement_id, r.read_at FROM announcement_read r WHERE r.person_id = p_guest ON CONFLICT DO NOTHING;
  DELETE FROM announcement_read r WHERE r.person_id = p_guest;
$$;

CREATE OR REPLACE FUNCTION erase_in_notices(p_now timestamptz, p_person uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
  DELETE FROM device d WHERE d.person_id = p_person;
  DELETE FROM notice n WHERE n.person_id = p_person;
  DELETE FROM preference p WHERE p.person_id = p_person;
  DELETE FROM announcement_read r WHERE r.person_id = p_person;
$$;
REVOKE EXECUTE ON FUNCTION leave_in_notices, end_session FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_session TO wartefrei_app;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
