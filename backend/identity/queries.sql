-- name: find_live_session -> Key
-- Whose session this is now: a link may have given it to another person since the token was issued.
SELECT id FROM live_session($1, $2)

-- name: ensure_person -> Key
-- An identity provider's token is enough to be a person here.
SELECT ensure_person($1, $2, $3, $4) AS id

-- name: begin_guest -> Outcome
-- A retry of the same key must find the first guest, never make a second.
SELECT outcome, person_id, session_id, device_id, expires_at
FROM begin_guest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: refresh_session -> Outcome
-- Rotation, grace and reuse are decided under the lock of the shown token, in one statement.
SELECT outcome, person_id, session_id, device_id, expires_at
FROM refresh_session($1, $2, $3, $4, $5, $6, $7, $8)

-- name: link_identity -> Outcome
-- All that the guest has moves with the link or nothing does.
SELECT outcome, person_id, session_id, device_id, expires_at, services
FROM link_identity($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: end_session -> none
-- Logging out twice is as good as once. What other rooms keep of a signed-in device goes with it.
SELECT end_session($1, $2, $3)

-- name: sweep_sessions -> Count
-- A few at a time, so that nobody waits behind it.
SELECT sweep_sessions($1, $2) AS count

-- name: erase_person -> Erased
-- Refuses while an appointment lives: a place would be kept for nobody.
SELECT outcome, count FROM erase_person($1, $2)

-- name: find_person -> Person
-- A deleted person is nobody.
SELECT id, created_at, language, issuer, subject, merged_into, deleted_at FROM person WHERE id = $1 AND deleted_at IS NULL

-- name: change_language -> Person
-- The only thing a person sets about themselves here; names belong to appointments.
UPDATE person SET language = $2 WHERE id = $1 AND deleted_at IS NULL
RETURNING id, created_at, language, issuer, subject, merged_into, deleted_at

-- name: sweep_people -> Swept
-- A guest who never came back is nobody; a slice of all people at a time.
SELECT last, count FROM sweep_people($1, $2, $3)

-- name: export_person -> Export
-- One statement, so that the export is of one moment. Row-level security and the predicates say the same twice. What a
-- clerk or the system did is there, by kind; the clerk is somebody else.
WITH mine AS (
  SELECT $1::uuid::text AS id UNION ALL SELECT a.id::text FROM appointment a WHERE a.person_id = $1
  UNION ALL SELECT s.id::text FROM session s WHERE s.person_id = $1
  UNION ALL SELECT d.id::text FROM draft d WHERE d.person_id = $1
  UNION ALL SELECT c.id::text FROM case_file c WHERE c.person_id = $1
  UNION ALL SELECT c.id::text FROM confirmation c JOIN draft d ON d.id = c.draft_id WHERE d.person_id = $1)
SELECT
  (SELECT to_jsonb(p) FROM person p WHERE p.id = $1 AND p.deleted_at IS NULL) AS person,
  (SELECT coalesce(jsonb_agg(to_jsonb(s) ORDER BY s.created_at), '[]') FROM session s WHERE s.person_id = $1) AS sessions,
  (SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.id), '[]') FROM device d WHERE d.person_id = $1) AS devices,
  (SELECT coalesce(jsonb_agg(to_jsonb(h) ORDER BY h.id), '[]') FROM hold h WHERE h.person_id = $1) AS holds,
  (SELECT coalesce(jsonb_agg(to_jsonb(a) - '{emptied_at, touched}'::text[] ORDER BY a.id), '[]') FROM appointment a WHERE a.person_id = $1) AS appointments,
  (SELECT coalesce(jsonb_agg(to_jsonb(e) - 'actor_id' ORDER BY e.at, e.version), '[]')
     FROM appointment_event e WHERE e.person_id = $1
     AND e.appointment_id IN (SELECT a.id FROM appointment a WHERE a.person_id = $1)) AS events,
  (SELECT coalesce(jsonb_agg(to_jsonb(n) - '{touched, spread_after}'::text[] ORDER BY n.created_at), '[]') FROM notice n WHERE n.person_id = $1) AS notices,
  (SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.id), '[]') FROM delivery d
     WHERE d.person_id = $1 AND d.notice_id IN (SELECT n.id FROM notice n WHERE n.person_id = $1)) AS deliveries,
  (SELECT coalesce(jsonb_agg(to_jsonb(d) - '{check_due_at, check_attempts, check_lease, check_leased_until, clerk_id, touched}'::text[]
     ORDER BY d.id), '[]') FROM document d
     WHERE d.person_id = $1 AND (d.clerk_id IS NULL OR d.attached_at IS NOT NULL)) AS documents,
  (SELECT coalesce(jsonb_agg(to_jsonb(r)), '[]') FROM preference r WHERE r.person_id = $1) AS preferences,
  (SELECT coalesce(jsonb_agg(to_jsonb(r) - 'touched' ORDER BY r.announcement_id), '[]') FROM announcement_read r
     WHERE r.person_id = $1) AS announcements,
  (SELECT coalesce(jsonb_agg(to_jsonb(d) - 'touched' ORDER BY d.id), '[]') FROM draft d WHERE d.person_id = $1) AS drafts,
  (SELECT coalesce(jsonb_agg(to_jsonb(c) - 'token_hash' ORDER BY c.id), '[]') FROM confirmation c
     JOIN draft d ON d.id = c.draft_id WHERE d.person_id = $1) AS confirmations,
  (SELECT coalesce(jsonb_agg(to_jsonb(c) - '{assignee_id, emptied_at, proposal, touched}'::text[]
     || jsonb_build_object('decision', c.decision - '{by, first}'::text[]) ORDER BY c.id), '[]')
     FROM case_file c WHERE c.person_id = $1) AS cases,
  (SELECT coalesce(jsonb_agg(to_jsonb(e) - '{actor_id, internal}'::text[] ORDER BY e.at, e.version), '[]')
     FROM case_event e WHERE e.person_id = $1 AND NOT e.internal
     AND e.case_id IN (SELECT c.id FROM case_file c WHERE c.person_id = $1)) AS case_events,
  (SELECT coalesce(jsonb_agg(to_jsonb(w) - 'touched' ORDER BY w.id), '[]') FROM waiting_entry w WHERE w.person_id = $1) AS waiting,
  (SELECT coalesce(jsonb_agg(to_jsonb(o) - 'touched' ORDER BY o.id), '[]') FROM waiting_offer o WHERE o.person_id = $1) AS offers,
  (SELECT coalesce(jsonb_agg(to_jsonb(u) - 'actor_id' ORDER BY u.at), '[]') FROM audit_entry u
     WHERE u.entity_id IN (SELECT id FROM mine) OR (u.entity = 'person' AND u.actor_id = $1)) AS audit

