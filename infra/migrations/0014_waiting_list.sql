-- migrate:up
-- The waiting list: a place that becomes free goes first to whoever waits longest among those it fits.
--
-- Whoever frees a booked place calls free_place. Where somebody waits who might want it, the place is not deleted but
-- stays, in the same statement, as a hold of the waiting list: there is no moment at which a stranger could take it. The
-- calendar is needed to say whom it fits, so a matcher (backend/waiting) decides that a moment later: it turns the place
-- into offers, each a hold of its own, or frees it for everyone. If no matcher comes, the hold runs out by its timestamp
-- like any other. What ends without being taken goes back to the matcher the same way.
--
-- Locks, in the order of 0002_booking.sql: the matcher's city (tried, never waited for) before the office; a place
-- before its offer and before its waiting_place.

CREATE TABLE waiting_entry (                     -- Wartelisteneintrag: what a person waits for; no name, no contact
  id uuid PRIMARY KEY,
  city_id text NOT NULL REFERENCES city,
  person_id uuid NOT NULL,
  mode text NOT NULL CHECK (mode IN ('earlier', 'none')),
  appointment_id uuid REFERENCES appointment ON DELETE CASCADE,  -- earlier: what an accepted offer replaces
  services jsonb NOT NULL, service_ids uuid[] NOT NULL,
  key_service_id uuid NOT NULL,                  -- the first of them: what the line is searched by
  minutes int NOT NULL,                          -- of the visit, without buffer; follows service.minutes
  office_ids uuid[],                             -- null: any office of the city
  weekdays int[] NOT NULL,                       -- ISO: 1 is Monday
  hours int4multirange NOT NULL,                 -- minutes of the office's day; the whole visit lies within one of them
  first_day date NOT NULL, last_day date NOT NULL,
  short_notice boolean NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'fulfilled', 'withdrawn', 'closed', 'expired')),
  version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
  CHECK ((mode = 'earlier') = (appointment_id IS NOT NULL)),
  CHECK (first_day <= last_day)
);
CREATE INDEX waiting_entry_in_line ON waiting_entry (city_id, created_at, id) WHERE state = 'waiting';
CREATE INDEX waiting_entry_by_service ON waiting_entry (key_service_id, state);
CREATE INDEX waiting_entry_by_person ON waiting_entry (person_id, id);
CREATE INDEX waiting_entry_last_day ON waiting_entry (last_day) WHERE state = 'waiting';
CREATE INDEX waiting_entry_ended ON waiting_entry (updated_at) WHERE state <> 'waiting';
CREATE UNIQUE INDEX waiting_once_per_appointment ON waiting_entry (appointment_id) WHERE state = 'waiting';

CREATE TABLE waiting_offer (                     -- a place held for one person; its id is its place's and, booked, the appointment's
  id uuid PRIMARY KEY,
  city_id text NOT NULL,
  entry_id uuid NOT NULL REFERENCES waiting_entry ON DELETE CASCADE,
  person_id uuid NOT NULL,
  office_id uuid NOT NULL REFERENCES office,
  counter_id uuid NOT NULL REFERENCES counter,
  starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL,   -- without buffer
  state text NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'expired', 'withdrawn')),
  made_at timestamptz NOT NULL,
  until timestamptz NOT NULL,                    -- the person's; the place stays a little longer, to be handed on
  ended_at timestamptz,
  appointment_id uuid,                           -- what an accepted one booked or moved
  CHECK ((state = 'open') = (ended_at IS NULL)),
  CHECK ((state = 'accepted') = (appointment_id IS NOT NULL))
);
CREATE UNIQUE INDEX waiting_offer_once ON waiting_offer (entry_id) WHERE state = 'open';
CREATE INDEX waiting_offer_by_entry ON waiting_offer (entry_id);
CREATE INDEX waiting_offer_by_person ON waiting_offer (person_id, made_at);
CREATE INDEX waiting_offer_until ON waiting_offer (until) WHERE state = 'open';

