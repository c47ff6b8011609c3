-- migrate:up
-- The clock of the sandbox again, for all that a person may have. What is held or offered stays at its start, which the
-- office offers, and only its time to answer passes: moved by some minutes it lay where nothing can be booked. Days of a
-- wish pass too. Times within what was told, asked for or decided go with those beside them, and a new revision or version
-- says so wherever that is the ETag.
CREATE FUNCTION moved_back(p_data jsonb, p_by interval, VARIADIC p_names text[]) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
  SELECT p_data || coalesce((SELECT jsonb_object_agg(n, (p_data ->> n)::timestamptz - p_by) FROM unnest(p_names) AS n
                              WHERE p_data ->> n IS NOT NULL), '{}')
$$;

CREATE OR REPLACE FUNCTION forward_person(p_now timestamptz, p_person uuid, p_by interval, OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v record;
BEGIN
  PERFORM lock_guest(p_person, NULL);
  PERFORM FROM person p WHERE p.id = p_person AND p.deleted_at IS NULL AND p.merged_into IS NULL FOR UPDATE;
  IF NOT FOUND THEN
    outcome := 'gone';
    RETURN;
  END IF;
  IF EXISTS (
    SELECT FROM (
      SELECT h.city_id FROM hold h WHERE h.person_id = p_person
      UNION ALL SELECT a.city_id FROM appointment a WHERE a.person_id = p_person
      UNION ALL SELECT d.city_id FROM draft d WHERE d.person_id = p_person
      UNION ALL SELECT c.city_id FROM case_file c WHERE c.person_id = p_person
      UNION ALL SELECT w.city_id FROM waiting_entry w WHERE w.person_id = p_person
      UNION ALL SELECT d.city_id FROM document d WHERE d.person_id = p_person AND d.city_id IS NOT NULL) r
     WHERE NOT is_sandbox(r.city_id)) THEN
    outcome := 'real';
    RETURN;
  END IF;
  FOR v IN
    SELECT h.office_id, h.starts_at FROM hold h WHERE h.person_id = p_person
    UNION SELECT a.office_id, a.starts_at FROM appointment a WHERE a.person_id = p_person AND a.place_id IS NOT NULL
    UNION SELECT o.office_id, o.starts_at FROM waiting_offer o WHERE o.person_id = p_person AND o.state = 'open'
  LOOP
    PERFORM bump_office_days(v.office_id, v.starts_at, v.office_id, v.starts_at - p_by);
  END LOOP;
  -- The earliest first: moving back, none of one's own is in the way of another.
  BEGIN
    FOR v IN SELECT p.id FROM appointment a JOIN place p ON p.id = a.place_id WHERE a.person_id = p_person ORDER BY lower(p.during)
    LOOP
      UPDATE place p SET during = tstzrange(lower(p.during) - p_by, upper(p.during) - p_by) WHERE p.id = v.id;
    END LOOP;
  EXCEPTION WHEN exclusion_violation THEN
    outcome := 'taken';
    RETURN;
  END;
  -- What is only held stays where it is, at a start that the office offers; it is over before a day has passed.
  UPDATE place p SET hold_until = p.hold_until - p_by
   WHERE p.id IN (SELECT h.id FROM hold h WHERE h.person_id = p_person
                  UNION SELECT o.id FROM waiting_offer o WHERE o.person_id = p_person AND o.state = 'open');
  UPDATE hold t SET expires_at = t.expires_at - p_by WHERE t.person_id = p_person;
  -- The version is the ETag: what a phone has read is not what is there now.
  UPDATE appointment t SET starts_at = t.starts_at - p_by, ends_at = t.ends_at - p_by, created_at = t.created_at - p_by,
    updated_at = t.updated_at - p_by, version = t.version + 1 WHERE t.person_id = p_person;
  UPDATE appointment_event t SET at = t.at - p_by, data = moved_back(t.data, p_by, 'from', 'to') WHERE t.person_id = p_person;
  UPDATE case_file t SET submitted_at = t.submitted_at - p_by, due_at = t.due_at - p_by, keep_until = t.keep_until - p_by,
    updated_at = t.updated_at - p_by, version = t.version + 1, request = moved_back(t.request, p_by, 'due'),
    proposal = moved_back(t.proposal, p_by, 'at'), decision = moved_back(t.decision, p_by, 'at') WHERE t.person_id = p_person;
  UPDATE case_event t SET at = t.at - p_by, data = moved_back(t.data, p_by, 'due') WHERE t.person_id = p_person;
  UPDATE draft t SET created_at = t.created_at - p_by, updated_at = t.updated_at - p_by, expires_at = t.expires_at - p_by,
    revision = t.revision + 1 WHERE t.person_id = p_person;
  UPDATE confirmation t SET created_at = t.created_at - p_by, expires_at = t.expires_at - p_by
   WHERE t.person_id = p_person AND t.answered_at IS NULL AND t.revoked_at IS NULL;
  UPDATE document t SET created_at = t.created_at - p_by, updated_at = t.updated_at - p_by, uploaded_at = t.uploaded_at - p_by,
    checked_at = t.checked_at - p_by, attached_at = t.attached_at - p_by, expires_at = t.expires_at - p_by,
    delete_after = t.delete_after - p_by WHERE t.person_id = p_person;
  -- Days pass as they do on the calendar of the city, so that many small moves are a large one.
  UPDATE waiting_entry t SET first_day = t.first_day - d.days, last_day = t.last_day - d.days, created_at = t.created_at - p_by,
    updated_at = t.updated_at - p_by
    FROM (SELECT e.id, (e.created_at AT TIME ZONE c.zone)::date - ((e.created_at - p_by) AT TIME ZONE c.zone)::date AS days
            FROM waiting_entry e JOIN city c ON c.id = e.city_id) d
   WHERE d.id = t.id AND t.person_id = p_person;
  UPDATE waiting_offer t SET made_at = t.made_at - p_by, until = t.until - p_by, ended_at = t.ended_at - p_by
   WHERE t.person_id = p_person;
  -- A reminder is known by the time that it reminds of: moved with it, it does not come a second time.
  UPDATE notice t SET created_at = t.created_at - p_by, due_at = t.due_at - p_by, expires_at = t.expires_at - p_by,
    spread_at = t.spread_at - p_by, read_at = t.read_at - p_by, touched = pg_current_xact_id(),
    data = CASE WHEN t.kind = 'waiting.offer' THEN moved_back(t.data, p_by, 'until')
                ELSE moved_back(t.data, p_by, 'startsAt', 'until', 'expiresAt') END,
    dedupe = CASE
      WHEN t.kind = 'appointment.reminder'
        THEN t.subject_id || ':' || extract(epoch FROM (t.data ->> 'startsAt')::timestamptz - p_by)::bigint || ':'
             || (t.data ->> 'minutesBefore')
      WHEN t.kind IN ('draft.expiring', 'case.answer_due')
        THEN t.subject_id || ':' || extract(epoch FROM t.expires_at - p_by)::bigint
      ELSE t.dedupe END
   WHERE t.person_id = p_person;
  UPDATE delivery t SET due_at = t.due_at - p_by, done_at = t.done_at - p_by WHERE t.person_id = p_person;
  INSERT INTO audit_entry (id, at, actor_kind, actor_id, action, entity, entity_id, detail)
    VALUES (gen_random_uuid(), p_now, 'person', p_person, 'sandbox.forwarded', 'person', p_person::text,
            jsonb_build_object('seconds', extract(epoch FROM p_by)));
  outcome := 'forwarded';
END $$;


-- migrate:down
-- Forward only: a mistake is mended by the next migration.
