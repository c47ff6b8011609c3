-- name: load_office_rules -> RulesRow
-- One statement, hence one snapshot: no half of a change is ever seen. Closures that ended lately still matter to
-- whoever looks at an appointment of last week; older ones never again.
SELECT to_jsonb(o) AS office, to_jsonb(c) AS city,
  (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'id', k.id, 'slug', k.slug, 'name', k.name, 'staff_only', k.staff_only, 'position', k.position,
      'service_ids', (SELECT coalesce(jsonb_agg(f.service_id), '[]') FROM counter_service f
                        JOIN service s ON s.id = f.service_id AND NOT s.retired WHERE f.counter_id = k.id),
      'hours', (SELECT coalesce(jsonb_agg(h ORDER BY h.weekday, h.opens_minute, h.id), '[]')
                  FROM opening_hours h WHERE h.counter_id = k.id)) ORDER BY k.position, k.slug), '[]')
    FROM counter k WHERE k.office_id = o.id AND NOT k.retired AND NOT o.retired) AS counters,
  (SELECT coalesce(jsonb_agg(s ORDER BY s.slug), '[]') FROM service s
    WHERE s.city_id = o.city_id AND NOT s.retired) AS services,
  (SELECT coalesce(jsonb_agg(x ORDER BY x.day, x.opens_minute, x.id), '[]') FROM special_opening x
    WHERE x.office_id = o.id AND x.day > current_date - 40) AS specials,
  (SELECT coalesce(jsonb_agg(x ORDER BY x.starts_at, x.id), '[]') FROM closure x
    WHERE x.city_id = o.city_id AND (x.office_id IS NULL OR x.office_id = o.id)
      AND x.ends_at > now() - interval '40 days') AS closures
FROM office o JOIN city c ON c.id = o.city_id
WHERE o.id = $1

-- name: load_city -> CityState
-- All that a city's file describes, to compare with it; past special openings and closures are history.
SELECT to_jsonb(c) AS city,
  (SELECT coalesce(jsonb_agg(x ORDER BY x.slug), '[]') FROM district x WHERE x.city_id = c.id) AS districts,
  (SELECT coalesce(jsonb_agg(x ORDER BY x.slug), '[]') FROM service x WHERE x.city_id = c.id) AS services,
  (SELECT coalesce(jsonb_agg(x ORDER BY x.slug), '[]') FROM office x WHERE x.city_id = c.id) AS offices,
  (SELECT coalesce(jsonb_agg(x ORDER BY x.office_id, x.position, x.slug), '[]') FROM counter x
    WHERE x.city_id = c.id) AS counters,
  (SELECT coalesce(jsonb_agg(x), '[]') FROM counter_service x WHERE x.city_id = c.id) AS offers,
  (SELECT coalesce(jsonb_agg(x ORDER BY x.counter_id, x.weekday, x.opens_minute, x.id), '[]') FROM opening_hours x
    WHERE x.city_id = c.id) AS hours,
  (SELECT coalesce(jsonb_agg(x ORDER BY x.day, x.opens_minute, x.id), '[]') FROM special_opening x
    WHERE x.city_id = c.id AND x.day > current_date - 40) AS specials,
  (SELECT coalesce(jsonb_agg(x ORDER BY x.starts_at, x.id), '[]') FROM closure x
    WHERE x.city_id = c.id AND x.ends_at > now() - interval '40 days') AS closures
FROM city c WHERE c.id = $1

-- name: list_cities -> City
-- Few: never paged.
SELECT id, name, ags, state, zone, reference_prefix, municipal_holidays, notice, facts, updated_at FROM city ORDER BY name, id

-- name: find_city -> City
-- The id is the slug.
SELECT id, name, ags, state, zone, reference_prefix, municipal_holidays, notice, facts, updated_at FROM city WHERE id = $1

-- name: list_districts -> District
-- The whole tree of a city at once: a few dozen rows.
SELECT id, city_id, parent_id, level, slug, name, facts FROM district WHERE city_id = $1 ORDER BY name, id

