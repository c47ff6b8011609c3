-- name: take_tokens -> Taken
-- Fills each bucket for the time that has passed and takes as many of the wanted tokens as there are, in one statement,
-- so that the bound holds whatever the number of processes. Rows are locked in the order of their keys. When two requests
-- make the same bucket at the same moment the later one's tokens are subtracted from what the earlier one left.
WITH wish AS (
  SELECT * FROM unnest($1::text[], $2::float8[], $3::float8[], $4::int[]) AS w (key, capacity, per_second, wanted)
), prior AS (
  SELECT b.key, least(w.capacity, b.tokens + greatest(0, extract(epoch FROM clock_timestamp() - b.at)) * w.per_second) AS available
    FROM rate_bucket b JOIN wish w USING (key) ORDER BY b.key FOR UPDATE OF b
), share AS (
  SELECT w.key, p.key IS NOT NULL AS known, coalesce(p.available, w.capacity) AS available,
         greatest(0, least(w.wanted, floor(coalesce(p.available, w.capacity))))::int AS granted
    FROM wish w LEFT JOIN prior p USING (key)
), saved AS (
  INSERT INTO rate_bucket AS b (key, tokens, at) SELECT key, available - granted, clock_timestamp() FROM share ORDER BY key
  ON CONFLICT (key) DO UPDATE SET at = excluded.at,
    tokens = (SELECT CASE WHEN s.known THEN excluded.tokens ELSE b.tokens - s.granted END FROM share s WHERE s.key = b.key)
)
SELECT key, granted, available - granted AS tokens FROM share;

-- name: clear_buckets -> none
-- A bucket that nobody has touched for longer than any window is full, as is one that does not exist.
WITH picked AS MATERIALIZED (SELECT key FROM rate_bucket WHERE at < $1 LIMIT $2)
DELETE FROM rate_bucket b USING picked p WHERE b.key = p.key;
