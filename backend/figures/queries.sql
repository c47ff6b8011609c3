-- name: list_waiting -> WaitingDay
-- Whoever comes early waits by choice: it counts from the appointment's beginning, unless they are called sooner.
WITH visit AS (
  SELECT (a.starts_at AT TIME ZONE $4)::date AS day, a.starts_at,
         min(e.at) FILTER (WHERE e.to_state = 'checked_in') AS came, min(e.at) FILTER (WHERE e.to_state = 'called') AS called
    FROM appointment a JOIN appointment_event e ON e.appointment_id = a.id
   WHERE a.office_id = $1 AND a.starts_at >= $2 AND a.starts_at < $3 AND ($5::uuid IS NULL OR $5 = ANY (a.service_ids))
   GROUP BY a.id)
SELECT day, count(*)::int AS people, percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) AS median,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY waited) AS worst_tenth
  FROM (SELECT day, greatest(extract(epoch FROM called - greatest(came, least(starts_at, called))) / 60, 0)::float8 AS waited
          FROM visit WHERE called IS NOT NULL AND came IS NOT NULL) AS waits
 GROUP BY day ORDER BY day

-- name: list_outcomes -> OutcomeDay
-- Days on which nothing ended are not listed.
SELECT (starts_at AT TIME ZONE $4)::date AS day, count(*) FILTER (WHERE state = 'completed')::int AS completed,
       count(*) FILTER (WHERE state = 'no_show')::int AS no_show,
       count(*) FILTER (WHERE state IN ('cancelled', 'rejected', 'expired'))::int AS cancelled
  FROM appointment
 WHERE office_id = $1 AND starts_at >= $2 AND starts_at < $3 AND ($5::uuid IS NULL OR $5 = ANY (service_ids))
   AND state IN ('completed', 'no_show', 'cancelled', 'rejected', 'expired')
 GROUP BY 1 ORDER BY 1

-- name: list_busy_hours -> BusyHour
-- An appointment that goes over a full hour counts in both, by its minutes.
SELECT extract(hour FROM h)::int AS hour,
       sum(extract(epoch FROM least(a.ends_at AT TIME ZONE $4, h + interval '1 hour')
                              - greatest(a.starts_at AT TIME ZONE $4, h)) / 60)::float8 AS minutes
  FROM appointment a
 CROSS JOIN generate_series(date_trunc('hour', a.starts_at AT TIME ZONE $4),
                            a.ends_at AT TIME ZONE $4 - interval '1 second', interval '1 hour') AS h
 WHERE a.office_id = $1 AND a.starts_at >= $2 AND a.starts_at < $3 AND ($5::uuid IS NULL OR $5 = ANY (a.service_ids))
   AND a.state NOT IN ('cancelled', 'rejected', 'expired')
 GROUP BY 1 ORDER BY 1

-- name: list_lead -> LeadDay
-- As it was noted on each day; where there was no place at all there is nothing to take a mean of.
SELECT day, (avg(minutes) / 1440)::float8 AS days FROM lead_time
 WHERE office_id = $1 AND day >= $2 AND day <= $3 AND ($4::uuid IS NULL OR service_id = $4) AND minutes IS NOT NULL
 GROUP BY day ORDER BY day

-- name: is_noted -> Noted
-- Whether the day was noted already: several workers may ask.
SELECT EXISTS (SELECT FROM lead_time WHERE office_id = $1 AND day = $2) AS noted

-- name: note_lead -> none
-- Once a day and service, whoever is first.
INSERT INTO lead_time (city_id, office_id, service_id, day, minutes) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (office_id, service_id, day) DO NOTHING
