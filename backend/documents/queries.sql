-- name: lock_documents -> Document
-- What a case is to take up, held until the transaction ends, in one order for everybody. Another's rows are not there.
SELECT d.id, d.person_id, d.purpose, d.name, d.size, d.sha256, d.state, d.reason, d.media_type, d.clean_size, d.clean_sha256,
       d.pages, d.has_thumbnail, d.scanned_by, d.clerk_id, d.case_id, d.city_id, d.office_id, d.created_at, d.updated_at, d.uploaded_at,
       d.checked_at, d.expires_at, d.delete_after
  FROM document d WHERE d.id = ANY ($1) AND d.person_id = $2 AND d.clerk_id IS NULL ORDER BY d.id FOR UPDATE

-- name: attach_document -> none
-- A case takes the document up: from now on its office reads it, for as long as the purpose says.
UPDATE document SET case_id = $3, city_id = $4, office_id = $5, attached_at = $6, updated_at = $6, delete_after = $7
 WHERE id = $1 AND person_id = $2 AND state = 'clean' AND case_id IS NULL

-- name: keep_documents -> none
-- A draft that lives on keeps what it refers to.
UPDATE document SET delete_after = $3, updated_at = $4
 WHERE id = ANY ($1) AND person_id = $2 AND delete_after < $3 AND state NOT IN ('refused', 'expired')

-- name: find_documents -> Document
-- Documents of the person ($2) or of the cases of the clerk's offices ($3), whichever is given. What an office has sent is
-- its person's once a decision has taken it up, and the office's own in every state.
SELECT d.id, d.person_id, d.purpose, d.name, d.size, d.sha256, d.state, d.reason, d.media_type, d.clean_size, d.clean_sha256,
       d.pages, d.has_thumbnail, d.scanned_by, d.clerk_id, d.case_id, d.city_id, d.office_id, d.created_at, d.updated_at, d.uploaded_at,
       d.checked_at, d.expires_at, d.delete_after
  FROM document d
 WHERE d.id = ANY ($1) AND ($2::uuid IS NULL OR (d.person_id = $2 AND (d.clerk_id IS NULL OR d.attached_at IS NOT NULL)))
   AND ($3::uuid[] IS NULL OR (d.office_id = ANY ($3) AND (d.state = 'clean' OR d.clerk_id IS NOT NULL))) ORDER BY d.id

-- name: lock_person -> none
-- Declarations of one person come one after the other, so that limits hold between them.
SELECT pg_advisory_xact_lock(hashtextextended('documents of ' || $1::uuid::text, 0))

-- name: measure_usage -> Usage
-- What counts against the person's limits.
SELECT count(*) FILTER (WHERE state IN ('declared', 'uploading') AND expires_at > $2) AS open_uploads,
       coalesce(sum(size) FILTER (WHERE state NOT IN ('refused', 'expired')
                                  AND NOT (state IN ('declared', 'uploading') AND expires_at <= $2)), 0)::bigint AS total_bytes
  FROM document WHERE person_id = $1 AND case_id IS NULL

-- name: declare_document -> none
-- What is to come.
INSERT INTO document (id, person_id, purpose, name, size, sha256, state, created_at, updated_at, expires_at, delete_after)
VALUES ($1, $2, $3, $4, $5, $6, 'declared', $7, $7, $8, $9)

-- name: begin_upload -> none
-- And how it comes.
INSERT INTO upload (document_id, person_id, metadata) VALUES ($1, $2, $3)

-- name: find_upload -> Upload
-- How far the bytes have come, as the last commit left it.
SELECT u.document_id, u.person_id, d.size, d.state, d.expires_at, u.metadata, u.received, u.multipart_id, u.parts, u.pieces,
       u.next_number, u.lease, u.leased_until
  FROM upload u JOIN document d ON d.id = u.document_id WHERE u.document_id = $1 AND u.person_id = $2

