-- name: find_key -> KeyRow
-- By its id; whether the rest of the key is right is compared outside, in constant time.
SELECT k.id, k.hash, k.environment, k.expires_at, k.revoked_at, k.last_used_at, c.id AS client_id, c.name, c.cities, c.scopes,
       c.per_minute, c.disabled_at
  FROM client_key k JOIN client c ON c.id = k.client_id WHERE k.id = $1;

-- name: note_use -> none
-- Now and then; whoever notes it a moment later writes nothing.
UPDATE client_key SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2::timestamptz - interval '1 minute');

-- name: list_clients -> Client
-- With their keys, the newest first. $1: of these cities alone, all of a client's being among them; null: every client.
SELECT c.id, c.name, c.contact, c.cities, c.scopes, c.per_minute, c.created_at, c.disabled_at,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('id', k.id, 'environment', k.environment, 'created_at', k.created_at,
                 'expires_at', k.expires_at, 'revoked_at', k.revoked_at, 'last_used_at', k.last_used_at) ORDER BY k.id DESC), '[]')
          FROM client_key k WHERE k.client_id = c.id) AS keys
  FROM client c WHERE ($1::text[] IS NULL OR c.cities <@ $1) AND ($2::uuid IS NULL OR c.id = $2) ORDER BY c.name, c.id LIMIT 500;

-- name: lock_client -> Key
-- Changes of one client come one after the other: two keys at a time are two, not three.
SELECT id FROM client WHERE id = $1 AND ($2::text[] IS NULL OR cities <@ $2) FOR UPDATE;

-- name: known_cities -> Known
-- Which of these there are.
SELECT id FROM city WHERE id = ANY ($1);

-- name: save_client -> none
-- New, or changed as a whole.
INSERT INTO client AS c (id, name, contact, cities, scopes, per_minute, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, contact = excluded.contact, cities = excluded.cities,
  scopes = excluded.scopes, per_minute = excluded.per_minute;

-- name: set_disabled -> none
-- All keys of the client at once; and back.
UPDATE client SET disabled_at = CASE WHEN $3 THEN coalesce(disabled_at, $2) END WHERE id = $1;

-- name: good_keys -> Key
-- Of one environment, the newest first.
SELECT id FROM client_key WHERE client_id = $1 AND environment = $2 AND revoked_at IS NULL AND expires_at > $3 ORDER BY id DESC;

-- name: add_key -> none
-- Its hash alone.
INSERT INTO client_key (id, client_id, environment, hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6);

-- name: shorten_keys -> none
-- What a rotation leaves to those that were good until now.
UPDATE client_key SET expires_at = least(expires_at, $3) WHERE client_id = $1 AND id = ANY ($2);

-- name: revoke_key -> none
-- At once; a second time changes nothing.
UPDATE client_key SET revoked_at = coalesce(revoked_at, $3) WHERE id = $2 AND client_id = $1;

-- name: audit -> none
-- Ids only.
INSERT INTO audit_entry (id, at, actor_kind, actor_id, action, entity, entity_id, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);
