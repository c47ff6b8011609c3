-- migrate:up
-- As in 0031_letters_of_other_matters.sql, and a form may say itself which answer is the address (`handling.contact`): one that
-- goes with no appointment has nothing to fill it in from.
CREATE OR REPLACE FUNCTION mail_address(p_person uuid, p_kind text, p_subject uuid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT CASE
    WHEN starts_with(p_kind, 'appointment.') THEN (
      SELECT a.email FROM appointment a WHERE a.id = p_subject AND a.person_id = p_person)
    WHEN starts_with(p_kind, 'case.') THEN (
      SELECT coalesce((SELECT min(c.answers #>> string_to_array(substr(f.pointer, 2), '/'))
                         FROM (SELECT v.content::jsonb AS content FROM form_version v
                                WHERE v.form_id = c.form_id AND v.number = c.form_version) v
                        CROSS JOIN LATERAL (
                          SELECT v.content #>> '{handling,contact}' AS pointer
                          UNION ALL SELECT p.key FROM jsonb_each_text(v.content -> 'prefill') p
                           WHERE p.value = 'appointment.email' AND v.content #>> '{handling,contact}' IS NULL) f
                        WHERE f.pointer IS NOT NULL), a.email)
        FROM case_file c LEFT JOIN appointment a ON a.id = c.appointment_id AND a.person_id = p_person
       WHERE c.id = p_subject AND c.person_id = p_person)
    WHEN starts_with(p_kind, 'draft.') THEN (
      SELECT a.email FROM draft d JOIN appointment a ON a.id = d.appointment_id AND a.person_id = p_person
       WHERE d.id = p_subject AND d.person_id = p_person)
    WHEN starts_with(p_kind, 'waiting.') THEN (
      SELECT a.email FROM waiting_entry e JOIN appointment a ON a.id = e.appointment_id AND a.person_id = p_person
       WHERE e.person_id = p_person
         AND e.id = coalesce((SELECT o.entry_id FROM waiting_offer o WHERE o.id = p_subject AND o.person_id = p_person), p_subject))
  END
$$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
