-- migrate:up
-- A person who became another's, or was forgotten, acts no more: from the moment of the commit, in every process.
--
-- Processes remember for a minute whose session it is. So each transaction of a person asks first, and waits for, or keeps
-- out, whoever is about to merge or to forget them: what a transaction writes for a guest is committed before the guest
-- is moved, and moved as well, or it is not written. SQLSTATE WF401 says that the session has to be read anew.
CREATE FUNCTION check_person() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended(current_setting('app.person', true), 4));
  IF EXISTS (SELECT FROM person p WHERE p.id = app_person() AND (p.merged_into IS NOT NULL OR p.deleted_at IS NOT NULL)) THEN
    RAISE EXCEPTION 'this person acts no more' USING ERRCODE = 'WF401';
  END IF;
END $$;

-- Holding and booking are statements of their own, without such a transaction. Every booking begins with a hold, which a
-- merge moves along, so the hold is where to ask. The caller has locked the guest, as merging and forgetting do.
CREATE FUNCTION refuse_hold_of_nobody() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF EXISTS (SELECT FROM person p WHERE p.id = NEW.person_id AND (p.merged_into IS NOT NULL OR p.deleted_at IS NOT NULL)) THEN
    RAISE EXCEPTION 'this person acts no more' USING ERRCODE = 'WF401';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER hold_of_somebody BEFORE INSERT ON hold FOR EACH ROW EXECUTE FUNCTION refuse_hold_of_nobody();

-- Waits for every transaction of these people, and keeps new ones waiting until this one ends.
CREATE FUNCTION still_people(p_people uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(p::text, 4)) FROM unnest(p_people) AS p ORDER BY p;
END $$;

-- The same as before, but that the guest stands still first.
CREATE OR REPLACE FUNCTION merge_person(p_now timestamptz, p_guest uuid, p_into uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE v_hold record;
BEGIN
  PERFORM still_people(ARRAY[p_guest]);
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

-- The same as before, but that the person stands still first.
CREATE OR REPLACE FUNCTION erase_person(p_now timestamptz, p_person uuid, OUT outcome text, OUT count int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_hold record;
BEGIN
  PERFORM lock_guest(p_person, NULL);
  PERFORM still_people(ARRAY[p_person]);
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

-- ── people of whom nothing is left ──────────────────────────────────────────────────────────────
-- Looks at the next people after p_after, in the order of their ids, and deletes those without an identity who were made
-- before p_before and have nothing in any table: no session, no appointment, whatever rooms there will be. Tables are
-- those with an index on `person_id`; others hang on one of these. Answers where it came to; null when it is through.
CREATE INDEX person_merged ON person (merged_into) WHERE merged_into IS NOT NULL;
CREATE FUNCTION sweep_people(p_after uuid, p_before timestamptz, p_most int, OUT last uuid, OUT count int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE
  v_table text;
  v_idle text := '';
BEGIN
  SELECT max(p.id::text)::uuid INTO last FROM
    (SELECT id FROM person WHERE id > p_after AND created_at < p_before ORDER BY id LIMIT p_most) p;
  IF last IS NULL THEN
    count := 0;
    RETURN;
  END IF;
  FOR v_table IN
    SELECT DISTINCT c.relname FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'person_id' AND NOT a.attisdropped
      JOIN pg_index i ON i.indrelid = c.oid AND i.indkey[0] = a.attnum AND i.indpred IS NULL
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname
  LOOP
    v_idle := v_idle || format(' AND NOT EXISTS (SELECT FROM public.%I t WHERE t.person_id = p.id)', v_table);
  END LOOP;
  EXECUTE 'DELETE FROM public.person WHERE id IN (SELECT p.id FROM public.person p
    WHERE p.id > $1 AND p.id <= $2 AND p.issuer IS NULL AND p.created_at < $3
      AND NOT EXISTS (SELECT FROM public.person m WHERE m.merged_into = p.id)' || v_idle || ' FOR UPDATE SKIP LOCKED)'
    USING p_after, last, p_before;
  GET DIAGNOSTICS count = ROW_COUNT;
END $$;
REVOKE EXECUTE ON FUNCTION sweep_people FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_people TO wartefrei_app;

-- What was done to something of a person is theirs to know.
CREATE INDEX audit_entry_by_entity ON audit_entry (entity_id);
CREATE INDEX audit_entry_of_people ON audit_entry (actor_id) WHERE entity = 'person';

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
