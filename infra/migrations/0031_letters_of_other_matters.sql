-- migrate:up
-- Whom letters reach beside those with an appointment: by the address that was given in the same matter, where it lies.
-- It is copied nowhere: it is looked up when a notice is spread, and again when the letter is written.

-- The address that the person gave for what a notice is about; null where none is known. A form that fills a question with
-- the contact of the appointment says thereby which answer is the address; else the appointment that the case or draft goes
-- with has one. A wish to come earlier has that of its appointment. Of a wish for any place, and of a file that no case has
-- taken up, there is none.
CREATE FUNCTION mail_address(p_person uuid, p_kind text, p_subject uuid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT CASE
    WHEN starts_with(p_kind, 'appointment.') THEN (
      SELECT a.email FROM appointment a WHERE a.id = p_subject AND a.person_id = p_person)
    WHEN starts_with(p_kind, 'case.') THEN (
      SELECT coalesce((SELECT min(c.answers #>> string_to_array(substr(f.key, 2), '/'))
                         FROM form_version v, jsonb_each_text(v.content::jsonb -> 'prefill') f
                        WHERE v.form_id = c.form_id AND v.number = c.form_version AND f.value = 'appointment.email'), a.email)
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

-- What a letter is made from, read when it is about to be sent: to whom, in whose name, and what is known of the matter.
-- Of a case its state alone, by which a letter may have been overtaken.
CREATE FUNCTION letter_of(p_person uuid, p_kind text, p_subject uuid, p_city text, p_data jsonb, p_appointment appointment)
RETURNS jsonb LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT jsonb_build_object(
    'to', mail_address(p_person, p_kind, p_subject), 'city', (SELECT c.name FROM city c WHERE c.id = p_city),
    'appointment', CASE WHEN p_appointment.id IS NOT NULL THEN to_jsonb(p_appointment) END,
    'state', CASE WHEN starts_with(p_kind, 'case.')
      THEN (SELECT c.state FROM case_file c WHERE c.id = p_subject AND c.person_id = p_person) END,
    'facts', notice_facts(p_subject, p_data))
$$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
