-- migrate:up
-- As in 0011_cases.sql, but that the files go with what nobody has decided: a case that is emptied for its person's sake had left
-- the scan of their identity card with the office, for as long as its purpose says. Its objects go by the trigger `document_gone`.
CREATE OR REPLACE FUNCTION erase_in_cases(p_now timestamptz, p_person uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
  WITH ended AS (
    UPDATE case_file c SET state = 'withdrawn', version = c.version + 1, updated_at = p_now, due_at = NULL, request = NULL,
        proposal = NULL, keep_until = p_now, answers = '{}', confirmations = '[]', documents = '[]'
      WHERE c.person_id = p_person AND c.state IN ('submitted', 'in_review', 'info_requested') RETURNING c.*),
  files AS (DELETE FROM document d USING ended e WHERE d.case_id = e.id AND d.person_id = p_person)
  INSERT INTO case_event (id, city_id, office_id, case_id, person_id, version, at, actor_kind, kind, to_state)
    SELECT gen_random_uuid(), e.city_id, e.office_id, e.id, e.person_id, e.version, p_now, 'system', 'erased', e.state
      FROM ended e;
  UPDATE case_event e SET reason = NULL WHERE e.person_id = p_person AND e.actor_kind = 'person';
$$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
