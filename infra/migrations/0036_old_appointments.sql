-- migrate:up
-- What nobody needs any longer goes by itself. An appointment keeps who came, how to reach them and what was said about it for a while
-- after its end; what is left is a place in time, for the figures. An old case loses what clerks have written about it as well.
ALTER TABLE appointment ADD COLUMN emptied_at timestamptz;
ALTER TABLE case_file ADD COLUMN emptied_at timestamptz;

-- A few at a time; how many. The application may not change events: hence with the owner's rights.
CREATE FUNCTION empty_appointments(p_now timestamptz, p_ended_before timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_ids uuid[];
BEGIN
  SELECT array_agg(picked.id) INTO v_ids FROM (
    SELECT a.id FROM appointment a WHERE a.emptied_at IS NULL AND a.ends_at < p_ended_before
     ORDER BY a.ends_at LIMIT p_most FOR UPDATE SKIP LOCKED) picked;
  UPDATE appointment a SET name = '', date_of_birth = NULL, email = NULL, phone = NULL, note = '', reason = NULL,
      emptied_at = p_now WHERE a.id = ANY (v_ids);
  UPDATE appointment_event e SET reason = NULL WHERE e.appointment_id = ANY (v_ids) AND e.reason IS NOT NULL;
  RETURN coalesce(cardinality(v_ids), 0);
END $$;

-- As in 0034_taken_out.sql, whatever a case was answered with: one of uploads and confirmations alone has no answers, and was
-- passed by. With the owner's rights, since what clerks wrote to each other and as their reason goes too.
CREATE OR REPLACE FUNCTION empty_cases(p_now timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_ids uuid[];
BEGIN
  SELECT array_agg(picked.id) INTO v_ids FROM (
    SELECT k.id FROM case_file k WHERE k.emptied_at IS NULL AND k.keep_until <= p_now
     ORDER BY k.keep_until LIMIT p_most FOR UPDATE SKIP LOCKED) picked;
  UPDATE case_file c SET answers = '{}', confirmations = '[]', request = NULL, proposal = NULL,
      decision = (c.decision - 'reason') #- '{document,name}',
      documents = coalesce((SELECT jsonb_agg(d - 'name') FROM jsonb_array_elements(c.documents) d), '[]'),
      version = c.version + 1, emptied_at = p_now
    WHERE c.id = ANY (v_ids);
  UPDATE case_event e SET reason = NULL WHERE e.case_id = ANY (v_ids) AND e.reason IS NOT NULL;
  DELETE FROM case_note n WHERE n.case_id = ANY (v_ids);
  RETURN coalesce(cardinality(v_ids), 0);
END $$;

-- As in 0006_people.sql, but that an appointment which is over stands in nobody's way: an office need not note what became of it,
-- and the person can no longer cancel it. For half a day after its end the office may still be at it.
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
  count := (SELECT count(*) FROM appointment a
             WHERE a.person_id = p_person AND a.place_id IS NOT NULL AND a.ends_at > p_now - interval '12 hours');
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

REVOKE EXECUTE ON FUNCTION empty_appointments, empty_cases, erase_person FROM PUBLIC;
GRANT EXECUTE ON FUNCTION empty_appointments, empty_cases, erase_person TO wartefrei_app;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
