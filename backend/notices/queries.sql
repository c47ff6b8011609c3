-- name: tell -> none
-- In the transaction of the change that it tells of.
SELECT tell($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: spread_notices -> Spread
-- Every due notice becomes one delivery for each device of its person that can be reached. In one transaction without a
-- network: killed half-way, nothing has happened; workers at the same moment take other notices.
WITH due AS MATERIALIZED (
  SELECT n.id, n.person_id, n.kind, n.expires_at FROM notice n
   WHERE n.spread_at IS NULL AND n.due_at <= $1 ORDER BY n.due_at LIMIT $2 FOR UPDATE SKIP LOCKED
), marked AS (
  UPDATE notice n SET spread_at = $1 FROM due WHERE n.id = due.id
), made AS (
  INSERT INTO delivery (id, notice_id, person_id, channel, device_id, platform, due_at)
    SELECT gen_random_uuid(), due.id, due.person_id, 'push', d.id, d.platform, $1
      FROM due JOIN device d ON d.person_id = due.person_id AND d.target IS NOT NULL
     WHERE due.kind = ANY ($3) AND (due.expires_at IS NULL OR due.expires_at > $1)
    ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING
    RETURNING channel, platform
)
SELECT (SELECT count(*) FROM due)::int AS notices,
       coalesce((SELECT jsonb_agg(DISTINCT jsonb_build_object('channel', m.channel, 'platform', m.platform)) FROM made m),
                '[]') AS lanes;

-- name: claim_deliveries -> Outgoing
-- Takes deliveries of one lane for as long as the lease lasts. The attempt is counted here: what kills its worker is
-- counted too, and ends after so many claims. What nobody needs any more ends here as well.
WITH picked AS MATERIALIZED (
  SELECT d.id FROM delivery d
   WHERE d.lane = $2 AND d.done_at IS NULL AND d.due_at <= $1
     AND (d.leased_until IS NULL OR d.leased_until <= $1)
   ORDER BY d.due_at LIMIT $4 FOR UPDATE SKIP LOCKED
), known AS MATERIALIZED (
  SELECT p.id, n.city_id, n.kind, n.subject_id, n.data, n.due_at AS told_at, n.expires_at, v.target_kind, v.target,
         coalesce(v.language, (SELECT e.language FROM person e WHERE e.id = n.person_id), 'de') AS language,
         CASE WHEN n.expires_at <= $1 THEN 'expired'
              WHEN d.channel = 'push' AND v.target IS NULL THEN 'dropped'
              WHEN d.attempts >= $5 THEN 'dead' END AS outcome
    FROM picked p JOIN delivery d ON d.id = p.id JOIN notice n ON n.id = d.notice_id
    LEFT JOIN device v ON v.id = d.device_id AND v.person_id = d.person_id
), taken AS (
  UPDATE delivery d SET
      attempts = d.attempts + (k.outcome IS NULL)::int,
      leased_until = CASE WHEN k.outcome IS NULL THEN $3::timestamptz END,
      done_at = CASE WHEN k.outcome IS NOT NULL THEN $1 END,
      outcome = k.outcome,
      detail = CASE k.outcome WHEN 'dropped' THEN 'no-target' WHEN 'dead' THEN coalesce(d.detail, 'worker-died')
                              ELSE d.detail END
    FROM known k WHERE d.id = k.id
    RETURNING d.id, d.notice_id, d.person_id, k.city_id, k.kind, k.subject_id, d.channel, d.platform, d.device_id,
              k.target_kind, k.target, k.language, k.data, d.attempts AS attempt, k.told_at, k.expires_at, d.leased_until,
              d.outcome, d.due_at
)
SELECT t.id, t.notice_id, t.person_id, t.city_id, t.kind, t.subject_id, t.channel, t.platform, t.device_id, t.target_kind,
       t.target, t.language, t.data, t.attempt, t.told_at, t.expires_at, t.leased_until
  FROM taken t WHERE t.outcome IS NULL ORDER BY t.due_at;

-- name: forget_targets -> none
-- FCM does not know these any more. Compare and delete: a device that registered anew meanwhile keeps its new target.
UPDATE device d SET target = NULL, target_kind = NULL
  FROM unnest($1::uuid[], $2::text[]) AS g (device_id, target) WHERE d.id = g.device_id AND d.target = g.target;

-- name: settle_deliveries -> none
-- What became of claimed deliveries. An answer that comes after the lease ran out and another worker took over is
-- ignored by the number of its attempt, unless it says that the message arrived. Where a target was gone but the device
-- has a new one by now, the delivery is tried again at once.
UPDATE delivery d SET
    outcome = CASE WHEN s.again THEN NULL ELSE s.ending END,
    done_at = CASE WHEN s.ending IS NOT NULL AND NOT s.again THEN $1::timestamptz END,
    due_at = CASE WHEN s.again THEN $1 ELSE s.due_at END,
    detail = nullif(s.detail, ''),
    attempts = d.attempts - (NOT s.counted)::int,
    leased_until = NULL
  FROM (SELECT x.*, x.detail = 'UNREGISTERED' AND EXISTS (
                 SELECT FROM delivery o JOIN device v ON v.id = o.device_id AND v.person_id = o.person_id
                  WHERE o.id = x.id AND v.target IS NOT NULL) AS again
          FROM unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::timestamptz[], $7::boolean[])
            AS x (id, attempt, ending, detail, due_at, counted)) s
 WHERE d.id = s.id AND d.done_at IS NULL AND (d.attempts = s.attempt OR s.ending = 'sent');

-- name: list_dead -> Dead
-- For operators: what could not be delivered, the latest first. No person, no target.
SELECT d.id, d.notice_id, n.city_id, n.kind, d.channel, d.platform, d.attempts, d.detail, d.done_at
  FROM delivery d JOIN notice n ON n.id = d.notice_id
 WHERE d.outcome = 'dead' AND ($1::text IS NULL OR d.detail = $1) ORDER BY d.done_at DESC LIMIT $2;

-- name: revive_dead -> none
-- An operator has mended the cause: as if never tried. What has expired meanwhile ends as such at its next claim.
UPDATE delivery d SET outcome = NULL, done_at = NULL, attempts = 0, leased_until = NULL, due_at = $1
 WHERE d.outcome = 'dead' AND (d.id = ANY ($2) OR $2 IS NULL) AND ($3::text IS NULL OR d.detail = $3);

-- name: read_backlog -> Backlog
-- For metrics; counts what is open only, by its partial indexes.
SELECT (SELECT count(*) FROM notice n WHERE n.spread_at IS NULL AND n.due_at <= $1)::int AS notices,
       count(*)::int AS deliveries,
       coalesce(extract(epoch FROM $1 - min(d.due_at)), 0)::float8 AS oldest_seconds,
       (SELECT count(*) FROM delivery x WHERE x.outcome = 'dead')::int AS dead
  FROM delivery d WHERE d.done_at IS NULL AND d.due_at <= $1;

-- name: ring -> none
-- After a commit, on a connection of its own: see decision 0004.
SELECT pg_notify('notice', '');
