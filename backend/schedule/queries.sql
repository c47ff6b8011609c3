-- name: enter_task -> none
-- At the start of every worker. A changed interval takes effect at once; when it ran last is kept.
INSERT INTO schedule AS s (task, every_seconds, next_at) VALUES ($1, $2, $3)
ON CONFLICT (task) DO UPDATE SET every_seconds = excluded.every_seconds,
  next_at = least(s.next_at, excluded.next_at + make_interval(secs => excluded.every_seconds))
  WHERE s.every_seconds <> excluded.every_seconds;

-- name: take_turn -> Turn
-- The task that has been due the longest, among those that this program knows. Whose lease ran out has died.
WITH picked AS MATERIALIZED (
  SELECT d.task FROM schedule d
   WHERE d.task = ANY ($3) AND d.next_at <= $1 AND (d.leased_until IS NULL OR d.leased_until <= $1)
   ORDER BY d.next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
UPDATE schedule s SET leased_until = $2, run = s.run + 1, started_at = $1 FROM picked p WHERE s.task = p.task
RETURNING s.task, s.run;

-- name: keep_turn -> none
-- Still at it.
UPDATE schedule s SET leased_until = $3 WHERE s.task = $1 AND s.run = $2;

-- name: end_turn -> none
-- Only the latest run says how it ended, and when the next one is.
UPDATE schedule s SET leased_until = NULL, ended_at = $3, outcome = $4, detail = $5, next_at = $6
 WHERE s.task = $1 AND s.run = $2;

-- name: list_entries -> Entry
-- For operators and metrics.
SELECT task, every_seconds, next_at, started_at, ended_at, outcome, detail FROM schedule ORDER BY task;
