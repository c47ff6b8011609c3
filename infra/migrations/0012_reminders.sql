-- migrate:up
-- Reminders, quiet hours, and announcements that are spread slice by slice.

-- An announcement goes to the devices after this one next; until then its notice waits.
ALTER TABLE notice ADD COLUMN spread_after uuid;

-- A UUIDv7, as the application makes them: for rows that are made by one statement for many.
CREATE FUNCTION new_id(p_now timestamptz) RETURNS uuid LANGUAGE sql VOLATILE SET search_path = pg_catalog AS $$
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    PLACING substring(int8send(floor(extract(epoch FROM p_now) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;

-- The minute of the day on the wall clock of a zone.
CREATE FUNCTION wall_minute(p_at timestamptz, p_zone text) RETURNS int LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
  SELECT extract(hour FROM p_at AT TIME ZONE p_zone)::int * 60 + extract(minute FROM p_at AT TIME ZONE p_zone)::int
$$;

-- Whether a minute of the day lies from p_from on and before p_until; over midnight where p_from is the later one.
CREATE FUNCTION within_minutes(p_minute int, p_from int, p_until int) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN p_from < p_until THEN p_minute >= p_from AND p_minute < p_until
              ELSE p_minute >= p_from OR p_minute < p_until END
$$;

-- The instant itself, or, where it lies in quiet hours, their end. Without hours there are none.
CREATE FUNCTION after_quiet(p_at timestamptz, p_from int, p_until int, p_zone text) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT CASE WHEN p_from IS NULL OR NOT within_minutes(wall_minute(p_at, p_zone), p_from, p_until) THEN p_at
    ELSE (date_trunc('day', p_at AT TIME ZONE p_zone) + make_interval(mins => p_until)
          + CASE WHEN wall_minute(p_at, p_zone) >= p_until THEN interval '1 day' ELSE interval '0' END) AT TIME ZONE p_zone END
$$;

-- The instant itself, or, where it lies in the night, a quarter of an hour before that begins.
CREATE FUNCTION before_night(p_at timestamptz, p_from int, p_until int, p_zone text) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT CASE WHEN NOT within_minutes(wall_minute(p_at, p_zone), p_from, p_until) THEN p_at
    ELSE (date_trunc('day', p_at AT TIME ZONE p_zone) + make_interval(mins => p_from - 15)
          - CASE WHEN wall_minute(p_at, p_zone) < p_from THEN interval '1 day' ELSE interval '0' END) AT TIME ZONE p_zone END
$$;

-- As before, and what a letter needs: where the office lies, and what to bring.
CREATE OR REPLACE FUNCTION notice_facts(p_subject uuid, p_data jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT jsonb_build_object(
    'reference', a.reference, 'counter', c.name, 'wanted', a.services, 'language', a.language,
    'services', (SELECT coalesce(jsonb_agg(s.texts ORDER BY wanted.position), '[]')
                   FROM unnest(a.service_ids) WITH ORDINALITY wanted (id, position) JOIN service s ON s.id = wanted.id),
    'bring', (SELECT coalesce(jsonb_agg(DISTINCT document), '[]')
                FROM service s CROSS JOIN jsonb_array_elements(s.documents) document WHERE s.id = ANY (a.service_ids)),
    'office', (SELECT jsonb_build_object('id', o.id, 'city', o.city_id, 'cityName', t.name, 'name', o.name, 'zone', o.zone,
                                         'address', concat(o.street, ', ', o.postcode, ' ', o.town),
                                         'latitude', o.latitude, 'longitude', o.longitude)
                 FROM office o JOIN city t ON t.id = o.city_id WHERE o.id = coalesce((p_data ->> 'office')::uuid, a.office_id)))
    FROM (SELECT) one LEFT JOIN appointment a ON a.id = p_subject LEFT JOIN counter c ON c.id = a.counter_id
$$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
