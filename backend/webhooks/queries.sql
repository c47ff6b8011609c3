-- name: list_endpoints -> Endpoint
-- Of one client and environment; one of them, where $3 names it.
SELECT id, url, types, description, created_at, failures, failing_since, last_failure, disabled_at, disabled_reason,
       CASE WHEN old_secret_until > $4::timestamptz THEN old_secret_until END AS old_secret_until
  FROM webhook_endpoint WHERE client_id = $1 AND environment = $2 AND ($3::uuid IS NULL OR id = $3) ORDER BY id;

-- name: lock_endpoints -> Count
-- How many a client has; its row is locked, so that two made at a time are counted.
SELECT (SELECT count(*) FROM webhook_endpoint e WHERE e.client_id = c.id AND e.environment = $2)::int AS count
  FROM client c WHERE c.id = $1 FOR UPDATE OF c;

-- name: add_endpoint -> none
-- With its sealed secret.
INSERT INTO webhook_endpoint (id, client_id, environment, url, types, description, secret, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: change_endpoint -> none
-- As a whole. Enabled again it begins anew; another address has not failed yet.
UPDATE webhook_endpoint SET url = $4, types = $5, description = $6,
    disabled_at = CASE WHEN NOT $7 THEN coalesce(disabled_at, $8) END,
    disabled_reason = CASE WHEN NOT $7 THEN coalesce(disabled_reason, 'by-client') END,
    failures = 0, failing_since = NULL, last_failure = NULL, paused_until = NULL
  WHERE client_id = $1 AND environment = $2 AND id = $3;

-- name: remove_endpoint -> none
-- With its log.
DELETE FROM webhook_endpoint WHERE client_id = $1 AND environment = $2 AND id = $3;

-- name: rotate_secret -> none
-- What signed until now goes on signing beside it for a while.
UPDATE webhook_endpoint SET old_secret = secret, old_secret_until = $5, secret = $4
  WHERE client_id = $1 AND environment = $2 AND id = $3;

-- name: drop_open -> none
-- Of an endpoint that is disabled; a replay brings them back.
UPDATE webhook_delivery SET done_at = $2, outcome = 'dropped', leased_until = NULL WHERE endpoint_id = $1 AND done_at IS NULL;

-- name: add_test -> none
-- An event that is nobody's.
INSERT INTO webhook_delivery (id, endpoint_id, event_id, type, happened_at, created_at, begun_at, due_at)
VALUES ($1, $2, $1, $3, $4, $4, $4, $4);

-- name: list_deliveries -> Delivery
-- The latest first, each with its attempts; $3 goes on below, $4 those that ended so ('open': not yet).
SELECT d.id, d.event_id, d.type, d.city_id, d.subject_id, d.happened_at, d.due_at, d.done_at, d.outcome,
       (SELECT coalesce(jsonb_agg(to_jsonb(a) - 'delivery_id' ORDER BY a.attempt DESC), '[]')
          FROM webhook_attempt a WHERE a.delivery_id = d.id) AS attempts
  FROM webhook_delivery d
 WHERE d.endpoint_id = $1 AND ($2::uuid IS NULL OR d.id = $2) AND ($3::uuid IS NULL OR d.id < $3)
   AND ($4::text IS NULL OR coalesce(d.outcome, 'open') = $4)
 ORDER BY d.id DESC LIMIT $5;

-- name: replay -> none
-- Again, whatever became of it: one ($2), or what happened since ($3) and was not delivered, or all of that ($4). What
-- somebody is sending at this moment is left to them.
WITH picked AS MATERIALIZED (
  SELECT o.id FROM webhook_delivery o
   WHERE o.endpoint_id = $1 AND (o.leased_until IS NULL OR o.leased_until <= $5)
     AND CASE WHEN $2::uuid IS NOT NULL THEN o.id = $2
              ELSE o.happened_at >= $3::timestamptz AND ($4 OR o.outcome IS DISTINCT FROM 'delivered') END
   ORDER BY o.happened_at LIMIT $6)
UPDATE webhook_delivery d SET done_at = NULL, outcome = NULL, due_at = $5, begun_at = $5, begun_attempts = d.attempts
  FROM picked p WHERE d.id = p.id;

-- name: claim_parcels -> Parcel
-- Takes what is due for as long as the lease lasts, the oldest of each endpoint first, and of none so many that the others
-- wait behind it: eight under way at a time, one where it fails, and $4 of all endpoints of a client, who may have twenty
-- that answer slowly. The attempt is counted here. What has waited since its client was disabled, or lost the scope or the
-- city, is not told any more: it stays open, for the client's return.
WITH busy AS MATERIALIZED (
  SELECT e.client_id, count(*) AS under_way FROM webhook_endpoint e JOIN webhook_delivery u ON u.endpoint_id = e.id
   WHERE u.done_at IS NULL AND u.leased_until > $1 GROUP BY e.client_id
), due AS MATERIALIZED (
  SELECT one.id, one.due_at, e.client_id, e.url, e.secret, CASE WHEN e.old_secret_until > $1 THEN e.old_secret END AS old_secret
    FROM webhook_endpoint e JOIN client c ON c.id = e.client_id CROSS JOIN LATERAL (
      SELECT d.id, d.due_at FROM webhook_delivery d
       WHERE d.endpoint_id = e.id AND d.done_at IS NULL AND d.due_at <= $1 AND (d.leased_until IS NULL OR d.leased_until <= $1)
         AND (e.environment = 'test' OR d.city_id IS NULL OR d.city_id = ANY (c.cities))
       ORDER BY d.due_at
       LIMIT greatest(0, CASE WHEN e.failures >= 3 THEN 1 ELSE 8 END - (
         SELECT count(*) FROM webhook_delivery u WHERE u.endpoint_id = e.id AND u.done_at IS NULL AND u.leased_until > $1))
       FOR UPDATE SKIP LOCKED) one
   WHERE e.disabled_at IS NULL AND (e.paused_until IS NULL OR e.paused_until <= $1)
     AND c.disabled_at IS NULL AND 'webhooks' = ANY (c.scopes)
), picked AS MATERIALIZED (
  SELECT o.* FROM (
    SELECT d.*, row_number() OVER (PARTITION BY d.client_id ORDER BY d.due_at, d.id) + coalesce(b.under_way, 0) AS turn
      FROM due d LEFT JOIN busy b ON b.client_id = d.client_id) o
   WHERE o.turn <= $4 ORDER BY o.turn, o.due_at LIMIT $3
)
UPDATE webhook_delivery d SET attempts = d.attempts + 1, leased_until = $2
  FROM picked p WHERE d.id = p.id
  RETURNING d.id, d.endpoint_id, d.event_id, d.type, d.city_id, d.subject_id, d.happened_at AS told_at, p.url, p.secret,
            p.old_secret, d.attempts AS attempt, d.attempts - d.begun_attempts AS round_attempt, d.begun_at, d.leased_until;

-- name: settle_parcels -> none
-- What became of claimed deliveries, and the log of it. What comes after the lease ran out and another took over changes
-- nothing, unless it says that the event arrived.
WITH tried AS (
  SELECT * FROM unnest($2::uuid[], $3::int[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::int[], $8::int[], $9::text[],
                       $10::text[], $11::boolean[])
    AS t (id, attempt, ending, due_at, at, milliseconds, status, code, answer, counted)
), logged AS (
  INSERT INTO webhook_attempt (delivery_id, attempt, at, milliseconds, status, code, answer)
    SELECT t.id, t.attempt, t.at, t.milliseconds, t.status, t.code, t.answer
      FROM tried t JOIN webhook_delivery d ON d.id = t.id WHERE t.counted ON CONFLICT DO NOTHING
)
UPDATE webhook_delivery d SET
    outcome = t.ending, done_at = CASE WHEN t.ending IS NOT NULL THEN $1::timestamptz END, due_at = t.due_at,
    attempts = d.attempts - (NOT t.counted)::int, leased_until = NULL
  FROM tried t WHERE d.id = t.id AND d.done_at IS NULL AND (d.attempts = t.attempt OR t.ending = 'delivered');

-- name: note_success -> none
-- It works, or works again.
UPDATE webhook_endpoint SET failures = 0, failing_since = NULL, last_failure = NULL, paused_until = NULL
 WHERE id = ANY ($1) AND (failures > 0 OR failing_since IS NOT NULL);

-- name: note_failure -> none
-- After the third in a row there are pauses, ever longer up to ten minutes ($3: before each next); after so many days ($4),
-- or at once where it says that it is gone, nothing is sent any more.
UPDATE webhook_endpoint e SET
    failures = e.failures + 1, failing_since = coalesce(e.failing_since, $1), last_failure = f.code,
    paused_until = CASE WHEN e.failures >= 2 THEN $1::timestamptz + make_interval(secs => least(600, $3 * 2 ^ least(e.failures - 2, 10))) END,
    disabled_at = CASE WHEN f.gone OR e.failing_since < $1::timestamptz - make_interval(days => $4) THEN $1 ELSE e.disabled_at END,
    disabled_reason = CASE WHEN f.gone THEN 'gone' WHEN e.failing_since < $1::timestamptz - make_interval(days => $4) THEN 'failing'
                           ELSE e.disabled_reason END
  FROM unnest($2::uuid[], $5::text[], $6::boolean[]) AS f (id, code, gone) WHERE e.id = f.id;

-- name: drop_of_disabled -> none
-- What was still on its way to endpoints that have just been disabled.
UPDATE webhook_delivery d SET done_at = $1, outcome = 'dropped', leased_until = NULL
  FROM webhook_endpoint e WHERE e.id = ANY ($2) AND e.disabled_at IS NOT NULL AND d.endpoint_id = e.id AND d.done_at IS NULL;

-- name: forget_deliveries -> none
-- The log is kept for so long; what is open is never so old.
WITH picked AS MATERIALIZED (SELECT id FROM webhook_delivery WHERE created_at < $1 ORDER BY created_at LIMIT $2)
DELETE FROM webhook_delivery d USING picked p WHERE d.id = p.id;
