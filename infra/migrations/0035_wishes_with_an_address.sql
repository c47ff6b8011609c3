-- migrate:up
-- Who has found no place may give an address with the wish, for what becomes of it and for nothing else.
ALTER TABLE waiting_entry ADD COLUMN email text;

-- As in 0032_forms_name_the_address.sql, and a wish may have an address of its own.
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
      SELECT coalesce(e.email, a.email)
        FROM waiting_entry e LEFT JOIN appointment a ON a.id = e.appointment_id AND a.person_id = p_person
       WHERE e.person_id = p_person
         AND e.id = coalesce((SELECT o.entry_id FROM waiting_offer o WHERE o.id = p_subject AND o.person_id = p_person), p_subject))
  END
$$;

-- It goes with the wish. Where the last day is over there is one letter more to write: then it goes with the row.
CREATE FUNCTION forget_address() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  NEW.email := NULL;
  RETURN NEW;
END $$;
CREATE TRIGGER address_forgotten BEFORE UPDATE OF state ON waiting_entry FOR EACH ROW
  WHEN (NEW.email IS NOT NULL AND NEW.state IN ('fulfilled', 'withdrawn', 'closed')) EXECUTE FUNCTION forget_address();

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