-- name: find_clerk -> ClerkRow
-- One round trip per request of a clerk. A membership without an office reaches every office of its city.
SELECT c.id, c.display_name, coalesce((
    SELECT jsonb_agg(jsonb_build_object('city_id', m.city_id, 'role', m.role, 'office_ids',
        CASE WHEN m.office_id IS NOT NULL THEN jsonb_build_array(m.office_id)
          ELSE (SELECT coalesce(jsonb_agg(o.id ORDER BY o.id), '[]') FROM office o WHERE o.city_id = m.city_id) END)
      ORDER BY m.city_id, m.office_id)
    FROM clerk_membership m WHERE m.clerk_id = c.id), '[]') AS memberships
FROM clerk c WHERE c.issuer = $1 AND c.subject = $2

-- name: save_clerk -> Key
-- The same account keeps its id; only the name shown may change.
INSERT INTO clerk (id, issuer, subject, display_name) VALUES ($1, $2, $3, $4)
ON CONFLICT ON CONSTRAINT clerk_identity_once DO UPDATE SET display_name = excluded.display_name
RETURNING id

-- name: save_membership -> none
-- Office by its slug; a slug that does not exist saves nothing, which the caller sees by the count.
INSERT INTO clerk_membership (clerk_id, city_id, office_id, role)
SELECT $1, c.id, o.id, $4 FROM city c LEFT JOIN office o ON o.city_id = c.id AND o.slug = $3
WHERE c.id = $2 AND ($3::text IS NULL OR o.id IS NOT NULL)
ON CONFLICT (clerk_id, city_id, office_id) DO UPDATE SET role = excluded.role

-- name: list_clerks -> ClerkRow
-- Whom the development issuer can be: everybody it has made a clerk of.
SELECT c.id, c.display_name, c.subject, coalesce((
    SELECT jsonb_agg(jsonb_build_object('city_id', m.city_id, 'role', m.role, 'office_ids',
        CASE WHEN m.office_id IS NULL THEN '[]' ELSE jsonb_build_array(m.office_id) END) ORDER BY m.city_id, m.office_id)
    FROM clerk_membership m WHERE m.clerk_id = c.id), '[]') AS memberships
FROM clerk c WHERE c.issuer = $1 ORDER BY c.display_name LIMIT 100

-- name: begin_console_session -> none
-- One for each sign-in; the token itself is in the browser alone.
INSERT INTO console_session (id, token_hash, clerk_id, created_at, seen_at, expires_at)
SELECT $1, $2, c.id, $5, $5, $6 FROM clerk c WHERE c.issuer = $3 AND c.subject = $4

-- name: open_console_session -> ConsoleRow
-- One round trip per request of the console: the session, and the clerk with the memberships of this moment.
SELECT s.id, s.expires_at, c.id AS clerk_id, c.display_name, coalesce((
    SELECT jsonb_agg(jsonb_build_object('city_id', m.city_id, 'role', m.role, 'office_ids',
        CASE WHEN m.office_id IS NOT NULL THEN jsonb_build_array(m.office_id)
          ELSE (SELECT coalesce(jsonb_agg(o.id ORDER BY o.id), '[]') FROM office o WHERE o.city_id = m.city_id) END)
      ORDER BY m.city_id, m.office_id)
    FROM clerk_membership m WHERE m.clerk_id = c.id), '[]') AS memberships
FROM open_console_session($1, $2, $3, $4) s JOIN clerk c ON c.id = s.clerk_id

-- name: end_console_session -> none
-- Signing out twice is as good as once.
UPDATE console_session SET ended_at = $2 WHERE token_hash = $1 AND ended_at IS NULL

-- name: sweep_console_sessions -> Count
-- A few at a time, so that nobody waits behind it.
SELECT sweep_console_sessions($1, $2) AS count
