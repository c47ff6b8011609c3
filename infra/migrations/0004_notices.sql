-- migrate:up
-- What is told to people. A notice is one row: it commits with the change that it tells of, is what the person's inbox
-- shows, and is what the worker spreads into deliveries, one for each device and address. The row was called outbox.
ALTER TABLE outbox RENAME TO notice;
ALTER TABLE notice RENAME CONSTRAINT outbox_once TO notice_once;
ALTER INDEX outbox_due RENAME TO notice_due;
-- Spreading happens in one transaction without a network, so it needs no lease and counts no attempts.
ALTER TABLE notice RENAME COLUMN done_at TO spread_at;
ALTER TABLE notice DROP COLUMN attempts, DROP COLUMN leased_until, DROP COLUMN outcome;
ALTER TABLE notice
  ADD COLUMN data jsonb NOT NULL DEFAULT '{}',   -- what the text needs to know; never leaves the house in a push
  ADD COLUMN expires_at timestamptz,             -- from then on it is not pushed any more; null: when its delivery gives up
  ADD COLUMN read_at timestamptz;
CREATE INDEX notice_by_person ON notice (person_id, id);

CREATE TABLE device (                            -- an installation of the app that may be sent pushes
  id uuid PRIMARY KEY,                           -- as session.device_id: derived from the installation's id, which is not stored
  person_id uuid NOT NULL REFERENCES person,
  platform text NOT NULL CHECK (platform IN ('android', 'ios', 'web')),
  language text NOT NULL,
  app_version text,
  target_kind text CHECK (target_kind IN ('token', 'fid')),
  target text,                                   -- where FCM finds it; null once FCM said that it is gone
  registered_at timestamptz NOT NULL,            -- of this target
  seen_at timestamptz NOT NULL,
  CONSTRAINT device_target_once UNIQUE (target), -- a target that comes back with another device has moved there
  CHECK ((target IS NULL) = (target_kind IS NULL))
);
CREATE INDEX device_by_person ON device (person_id);