-- name: find_office -> Office
-- By id or slug; a retired office is not found any more.
SELECT id, city_id, slug, name, district_id, street, postcode, town, latitude, longitude, zone, grid_minutes, lead_minutes,
  horizon_days, buffer_minutes, release_minute, accessibility, texts, rules_version, facts, retired, updated_at
FROM office WHERE city_id = $1 AND (slug = $2 OR id::text = lower($2)) AND NOT retired

-- name: list_offices -> Office
-- A city has few; sorted for people.
SELECT id, city_id, slug, name, district_id, street, postcode, town, latitude, longitude, zone, grid_minutes, lead_minutes,
  horizon_days, buffer_minutes, release_minute, accessibility, texts, rules_version, facts, retired, updated_at
FROM office WHERE city_id = $1 AND NOT retired ORDER BY name, id

-- name: list_offices_with_service -> Office
-- Only where a counter that citizens may book offers it.
SELECT id, city_id, slug, name, district_id, street, postcode, town, latitude, longitude, zone, grid_minutes, lead_minutes,
  horizon_days, buffer_minutes, release_minute, accessibility, texts, rules_version, facts, retired, updated_at
FROM office o WHERE city_id = $1 AND NOT retired AND EXISTS (
  SELECT FROM counter k JOIN counter_service f ON f.counter_id = k.id
  WHERE k.office_id = o.id AND NOT k.retired AND NOT k.staff_only AND f.service_id = $2)
ORDER BY name, id

-- name: find_service -> Service
-- By id or slug.
SELECT id, city_id, slug, leika, category, minutes, max_persons, confirmation, fee, texts, documents, max_live_per_person,
  facts, retired, updated_at
FROM service WHERE city_id = $1 AND (slug = $2 OR id::text = lower($2)) AND NOT retired

-- name: list_services -> Service
-- A city has a few hundred at most; search and sorting by name in the reader's language are done on them in memory.
SELECT id, city_id, slug, leika, category, minutes, max_persons, confirmation, fee, texts, documents, max_live_per_person,
  facts, retired, updated_at
FROM service WHERE city_id = $1 AND NOT retired ORDER BY slug

-- name: find_counter -> Counter
-- Whose counter it is decides who may change its hours.
SELECT id, city_id, office_id, slug, name, staff_only, position, retired FROM counter WHERE id = $1

-- name: find_closure -> Closure
-- To see whose it is before it is removed.
SELECT id, city_id, office_id, counter_id, starts_at, ends_at, reason, created_by FROM closure WHERE id = $1

-- name: list_live_appointments -> LiveAppointment
-- Those that a change of rules could strand. Row-level security applies: commands work as the system, clerks see their offices.
SELECT id, reference, state, office_id, counter_id, starts_at, ends_at, service_ids FROM appointment
WHERE office_id = ANY ($1::uuid[]) AND ends_at > $2
  AND state IN ('requested', 'confirmed', 'checked_in', 'called', 'parked')
ORDER BY starts_at, reference

-- name: lock_city -> none
-- Two files of one city are applied one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('city:' || $1::text, 0))

-- name: lock_office -> none
-- Holds and bookings take this lock shared: none is half-way while the office's rules change.
SELECT pg_advisory_xact_lock(hashtextextended('office:' || $1::uuid, 0))

