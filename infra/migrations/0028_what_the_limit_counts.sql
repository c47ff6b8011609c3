-- migrate:up
-- What over_limit has counted, for who is told of it: how many, by the person or by the device, whichever are more, and
-- which of them are the person's own. Others' on the same device are a number and nothing else.
CREATE FUNCTION live_for_service(p_now timestamptz, p_person uuid, p_device uuid, p_service uuid, OUT count bigint, OUT own uuid[])
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM assume_guest(p_person, p_device);
  SELECT array_agg(a.id ORDER BY a.starts_at, a.id) INTO own FROM appointment a
    WHERE a.person_id = p_person AND a.place_id IS NOT NULL AND a.ends_at > p_now AND p_service = ANY (a.service_ids);
  own := coalesce(own, '{}');
  count := greatest(cardinality(own), (
    SELECT count(*) FROM appointment a
     WHERE a.device_id = p_device AND a.place_id IS NOT NULL AND a.ends_at > p_now AND p_service = ANY (a.service_ids)));
END $$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
