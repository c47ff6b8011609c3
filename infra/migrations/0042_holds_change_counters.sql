-- migrate:up
-- A held place whose counter closes for its time is held at another one that is open and free: what was promised is a time at
-- an office, and not a counter. Answers the counter; null where there is no such hold (any more), or nothing is free.
--
-- The counters are what the office's rules allow at this moment, by the caller's judgement; whether the rules are still those
-- is asked where the hold becomes an appointment, as ever. The new counter is taken like any place, so nobody waits in a circle,
-- and the hold keeps its id, its end and its range.
CREATE FUNCTION move_hold(p_now timestamptz, p_person uuid, p_hold uuid, p_counters uuid[], p_id uuid) RETURNS uuid
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  v_step text;
  v_place place;
  v_counter uuid;
BEGIN
  v_step := assume_guest(p_person, NULL);
  v_step := lock_guest(p_person, NULL);
  SELECT p.* INTO v_place FROM place p JOIN hold h ON h.id = p.id
    WHERE p.id = p_hold AND h.person_id = p_person AND p.hold_until > p_now FOR UPDATE OF p;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  v_counter := take_place(p_now, p_id, v_place.city_id, v_place.office_id, p_counters, v_place.during, v_place.hold_until);
  IF v_counter IS NOT NULL THEN
    DELETE FROM place WHERE id = p_id;
    UPDATE place SET counter_id = v_counter WHERE id = p_hold;
    v_step := bump_office_day(v_place.office_id, lower(v_place.during));
  END IF;
  RETURN v_counter;
END $$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
