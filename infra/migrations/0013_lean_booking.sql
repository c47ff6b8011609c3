-- migrate:up
-- Holding and booking with fewer steps. What they promise, their outcomes and the order of locks stay as 0002_booking.sql
-- says; what changes is what a step costs:
--   Locks and settings are plain expressions, which plpgsql evaluates without starting a statement.
--   What a call has to know is read in one statement, after every lock that could change it is held.
--   What is written together is written by one statement.
--   A free counter is looked for before anything tries to take it.
--   Functions run with the caller's rights, so whose search_path it is does not matter and is not set. That plans are
--   kept and go by index is set once, at the outermost function.

-- ── fewer references ────────────────────────────────────────────────────────────────────────────
-- Offices, counters and cities are never deleted, only retired, so what names them needs not be looked after row by row.
-- A place still has to be at a counter; holds and appointments have counter, office and city from their place.
REVOKE DELETE ON city, office, counter, service FROM wartefrei_app;
ALTER TABLE place DROP CONSTRAINT place_city_id_fkey, DROP CONSTRAINT place_office_id_fkey;
ALTER TABLE hold DROP CONSTRAINT hold_city_id_fkey, DROP CONSTRAINT hold_office_id_fkey;
ALTER TABLE appointment DROP CONSTRAINT appointment_city_id_fkey, DROP CONSTRAINT appointment_office_id_fkey,
  DROP CONSTRAINT appointment_counter_id_fkey;

-- Places of one counter never overlap, so the last one that begins before a range ends tells whether the range is free:
-- one step down a B-tree, where the index of the constraint reads a few pages entry by entry.
CREATE INDEX place_by_counter ON place (counter_id, lower(during));

-- Old keys are cleared in the order in which they were written: a summary of each block finds them, and costs an insert nothing.
DROP INDEX idempotency_record_created_at_idx;
CREATE INDEX idempotency_record_age ON idempotency_record USING brin (created_at) WITH (pages_per_range = 32);