-- name: save_city -> none
-- Insert or update, by id.
INSERT INTO city (id, name, ags, state, zone, reference_prefix, municipal_holidays, notice, facts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO UPDATE SET (name, ags, state, zone, reference_prefix, municipal_holidays, notice, facts, updated_at)
  = ROW (excluded.name, excluded.ags, excluded.state, excluded.zone, excluded.reference_prefix, excluded.municipal_holidays,
         excluded.notice, excluded.facts, now())

-- name: save_district -> none
-- Insert or update, by id; parents come first.
INSERT INTO district (id, city_id, parent_id, level, slug, name, facts) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO UPDATE SET (parent_id, level, slug, name, facts)
  = ROW (excluded.parent_id, excluded.level, excluded.slug, excluded.name, excluded.facts)
WHERE district.city_id = excluded.city_id

-- name: remove_district -> none
-- Nothing but offices and districts points at a district, and those are saved before.
DELETE FROM district WHERE id = $1

-- name: save_office -> none
-- Insert or update, by id. The version of the rules is bumped apart, for every office that a change touches.
INSERT INTO office (id, city_id, slug, name, district_id, street, postcode, town, latitude, longitude, zone, grid_minutes,
  lead_minutes, horizon_days, buffer_minutes, release_minute, accessibility, texts, facts, retired)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
ON CONFLICT (id) DO UPDATE SET (slug, name, district_id, street, postcode, town, latitude, longitude, zone, grid_minutes,
    lead_minutes, horizon_days, buffer_minutes, release_minute, accessibility, texts, facts, retired, updated_at)
  = ROW (excluded.slug, excluded.name, excluded.district_id, excluded.street, excluded.postcode, excluded.town,
    excluded.latitude, excluded.longitude, excluded.zone, excluded.grid_minutes, excluded.lead_minutes, excluded.horizon_days,
    excluded.buffer_minutes, excluded.release_minute, excluded.accessibility, excluded.texts, excluded.facts,
    excluded.retired, now())
WHERE office.city_id = excluded.city_id

-- name: save_service -> none
-- Insert or update, by id.
INSERT INTO service (id, city_id, slug, leika, category, minutes, max_persons, confirmation, fee, texts, documents,
  max_live_per_person, facts, retired)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (id) DO UPDATE SET (slug, leika, category, minutes, max_persons, confirmation, fee, texts, documents,
    max_live_per_person, facts, retired, updated_at)
  = ROW (excluded.slug, excluded.leika, excluded.category, excluded.minutes, excluded.max_persons, excluded.confirmation,
    excluded.fee, excluded.texts, excluded.documents, excluded.max_live_per_person, excluded.facts, excluded.retired, now())
WHERE service.city_id = excluded.city_id

-- name: save_counter -> none
-- Insert or update, by id; a counter stays with its office.
INSERT INTO counter (id, city_id, office_id, slug, name, staff_only, position, retired) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET (slug, name, staff_only, position, retired)
  = ROW (excluded.slug, excluded.name, excluded.staff_only, excluded.position, excluded.retired)
WHERE counter.office_id = excluded.office_id

-- name: add_offer -> none
-- From now on the counter offers the service.
INSERT INTO counter_service (city_id, counter_id, service_id) VALUES ($1, $2, $3)

-- name: remove_offer -> none
-- From now on it does not.
DELETE FROM counter_service WHERE counter_id = $1 AND service_id = $2

-- name: add_hours -> none
-- One weekly rule.
INSERT INTO opening_hours (id, city_id, counter_id, weekday, opens_minute, closes_minute, valid_from, valid_until,
  every_weeks, anchor)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: remove_hours -> none
-- One weekly rule.
DELETE FROM opening_hours WHERE id = $1

-- name: add_special -> none
-- One special opening.
INSERT INTO special_opening (id, city_id, office_id, counter_id, day, opens_minute, closes_minute)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: remove_special -> none
-- One special opening.
DELETE FROM special_opening WHERE id = $1

-- name: add_closure -> none
-- One closure.
INSERT INTO closure (id, city_id, office_id, counter_id, starts_at, ends_at, reason, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: remove_closure -> none
-- One closure.
DELETE FROM closure WHERE id = $1

-- name: bump_rules -> none
-- Whoever decided something from the office's older rules has to decide again.
UPDATE office SET rules_version = rules_version + 1, updated_at = now() WHERE id = $1

-- name: bump_days -> none
-- What was computed for these days of the office is no longer true; in order, as every writer of these rows.
INSERT INTO office_day AS d (office_id, day)
SELECT $1, day::date FROM generate_series($2::date, $3::date, interval '1 day') AS day ORDER BY day
ON CONFLICT (office_id, day) DO UPDATE SET version = d.version + 1

-- name: add_audit_entry -> none
-- Who changed the rules; ids and rules only, nothing about citizens.
INSERT INTO audit_entry (id, city_id, at, actor_kind, actor_id, action, entity, entity_id, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: list_office_ids -> Key
-- Whom a closure of the whole city concerns.
SELECT id FROM office WHERE city_id = $1 AND NOT retired ORDER BY id
