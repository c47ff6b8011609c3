-- name: lock_documents -> Document
-- What a case is to take up, held until the transaction ends, in one order for everybody. Another's rows are not there.
SELECT d.id, d.person_id, d.purpose, d.name, d.size, d.sha256, d.state, d.reason, d.media_type, d.clean_size, d.clean_sha256,
       d.pages, d.has_thumbnail, d.scanned_by, d.case_id, d.city_id, d.office_id, d.created_at, d.updated_at, d.uploaded_at,
       d.checked_at, d.expires_at, d.delete_after
  FROM document d WHERE d.id = ANY ($1) AND d.person_id = $2 ORDER BY d.id FOR UPDATE

-- name: attach_document -> none
-- A case takes the document up: from now on its office reads it, for as long as the purpose says.
UPDATE document SET case_id = $3, city_id = $4, office_id = $5, attached_at = $6, updated_at = $6, delete_after = $7
 WHERE id = $1 AND person_id = $2 AND state = 'clean' AND case_id IS NULL

-- name: keep_documents -> none
-- A draft that lives on keeps what it refers to.
UPDATE document SET delete_after = $3, updated_at = $4
 WHERE id = ANY ($1) AND person_id = $2 AND delete_after < $3 AND state NOT IN ('refused', 'expired')

-- name: find_documents -> Document
-- Documents of the person ($2) or of the cases of the clerk's offices ($3), whichever is given.
SELECT d.id, d.person_id, d.purpose, d.name, d.size, d.sha256, d.state, d.reason, d.media_type, d.clean_size, d.clean_sha256,
       d.pages, d.has_thumbnail, d.scanned_by, d.case_id, d.city_id, d.office_id, d.created_at, d.updated_at, d.uploaded_at,
       d.checked_at, d.expires_at, d.delete_after
  FROM document d
 WHERE d.id = ANY ($1) AND ($2::uuid IS NULL OR d.person_id = $2)
   AND ($3::uuid[] IS NULL OR (d.office_id = ANY ($3) AND d.state = 'clean')) ORDER BY d.id
