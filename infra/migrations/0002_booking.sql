-- migrate:up
-- Holding, booking and changing an appointment.
--
-- Everything here runs with the caller's rights (the application role, under row-level security) and sets the principal
-- itself, for the transaction only. What needs the calendar (what is open, which counters serve) is decided before the
-- call; the version of the office's rules that it was decided from comes along and is compared under the office's lock.
--
-- The order in which every writer takes locks, so that none waits in a circle:
--   1 idempotency key (tried, never waited for)   2 person   3 device   4 office, shared (writers of rules: exclusive)
--   5 appointment row   6 places   7 office_day rows, by office and day, as the very last statement
-- A hold is deleted only by whoever has locked its place.

-- The rules under which a hold was offered: a booking after a change of rules has to be judged again.
ALTER TABLE hold ADD COLUMN rules_version bigint NOT NULL;

-- ── who may see what, further ───────────────────────────────────────────────────────────────────
-- The device's own limits hold across the people who use it: one who takes a place on it may see, and clear away once
-- it ran out, what another held on it. Set by the functions below only.
CREATE FUNCTION app_device() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('app.device', true), '')::uuid $$;
CREATE POLICY same_device ON hold FOR SELECT USING (device_id = app_device());
CREATE POLICY same_device ON appointment FOR SELECT USING (device_id = app_device());
CREATE INDEX appointment_by_device ON appointment (device_id) WHERE place_id IS NOT NULL;

-- A hold with the counter that its place is at. With the caller's rights, so that row-level security holds for it too.
CREATE VIEW hold_in_place WITH (security_invoker = true) AS
  SELECT h.*, p.counter_id FROM hold h JOIN place p ON p.id = h.id;

-- ── shared steps ────────────────────────────────────────────────────────────────────────────────
CREATE FUNCTION assume_guest(p_person uuid, p_device uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.person', p_person::text, true), set_config('app.device', coalesce(p_device::text, ''), true),
          set_config('app.clerk_city', '', true), set_config('app.clerk_offices', '{}', true),
          set_config('app.system', '', true);
END $$;

-- fresh: go on. replayed: the stored answer follows. reused: the key came with another request. in_flight: the first
-- request of this key still runs.
CREATE FUNCTION claim_key(p_owner text, p_key text, p_hash bytea,
  OUT outcome text, OUT status int, OUT headers jsonb, OUT body bytea)
LANGUAGE plpgsql AS $$
DECLARE v_hash bytea;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('idempotency:' || p_owner || ':' || p_key, 0)) THEN
    outcome := 'in_flight';
    RETURN;
  END IF;
  SELECT r.request_hash, r.status, r.headers, r.body INTO v_hash, status, headers, body
    FROM idempotency_record r WHERE r.owner = p_owner AND r.key = p_key;
  IF NOT FOUND THEN
    outcome := 'fresh';
  ELSIF v_hash = p_hash THEN
    outcome := 'replayed';
  ELSE
    outcome := 'reused'; status := NULL; headers := NULL; body := NULL;
  END IF;
END $$;

-- What one person, or one device, does at the same moment happens one after the other: limits are exact.
CREATE FUNCTION lock_guest(p_person uuid, p_device uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(p_person::text, 1));
  IF p_device IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(hashtextextended(p_device::text, 2));
  END IF;
END $$;

-- The version of the office's rules, which cannot change until the transaction ends.
CREATE FUNCTION lock_rules(p_office uuid) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('office:' || p_office, 0));
  RETURN (SELECT rules_version FROM office WHERE id = p_office);
END $$;

