-- migrate:up
-- An offer under rules that have changed since is judged anew, and taken back where the office does not have the place any
-- more: the person is told, waits on, and has not had the chance that it was.
ALTER TABLE waiting_offer
  ADD COLUMN rules_version bigint,               -- of the office, under which it was judged last; null: before this was noted
  ADD COLUMN taken_back boolean NOT NULL DEFAULT false;  -- the office withdrew it: it counts for nothing that the person did

-- As in 0014_waiting_list.sql, with the version. The matcher holds the office's rules as they are.
CREATE OR REPLACE FUNCTION make_offer(p_now timestamptz, p_id uuid, p_entry uuid, p_office uuid, p_counter uuid,
  p_starts timestamptz, p_ends timestamptz, p_place_ends timestamptz, p_until timestamptz, p_notice uuid) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE v_entry waiting_entry;
BEGIN
  SELECT * INTO v_entry FROM waiting_entry e WHERE e.id = p_entry AND e.state = 'waiting' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF take_place(p_now, p_id, v_entry.city_id, p_office, ARRAY[p_counter], tstzrange(p_starts, p_place_ends),
                p_until + waiting_grace()) IS NULL THEN
    RETURN false;
  END IF;
  INSERT INTO waiting_offer (id, city_id, entry_id, person_id, office_id, counter_id, starts_at, ends_at, state, made_at, until,
                             rules_version)
    VALUES (p_id, v_entry.city_id, p_entry, v_entry.person_id, p_office, p_counter, p_starts, p_ends, 'open', p_now, p_until,
            (SELECT o.rules_version FROM office o WHERE o.id = p_office));
  PERFORM tell(p_notice, v_entry.city_id, v_entry.person_id, 'waiting.offer', p_id, p_id::text,
               jsonb_build_object('office', p_office, 'startsAt', p_starts, 'until', p_until), p_now, p_now, p_until);
  RETURN true;
END $$;

-- Open offers of offices whose rules are not those that the offer was judged by. Acts for the system, in one round trip.
CREATE FUNCTION doubtful_offers(p_now timestamptz, p_most int)
RETURNS TABLE (id uuid, city_id text, entry_id uuid, person_id uuid, office_id uuid, counter_id uuid, starts_at timestamptz,
  ends_at timestamptz, state text, made_at timestamptz, until timestamptz, appointment_id uuid, mode text, services jsonb,
  replaces uuid)
LANGUAGE sql STABLE SET search_path = pg_catalog, public SET app.system = 'on' AS $$
  SELECT o.id, o.city_id, o.entry_id, o.person_id, o.office_id, o.counter_id, o.starts_at, o.ends_at, o.state, o.made_at,
         o.until, o.appointment_id, e.mode, e.services, e.appointment_id
    FROM waiting_offer o JOIN office k ON k.id = o.office_id JOIN waiting_entry e ON e.id = o.entry_id
   WHERE o.state = 'open' AND o.until > p_now AND o.rules_version IS DISTINCT FROM k.rules_version
   ORDER BY o.until LIMIT p_most
$$;

-- The place goes to the matcher, which gives away or frees what is left of it. False when the person was faster.
CREATE FUNCTION take_back_offer(p_now timestamptz, p_offer uuid, p_notice uuid) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE v waiting_offer;
BEGIN
  IF NOT end_offer(p_now, p_offer, 'withdrawn') THEN
    RETURN false;
  END IF;
  UPDATE waiting_offer o SET taken_back = true WHERE o.id = p_offer RETURNING * INTO v;
  PERFORM tell(p_notice, v.city_id, v.person_id, 'waiting.withdrawn', v.id, v.id::text,
               jsonb_build_object('office', v.office_id, 'startsAt', v.starts_at, 'by', 'system'), p_now, p_now, v.starts_at);
  RETURN true;
END $$;

-- Whatever ends an offer, nobody is sent "a place is free" from then on: its notice is over, and deliveries with it.
CREATE FUNCTION offer_is_over() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
BEGIN
  UPDATE notice n SET expires_at = NEW.ended_at
    WHERE n.dedupe = NEW.id::text AND n.kind = 'waiting.offer' AND n.expires_at > NEW.ended_at;
  RETURN NULL;
END $$;
CREATE TRIGGER offer_is_over AFTER UPDATE OF state ON waiting_offer FOR EACH ROW
  WHEN (OLD.state = 'open' AND NEW.state <> 'open') EXECUTE FUNCTION offer_is_over();

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
