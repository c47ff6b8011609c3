-- migrate:up
-- Who waited in vain is told so. As in 0014_waiting_list.sql, and a notice for each entry whose last day is over.
CREATE OR REPLACE FUNCTION sweep_waiting(p_now timestamptz, p_before timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  v_over record;
  v_expired int := 0;
  v_forgotten int;
BEGIN
  FOR v_over IN
    SELECT e.id, e.city_id, e.person_id, (e.last_day + 1)::timestamp AT TIME ZONE c.zone AS ends
      FROM waiting_entry e JOIN city c ON c.id = e.city_id
     WHERE e.state = 'waiting' AND e.last_day < (p_now AT TIME ZONE c.zone)::date
     ORDER BY e.id LIMIT p_most FOR UPDATE OF e SKIP LOCKED
  LOOP
    IF close_entry(p_now, v_over.id, 'expired') THEN
      v_expired := v_expired + 1;
      PERFORM tell(new_id(p_now), v_over.city_id, v_over.person_id, 'waiting.expired', v_over.id, v_over.id::text,
                   jsonb_build_object('by', 'system', 'until', v_over.ends - interval '1 minute'), p_now, p_now, NULL);
    END IF;
  END LOOP;
  DELETE FROM waiting_entry WHERE id IN (
    SELECT e.id FROM waiting_entry e WHERE e.state <> 'waiting' AND e.updated_at < p_before
     LIMIT p_most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS v_forgotten = ROW_COUNT;
  RETURN v_expired + v_forgotten;
END $$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