-- Whatever was computed from the places of this day is no longer true. The last statement of every writer.
CREATE FUNCTION bump_office_day(p_office uuid, p_starts timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO office_day AS d (office_id, day)
    SELECT p_office, (p_starts AT TIME ZONE zone)::date FROM office WHERE id = p_office
    ON CONFLICT (office_id, day) DO UPDATE SET version = d.version + 1;
END $$;

-- True when the counter was free for the range and now is not. The constraint judges; DO NOTHING waits for whoever is in
-- the midst of it, and does not deadlock with them as plain inserts on an exclusion constraint can.
CREATE FUNCTION try_place(p_id uuid, p_city text, p_office uuid, p_counter uuid, p_during tstzrange, p_until timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO place (id, city_id, office_id, counter_id, during, hold_until)
    VALUES (p_id, p_city, p_office, p_counter, p_during, p_until)
    ON CONFLICT ON CONSTRAINT place_taken_once DO NOTHING;
  RETURN FOUND;
END $$;

-- Takes the first free of the counters, in their order; null when none is. A counter at which someone is taking the
-- same start at this moment is passed by at first and waited for only when no other was free. Holds that ran out do
-- not count: they are cleared away counter by counter, so that nobody clears more than they go on to take.
CREATE FUNCTION take_place(p_now timestamptz, p_id uuid, p_city text, p_office uuid, p_counters uuid[],
  p_during tstzrange, p_until timestamptz) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
  v_counter uuid;
  v_passed uuid[] := '{}';
  v_start bigint := extract(epoch FROM lower(p_during));
BEGIN
  FOREACH v_counter IN ARRAY p_counters LOOP
    IF NOT pg_try_advisory_xact_lock(hashtextextended(v_counter::text, v_start)) THEN
      v_passed := v_passed || v_counter;
    ELSIF try_place(p_id, p_city, p_office, v_counter, p_during, p_until) THEN
      RETURN v_counter;
    END IF;
  END LOOP;
  FOREACH v_counter IN ARRAY v_passed LOOP
    IF try_place(p_id, p_city, p_office, v_counter, p_during, p_until) THEN
      RETURN v_counter;
    END IF;
  END LOOP;
  FOR v_counter IN
    SELECT DISTINCT counter_id FROM place
      WHERE counter_id = ANY (p_counters) AND during && p_during AND hold_until <= p_now ORDER BY counter_id
  LOOP
    DELETE FROM place WHERE id IN (
      SELECT id FROM place WHERE counter_id = v_counter AND during && p_during AND hold_until <= p_now
        ORDER BY lower(during) FOR UPDATE);
    IF try_place(p_id, p_city, p_office, v_counter, p_during, p_until) THEN
      RETURN v_counter;
    END IF;
  END LOOP;
  RETURN NULL;
END $$;

-- ── hold ────────────────────────────────────────────────────────────────────────────────────────
-- Outcomes: held (subject: the counter); taken; hold_exists (subject: the caller's own live hold, null when it is another's on this device);
-- stale_rules; replayed, reused, in_flight (see claim_key).
CREATE FUNCTION hold_place(
  p_now timestamptz, p_person uuid, p_device uuid,
  p_owner text, p_key text, p_hash bytea, p_status int, p_headers jsonb, p_body bytea,
  p_id uuid, p_city text, p_office uuid, p_rules_version bigint, p_counters uuid[],
  p_starts timestamptz, p_ends timestamptz, p_until timestamptz,
  p_services jsonb, p_service_ids uuid[], p_confirmation text, p_expires timestamptz,
  OUT outcome text, OUT status int, OUT headers jsonb, OUT body bytea, OUT subject uuid)
LANGUAGE plpgsql SET search_path = pg_catalog, public SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off AS $$
DECLARE v_hold record;
BEGIN
  PERFORM assume_guest(p_person, p_device);
  SELECT c.outcome, c.status, c.headers, c.body INTO outcome, status, headers, body
    FROM claim_key(p_owner, p_key, p_hash) c;
  IF outcome <> 'fresh' THEN
    RETURN;
  END IF;
  PERFORM lock_guest(p_person, p_device);
  IF lock_rules(p_office) IS DISTINCT FROM p_rules_version THEN
    outcome := 'stale_rules';
    RETURN;
  END IF;
  FOR v_hold IN SELECT h.id, h.person_id, h.expires_at FROM hold h WHERE h.person_id = p_person OR h.device_id = p_device LOOP
    IF v_hold.expires_at > p_now THEN
      outcome := 'hold_exists';
      subject := CASE WHEN v_hold.person_id = p_person THEN v_hold.id END;
      RETURN;
    END IF;
    DELETE FROM place WHERE id = v_hold.id;
  END LOOP;
  subject := take_place(p_now, p_id, p_city, p_office, p_counters, tstzrange(p_starts, p_until), p_expires);
  IF subject IS NULL THEN
    outcome := 'taken';
    RETURN;
  END IF;
  INSERT INTO hold (id, city_id, office_id, person_id, device_id, starts_at, ends_at, services, service_ids,
                    confirmation, expires_at, rules_version)
    VALUES (p_id, p_city, p_office, p_person, p_device, p_starts, p_ends, p_services, p_service_ids,
            p_confirmation, p_expires, p_rules_version);
  INSERT INTO idempotency_record VALUES (p_owner, p_key, p_hash, p_status, p_headers, p_body, p_now);
  PERFORM bump_office_day(p_office, p_starts);
  outcome := 'held';
END $$;

-- The person's hold, run out or not, in one round trip.
CREATE FUNCTION read_hold(p_person uuid, p_id uuid) RETURNS SETOF hold_in_place
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM assume_guest(p_person, NULL);
  RETURN QUERY SELECT * FROM hold_in_place h WHERE h.id = p_id AND h.person_id = p_person;
END $$;

-- Frees the place at once; false when there is no such hold of the principal (booked ones are not holds any more).
CREATE FUNCTION release_hold(p_id uuid) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE v_hold hold;
BEGIN
  SELECT * INTO v_hold FROM hold h WHERE h.id = p_id;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  DELETE FROM place WHERE id = p_id AND hold_until IS NOT NULL;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM bump_office_day(v_hold.office_id, v_hold.starts_at);
  RETURN true;
END $$;

-- ── what every change of an appointment leaves behind ───────────────────────────────────────────
CREATE FUNCTION record_change(p_now timestamptz, p_appointment appointment, p_actor_kind text, p_actor uuid,
  p_kind text, p_from text, p_ids uuid[], p_reason text, p_data jsonb, p_notice text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO appointment_event (id, city_id, office_id, appointment_id, person_id, version, at, actor_kind, actor_id,
                                 kind, from_state, to_state, reason, data)
    VALUES (p_ids[1], p_appointment.city_id, p_appointment.office_id, p_appointment.id, p_appointment.person_id,
            p_appointment.version, p_now, p_actor_kind, p_actor, p_kind, p_from, p_appointment.state, p_reason, p_data);
  INSERT INTO audit_entry (id, city_id, at, actor_kind, actor_id, action, entity, entity_id)
    VALUES (p_ids[2], p_appointment.city_id, p_now, p_actor_kind, p_actor, 'appointment.' || p_kind, 'appointment',
            p_appointment.id::text);
  INSERT INTO outbox (id, city_id, person_id, kind, subject_id, dedupe, created_at, due_at)
    VALUES (p_ids[3], p_appointment.city_id, p_appointment.person_id, p_notice, p_appointment.id,
            p_appointment.id || ':' || p_appointment.version, p_now, p_now);
END $$;

-- ── book ────────────────────────────────────────────────────────────────────────────────────────
-- The appointment takes over the hold's place and its id, so one hold can become one appointment only, whatever keys the
-- attempts carry. p_rules_version is the version under which the hold was offered, or judged again since.
-- Outcomes: booked; no_hold; expired; already_booked (subject: the appointment); limit (subject: the service); stale_rules;
-- replayed, reused, in_flight (see claim_key).
CREATE FUNCTION book_hold(
  p_now timestamptz, p_person uuid, p_device uuid,
  p_owner text, p_key text, p_hash bytea, p_status int, p_headers jsonb, p_body bytea,
  p_hold uuid, p_rules_version bigint, p_limits int[], p_reference text,
  p_name text, p_date_of_birth date, p_email text, p_phone text, p_note text, p_language text, p_ids uuid[],
  OUT outcome text, OUT status int, OUT headers jsonb, OUT body bytea, OUT subject uuid)
LANGUAGE plpgsql SET search_path = pg_catalog, public SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off AS $$
DECLARE
  v_hold hold;
  v_counter uuid;
  v_appointment appointment;
BEGIN
  PERFORM assume_guest(p_person, p_device);
  SELECT c.outcome, c.status, c.headers, c.body INTO outcome, status, headers, body
    FROM claim_key(p_owner, p_key, p_hash) c;
  IF outcome <> 'fresh' THEN
    RETURN;
  END IF;
  PERFORM lock_guest(p_person, p_device);
  SELECT * INTO v_hold FROM hold h WHERE h.id = p_hold AND h.person_id = p_person;
  IF NOT FOUND THEN
    SELECT a.id INTO subject FROM appointment a WHERE a.id = p_hold AND a.person_id = p_person;
    outcome := CASE WHEN FOUND THEN 'already_booked' ELSE 'no_hold' END;
    RETURN;
  END IF;
  IF v_hold.expires_at <= p_now THEN
    outcome := 'expired';
    RETURN;
  END IF;
  IF lock_rules(v_hold.office_id) IS DISTINCT FROM p_rules_version THEN
    outcome := 'stale_rules';
    RETURN;
  END IF;
  subject := over_limit(p_now, p_person, p_device, v_hold.service_ids, p_limits);
  IF subject IS NOT NULL THEN
    outcome := 'limit';
    RETURN;
  END IF;
  -- Nothing has been written so far; from here on all of it happens.
  UPDATE place SET hold_until = NULL WHERE id = p_hold AND hold_until > p_now RETURNING counter_id INTO v_counter;
  IF NOT FOUND THEN
    outcome := 'expired';
    RETURN;
  END IF;
  INSERT INTO appointment (id, city_id, office_id, counter_id, place_id, person_id, device_id, reference, state,
                           starts_at, ends_at, services, service_ids, confirmation, name, date_of_birth, email, phone,
                           note, language, channel, created_at, updated_at)
    VALUES (p_hold, v_hold.city_id, v_hold.office_id, v_counter, p_hold, p_person, v_hold.device_id, p_reference,
            CASE v_hold.confirmation WHEN 'automatic' THEN 'confirmed' ELSE 'requested' END,
            v_hold.starts_at, v_hold.ends_at, v_hold.services, v_hold.service_ids, v_hold.confirmation, p_name,
            p_date_of_birth, p_email, p_phone, p_note, p_language, 'app', p_now, p_now)
    RETURNING * INTO v_appointment;
  PERFORM record_change(p_now, v_appointment, 'person', p_person, 'booked', NULL, p_ids, NULL, '{}',
                        'appointment.' || v_appointment.state);
  DELETE FROM hold h WHERE h.id = p_hold;
  INSERT INTO idempotency_record VALUES (p_owner, p_key, p_hash, p_status, p_headers, p_body, p_now);
  PERFORM bump_office_day(v_hold.office_id, v_hold.starts_at);
  outcome := 'booked';
END $$;

-- The first service that the person, or the device, already has as many appointments for, still to come, as the limit
-- beside it says; null when there is none. Called under lock_guest.
CREATE FUNCTION over_limit(p_now timestamptz, p_person uuid, p_device uuid, p_services uuid[], p_limits int[]) RETURNS uuid
LANGUAGE plpgsql AS $$
BEGIN
  RETURN (
    SELECT w.service FROM unnest(p_services, p_limits) AS w (service, most)
     WHERE w.most <= (SELECT count(*) FROM appointment a
                       WHERE a.person_id = p_person AND a.place_id IS NOT NULL AND a.ends_at > p_now
                         AND w.service = ANY (a.service_ids))
        OR w.most <= (SELECT count(*) FROM appointment a
                       WHERE a.device_id = p_device AND a.place_id IS NOT NULL AND a.ends_at > p_now
                         AND w.service = ANY (a.service_ids))
     LIMIT 1);
END $$;

-- ── the further life: called inside a transaction that has set its principal and locked the appointment's row ──
-- One step of state, or a change of contact details (p_state as it was, p_contact given). An end state frees the place
-- in the same statement.
CREATE FUNCTION change_appointment(p_now timestamptz, p_id uuid, p_state text, p_kind text, p_reason text,
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
    DELETE FROM place WHERE id = v_old.place_id;
    PERFORM bump_office_day(v_old.office_id, v_old.starts_at);
  END IF;
  RETURN NEXT v_new;
END $$;

-- The days of two places that one change touches, in the order of all writers.
CREATE FUNCTION bump_office_days(p_office_a uuid, p_starts_a timestamptz, p_office_b uuid, p_starts_b timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO office_day AS d (office_id, day)
    SELECT DISTINCT o.id, (t.starts AT TIME ZONE o.zone)::date AS day
      FROM (VALUES (p_office_a, p_starts_a), (p_office_b, p_starts_b)) t (office, starts) JOIN office o ON o.id = t.office
      ORDER BY o.id, day
    ON CONFLICT (office_id, day) DO UPDATE SET version = d.version + 1;
END $$;

-- Gives the appointment another place, which is the principal's already and not booked; the old one is freed.
CREATE FUNCTION settle_in_place(p_now timestamptz, p_id uuid, p_place uuid, p_office uuid, p_counter uuid,
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
    DELETE FROM place WHERE id = v_old.place_id;
  END IF;
  PERFORM bump_office_days(v_old.office_id, v_old.starts_at, p_office, p_starts);
  RETURN NEXT v_new;
END $$;

-- Reschedules to a hold, whose place the appointment takes over. No row: the hold ran out.
CREATE FUNCTION reschedule_to_hold(p_now timestamptz, p_id uuid, p_hold uuid, p_state text, p_actor_kind text, p_actor uuid,
  p_ids uuid[]) RETURNS SETOF appointment
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  v_hold hold;
  v_counter uuid;
BEGIN
  SELECT * INTO v_hold FROM hold h WHERE h.id = p_hold;
  UPDATE place SET hold_until = NULL WHERE id = v_hold.id AND hold_until > p_now RETURNING counter_id INTO v_counter;
  IF FOUND THEN
    DELETE FROM hold h WHERE h.id = p_hold;
    RETURN QUERY SELECT * FROM settle_in_place(p_now, p_id, p_hold, v_hold.office_id, v_counter, v_hold.starts_at,
                                               v_hold.ends_at, p_state, p_actor_kind, p_actor, p_ids);
  END IF;
END $$;

-- A clerk moves an appointment without a hold: to a free counter, or, where only its own old place is in the way, by
-- shifting that. No row: no counter is free. Moves of one office happen one after the other, so two never swap in a circle.
CREATE FUNCTION move_appointment(p_now timestamptz, p_id uuid, p_place uuid, p_office uuid, p_counters uuid[],
  p_starts timestamptz, p_ends timestamptz, p_until timestamptz, p_state text, p_actor_kind text, p_actor uuid, p_ids uuid[])
RETURNS SETOF appointment LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  v_old appointment;
  v_place uuid := p_place;
  v_counter uuid;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('moves:' || p_office, 0));
  SELECT * INTO STRICT v_old FROM appointment a WHERE a.id = p_id FOR UPDATE;
  v_counter := take_place(p_now, p_place, v_old.city_id, p_office, p_counters, tstzrange(p_starts, p_until), NULL);
  IF v_counter IS NULL AND v_old.counter_id = ANY (p_counters) THEN
    BEGIN
      UPDATE place SET during = tstzrange(p_starts, p_until)
        WHERE id = v_old.place_id AND during && tstzrange(p_starts, p_until)
        RETURNING id, counter_id INTO v_place, v_counter;
    EXCEPTION WHEN exclusion_violation THEN
      v_counter := NULL;
    END;
  END IF;
  IF v_counter IS NOT NULL THEN
    RETURN QUERY SELECT * FROM settle_in_place(p_now, p_id, v_place, p_office, v_counter, p_starts, p_ends, p_state,
                                               p_actor_kind, p_actor, p_ids);
  END IF;
END $$;

-- A clerk books for someone at the desk or on the telephone, who becomes a person of their own. No row: nothing is free.
-- The principal becomes that person for the one row that only they may write, and is the clerk again after it.
CREATE FUNCTION book_directly(p_now timestamptz, p_id uuid, p_city text, p_office uuid, p_counters uuid[],
  p_starts timestamptz, p_ends timestamptz, p_until timestamptz, p_services jsonb, p_service_ids uuid[],
  p_confirmation text, p_person uuid, p_reference text, p_name text, p_date_of_birth date, p_email text, p_phone text,
  p_note text, p_language text, p_channel text, p_actor_kind text, p_actor uuid, p_ids uuid[]) RETURNS SETOF appointment
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  v_counter uuid;
  v_new appointment;
  v_principal text := coalesce(current_setting('app.person', true), '');
BEGIN
  v_counter := take_place(p_now, p_id, p_city, p_office, p_counters, tstzrange(p_starts, p_until), NULL);
  IF v_counter IS NULL THEN
    RETURN;
  END IF;
  PERFORM set_config('app.person', p_person::text, true);
  INSERT INTO person (id, created_at, language) VALUES (p_person, p_now, p_language);
  PERFORM set_config('app.person', v_principal, true);
  INSERT INTO appointment (id, city_id, office_id, counter_id, place_id, person_id, reference, state, starts_at, ends_at,
                           services, service_ids, confirmation, name, date_of_birth, email, phone, note, language,
                           channel, created_at, updated_at)
    VALUES (p_id, p_city, p_office, v_counter, p_id, p_person, p_reference, 'confirmed', p_starts, p_ends, p_services,
            p_service_ids, p_confirmation, p_name, p_date_of_birth, p_email, p_phone, p_note, p_language, p_channel,
            p_now, p_now)
    RETURNING * INTO v_new;
  PERFORM record_change(p_now, v_new, p_actor_kind, p_actor, 'booked', NULL, p_ids, NULL, '{}', 'appointment.confirmed');
  PERFORM bump_office_day(p_office, p_starts);
  RETURN NEXT v_new;
END $$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
