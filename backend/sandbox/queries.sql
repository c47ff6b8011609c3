-- name: list_waiting -> Waiting
-- Requests of the sandbox's services ($2) that have waited since $3. Without a sandbox there is no city to look at.
SELECT a.id, s.slug, a.language
  FROM city c JOIN office o ON o.city_id = c.id
  JOIN appointment a ON a.office_id = o.id AND a.starts_at > $1 AND a.state = 'requested' AND a.updated_at <= $3
  JOIN service s ON s.id = a.service_ids[1]
 WHERE is_sandbox(c.id) AND s.slug = ANY ($2) LIMIT 100;

-- name: list_unoffered -> Unoffered
-- Who waits for that service ($2) of a sandbox since $3, and may be offered a place: not beside an open offer, not at once after
-- another, and no more a day than $4. Their former offers go along: what was let go is not offered again.
SELECT e.id, e.city_id, e.services, e.office_ids, e.weekdays, e.first_day, e.last_day, e.short_notice, a.starts_at AS before,
       (SELECT jsonb_agg(jsonb_build_array(lower(h), upper(h)) ORDER BY lower(h)) FROM unnest(e.hours) h) AS hours,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('office_id', o.office_id, 'starts_at', o.starts_at, 'ends_at', o.ends_at)), '[]')
          FROM waiting_offer o WHERE o.person_id = e.person_id AND NOT o.taken_back) AS former
  FROM city c JOIN waiting_entry e ON e.city_id = c.id AND e.state = 'waiting' AND e.created_at <= $3
  JOIN service s ON s.id = e.key_service_id AND s.slug = $2
  LEFT JOIN appointment a ON a.id = e.appointment_id
 WHERE is_sandbox(c.id) AND (e.mode = 'none' OR a.state IN ('requested', 'confirmed') AND a.starts_at > $1)
   AND NOT EXISTS (SELECT FROM waiting_offer o WHERE o.person_id = e.person_id AND (o.state = 'open' OR o.ended_at > $3))
   AND $4 > (SELECT count(*) FROM waiting_offer o WHERE o.person_id = e.person_id AND NOT o.taken_back
                AND (o.made_at AT TIME ZONE c.zone)::date = ($1 AT TIME ZONE c.zone)::date)
 ORDER BY e.id LIMIT 100;

-- name: list_undecided -> Undecided
-- Cases of the sandbox's form ($1) that have lain since $3 and whose answer to its question ($2) is one of $4; and of those that
-- were asked something ($5) the ones that have answered. None of before $6, by its id.
SELECT k.id, k.version, k.state, k.language, k.answers ->> $2 AS wish
  FROM city c JOIN form f ON f.city_id = c.id AND f.slug = $1 JOIN office o ON o.city_id = c.id
  JOIN case_file k ON k.office_id = o.id AND k.id >= $6 AND k.form_id = f.id AND k.updated_at <= $3
   AND (k.state = 'submitted' AND k.answers ->> $2 = ANY ($4) OR k.state = 'in_review' AND k.answers ->> $2 = $5)
 WHERE is_sandbox(c.id) LIMIT 100;

-- name: ensure_clerk -> Key
-- Who decides in the sandbox: nobody who could sign in.
INSERT INTO clerk AS k (id, issuer, subject, display_name) VALUES ($1, 'sandbox', 'sandbox', 'Testamt')
ON CONFLICT ON CONSTRAINT clerk_identity_once DO UPDATE SET display_name = excluded.display_name RETURNING k.id;

-- name: forward_person -> Forwarded
-- See 0030_sandbox_clock.sql: every time that is the person's, in one transaction.
SELECT outcome FROM forward_person($1, $2, make_interval(mins => $3));