-- name: lock_upload -> Upload
-- The same, held until the transaction ends.
SELECT u.document_id, u.person_id, d.size, d.state, d.expires_at, u.metadata, u.received, u.multipart_id, u.parts, u.pieces,
       u.next_number, u.lease, u.leased_until
  FROM upload u JOIN document d ON d.id = u.document_id WHERE u.document_id = $1 AND u.person_id = $2 FOR UPDATE

-- name: lease_upload -> none
-- From now on one request writes. A lease and not a lock: it spans the network, so nothing may be held open meanwhile.
UPDATE upload SET lease = $3, leased_until = $4 WHERE document_id = $1 AND person_id = $2

-- name: renew_lease -> none
-- Bytes still come. Nothing is renewed where another has taken over.
UPDATE upload SET leased_until = $4 WHERE document_id = $1 AND person_id = $2 AND lease = $3

-- name: take_number -> Number
-- A name for the next object, given out once: what a writer that was overtaken still sends lies beside, never on top.
UPDATE upload SET next_number = next_number + 1, leased_until = $4 WHERE document_id = $1 AND person_id = $2 AND lease = $3
RETURNING next_number - 1 AS number

-- name: record_received -> none
-- These bytes are in the store; only the present writer may say so.
UPDATE upload SET received = $4, multipart_id = $5, parts = $6, pieces = $7, leased_until = $8
 WHERE document_id = $1 AND person_id = $2 AND lease = $3

-- name: end_lease -> none
-- The writer is done; the next may come at once.
UPDATE upload SET lease = NULL, leased_until = NULL WHERE document_id = $1 AND person_id = $2 AND lease = $3

-- name: mark_uploading -> none
-- The first bytes are on their way.
UPDATE document SET state = 'uploading', updated_at = $3 WHERE id = $1 AND person_id = $2 AND state = 'declared'

-- name: mark_uploaded -> none
-- All bytes are there: from now on it waits for its check. Twice is once.
UPDATE document SET state = 'uploaded', updated_at = $3, uploaded_at = $3, check_due_at = $3
 WHERE id = $1 AND person_id = $2 AND state IN ('declared', 'uploading')

-- name: use_direct -> none
-- The bytes came by the presigned PUT: what tus may have begun is not what is checked.
UPDATE upload SET received = $3, multipart_id = NULL, parts = '[]', pieces = '[]', lease = NULL, leased_until = NULL
 WHERE document_id = $1 AND person_id = $2

-- name: delete_document -> none
-- The person takes it back; a trigger leaves word which objects are to be removed.
DELETE FROM document WHERE id = $1 AND person_id = $2 AND case_id IS NULL

-- name: list_documents -> Document
-- A page of the person's documents, newest first.
SELECT d.id, d.person_id, d.purpose, d.name, d.size, d.sha256, d.state, d.reason, d.media_type, d.clean_size, d.clean_sha256,
       d.pages, d.has_thumbnail, d.scanned_by, d.clerk_id, d.case_id, d.city_id, d.office_id, d.created_at, d.updated_at, d.uploaded_at,
       d.checked_at, d.expires_at, d.delete_after
  FROM document d WHERE d.person_id = $1 AND ($2::uuid IS NULL OR d.id < $2) AND (d.clerk_id IS NULL OR d.attached_at IS NOT NULL)
 ORDER BY d.id DESC LIMIT $3

-- name: add_audit_entry -> none
-- That somebody was given the bytes of a document.
INSERT INTO audit_entry (id, city_id, at, actor_kind, actor_id, action, entity, entity_id)
VALUES ($1, $2, $3, $4, $5, $6, 'document', $7)

-- name: claim_check -> CheckTask
-- The document that waits longest. The attempt is counted now, so what kills its checker counts; when the lease runs out
-- it is due again.
-- What an office sends comes in one request and has no upload. The choice is made once, before the update: as a subquery it
-- may be made anew for every row, and then claims more than the one that is answered with.
WITH due AS MATERIALIZED (
  SELECT n.id, u.multipart_id, coalesce(u.parts, '[]') AS parts
    FROM document n LEFT JOIN upload u ON u.document_id = n.id
   WHERE n.check_due_at <= $2 ORDER BY n.check_due_at LIMIT 1 FOR UPDATE OF n SKIP LOCKED)