CREATE TABLE waiting_place (                     -- a place that the matcher has to look at, from next_at on
  id uuid PRIMARY KEY REFERENCES place ON DELETE CASCADE,
  next_at timestamptz NOT NULL
);
CREATE INDEX waiting_place_next ON waiting_place (next_at);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['waiting_entry', 'waiting_offer'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY; ALTER TABLE %I FORCE ROW LEVEL SECURITY', t, t);
    EXECUTE format('CREATE POLICY visible ON %I USING (person_id = app_person() OR app_system())', t);
  END LOOP;
END $$;

-- How long a place stays with the waiting list after it was freed or an offer ran out, for the matcher to hand it on.
CREATE FUNCTION waiting_grace() RETURNS interval LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT interval '1 minute' $$;

-- ── freeing ─────────────────────────────────────────────────────────────────────────────────────
-- The one way to free a booked place: deletes it, or leaves it to the waiting list. The caller bumps the office's day in
-- both cases. Where nobody waits in the city it costs one probe of an index more than the DELETE; else one for each
-- service of the counter. Whether it really fits somebody is the matcher's question. Sees other people's entries, and
-- says nothing about them.
CREATE FUNCTION free_place(p_now timestamptz, p_place uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET app.system = 'on'
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  v_place place;
  v_waiting text := 'waiting';
BEGIN
  SELECT * INTO v_place FROM place p WHERE p.id = p_place FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM waiting_entry e WHERE e.city_id = v_place.city_id AND e.state = 'waiting')
     AND upper(v_place.during) > p_now THEN
    -- LIMIT keeps it a probe for each service: a join would read the whole line. And a variable hides the partial
    -- indexes, of which the planner would read one from end to end where nearly all wait for one service.
    IF EXISTS (SELECT FROM counter_service c CROSS JOIN LATERAL (
                 SELECT FROM waiting_entry e WHERE e.key_service_id = c.service_id AND e.state = v_waiting LIMIT 1) AS one
               WHERE c.counter_id = v_place.counter_id) THEN
      UPDATE place SET hold_until = p_now + waiting_grace() WHERE id = p_place;
      INSERT INTO waiting_place VALUES (p_place, p_now) ON CONFLICT (id) DO UPDATE SET next_at = excluded.next_at;
      RETURN;
    END IF;
  END IF;
  DELETE FROM place WHERE id = p_place;
END $$;

-- ── ends of offers and entries ──────────────────────────────────────────────────────────────────
-- Ends an open offer without a booking; its place goes on to the matcher. False when it was not open any more.
CREATE FUNCTION end_offer(p_now timestamptz, p_offer uuid, p_state text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM FROM place p WHERE p.id = p_offer FOR UPDATE;
  UPDATE waiting_offer o SET state = p_state, ended_at = p_now WHERE o.id = p_offer AND o.state = 'open';
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO waiting_place SELECT p.id, p_now FROM place p WHERE p.id = p_offer AND p.hold_until IS NOT NULL
    ON CONFLICT (id) DO UPDATE SET next_at = excluded.next_at;
  RETURN true;
END $$;

-- Ends an entry, whoever's it is, and with it its open offer. False when it did not wait any more.
CREATE FUNCTION close_entry(p_now timestamptz, p_entry uuid, p_state text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET app.system = 'on' AS $$
BEGIN
  UPDATE waiting_entry e SET state = p_state, version = e.version + 1, updated_at = p_now
    WHERE e.id = p_entry AND e.state = 'waiting';
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM end_offer(p_now, o.id, 'withdrawn') FROM waiting_offer o WHERE o.entry_id = p_entry AND o.state = 'open';
  RETURN true;
END $$;

-- The appointment that was to be replaced is over.
CREATE FUNCTION close_waiting_for_earlier(p_now timestamptz, p_appointment uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET app.system = 'on' AS $$
BEGIN
  PERFORM close_entry(p_now, e.id, 'closed') FROM waiting_entry e
    WHERE e.appointment_id = p_appointment AND e.state = 'waiting';
END $$;

-- Who found a place elsewhere waits no longer. Runs with the principal's rights: a clerk's walk-in has no entries.
CREATE FUNCTION close_waiting_when_booked() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM close_entry(NEW.created_at, e.id, 'closed') FROM waiting_entry e
    WHERE e.person_id = NEW.person_id AND e.state = 'waiting' AND e.mode = 'none' AND e.service_ids && NEW.service_ids;
  RETURN NULL;
END $$;
CREATE TRIGGER close_waiting_when_booked AFTER INSERT ON appointment
  FOR EACH ROW EXECUTE FUNCTION close_waiting_when_booked();

-- A visit is as long as its services say now.
CREATE FUNCTION lengthen_waiting() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET app.system = 'on' AS $$
BEGIN
  UPDATE waiting_entry e SET minutes = e.minutes + (NEW.minutes - OLD.minutes) * (
      SELECT sum((w ->> 'persons')::int) FROM jsonb_array_elements(e.services) w WHERE (w ->> 'service')::uuid = NEW.id)
    WHERE e.state = 'waiting' AND NEW.id = ANY (e.service_ids);
  RETURN NULL;
END $$;
CREATE TRIGGER lengthen_waiting AFTER UPDATE OF minutes ON service
  FOR EACH ROW WHEN (OLD.minutes <> NEW.minutes) EXECUTE FUNCTION lengthen_waiting();

-- ── matching ────────────────────────────────────────────────────────────────────────────────────
-- What the matcher has to do now: ends offers that ran out, then lists the places that wait to be offered. Offers and
-- places that somebody is working on are left for the next round. Acts for the system, in one round trip.
CREATE FUNCTION due_waiting_places(p_now timestamptz, p_most int)
RETURNS TABLE (id uuid, city_id text, office_id uuid, counter_id uuid, starts_at timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_offer uuid;
BEGIN
  FOR v_offer IN SELECT o.id FROM waiting_offer o WHERE o.state = 'open' AND o.until <= p_now ORDER BY o.until LIMIT p_most
  LOOP
    PERFORM FROM place p WHERE p.id = v_offer FOR UPDATE SKIP LOCKED;
    IF FOUND OR NOT EXISTS (SELECT FROM place p WHERE p.id = v_offer) THEN
      PERFORM end_offer(p_now, v_offer, 'expired');
    END IF;
  END LOOP;
  RETURN QUERY SELECT p.id, p.city_id, p.office_id, p.counter_id, lower(p.during)
    FROM waiting_place w JOIN place p ON p.id = w.id WHERE w.next_at <= p_now AND p.hold_until > p_now
    ORDER BY w.next_at, w.id LIMIT p_most;
END $$;

-- One matcher at a time in a city, so that three offers a day are three; null when another is at it, or the place is
-- gone. Answers the place and the free time around it at its counter, at most a day on each side. The office's rules
-- stay as they are until the transaction ends.
CREATE FUNCTION lock_waiting_place(p_now timestamptz, p_id uuid, p_city text, p_office uuid,
  OUT rules_version bigint, OUT freed_from timestamptz, OUT freed_until timestamptz,
  OUT room_from timestamptz, OUT room_until timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE v_place place;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('waiting:' || p_city, 0)) THEN
    RETURN;
  END IF;
  rules_version := lock_rules(p_office);
  SELECT p.* INTO v_place FROM place p WHERE p.id = p_id AND p.hold_until > p_now
    AND EXISTS (SELECT FROM waiting_place w WHERE w.id = p.id AND w.next_at <= p_now) FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  freed_from := lower(v_place.during);
  freed_until := upper(v_place.during);
  room_from := coalesce((
    SELECT max(upper(p.during)) FROM place p WHERE p.counter_id = v_place.counter_id AND p.id <> p_id
       AND p.during && tstzrange(freed_from - interval '1 day', freed_from)
       AND (p.hold_until IS NULL OR p.hold_until > p_now)), freed_from - interval '1 day');
  room_until := coalesce((
    SELECT min(lower(p.during)) FROM place p WHERE p.counter_id = v_place.counter_id AND p.id <> p_id
       AND p.during && tstzrange(freed_until, freed_until + interval '1 day')
       AND (p.hold_until IS NULL OR p.hold_until > p_now)), freed_until + interval '1 day');
END $$;

-- The place of an offer, its notice, and the offer; false when the entry waits no longer, or somebody took a part of the
-- range that was not the waiting list's. Called by the matcher after it has freed the place that it matches, in the same transaction.
CREATE FUNCTION make_offer(p_now timestamptz, p_id uuid, p_entry uuid, p_office uuid, p_counter uuid,
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
  INSERT INTO waiting_offer (id, city_id, entry_id, person_id, office_id, counter_id, starts_at, ends_at, state, made_at, until)
    VALUES (p_id, v_entry.city_id, p_entry, v_entry.person_id, p_office, p_counter, p_starts, p_ends, 'open', p_now, p_until);
  PERFORM tell(p_notice, v_entry.city_id, v_entry.person_id, 'waiting.offer', p_id, p_id::text,
               jsonb_build_object('office', p_office, 'startsAt', p_starts, 'until', p_until), p_now, p_now, p_until);
  RETURN true;
END $$;

-- Nobody may be told at this hour: the place waits with the matcher until p_next.
CREATE FUNCTION postpone_waiting_place(p_id uuid, p_office uuid, p_starts timestamptz, p_next timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  UPDATE place SET hold_until = p_next + waiting_grace() WHERE id = p_id;
  UPDATE waiting_place SET next_at = p_next WHERE id = p_id;
  PERFORM bump_office_day(p_office, p_starts);
END $$;

-- ── answering ───────────────────────────────────────────────────────────────────────────────────
-- Books the offered place, or moves the appointment there. Called under lock_guest, lock_rules and, where an appointment
-- moves, its row's lock, by a transaction of the person. Outcomes: accepted (subject: the appointment); was_accepted
-- (likewise); over; limit (subject: the service).
CREATE FUNCTION accept_offer(p_now timestamptz, p_person uuid, p_device uuid, p_offer uuid, p_limits int[],
  p_state text, p_confirmation text, p_reference text, p_name text, p_date_of_birth date, p_email text, p_phone text,
  p_note text, p_language text, p_ids uuid[], OUT outcome text, OUT subject uuid)
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  v_offer waiting_offer;
  v_entry waiting_entry;
  v_new appointment;
  v_held boolean;
BEGIN
  PERFORM set_config('app.device', coalesce(p_device::text, ''), true);
  PERFORM FROM place p WHERE p.id = p_offer AND p.hold_until > p_now FOR UPDATE;
  v_held := FOUND;
  SELECT * INTO STRICT v_offer FROM waiting_offer o WHERE o.id = p_offer AND o.person_id = p_person FOR UPDATE;
  IF v_offer.state = 'accepted' THEN
    outcome := 'was_accepted';
    subject := v_offer.appointment_id;
    RETURN;
  END IF;
  IF v_offer.state <> 'open' OR v_offer.until <= p_now OR NOT v_held THEN
    outcome := 'over';
    RETURN;
  END IF;
  SELECT * INTO STRICT v_entry FROM waiting_entry e WHERE e.id = v_offer.entry_id;
  IF v_entry.mode = 'none' THEN
    subject := over_limit(p_now, p_person, p_device, v_entry.service_ids, p_limits);
    IF subject IS NOT NULL THEN
      outcome := 'limit';
      RETURN;
    END IF;
  END IF;
  subject := coalesce(v_entry.appointment_id, p_offer);
  UPDATE place SET hold_until = NULL WHERE id = p_offer;
  UPDATE waiting_offer o SET state = 'accepted', ended_at = p_now, appointment_id = subject WHERE o.id = p_offer;
  UPDATE waiting_entry e SET state = 'fulfilled', version = e.version + 1, updated_at = p_now WHERE e.id = v_entry.id;
  IF v_entry.mode = 'earlier' THEN
    PERFORM settle_in_place(p_now, v_entry.appointment_id, p_offer, v_offer.office_id, v_offer.counter_id,
                            v_offer.starts_at, v_offer.ends_at, p_state, 'person', p_person, p_ids);
  ELSE
    INSERT INTO appointment (id, city_id, office_id, counter_id, place_id, person_id, device_id, reference, state,
                             starts_at, ends_at, services, service_ids, confirmation, name, date_of_birth, email, phone,
                             note, language, channel, created_at, updated_at)
      VALUES (p_offer, v_offer.city_id, v_offer.office_id, v_offer.counter_id, p_offer, p_person, p_device, p_reference,
              p_state, v_offer.starts_at, v_offer.ends_at, v_entry.services, v_entry.service_ids, p_confirmation, p_name,
              p_date_of_birth, p_email, p_phone, p_note, p_language, 'app', p_now, p_now)
      RETURNING * INTO v_new;
    PERFORM record_change(p_now, v_new, 'person', p_person, 'booked', NULL, p_ids, NULL, '{}', 'appointment.' || p_state);
    PERFORM bump_office_day(v_offer.office_id, v_offer.starts_at);
  END IF;
  outcome := 'accepted';
END $$;

-- ── what is told of the line ────────────────────────────────────────────────────────────────────
-- How many wait longer than this entry for the same service at one of its offices, 1,000 at most.
CREATE FUNCTION waiting_ahead(p_entry uuid) RETURNS int
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public SET app.system = 'on' AS $$
  SELECT count(*)::int FROM (
    SELECT FROM waiting_entry e JOIN waiting_entry o
        ON o.city_id = e.city_id AND o.state = 'waiting' AND (o.created_at, o.id) < (e.created_at, e.id)
       AND o.key_service_id = e.key_service_id
       AND (o.office_ids IS NULL OR e.office_ids IS NULL OR o.office_ids && e.office_ids)
     WHERE e.id = p_entry LIMIT 1000) AS ahead
$$;

-- Numbers without faces, for the desk: how many wait for each service at this office.
CREATE FUNCTION count_waiting(p_city text, p_office uuid) RETURNS TABLE (service_id uuid, waiting bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public SET app.system = 'on' AS $$
  SELECT s, count(*) FROM waiting_entry e CROSS JOIN unnest(e.service_ids) AS s
   WHERE e.city_id = p_city AND e.state = 'waiting' AND (e.office_ids IS NULL OR p_office = ANY (e.office_ids))
   GROUP BY s ORDER BY count(*) DESC, s
$$;

-- Entries whose last day is over end; what ended before p_before is forgotten. Answers how many rows it touched.
CREATE FUNCTION sweep_waiting(p_now timestamptz, p_before timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  v_expired int;
  v_forgotten int;
BEGIN
  SELECT count(close_entry(p_now, l.id, 'expired')) INTO v_expired FROM (
    SELECT e.id FROM waiting_entry e JOIN city c ON c.id = e.city_id
     WHERE e.state = 'waiting' AND e.last_day < (p_now AT TIME ZONE c.zone)::date
     ORDER BY e.id LIMIT p_most FOR UPDATE OF e SKIP LOCKED) l;
  DELETE FROM waiting_entry WHERE id IN (
    SELECT e.id FROM waiting_entry e WHERE e.state <> 'waiting' AND e.updated_at < p_before
     LIMIT p_most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS v_forgotten = ROW_COUNT;
  RETURN v_expired + v_forgotten;
END $$;

-- ── people who become one, or none ──────────────────────────────────────────────────────────────
CREATE FUNCTION merge_in_waiting(p_now timestamptz, p_guest uuid, p_into uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
  UPDATE waiting_entry e SET person_id = p_into WHERE e.person_id = p_guest;
  UPDATE waiting_offer o SET person_id = p_into WHERE o.person_id = p_guest;
$$;

CREATE FUNCTION erase_in_waiting(p_now timestamptz, p_person uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
  SELECT close_entry(p_now, e.id, 'withdrawn') FROM waiting_entry e WHERE e.person_id = p_person AND e.state = 'waiting';
  DELETE FROM waiting_entry e WHERE e.person_id = p_person;
$$;

REVOKE EXECUTE ON FUNCTION free_place, close_entry, close_waiting_for_earlier, waiting_ahead, count_waiting,
  merge_in_waiting, erase_in_waiting FROM PUBLIC;
GRANT EXECUTE ON FUNCTION free_place, close_entry, close_waiting_for_earlier, waiting_ahead, count_waiting TO wartefrei_app;

-- ── who frees places ────────────────────────────────────────────────────────────────────────────
-- As in 0002_booking.sql, but for free_place.
CREATE OR REPLACE FUNCTION change_appointment(p_now timestamptz, p_id uuid, p_state text, p_kind text, p_reason text,
  p_contact jsonb, p_actor_kind text, p_actor uuid, p_ids uuid[], p_data jsonb, p_notice text) RETURNS SETOF appointment
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  v_old appointment;
  v_new appointment;
BEGIN
  SELECT * INTO STRICT v_old FROM appointment a WHERE a.id = p_id FOR UPDATE;
  UPDATE appointment a SET
      state = p_state,
      place_id = CASE WHEN p_state IN ('requested', 'confirmed', 'checked_in', 'called', 'parked') THEN a.place_id END,
      reason = coalesce(p_reason, a.reason),
      email = CASE WHEN p_contact ? 'email' THEN p_contact ->> 'email' ELSE a.email END,
      phone = CASE WHEN p_contact ? 'phone' THEN p_contact ->> 'phone' ELSE a.phone END,
      note = CASE WHEN p_contact ? 'note' THEN p_contact ->> 'note' ELSE a.note END,
      sequence = a.sequence + (p_state <> a.state)::int,
      version = a.version + 1,
      updated_at = p_now
    WHERE a.id = p_id RETURNING * INTO v_new;
  PERFORM record_change(p_now, v_new, p_actor_kind, p_actor, p_kind, v_old.state, p_ids, p_reason, p_data, p_notice);
  IF v_old.place_id IS NOT NULL AND v_new.place_id IS NULL THEN
    PERFORM close_waiting_for_earlier(p_now, p_id);
    PERFORM free_place(p_now, v_old.place_id);
    PERFORM bump_office_day(v_old.office_id, v_old.starts_at);
  END IF;
  RETURN NEXT v_new;
END $$;

CREATE OR REPLACE FUNCTION settle_in_place(p_now timestamptz, p_id uuid, p_place uuid, p_office uuid, p_counter uuid,
  p_starts timestamptz, p_ends timestamptz, p_state text, p_actor_kind text, p_actor uuid, p_ids uuid[])
RETURNS SETOF appointment LANGUAGE plpgsql AS $$
DECLARE
  v_old appointment;
  v_new appointment;
BEGIN
  SELECT * INTO STRICT v_old FROM appointment a WHERE a.id = p_id FOR UPDATE;
  UPDATE appointment a SET
      place_id = p_place, office_id = p_office, counter_id = p_counter, starts_at = p_starts, ends_at = p_ends,
      state = p_state, sequence = a.sequence + 1, version = a.version + 1, updated_at = p_now
    WHERE a.id = p_id RETURNING * INTO v_new;
  PERFORM record_change(p_now, v_new, p_actor_kind, p_actor, 'rescheduled', v_old.state, p_ids, NULL,
    jsonb_build_object('from', v_old.starts_at, 'to', v_new.starts_at, 'fromOffice', v_old.office_id, 'toOffice', v_new.office_id),
    'appointment.rescheduled');
  IF v_old.place_id <> p_place THEN
    PERFORM free_place(p_now, v_old.place_id);
  END IF;
  PERFORM bump_office_days(v_old.office_id, v_old.starts_at, p_office, p_starts);
  RETURN NEXT v_new;
END $$;

-- Where a clerk shifts an appointment over its own old place, what it no longer covers is freed like any place.
CREATE OR REPLACE FUNCTION move_appointment(p_now timestamptz, p_id uuid, p_place uuid, p_office uuid, p_counters uuid[],
  p_starts timestamptz, p_ends timestamptz, p_until timestamptz, p_state text, p_actor_kind text, p_actor uuid, p_ids uuid[])
RETURNS SETOF appointment LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  v_old appointment;
  v_was tstzrange;
  v_left tstzrange;
  v_place uuid := p_place;
  v_counter uuid;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('moves:' || p_office, 0));
  SELECT * INTO STRICT v_old FROM appointment a WHERE a.id = p_id FOR UPDATE;
  v_counter := take_place(p_now, p_place, v_old.city_id, p_office, p_counters, tstzrange(p_starts, p_until), NULL);
  IF v_counter IS NULL AND v_old.counter_id = ANY (p_counters) THEN
    SELECT p.during INTO v_was FROM place p WHERE p.id = v_old.place_id;
    BEGIN
      UPDATE place SET during = tstzrange(p_starts, p_until)
        WHERE id = v_old.place_id AND during && tstzrange(p_starts, p_until)
        RETURNING id, counter_id INTO v_place, v_counter;
    EXCEPTION WHEN exclusion_violation THEN
      v_counter := NULL;
    END;
    IF v_counter IS NOT NULL THEN
      FOR v_left IN SELECT r FROM unnest(tstzmultirange(v_was) - tstzmultirange(tstzrange(p_starts, p_until))) r LOOP
        IF try_place(p_place, v_old.city_id, p_office, v_counter, v_left, NULL) THEN
          PERFORM free_place(p_now, p_place);
        END IF;
        p_place := gen_random_uuid();
      END LOOP;
    END IF;
  END IF;
  IF v_counter IS NOT NULL THEN
    RETURN QUERY SELECT * FROM settle_in_place(p_now, p_id, v_place, p_office, v_counter, p_starts, p_ends, p_state,
                                               p_actor_kind, p_actor, p_ids);
  END IF;
END $$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
