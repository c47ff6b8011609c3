-- name: list_waiting -> Waiting
-- Requests of the sandbox's services ($2) that have waited since $3. Without a sandbox there is no city to look at.
SELECT a.id, s.slug
  FROM city c JOIN office o ON o.city_id = c.id
  JOIN appointment a ON a.office_id = o.id AND a.starts_at > $1 AND a.state = 'requested' AND a.updated_at <= $3
  JOIN service s ON s.id = a.service_ids[1]
 WHERE is_sandbox(c.id) AND s.slug = ANY ($2) LIMIT 100;

-- name: forward_person -> Forwarded
-- See 0020: every time that is the person's, in one transaction.
SELECT outcome FROM forward_person($1, $2, make_interval(mins => $3));