UPDATE document d SET state = 'checking', check_attempts = d.check_attempts + 1, check_lease = $1, check_leased_until = $3,
       check_due_at = $3, updated_at = CASE d.state WHEN 'uploaded' THEN $2 ELSE d.updated_at END
  FROM due WHERE d.id = due.id
RETURNING d.id, d.person_id, d.purpose, d.name, d.size, d.sha256, d.city_id, d.check_attempts AS attempts, d.uploaded_at,
          d.clerk_id, d.check_lease AS lease, due.multipart_id, due.parts

-- name: record_clean -> none
-- It can be read from now on. Only the checker that holds the lease says so.
UPDATE document SET state = 'clean', sha256 = $3, media_type = $4, clean_size = $5, clean_sha256 = $6, pages = $7,
       has_thumbnail = $8, scanned_by = $9, checked_at = $10, updated_at = $10, check_due_at = NULL, check_lease = NULL,
       check_leased_until = NULL
 WHERE id = $1 AND check_lease = $2

-- name: record_refused -> none
-- It never can; the row stays for a while and says why.
UPDATE document SET state = 'refused', reason = $3, scanned_by = $4, checked_at = $5, updated_at = $5, delete_after = $6,
       check_due_at = NULL, check_lease = NULL, check_leased_until = NULL
 WHERE id = $1 AND check_lease = $2

-- name: postpone_check -> none
-- Not now. What was not the file's fault ($4) does not count as an attempt.
UPDATE document SET check_due_at = $3, check_attempts = check_attempts - CASE WHEN $4::boolean THEN 1 ELSE 0 END,
       check_lease = NULL, check_leased_until = NULL
 WHERE id = $1 AND check_lease = $2

-- name: order_removal -> none
-- Objects that nobody needs any more.
INSERT INTO object_removal (document_id, bucket, due_at) SELECT $1, b, $3 FROM unnest($2::text[]) b
ON CONFLICT (document_id, bucket) DO UPDATE SET due_at = least(object_removal.due_at, excluded.due_at)

