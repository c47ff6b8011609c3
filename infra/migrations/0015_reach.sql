-- migrate:up
-- How many people an announcement would concern, by the rules by which inboxes show it and the worker spreads it: for
-- managers, before they send. Nothing but two numbers comes out.
CREATE FUNCTION reach_of(p_city text, p_district uuid, p_topic text, p_silent_since timestamptz)
RETURNS TABLE (people int, phones int)
LANGUAGE sql STABLE SET search_path = pg_catalog, public SET app.system = 'on' AS $$
  WITH concerned AS MATERIALIZED (
    SELECT e.id, NOT 'announcements' = ANY (coalesce(p.push_off, '{}')) AS pushed
      FROM person e LEFT JOIN preference p ON p.person_id = e.id
     WHERE e.merged_into IS NULL AND e.deleted_at IS NULL
       AND (p.person_id IS NOT NULL OR p_district IS NULL AND p_topic IS NULL)
       AND NOT 'announcements' = ANY (coalesce(p.inbox_off, '{}'))
       AND (p_topic IS NULL OR p_topic = ANY (p.topics))
       AND coalesce(p.city_id, usual_city(e.id)) = p_city
       AND (p_district IS NULL OR p_district = ANY (district_line(p.district_id)))
  )
  SELECT (SELECT count(*) FROM concerned)::int,
         (SELECT count(*) FROM concerned c JOIN device d ON d.person_id = c.id
           WHERE c.pushed AND d.target IS NOT NULL AND d.seen_at > p_silent_since)::int
$$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
