-- migrate:up
-- What waits for a person, for the first screen of an app: in one statement that sets the principal itself, as
-- read_hold does. The kinds of notices that an inbox can list come with the group by which it can be silenced ('': never).
CREATE FUNCTION own_start(p_person uuid, p_now timestamptz, p_kinds text[], p_groups text[]) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE v_kinds text[];
BEGIN
  PERFORM assume_guest(p_person, NULL);
  PERFORM check_person();
  v_kinds := (SELECT array_agg(k.kind) FROM unnest(p_kinds, p_groups) AS k (kind, "group")
               WHERE NOT EXISTS (SELECT FROM preference p WHERE p.person_id = p_person AND k."group" = ANY (p.inbox_off)));
  RETURN jsonb_build_object(
    'appointment', (
      SELECT jsonb_build_object(
               'id', a.id, 'reference', a.reference, 'state', a.state, 'version', a.version, 'starts_at', a.starts_at,
               'ends_at', a.ends_at, 'office', a.office_id, 'office_name', o.name, 'zone', o.zone,
               'services', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'id', s.id, 'persons', w.value -> 'persons', 'texts', s.texts) ORDER BY w.ordinality), '[]')
                 FROM jsonb_array_elements(a.services) WITH ORDINALITY w
                 JOIN service s ON s.id = (w.value ->> 'service')::uuid))
        FROM appointment a JOIN office o ON o.id = a.office_id
       WHERE a.person_id = p_person AND a.place_id IS NOT NULL AND a.ends_at > p_now ORDER BY a.starts_at, a.id LIMIT 1),
    'hold', (
      SELECT jsonb_build_object('id', h.id, 'starts_at', h.starts_at, 'expires_at', h.expires_at, 'office', h.office_id,
                                'office_name', o.name, 'zone', o.zone)
        FROM hold h JOIN office o ON o.id = h.office_id WHERE h.person_id = p_person AND h.expires_at > p_now),
    'unread', (SELECT count(*) FROM inbox_items(p_person, p_now, v_kinds) i WHERE i.read_at IS NULL),
    'drafts', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'form', d.form_id, 'version', d.version,
                                                   'updated_at', d.updated_at, 'expires_at', d.expires_at)), '[]')
        FROM (SELECT * FROM draft d WHERE d.person_id = p_person AND d.case_id IS NULL AND d.expires_at > p_now
               ORDER BY d.updated_at DESC, d.id LIMIT 5) d),
    'draft_count', (SELECT count(*) FROM draft d WHERE d.person_id = p_person AND d.case_id IS NULL AND d.expires_at > p_now),
    'cases', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'reference', c.reference, 'form', c.form_id, 'state', c.state,
                                                   'due_at', c.due_at)), '[]')
        FROM (SELECT * FROM case_file c WHERE c.person_id = p_person AND c.state IN ('submitted', 'in_review', 'info_requested')
               ORDER BY c.due_at, c.id DESC LIMIT 5) c),
    'case_count', (SELECT count(*) FROM case_file c
                    WHERE c.person_id = p_person AND c.state IN ('submitted', 'in_review', 'info_requested')),
    'offers', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'entry', f.entry_id, 'starts_at', f.starts_at,
                                                   'until', f.until, 'office', f.office_id, 'office_name', o.name,
                                                   'zone', o.zone) ORDER BY f.until), '[]')
        FROM waiting_offer f JOIN office o ON o.id = f.office_id
       WHERE f.person_id = p_person AND f.state = 'open' AND f.until > p_now),
    'waiting_count', (SELECT count(*) FROM waiting_entry e WHERE e.person_id = p_person AND e.state = 'waiting'));
END $$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
