-- name: insert_case -> Case
-- No row where the reference is taken: then with another one. A second case of one draft is refused by its name.
INSERT INTO case_file (id, city_id, office_id, person_id, draft_id, form_id, form_version, reference, state, language, answers,
  documents, confirmations, appointment_id, submitted_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'submitted', $9, $10, $11, $12, $13, $14, $14)
ON CONFLICT ON CONSTRAINT case_reference_once DO NOTHING
RETURNING id, city_id, office_id, person_id, draft_id, form_id, form_version, reference, state, language, answers, documents,
       confirmations, appointment_id, assignee_id, request, proposal, decision, version, submitted_at, updated_at, due_at,
       keep_until

-- name: find_case -> Case
-- One case of the person ($2) or of the clerk's offices ($3), whichever is given.
SELECT id, city_id, office_id, person_id, draft_id, form_id, form_version, reference, state, language, answers, documents,
       confirmations, appointment_id, assignee_id, request, proposal, decision, version, submitted_at, updated_at, due_at,
       keep_until
  FROM case_file WHERE id = $1 AND ($2::uuid IS NULL OR person_id = $2) AND ($3::uuid[] IS NULL OR office_id = ANY ($3))

-- name: lock_case -> Case
-- The same, held until the transaction ends: what is decided from it stays true.
SELECT id, city_id, office_id, person_id, draft_id, form_id, form_version, reference, state, language, answers, documents,
       confirmations, appointment_id, assignee_id, request, proposal, decision, version, submitted_at, updated_at, due_at,
       keep_until
  FROM case_file WHERE id = $1 AND ($2::uuid IS NULL OR person_id = $2) AND ($3::uuid[] IS NULL OR office_id = ANY ($3))
  FOR UPDATE

-- name: find_visible -> CaseKey
-- In which of a clerk's cities a case is: asked with one principal after the other.
SELECT id FROM case_file WHERE id = $1 AND office_id = ANY ($2)

-- name: list_cases -> Case
-- A person's cases, the latest first, below the cursor.
SELECT id, city_id, office_id, person_id, draft_id, form_id, form_version, reference, state, language, answers, documents,
       confirmations, appointment_id, assignee_id, request, proposal, decision, version, submitted_at, updated_at, due_at,
       keep_until
  FROM case_file WHERE person_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3

-- name: list_queue -> Case
-- What waits for clerks, the oldest first, above the cursor. An assignee of all zeros asks for what is nobody's.
SELECT id, city_id, office_id, person_id, draft_id, form_id, form_version, reference, state, language, answers, documents,
       confirmations, appointment_id, assignee_id, request, proposal, decision, version, submitted_at, updated_at, due_at,
       keep_until
  FROM case_file
 WHERE office_id = ANY ($1) AND ($2::uuid IS NULL OR id > $2) AND state = ANY ($3)
   AND ($4::uuid IS NULL OR form_id = $4)
   AND ($5::uuid IS NULL OR assignee_id = $5 OR ($5 = '00000000-0000-0000-0000-000000000000' AND assignee_id IS NULL))
   AND ($6::timestamptz IS NULL OR submitted_at <= $6) AND ($7::timestamptz IS NULL OR due_at <= $7)
 ORDER BY id LIMIT $8

-- name: change_case -> Case
-- Everything of a case that may change, from the version that was locked.
UPDATE case_file SET state = $3, assignee_id = $4, answers = $5, documents = $6, request = $7, proposal = $8, decision = $9,
  due_at = $10, keep_until = $11, updated_at = $12, confirmations = $13, version = version + 1
 WHERE id = $1 AND version = $2
RETURNING id, city_id, office_id, person_id, draft_id, form_id, form_version, reference, state, language, answers, documents,
       confirmations, appointment_id, assignee_id, request, proposal, decision, version, submitted_at, updated_at, due_at,
       keep_until

-- name: record_change -> none
-- Event, audit entry and notice in the transaction of the change.
SELECT record_case_change($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)

-- name: list_events -> CaseEvent
-- After a version, first to last; which of them the person may see is a policy's business.
SELECT id, case_id, version, at, actor_kind, actor_id, kind, from_state, to_state, reason, internal, data
  FROM case_event WHERE case_id = $1 AND version > $2 ORDER BY version

-- name: add_note -> none
-- Between clerks; never changed afterwards.
INSERT INTO case_note (id, city_id, office_id, case_id, clerk_id, at, text) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: list_notes -> Note
-- With the names of who wrote them.
SELECT n.id, n.case_id, n.clerk_id, k.display_name AS name, n.at, n.text
  FROM case_note n JOIN clerk k ON k.id = n.clerk_id WHERE n.case_id = $1 ORDER BY n.id

-- name: find_clerk_name -> ClerkName
-- Whom a case is given to has to work at its office.
SELECT k.id, k.display_name AS name FROM clerk k
 WHERE k.id = $1 AND EXISTS (SELECT FROM clerk_membership m WHERE m.clerk_id = k.id AND m.city_id = $2
                             AND (m.office_id IS NULL OR m.office_id = $3))

-- name: list_clerk_names -> ClerkName
-- Who stands behind ids.
SELECT id, display_name AS name FROM clerk WHERE id = ANY ($1)

-- name: list_colleagues -> ClerkName
-- Who works at an office of a city: whom its cases can be given to.
SELECT k.id, k.display_name AS name FROM clerk k
 WHERE EXISTS (SELECT FROM clerk_membership m WHERE m.clerk_id = k.id AND m.city_id = $1
               AND (m.office_id IS NULL OR m.office_id = $2))
 ORDER BY k.display_name, k.id

-- name: list_revisions -> Revision
-- How far an office's cases have come, for who watches them: all that are open, and those that ended since $2.
SELECT f.id, f.version, (SELECT count(*) FROM case_note n WHERE n.case_id = f.id)::int AS notes
  FROM case_file f
 WHERE f.office_id = $1 AND (f.state IN ('submitted', 'in_review', 'info_requested') OR f.updated_at >= $2)

-- name: find_letterhead -> Letterhead
-- The city and the office of a case.
SELECT c.name AS city, c.reference_prefix, o.zone, o.name AS office, o.street, o.postcode, o.town
  FROM office o JOIN city c ON c.id = o.city_id WHERE o.id = $1

-- name: add_audit_entry -> none
-- That a clerk has looked at personal data, or written a note.
INSERT INTO audit_entry (id, city_id, at, actor_kind, actor_id, action, entity, entity_id)
VALUES ($1, $2, $3, 'clerk', $4, $5, 'case', $6)

-- name: remind -> none
-- That an answer is awaited; without a time to remind at there is no reminder any more.
SELECT remind($1, $2, $3, 'case.answer_due', $4, $5, $6, $7, $8)

-- name: empty_cases -> Count
-- A few at a time, so that nobody waits behind it.
SELECT empty_cases($1, $2) AS count
