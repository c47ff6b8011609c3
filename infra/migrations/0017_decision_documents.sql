-- migrate:up
-- Decision documents: what a clerk sends to go with a decision. Such a document lies with its case from the beginning, is
-- checked like any other, and is the person's to see from the moment that the case is decided with it (attached_at).
ALTER TABLE document ADD COLUMN clerk_id uuid;   -- who of the office has sent it; null: the person has
-- squawk-ignore ban-drop-constraint
ALTER TABLE document DROP CONSTRAINT document_attached_is_clean;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE document ADD CONSTRAINT document_attached_is_clean CHECK (
  (case_id IS NULL AND attached_at IS NULL AND clerk_id IS NULL)
  OR (city_id IS NOT NULL AND office_id IS NOT NULL
      AND CASE WHEN attached_at IS NULL THEN clerk_id IS NOT NULL ELSE state = 'clean' END));

ALTER POLICY own ON document USING (
  (person_id = app_person() AND (clerk_id IS NULL OR attached_at IS NOT NULL)) OR app_system());
-- What the office itself has sent it may go on with. What people have sent it still only reads.
CREATE POLICY sent_by_office ON document USING (
  clerk_id IS NOT NULL AND city_id = app_clerk_city() AND office_id = ANY (app_clerk_offices()));

-- As before, and what was meant for a decision that will never be made goes as well.
CREATE OR REPLACE FUNCTION erase_in_documents(p_now timestamptz, p_person uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
  DELETE FROM document d WHERE d.person_id = p_person AND d.attached_at IS NULL;
  UPDATE document d SET name = 'document' WHERE d.person_id = p_person;
$$;

-- As before, and the name of the document that went with the decision goes as well.
CREATE OR REPLACE FUNCTION empty_cases(p_now timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_count int;
BEGIN
  UPDATE case_file c SET answers = '{}', confirmations = '[]', request = NULL, proposal = NULL,
      decision = (c.decision - 'reason') #- '{document,name}',
      documents = coalesce((SELECT jsonb_agg(d - 'name') FROM jsonb_array_elements(c.documents) d), '[]')
    WHERE c.id IN (SELECT k.id FROM case_file k WHERE k.keep_until <= p_now AND k.answers <> '{}'
                   ORDER BY k.keep_until LIMIT p_most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

-- What is told of a document that no case has taken up yet is of no city. It was of a city without a name, and then so
-- were the announcements that its person got.
-- squawk-ignore ban-drop-not-null
ALTER TABLE notice ALTER COLUMN city_id DROP NOT NULL;
SELECT set_config('app.system', 'on', true);
UPDATE notice SET city_id = NULL WHERE city_id = '';
CREATE OR REPLACE FUNCTION usual_city(p_person uuid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT n.city_id FROM notice n WHERE n.person_id = p_person AND n.city_id IS NOT NULL ORDER BY n.id DESC LIMIT 1
$$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
