-- name: read_stamps -> Stamp
-- Asked at every request, for all requests that wait at the moment at once: what the answers depend on. The day before
-- counts too, since a place that begins there may reach over midnight. Days without a row were never written to.
SELECT k.office_id, o.rules_version,
       coalesce((SELECT sum(d.version) FROM office_day d
                  WHERE d.office_id = k.office_id AND d.day BETWEEN k.first - 1 AND k.last), 0)::bigint AS places_version
  FROM unnest($1::uuid[], $2::date[], $3::date[]) WITH ORDINALITY AS k (office_id, first, last, position)
  LEFT JOIN office o ON o.id = k.office_id
 WHERE o.id IS NOT NULL
 ORDER BY k.position

-- name: list_day_versions -> DayVersion
-- Which days of these offices changed, once a stamp says that something did.
SELECT office_id, day, version FROM office_day WHERE office_id = ANY ($1::uuid[]) AND day BETWEEN $2::date - 1 AND $3

-- name: list_taken -> TakenPlace
-- Everything that occupies counters of these offices and begins in the time given. Expired holds are left out by the
-- reader, who knows "now"; they carry the instant until which they count.
SELECT id, office_id, counter_id, extract(epoch FROM lower(during))::bigint AS starts,
       extract(epoch FROM upper(during))::bigint AS ends, extract(epoch FROM hold_until)::float8 AS hold_until
  FROM place
 WHERE office_id = ANY ($1::uuid[]) AND lower(during) >= $2 AND lower(during) < $3
 ORDER BY office_id, counter_id, lower(during)

-- name: find_own_hold -> OwnHold
-- The asking person's live hold, seen through row-level security.
SELECT id, office_id FROM hold WHERE person_id = $1 AND expires_at > $2

-- name: list_offices -> OfficeId
-- Where a city can be asked for the earliest place.
SELECT id FROM office WHERE city_id = $1 AND NOT retired ORDER BY id