-- name: claim_removal -> Removal
-- One at a time; when its remover dies it is due again.
WITH due AS MATERIALIZED (
  SELECT document_id, bucket FROM object_removal WHERE due_at <= $1 ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
UPDATE object_removal r SET attempts = r.attempts + 1, due_at = $2 FROM due
 WHERE r.document_id = due.document_id AND r.bucket = due.bucket
RETURNING r.document_id, r.bucket, r.attempts

-- name: end_removal -> none
-- They are gone.
DELETE FROM object_removal WHERE document_id = $1 AND bucket = $2

-- name: expire_uploads -> DocumentId
-- What did not come in time; a few at a time.
WITH picked AS MATERIALIZED (
  SELECT id FROM document WHERE state IN ('declared', 'uploading') AND expires_at <= $1
   ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
UPDATE document d SET state = 'expired', updated_at = $1 FROM picked p WHERE d.id = p.id
RETURNING d.id

-- name: delete_overdue -> none
-- Retention is over; a trigger leaves word which objects are to be removed.
WITH picked AS MATERIALIZED (
  SELECT id FROM document WHERE delete_after <= $1 ORDER BY delete_after LIMIT $2 FOR UPDATE SKIP LOCKED)
DELETE FROM document d USING picked p WHERE d.id = p.id

-- name: read_backlog -> Backlog
-- For an operator: how much waits, and for how long the one that waits longest.
SELECT (SELECT count(*) FROM document WHERE check_due_at IS NOT NULL) AS checks,
       (SELECT count(*) FROM object_removal WHERE due_at <= $1) AS removals,
       coalesce((SELECT extract(epoch FROM $1 - min(uploaded_at)) FROM document WHERE check_due_at IS NOT NULL), 0)::float8
         AS oldest_seconds

-- name: list_unfinished -> Unfinished
-- All bytes are there, and whoever brought the last one died before it said so.
SELECT u.document_id, u.person_id FROM upload u JOIN document d ON d.id = u.document_id
 WHERE d.state IN ('declared', 'uploading') AND u.received = d.size AND coalesce(u.leased_until, $1) <= $1 LIMIT 100

-- name: list_strays -> Stray
-- Of these documents, those that need no objects in the bucket, and whose objects nobody has been told to remove.
SELECT o.id, d.id IS NOT NULL AS known FROM (SELECT DISTINCT unnest($1::uuid[]) AS id) o LEFT JOIN document d ON d.id = o.id
 WHERE NOT EXISTS (SELECT FROM object_removal r WHERE r.document_id = o.id AND r.bucket = $2)
   AND NOT coalesce(CASE $2::text WHEN 'clean' THEN d.state IN ('clean', 'checking')
                    ELSE d.state IN ('declared', 'uploading', 'uploaded', 'checking') END, false)
 ORDER BY o.id

-- name: list_clean_between -> DocumentId
-- Documents that should be in the clean bucket, in the order of its keys.
SELECT id FROM document WHERE state = 'clean' AND id > $1 AND ($2::uuid IS NULL OR id <= $2) AND checked_at < $3 ORDER BY id

-- name: report_lost -> DocumentId
-- A row whose bytes are gone is for an operator to see; said once, and answered once.
INSERT INTO audit_entry (id, at, actor_kind, action, entity, entity_id)
SELECT gen_random_uuid(), $2, 'system', 'document.lost', 'document', $1
 WHERE NOT EXISTS (SELECT FROM audit_entry WHERE action = 'document.lost' AND entity_id = $1)
RETURNING entity_id::uuid AS id

-- name: count_of_office -> Count
-- How many documents an office has sent for one case.
SELECT count(*) AS count FROM document WHERE case_id = $1 AND clerk_id IS NOT NULL

-- name: declare_of_office -> none
-- What a clerk is about to send for a decision. It lies with the case, and waits for the decision to take it up.
INSERT INTO document (id, person_id, purpose, name, size, sha256, state, clerk_id, case_id, city_id, office_id, created_at,
  updated_at, expires_at, delete_after)
VALUES ($1, $2, $3, $4, $5, $6, 'declared', $7, $8, $9, $10, $11, $11, $12, $13)

-- name: mark_sent_by_office -> none
-- All of it is there: from now on it waits for its check. Twice is once.
UPDATE document SET state = 'uploaded', updated_at = $3, uploaded_at = $3, check_due_at = $3
 WHERE id = $1 AND case_id = $2 AND clerk_id IS NOT NULL AND state = 'declared' AND expires_at > $3

-- name: lock_of_office -> Document
-- What may go with a decision of this case, held until the transaction ends.
SELECT d.id, d.person_id, d.purpose, d.name, d.size, d.sha256, d.state, d.reason, d.media_type, d.clean_size, d.clean_sha256,
       d.pages, d.has_thumbnail, d.scanned_by, d.clerk_id, d.case_id, d.city_id, d.office_id, d.created_at, d.updated_at, d.uploaded_at,
       d.checked_at, d.expires_at, d.delete_after
  FROM document d WHERE d.id = $1 AND d.case_id = $2 AND d.clerk_id IS NOT NULL AND d.attached_at IS NULL FOR UPDATE

-- name: attach_of_office -> none
-- The decision takes it up: from now on it is its person's as well, for as long as the case is kept.
UPDATE document SET attached_at = $3, updated_at = $3, delete_after = $4
 WHERE id = $1 AND case_id = $2 AND clerk_id IS NOT NULL AND attached_at IS NULL AND state = 'clean'
