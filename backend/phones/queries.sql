-- name: read_start -> Start
-- What a city shows on the first screen, unless the reader knows it already ($4). The mark names every row that it is
-- made from and the transaction that wrote the row last, so whatever is committed changes it, in whatever order it came;
-- and so does time: what begins soon or is over comes and goes. Of counters it is enough to know their offices: whoever
-- changes what is open bumps the office's rules.
WITH news AS MATERIALIZED (
  SELECT a.id, d.slug AS district, a.topic, a.texts, a.published_at, a.expires_at, a.xmin::text AS mark
    FROM announcement a LEFT JOIN district d ON d.id = a.district_id
   WHERE a.city_id = $1 AND a.published_at <= $2 AND a.expires_at > $2 ORDER BY a.id DESC LIMIT 20
), closed AS MATERIALIZED (
  SELECT x.id, x.office_id, x.starts_at, x.ends_at, x.reason, x.xmin::text AS mark FROM closure x
   WHERE x.city_id = $1 AND x.counter_id IS NULL AND x.ends_at > $2 AND x.starts_at < $3 ORDER BY x.starts_at, x.id LIMIT 50
), forms AS MATERIALIZED (
  SELECT DISTINCT ON (f.slug) f.id, f.slug, v.number FROM form f JOIN form_version v ON v.form_id = f.id
   WHERE f.city_id = $1 AND v.state = 'published' ORDER BY f.slug, v.number DESC
), made AS MATERIALIZED (
  SELECT md5(string_agg(m.mark, ',' ORDER BY m.mark)) AS mark FROM (
    SELECT concat('c', c.xmin) AS mark FROM city c WHERE c.id = $1
    UNION ALL SELECT concat('d', d.id, d.xmin) FROM district d WHERE d.city_id = $1
    UNION ALL SELECT concat('o', o.id, o.xmin) FROM office o WHERE o.city_id = $1
    UNION ALL SELECT concat('s', s.id, s.xmin) FROM service s WHERE s.city_id = $1
    UNION ALL SELECT concat('f', f.id, '-', f.number) FROM forms f
    UNION ALL SELECT concat('n', n.id, n.mark) FROM news n
    UNION ALL SELECT concat('x', x.id, x.mark) FROM closed x) m
)
SELECT m.mark, CASE WHEN m.mark IS DISTINCT FROM $4 THEN jsonb_build_object(
    'id', c.id, 'name', c.name, 'zone', c.zone, 'notice', c.notice,
    'districts', (SELECT md5(coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.id)::text, '')) FROM district d WHERE d.city_id = c.id),
    'services', (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', s.id, 'slug', s.slug, 'category', s.category, 'minutes', s.minutes, 'max_persons', s.max_persons,
        'confirmation', s.confirmation,
        'names', (SELECT coalesce(jsonb_object_agg(t.key, t.value ->> 'name') FILTER (WHERE t.value ? 'name'), '{}')
                    FROM jsonb_each(s.texts) t)) ORDER BY s.slug), '[]')
      FROM service s WHERE s.city_id = c.id AND NOT s.retired),
    'offices', (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', o.id, 'slug', o.slug, 'name', o.name, 'street', o.street, 'postcode', o.postcode, 'town', o.town,
        'latitude', o.latitude, 'longitude', o.longitude,
        'district', (SELECT d.slug FROM district d WHERE d.id = o.district_id),
        'services', (SELECT coalesce(jsonb_agg(DISTINCT k.service_id), '[]') FROM counter n
                       JOIN counter_service k ON k.counter_id = n.id JOIN service s ON s.id = k.service_id AND NOT s.retired
                      WHERE n.office_id = o.id AND NOT n.retired AND NOT n.staff_only)) ORDER BY o.name, o.id), '[]')
      FROM office o WHERE o.city_id = c.id AND NOT o.retired),
    'forms', (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', f.id, 'slug', f.slug, 'version', f.number,
        'texts', (SELECT coalesce(jsonb_object_agg(t.key, t.value ->> 'form.title') FILTER (WHERE t.value ? 'form.title'), '{}')
                    FROM jsonb_each(v.content::jsonb -> 'texts') t)) ORDER BY f.slug), '[]')
      FROM forms f JOIN form_version v ON v.form_id = f.id AND v.number = f.number),
    'announcements', (SELECT coalesce(jsonb_agg(to_jsonb(n) - 'mark' ORDER BY n.id DESC), '[]') FROM news n),
    'closures', (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'office', x.office_id, 'starts_at', x.starts_at, 'ends_at', x.ends_at, 'reason', x.reason)
        ORDER BY x.starts_at, x.id), '[]') FROM closed x)) END AS content
  FROM city c CROSS JOIN made m WHERE c.id = $1

-- name: read_own_start -> OwnStart
-- What waits for the person, in one round trip: the function sets the principal itself.
SELECT own FROM own_start($1, $2, $3, $4) AS own

-- name: read_changes -> Told
-- What changed for the person, in one round trip; see 0023_sync.sql.
SELECT changes FROM read_changes($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS changes

-- name: clear_tombstones -> Count
-- Housekeeping, a few at a time.
SELECT clear_tombstones($1, $2) AS count
