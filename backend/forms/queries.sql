-- name: ensure_form -> FormRow
-- The first version of a form brings the form; later ones find it by city and slug.
INSERT INTO form (id, city_id, slug, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT ON CONSTRAINT form_once DO UPDATE SET slug = excluded.slug RETURNING id, city_id, slug

-- name: list_forms -> VersionHead
-- What a city offers: of each form the newest published version.
SELECT DISTINCT ON (f.slug) v.form_id, f.city_id, f.slug, v.number, v.state, v.content_hash, v.published_at, v.retired_at
  FROM form f JOIN form_version v ON v.form_id = f.id
 WHERE f.city_id = $1 AND v.state = 'published' ORDER BY f.slug, v.number DESC

-- name: list_versions -> VersionHead
-- For operators: everything there is, everywhere or in one city.
SELECT v.form_id, f.city_id, f.slug, v.number, v.state, v.content_hash, v.published_at, v.retired_at
  FROM form f JOIN form_version v ON v.form_id = f.id
 WHERE $1::text IS NULL OR f.city_id = $1 ORDER BY f.city_id, f.slug, v.number

-- name: find_version -> VersionRow
-- Published and retired ones: an old draft needs its own version for as long as it lives.
SELECT v.form_id, f.city_id, f.slug, v.number, v.state, v.content, v.content_hash, v.published_at
  FROM form_version v JOIN form f ON f.id = v.form_id WHERE v.form_id = $1 AND v.number = $2 AND v.state <> 'draft'

-- name: find_newest -> VersionHead
-- The version to begin a draft with.
SELECT v.form_id, f.city_id, f.slug, v.number, v.state, v.content_hash, v.published_at, v.retired_at
  FROM form_version v JOIN form f ON f.id = v.form_id
 WHERE v.form_id = $1 AND v.state = 'published' ORDER BY v.number DESC LIMIT 1

-- name: find_state -> VersionHead
-- Whether a draft may still be begun with this version.
SELECT v.form_id, f.city_id, f.slug, v.number, v.state, v.content_hash, v.published_at, v.retired_at
  FROM form_version v JOIN form f ON f.id = v.form_id WHERE v.form_id = $1 AND v.number = $2 AND v.state <> 'draft'

-- name: find_vectors -> Vectors
-- Long, and asked for by nobody but tests of apps.
SELECT vectors FROM form_version WHERE form_id = $1 AND number = $2 AND state <> 'draft'

-- name: save_version -> VersionHead
-- The draft of a form is written anew as often as wanted; it takes the next number.
INSERT INTO form_version AS v (form_id, number, state, content, content_hash, vectors, created_at)
VALUES ($1, (SELECT coalesce(max(o.number), 0) + 1 FROM form_version o WHERE o.form_id = $1 AND o.state <> 'draft'), 'draft',
        $2, $3, $4, $5)
ON CONFLICT (form_id, number) DO UPDATE SET content = excluded.content, content_hash = excluded.content_hash,
  vectors = excluded.vectors
RETURNING v.form_id, (SELECT f.city_id FROM form f WHERE f.id = v.form_id) AS city_id,
  (SELECT f.slug FROM form f WHERE f.id = v.form_id) AS slug, v.number, v.state, v.content_hash, v.published_at, v.retired_at

-- name: publish_version -> none
-- From here on the row does not change any more, which a trigger guards.
UPDATE form_version SET state = 'published', published_at = $3 WHERE form_id = $1 AND number = $2 AND state = 'draft'

-- name: retire_versions -> none
-- One version, or all that are published.
UPDATE form_version SET state = 'retired', retired_at = $3
 WHERE form_id = $1 AND ($2::int IS NULL OR number = $2) AND state = 'published'

-- name: lock_form -> FormRow
-- Two operators who publish at the same moment take two numbers, one after the other.
SELECT id, city_id, slug FROM form WHERE city_id = $1 AND slug = $2 FOR UPDATE

-- name: list_office_slugs -> OfficeKey
-- A form may send its cases only to offices that there are.
SELECT id, slug FROM office WHERE city_id = $1 AND NOT retired AND slug = ANY ($2)

-- name: add_audit_entry -> none
-- That an operator published or retired.
INSERT INTO audit_entry (id, city_id, at, actor_kind, action, entity, entity_id, detail)
VALUES ($1, $2, $3, 'system', $4, 'form', $5, $6)

-- name: insert_draft -> Draft
-- By the phone's own id; no row where it is taken, by this person's own repeat or by somebody else.
INSERT INTO draft (id, city_id, form_id, version, person_id, language, answers, appointment_id, created_at, updated_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10) ON CONFLICT (id) DO NOTHING
RETURNING id, city_id, form_id, version, person_id, language, answers, appointment_id, revision, created_at, updated_at,
  expires_at, case_id

-- name: find_draft -> Draft
-- One's own, whichever device it was begun on.
SELECT id, city_id, form_id, version, person_id, language, answers, appointment_id, revision, created_at, updated_at,
       expires_at, case_id FROM draft WHERE id = $1 AND person_id = $2

-- name: lock_draft -> Draft
-- The same, held until the transaction ends: what is decided from it stays true.
SELECT id, city_id, form_id, version, person_id, language, answers, appointment_id, revision, created_at, updated_at,
       expires_at, case_id FROM draft WHERE id = $1 AND person_id = $2 FOR UPDATE

-- name: list_drafts -> Draft
-- What a phone shows to go on with.
SELECT id, city_id, form_id, version, person_id, language, answers, appointment_id, revision, created_at, updated_at,
       expires_at, case_id FROM draft
 WHERE person_id = $1 AND case_id IS NULL AND expires_at > $2 ORDER BY updated_at DESC, id LIMIT $3

-- name: lock_drafts_of -> none
-- Drafts of one person begin one after the other, so that the limit holds between them.
SELECT pg_advisory_xact_lock(hashtextextended('drafts of ' || $1::uuid::text, 0))

-- name: count_drafts -> Count
-- What counts against the limit.
SELECT count(*) AS count FROM draft WHERE person_id = $1 AND case_id IS NULL AND expires_at > $2

-- name: change_draft -> Draft
-- Only from the revision that was seen. The time it has left is written when it grew by a day, not at every keystroke.
UPDATE draft SET answers = $4, appointment_id = $5, language = $6, version = $7, revision = revision + 1, updated_at = $8,
  expires_at = CASE WHEN $9 > expires_at + interval '1 day' THEN $9 ELSE expires_at END
 WHERE id = $1 AND person_id = $2 AND revision = $3 AND case_id IS NULL AND expires_at > $8
RETURNING id, city_id, form_id, version, person_id, language, answers, appointment_id, revision, created_at, updated_at,
  expires_at, case_id

-- name: delete_draft -> none
-- What has been handed in is not deleted this way.
DELETE FROM draft WHERE id = $1 AND person_id = $2 AND case_id IS NULL

-- name: close_draft -> none
-- It has become a case; its answers are there now, and only there.
UPDATE draft SET case_id = $3, answers = '{}', appointment_id = NULL, revision = revision + 1, updated_at = $4
 WHERE id = $1 AND person_id = $2 AND case_id IS NULL

-- name: sweep_drafts -> Count
-- A few at a time, so that nobody waits behind it.
SELECT sweep_drafts($1, $2) AS count

-- name: remind -> none
-- Takes the place of an earlier reminder; without a time to remind at there is none any more.
SELECT remind($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: find_visit -> Visit
-- Own and still to come (or at this moment): another's looks like none.
SELECT id, city_id, state, name, date_of_birth::text AS date_of_birth, email, phone
  FROM appointment WHERE id = $1 AND person_id = $2 AND place_id IS NOT NULL

-- name: insert_confirmation -> Confirmation
-- The link's token is known here by its hash only.
INSERT INTO confirmation (id, draft_id, person_id, city_id, kind, token_hash, shown, language, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
RETURNING id, draft_id, person_id, city_id, kind, shown, language, created_at, expires_at, revoked_at, outcome, name, answered_at

-- name: revoke_confirmations -> none
-- One link of a kind works at a time: the latest.
UPDATE confirmation SET revoked_at = $4
 WHERE draft_id = $1 AND person_id = $2 AND kind = $3 AND outcome IS NULL AND revoked_at IS NULL

-- name: list_confirmations -> Confirmation
-- The latest of each kind counts.
SELECT DISTINCT ON (kind) id, draft_id, person_id, city_id, kind, shown, language, created_at, expires_at, revoked_at, outcome,
       name, answered_at
  FROM confirmation WHERE draft_id = $1 AND person_id = $2 ORDER BY kind, id DESC

-- name: confirmation_by_token -> Confirmation
-- Whoever holds the token is known by nothing else.
SELECT id, draft_id, person_id, city_id, kind, shown, language, created_at, expires_at, revoked_at, outcome, name, answered_at,
       form_id, version FROM confirmation_by_token($1)

-- name: answer_confirmation -> Verdict
-- Once; see 0009_forms.sql for its outcomes.
SELECT answer_confirmation($1, $2, $3, $4, $5) AS outcome
