-- migrate:up
-- What is taken out of a row is no longer what somebody has read there, and nothing of it stays in an answer that is kept.

-- As in 0027_picked_once.sql, with the version, which is the ETag: a clerk's screen that keeps the answers asks anew. When it
-- was worked on last stays as it was.
CREATE OR REPLACE FUNCTION empty_cases(p_now timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_count int;
BEGIN
  WITH picked AS MATERIALIZED (
    SELECT k.id FROM case_file k WHERE k.keep_until <= p_now AND k.answers <> '{}'
     ORDER BY k.keep_until LIMIT p_most FOR UPDATE SKIP LOCKED)
  UPDATE case_file c SET answers = '{}', confirmations = '[]', request = NULL, proposal = NULL,
      decision = (c.decision - 'reason') #- '{document,name}',
      documents = coalesce((SELECT jsonb_agg(d - 'name') FROM jsonb_array_elements(c.documents) d), '[]'),
      version = c.version + 1
    FROM picked p WHERE c.id = p.id;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

-- Answers to clerks are kept for their repeats, and hold who it was about: each names its appointment or case by the id. The
-- key stays used, so that a repeat still does nothing twice; it is told that the answer is gone. Few rows are clerks', and
-- few people ask to be forgotten: no index.
CREATE FUNCTION erase_in_idempotency(p_now timestamptz, p_person uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE v_ids text;
BEGIN
  SELECT string_agg(s.id::text, '|') INTO v_ids FROM (
    SELECT a.id FROM appointment a WHERE a.person_id = p_person
    UNION ALL SELECT c.id FROM case_file c WHERE c.person_id = p_person) s;
  -- The person's own rows go with them; of a guest who became them one may be left, whose key both had used.
  DELETE FROM idempotency_record r USING person p WHERE p.merged_into = p_person AND r.owner = 'person:' || p.id;
  IF v_ids IS NOT NULL THEN
    UPDATE idempotency_record r SET status = 410, headers = '{}', body = ''
     WHERE starts_with(r.owner, 'clerk:') AND convert_from(r.body, 'UTF8') ~ v_ids;
  END IF;
END $$;
REVOKE EXECUTE ON FUNCTION erase_in_idempotency FROM PUBLIC;

-- As in 0030_sandbox_clock.sql, but that what is told of the waiting list names a place where it is, taken back or not.
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
    data = CASE WHEN starts_with(t.kind, 'waiting.') THEN moved_back(t.data, p_by, 'until')
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