-- ── shared steps ────────────────────────────────────────────────────────────────────────────────
CREATE OR REPLACE FUNCTION assume_guest(p_person uuid, p_device uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE v_set text;
BEGIN
  v_set := set_config('app.person', p_person::text, true) || set_config('app.device', coalesce(p_device::text, ''), true);
  -- Nobody is a clerk or the system at the same time. Outside of a transaction that said so these are empty.
  IF concat(current_setting('app.clerk_city', true), current_setting('app.clerk_offices', true),
            current_setting('app.system', true)) <> '' THEN
    v_set := set_config('app.clerk_city', '', true) || set_config('app.clerk_offices', '', true)
          || set_config('app.system', '', true);
  END IF;
END $$;

CREATE OR REPLACE FUNCTION lock_guest(p_person uuid, p_device uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE v_done text;
BEGIN
  v_done := pg_advisory_xact_lock(hashtextextended(p_person::text, 1));
  IF p_device IS NOT NULL THEN
    v_done := pg_advisory_xact_lock(hashtextextended(p_device::text, 2));
  END IF;
END $$;

ALTER FUNCTION lock_rules(uuid) RESET ALL;

-- Takes the first free of the counters, in their order; null when none is. A counter at which someone is taking the
-- same start at this moment is passed by at first and waited for only when no other was free. Holds that ran out do
-- not count: they are cleared away counter by counter, so that nobody clears more than they go on to take.
CREATE OR REPLACE FUNCTION take_place(p_now timestamptz, p_id uuid, p_city text, p_office uuid, p_counters uuid[],
  p_during tstzrange, p_until timestamptz) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
  v_counter uuid;
  v_left uuid[] := p_counters;
  v_start bigint := extract(epoch FROM lower(p_during));
BEGIN
  LOOP
    -- Asked row by row, in order: a counter that is taken is not locked. (A scalar subquery, so that it never becomes a join.)
    SELECT c.id INTO v_counter FROM unnest(v_left) AS c (id)
      WHERE CASE WHEN (SELECT upper(p.during) > lower(p_during) FROM place p
                          WHERE p.counter_id = c.id AND lower(p.during) < upper(p_during)
                          ORDER BY lower(p.during) DESC LIMIT 1) THEN false
                 ELSE pg_try_advisory_xact_lock(hashtextextended(c.id::text, v_start)) END
      LIMIT 1;
    EXIT WHEN NOT FOUND;
    IF try_place(p_id, p_city, p_office, v_counter, p_during, p_until) THEN
      RETURN v_counter;
    END IF;
    v_left := array_remove(v_left, v_counter);  -- somebody was quicker
  END LOOP;
  FOR v_counter IN
    SELECT c.id FROM unnest(v_left) AS c (id)
      WHERE (SELECT upper(p.during) > lower(p_during) FROM place p
              WHERE p.counter_id = c.id AND lower(p.during) < upper(p_during)
              ORDER BY lower(p.during) DESC LIMIT 1) IS NOT true
  LOOP
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
CREATE OR REPLACE FUNCTION hold_place(
  p_now timestamptz, p_person uuid, p_device uuid,
  p_owner text, p_key text, p_hash bytea, p_status int, p_headers jsonb, p_body bytea,
  p_id uuid, p_city text, p_office uuid, p_rules_version bigint, p_counters uuid[],
  p_starts timestamptz, p_ends timestamptz, p_until timestamptz,
  p_services jsonb, p_service_ids uuid[], p_confirmation text, p_expires timestamptz,
  OUT outcome text, OUT status int, OUT headers jsonb, OUT body bytea, OUT subject uuid)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  v_step text;
  v_seen record;
  v_hold record;
BEGIN
  v_step := assume_guest(p_person, p_device);
  IF NOT pg_try_advisory_xact_lock(hashtextextended('idempotency:' || p_owner || ':' || p_key, 0)) THEN
    outcome := 'in_flight';
    RETURN;
  END IF;
  v_step := lock_guest(p_person, p_device);
  v_step := pg_advisory_xact_lock_shared(hashtextextended('office:' || p_office, 0));
  -- In the order in which they decide: the key, the office's rules, a hold that there is already.
  SELECT r.request_hash, r.status, r.headers, r.body,
         (SELECT o.rules_version FROM office o WHERE o.id = p_office) AS rules_version,
         EXISTS (SELECT FROM hold h WHERE h.person_id = p_person)
           OR EXISTS (SELECT FROM hold h WHERE h.device_id = p_device) AS has_hold
    INTO v_seen
    FROM (VALUES (p_owner, p_key)) AS asked (owner, key)
    LEFT JOIN idempotency_record r ON r.owner = asked.owner AND r.key = asked.key;
  IF v_seen.request_hash IS NOT NULL THEN
    IF v_seen.request_hash = p_hash THEN
      outcome := 'replayed'; status := v_seen.status; headers := v_seen.headers; body := v_seen.body;
    ELSE
      outcome := 'reused';
    END IF;
    RETURN;
  END IF;
  IF v_seen.rules_version IS DISTINCT FROM p_rules_version THEN
    outcome := 'stale_rules';
    RETURN;
  END IF;
  IF v_seen.has_hold THEN
    FOR v_hold IN SELECT h.id, h.person_id, h.expires_at FROM hold h WHERE h.person_id = p_person OR h.device_id = p_device
    LOOP
      IF v_hold.expires_at > p_now THEN
        outcome := 'hold_exists';
        subject := CASE WHEN v_hold.person_id = p_person THEN v_hold.id END;
        RETURN;
      END IF;
      DELETE FROM place WHERE id = v_hold.id;
    END LOOP;
  END IF;
  subject := take_place(p_now, p_id, p_city, p_office, p_counters, tstzrange(p_starts, p_until), p_expires);
  IF subject IS NULL THEN
    outcome := 'taken';
    RETURN;
  END IF;
  WITH held AS (
    INSERT INTO hold (id, city_id, office_id, person_id, device_id, starts_at, ends_at, services, service_ids,
                      confirmation, expires_at, rules_version)
      VALUES (p_id, p_city, p_office, p_person, p_device, p_starts, p_ends, p_services, p_service_ids,
              p_confirmation, p_expires, p_rules_version)),
  kept AS (INSERT INTO idempotency_record VALUES (p_owner, p_key, p_hash, p_status, p_headers, p_body, p_now))
  INSERT INTO office_day AS d (office_id, day)
    SELECT p_office, (p_starts AT TIME ZONE o.zone)::date FROM office o WHERE o.id = p_office
    ON CONFLICT (office_id, day) DO UPDATE SET version = d.version + 1;
  outcome := 'held';
END $$;

-- ── what every change of an appointment leaves behind ───────────────────────────────────────────
-- The one place that writes event, audit entry and notice, in one statement: whatever else every change has to leave
-- behind becomes a further part of it, in a migration that defines this function anew.
CREATE OR REPLACE FUNCTION record_change(p_now timestamptz, p_appointment appointment, p_actor_kind text, p_actor uuid,
  p_kind text, p_from text, p_ids uuid[], p_reason text, p_data jsonb, p_notice text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  WITH event AS (
    INSERT INTO appointment_event (id, city_id, office_id, appointment_id, person_id, version, at, actor_kind, actor_id,
                                   kind, from_state, to_state, reason, data)
      VALUES (p_ids[1], p_appointment.city_id, p_appointment.office_id, p_appointment.id, p_appointment.person_id,
              p_appointment.version, p_now, p_actor_kind, p_actor, p_kind, p_from, p_appointment.state, p_reason, p_data)),
  audited AS (
    INSERT INTO audit_entry (id, city_id, at, actor_kind, actor_id, action, entity, entity_id)
      VALUES (p_ids[2], p_appointment.city_id, p_now, p_actor_kind, p_actor, 'appointment.' || p_kind, 'appointment',
              p_appointment.id::text))
  INSERT INTO notice (id, city_id, person_id, kind, subject_id, dedupe, data, created_at, due_at, expires_at)
    VALUES (p_ids[3], p_appointment.city_id, p_appointment.person_id, p_notice, p_appointment.id,
            p_appointment.id || ':' || p_appointment.version,
            jsonb_build_object('office', p_appointment.office_id, 'startsAt', p_appointment.starts_at, 'by', p_actor_kind,
                               'state', p_appointment.state, 'reason', p_reason),
            p_now, p_now, p_appointment.ends_at);
END $$;

-- ── book ────────────────────────────────────────────────────────────────────────────────────────
CREATE OR REPLACE FUNCTION book_hold(
  p_now timestamptz, p_person uuid, p_device uuid,
  p_owner text, p_key text, p_hash bytea, p_status int, p_headers jsonb, p_body bytea,
  p_hold uuid, p_rules_version bigint, p_limits int[], p_reference text,
  p_name text, p_date_of_birth date, p_email text, p_phone text, p_note text, p_language text, p_ids uuid[],
  OUT outcome text, OUT status int, OUT headers jsonb, OUT body bytea, OUT subject uuid)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  v_step text;
  v_seen record;
  v_rules_version bigint;
  v_counter uuid;
  v_appointment appointment;
BEGIN
  v_step := assume_guest(p_person, p_device);
  IF NOT pg_try_advisory_xact_lock(hashtextextended('idempotency:' || p_owner || ':' || p_key, 0)) THEN
    outcome := 'in_flight';
    RETURN;
  END IF;
  v_step := lock_guest(p_person, p_device);
  SELECT r.request_hash, r.status, r.headers, r.body, h.id, h.city_id, h.office_id, h.device_id, h.starts_at, h.ends_at,
         h.services, h.service_ids, h.confirmation, h.expires_at
    INTO v_seen
    FROM (VALUES (p_owner, p_key, p_hold)) AS asked (owner, key, hold)
    LEFT JOIN idempotency_record r ON r.owner = asked.owner AND r.key = asked.key
    LEFT JOIN hold h ON h.id = asked.hold AND h.person_id = p_person;
  IF v_seen.request_hash IS NOT NULL THEN
    IF v_seen.request_hash = p_hash THEN
      outcome := 'replayed'; status := v_seen.status; headers := v_seen.headers; body := v_seen.body;
    ELSE
      outcome := 'reused';
    END IF;
    RETURN;
  END IF;
  IF v_seen.id IS NULL THEN
    SELECT a.id INTO subject FROM appointment a WHERE a.id = p_hold AND a.person_id = p_person;
    outcome := CASE WHEN FOUND THEN 'already_booked' ELSE 'no_hold' END;
    RETURN;
  END IF;
  IF v_seen.expires_at <= p_now THEN
    outcome := 'expired';
    RETURN;
  END IF;
  v_step := pg_advisory_xact_lock_shared(hashtextextended('office:' || v_seen.office_id, 0));
  SELECT o.rules_version, (
      SELECT w.service FROM unnest(v_seen.service_ids, p_limits) AS w (service, most)
       WHERE w.most <= (SELECT count(*) FROM appointment a
                         WHERE a.person_id = p_person AND a.place_id IS NOT NULL AND a.ends_at > p_now
                           AND w.service = ANY (a.service_ids))
          OR w.most <= (SELECT count(*) FROM appointment a
                         WHERE a.device_id = p_device AND a.place_id IS NOT NULL AND a.ends_at > p_now
                           AND w.service = ANY (a.service_ids))
       LIMIT 1)
    INTO v_rules_version, subject FROM office o WHERE o.id = v_seen.office_id;
  IF v_rules_version IS DISTINCT FROM p_rules_version THEN
    outcome := 'stale_rules';
    subject := NULL;
    RETURN;
  END IF;
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
    VALUES (p_hold, v_seen.city_id, v_seen.office_id, v_counter, p_hold, p_person, v_seen.device_id, p_reference,
            CASE v_seen.confirmation WHEN 'automatic' THEN 'confirmed' ELSE 'requested' END,
            v_seen.starts_at, v_seen.ends_at, v_seen.services, v_seen.service_ids, v_seen.confirmation, p_name,
            p_date_of_birth, p_email, p_phone, p_note, p_language, 'app', p_now, p_now)
    RETURNING * INTO v_appointment;
  v_step := record_change(p_now, v_appointment, 'person', p_person, 'booked', NULL, p_ids, NULL, '{}',
                          'appointment.' || v_appointment.state);
  WITH gone AS (DELETE FROM hold h WHERE h.id = p_hold),
  kept AS (INSERT INTO idempotency_record VALUES (p_owner, p_key, p_hash, p_status, p_headers, p_body, p_now))
  INSERT INTO office_day AS d (office_id, day)
    SELECT o.id, (v_seen.starts_at AT TIME ZONE o.zone)::date FROM office o WHERE o.id = v_seen.office_id
    ON CONFLICT (office_id, day) DO UPDATE SET version = d.version + 1;
  outcome := 'booked';
END $$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