CREATE TABLE delivery (                          -- a notice on its way to one device or address
  id uuid PRIMARY KEY,
  notice_id uuid NOT NULL REFERENCES notice ON DELETE CASCADE,
  person_id uuid NOT NULL,
  channel text NOT NULL CHECK (channel IN ('push', 'mail')),
  device_id uuid,                                -- push: whose target is looked up when it is sent, so that the newest counts
  due_at timestamptz NOT NULL,
  attempts int NOT NULL DEFAULT 0,               -- counted when it is claimed: what kills its worker ends as well
  leased_until timestamptz,
  done_at timestamptz,
  outcome text CHECK (outcome IN ('sent', 'dead', 'dropped', 'expired')),
  detail text,                                   -- the provider's code or our own word for what went wrong
  CONSTRAINT delivery_once UNIQUE NULLS NOT DISTINCT (notice_id, channel, device_id),
  CHECK ((done_at IS NULL) = (outcome IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX delivery_due ON delivery (due_at) WHERE done_at IS NULL;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['device', 'delivery'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY; ALTER TABLE %I FORCE ROW LEVEL SECURITY', t, t);
    EXECUTE format('CREATE POLICY visible ON %I USING (person_id = app_person() OR app_system())', t);
  END LOOP;
END $$;
CREATE POLICY marks ON notice FOR UPDATE USING (person_id = app_person());

-- Tells a person something, once per dedupe and kind, however often it is called. ``p_due`` in the future: shown and sent
-- from then on (a reminder).
CREATE FUNCTION tell(p_id uuid, p_city text, p_person uuid, p_kind text, p_subject uuid, p_dedupe text, p_data jsonb,
  p_now timestamptz, p_due timestamptz, p_expires timestamptz) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
  INSERT INTO notice (id, city_id, person_id, kind, subject_id, dedupe, data, created_at, due_at, expires_at)
    VALUES (p_id, p_city, p_person, p_kind, p_subject, p_dedupe, p_data, p_now, p_due, p_expires)
    ON CONFLICT ON CONSTRAINT notice_once DO NOTHING
$$;

-- The one place that writes what a change of an appointment leaves behind: event, audit entry, notice.
CREATE OR REPLACE FUNCTION record_change(p_now timestamptz, p_appointment appointment, p_actor_kind text, p_actor uuid,
  p_kind text, p_from text, p_ids uuid[], p_reason text, p_data jsonb, p_notice text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO appointment_event (id, city_id, office_id, appointment_id, person_id, version, at, actor_kind, actor_id,
                                 kind, from_state, to_state, reason, data)
    VALUES (p_ids[1], p_appointment.city_id, p_appointment.office_id, p_appointment.id, p_appointment.person_id,
            p_appointment.version, p_now, p_actor_kind, p_actor, p_kind, p_from, p_appointment.state, p_reason, p_data);
  INSERT INTO audit_entry (id, city_id, at, actor_kind, actor_id, action, entity, entity_id)
    VALUES (p_ids[2], p_appointment.city_id, p_now, p_actor_kind, p_actor, 'appointment.' || p_kind, 'appointment',
            p_appointment.id::text);
  INSERT INTO notice (id, city_id, person_id, kind, subject_id, dedupe, data, created_at, due_at, expires_at)
    VALUES (p_ids[3], p_appointment.city_id, p_appointment.person_id, p_notice, p_appointment.id,
            p_appointment.id || ':' || p_appointment.version,
            jsonb_build_object('office', p_appointment.office_id, 'startsAt', p_appointment.starts_at, 'by', p_actor_kind,
                               'state', p_appointment.state, 'reason', p_reason),
            p_now, p_now, p_appointment.ends_at);
END $$;

-- ── people who become one, or none ──────────────────────────────────────────────────────────────
-- A room that keeps rows of people has two functions, `merge_in_<room>(now, guest, into)` and
-- `erase_in_<room>(now, person)`. Both are found by their names, so that a new room brings its own and rewrites nobody's.
-- Only functions of the schema's owner are called: nobody else's can slip in.
CREATE FUNCTION in_every_room(p_prefix text, p_now timestamptz, p_people uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE v_room text;
BEGIN
  FOR v_room IN
    SELECT p.proname FROM pg_proc p
     WHERE p.pronamespace = 'public'::regnamespace AND starts_with(p.proname, p_prefix)
       AND p.proowner = (SELECT relowner FROM pg_class WHERE oid = 'public.person'::regclass)
     ORDER BY p.proname
  LOOP
    EXECUTE format(CASE cardinality(p_people) WHEN 2 THEN 'SELECT public.%I($1, $2[1], $2[2])'
                                              ELSE 'SELECT public.%I($1, $2[1])' END, v_room) USING p_now, p_people;
  END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION in_every_room FROM PUBLIC;

CREATE FUNCTION merge_in_notices(p_now timestamptz, p_guest uuid, p_into uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
  UPDATE notice n SET person_id = p_into WHERE n.person_id = p_guest;
  UPDATE delivery d SET person_id = p_into WHERE d.person_id = p_guest;
  UPDATE device d SET person_id = p_into WHERE d.person_id = p_guest;
$$;

-- Deliveries go with their notices.
CREATE FUNCTION erase_in_notices(p_now timestamptz, p_person uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
  DELETE FROM device d WHERE d.person_id = p_person;
  DELETE FROM notice n WHERE n.person_id = p_person;
$$;
REVOKE EXECUTE ON FUNCTION merge_in_notices, erase_in_notices FROM PUBLIC;

-- Everything of the guest becomes the other person's. Both people are locked by the caller.
CREATE OR REPLACE FUNCTION merge_person(p_now timestamptz, p_guest uuid, p_into uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE v_hold record;
BEGIN
  PERFORM FROM appointment a WHERE a.person_id = p_guest ORDER BY a.id FOR UPDATE;
  UPDATE appointment a SET person_id = p_into WHERE a.person_id = p_guest;
  UPDATE appointment_event e SET person_id = p_into WHERE e.person_id = p_guest;
  UPDATE session s SET person_id = p_into WHERE s.person_id = p_guest;
  UPDATE person p SET merged_into = p_into WHERE p.id = p_guest OR p.merged_into = p_guest;
  -- A request that the guest made before is repeated by the same phone in the other person's name.
  UPDATE idempotency_record r SET owner = 'person:' || p_into WHERE r.owner = 'person:' || p_guest
    AND NOT EXISTS (SELECT FROM idempotency_record o WHERE o.owner = 'person:' || p_into AND o.key = r.key);
  PERFORM in_every_room('merge_in_', p_now, ARRAY[p_guest, p_into]);
  INSERT INTO audit_entry (id, at, actor_kind, actor_id, action, entity, entity_id, detail)
    VALUES (gen_random_uuid(), p_now, 'person', p_into, 'person.merged', 'person', p_guest::text,
            jsonb_build_object('into', p_into));
  -- One hold per person: the phone in hand is in the midst of booking, so the guest's stays if it lives.
  SELECT h.* INTO v_hold FROM hold h WHERE h.person_id IN (p_guest, p_into)
    ORDER BY h.expires_at > p_now, h.person_id = p_guest LIMIT 1;
  IF (SELECT count(*) FROM hold h WHERE h.person_id IN (p_guest, p_into)) > 1 THEN
    DELETE FROM place p WHERE p.id = v_hold.id AND p.hold_until IS NOT NULL;
    UPDATE hold h SET person_id = p_into WHERE h.person_id = p_guest;
    PERFORM bump_office_day(v_hold.office_id, v_hold.starts_at);
  ELSE
    UPDATE hold h SET person_id = p_into WHERE h.person_id = p_guest;
  END IF;
END $$;

-- The person is forgotten: no name, no contact, no way back in. What the office did stays as a number without a face.
-- Outcomes: erased; live (count: how many appointments stand in the way); gone.
CREATE OR REPLACE FUNCTION erase_person(p_now timestamptz, p_person uuid, OUT outcome text, OUT count int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_hold record;
BEGIN
  PERFORM lock_guest(p_person, NULL);
  PERFORM FROM person p WHERE p.id = p_person AND p.deleted_at IS NULL FOR UPDATE;
  IF NOT FOUND THEN
    outcome := 'gone';
    RETURN;
  END IF;
  count := (SELECT count(*) FROM appointment a WHERE a.person_id = p_person AND a.place_id IS NOT NULL);
  IF count > 0 THEN
    outcome := 'live';
    RETURN;
  END IF;
  UPDATE appointment a SET name = '', date_of_birth = NULL, email = NULL, phone = NULL, note = '', reason = NULL,
    device_id = NULL WHERE a.person_id = p_person;
  UPDATE appointment_event e SET reason = NULL WHERE e.person_id = p_person;
  PERFORM in_every_room('erase_in_', p_now, ARRAY[p_person]);
  DELETE FROM idempotency_record r WHERE r.owner = 'person:' || p_person;
  DELETE FROM refresh_token t USING session s WHERE s.id = t.session_id AND s.person_id = p_person;
  UPDATE session s SET ended_at = coalesce(s.ended_at, p_now), end_reason = coalesce(s.end_reason, 'deleted'),
    device_id = gen_random_uuid() WHERE s.person_id = p_person;
  UPDATE person p SET issuer = NULL, subject = NULL, deleted_at = p_now WHERE p.id = p_person OR p.merged_into = p_person;
  INSERT INTO audit_entry (id, at, actor_kind, actor_id, action, entity, entity_id)
    VALUES (gen_random_uuid(), p_now, 'person', p_person, 'person.deleted', 'person', p_person::text);
  FOR v_hold IN SELECT h.id, h.office_id, h.starts_at FROM hold h WHERE h.person_id = p_person LOOP
    DELETE FROM place p WHERE p.id = v_hold.id AND p.hold_until IS NOT NULL;
    PERFORM bump_office_day(v_hold.office_id, v_hold.starts_at);
  END LOOP;
  outcome := 'erased';
END $$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
