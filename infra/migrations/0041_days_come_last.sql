-- migrate:up
-- The office's day gets its new version at the very end of a transaction, also where several holds or bookings share it, as the
-- order of locks in 0002_booking.sql has always asked. Promises and outcomes stay as they are.
--
-- Everybody who takes a place on a day bumps it. Bumped in the midst of a transaction of twelve, its row was locked while the others of
-- the twelve were worked on, and the other transaction of twelve stood and waited. Now it is locked while the log is written.
--
-- The two inner functions are called as plain expressions, and have the settings of the function that calls them.

CREATE FUNCTION hold_one(
  p_now timestamptz, p_person uuid, p_device uuid, p_owner text, p_key text, p_hash bytea, p_status int, p_headers jsonb, p_body bytea,
  p_id uuid, p_city text, p_office uuid, p_rules_version bigint, p_counters uuid[],
  p_starts timestamptz, p_ends timestamptz, p_until timestamptz,
  p_services jsonb, p_service_ids uuid[], p_confirmation text, p_expires timestamptz,
  OUT outcome text, OUT status int, OUT headers jsonb, OUT body bytea, OUT subject uuid)
LANGUAGE plpgsql AS $$
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
              p_confirmation, p_expires, p_rules_version))
  INSERT INTO idempotency_record VALUES (p_owner, p_key, p_hash, p_status, p_headers, p_body, p_now);
  outcome := 'held';
END $$;

CREATE FUNCTION book_one(
  p_now timestamptz, p_person uuid, p_device uuid, p_owner text, p_key text, p_hash bytea, p_status int, p_headers jsonb, p_body bytea,
  p_hold uuid, p_rules_version bigint, p_limits int[], p_reference text,
  p_name text, p_date_of_birth date, p_email text, p_phone text, p_note text, p_language text, p_ids uuid[],
  OUT outcome text, OUT status int, OUT headers jsonb, OUT body bytea, OUT subject uuid,
  OUT office uuid, OUT starts timestamptz)
LANGUAGE plpgsql AS $$
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
  WITH gone AS (DELETE FROM hold h WHERE h.id = p_hold)
  INSERT INTO idempotency_record VALUES (p_owner, p_key, p_hash, p_status, p_headers, p_body, p_now);
  outcome := 'booked'; office := v_seen.office_id; starts := v_seen.starts_at;
END $$;

-- As bump_office_day, for several of them: the n-th is the day of the n-th office on which p_starts[n] lies.
CREATE FUNCTION bump_days(p_offices uuid[], p_starts timestamptz[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO office_day AS d (office_id, day)
    SELECT DISTINCT o.id, (taken.starts AT TIME ZONE o.zone)::date
      FROM unnest(p_offices, p_starts) AS taken (office, starts) JOIN office o ON o.id = taken.office
     ORDER BY 1, 2
    ON CONFLICT (office_id, day) DO UPDATE SET version = d.version + 1;
END $$;

-- ── alone ───────────────────────────────────────────────────────────────────────────────────────
CREATE OR REPLACE FUNCTION hold_place(
  p_now timestamptz, p_person uuid, p_device uuid,
  p_owner text, p_key text, p_hash bytea, p_status int, p_headers jsonb, p_body bytea,
  p_id uuid, p_city text, p_office uuid, p_rules_version bigint, p_counters uuid[],
  p_starts timestamptz, p_ends timestamptz, p_until timestamptz,
  p_services jsonb, p_service_ids uuid[], p_confirmation text, p_expires timestamptz,
  OUT outcome text, OUT status int, OUT headers jsonb, OUT body bytea, OUT subject uuid)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  v record;
  v_step text;
BEGIN
  v := hold_one(p_now, p_person, p_device, p_owner, p_key, p_hash, p_status, p_headers, p_body, p_id, p_city, p_office, p_rules_version, p_counters,
                p_starts, p_ends, p_until, p_services, p_service_ids, p_confirmation, p_expires);
  outcome := v.outcome; status := v.status; headers := v.headers; body := v.body; subject := v.subject;
  IF outcome = 'held' THEN
    v_step := bump_office_day(p_office, p_starts);
  END IF;
END $$;

CREATE OR REPLACE FUNCTION book_hold(
  p_now timestamptz, p_person uuid, p_device uuid,
  p_owner text, p_key text, p_hash bytea, p_status int, p_headers jsonb, p_body bytea,
  p_hold uuid, p_rules_version bigint, p_limits int[], p_reference text,
  p_name text, p_date_of_birth date, p_email text, p_phone text, p_note text, p_language text, p_ids uuid[],
  OUT outcome text, OUT status int, OUT headers jsonb, OUT body bytea, OUT subject uuid)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  v record;
  v_step text;
BEGIN
  v := book_one(p_now, p_person, p_device, p_owner, p_key, p_hash, p_status, p_headers, p_body, p_hold, p_rules_version, p_limits, p_reference, p_name,
                p_date_of_birth, p_email, p_phone, p_note, p_language, p_ids);
  outcome := v.outcome; status := v.status; headers := v.headers; body := v.body; subject := v.subject;
  IF outcome = 'booked' THEN
    v_step := bump_office_day(v.office, v.starts);
  END IF;
END $$;

-- ── together ────────────────────────────────────────────────────────────────────────────────────
-- As in 0033_together.sql. Where the last step fails, or would have to wait for a day, the whole statement raises and nothing has
-- happened: each is made again alone.
CREATE OR REPLACE FUNCTION hold_places(p_calls json)
  RETURNS TABLE (outcome text, status int, headers jsonb, body bytea, subject uuid)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET lock_timeout = '50ms' AS $$
DECLARE
  c record;
  v record;
  v_step text;
  v_blocked boolean := false;
  v_offices uuid[];
  v_starts timestamptz[];
BEGIN
  FOR c IN SELECT * FROM json_to_recordset(p_calls) AS x (
    now timestamptz, person uuid, device uuid, owner text, key text, hash text, status int, headers jsonb, body text,
    id uuid, city text, office uuid, rules_version bigint, counters uuid[], starts timestamptz, ends timestamptz,
    until timestamptz, services jsonb, service_ids uuid[], confirmation text, expires timestamptz)
  LOOP
    outcome := 'alone'; status := NULL; headers := NULL; body := NULL; subject := NULL;
    IF NOT v_blocked THEN
      BEGIN
        v := hold_one(c.now, c.person, c.device, c.owner, c.key, decode(c.hash, 'hex'), c.status, c.headers,
                      convert_to(c.body, 'UTF8'), c.id, c.city, c.office, c.rules_version, c.counters, c.starts, c.ends, c.until, c.services, c.service_ids, c.confirmation,
                      c.expires);
        outcome := v.outcome; status := v.status; headers := v.headers; body := v.body; subject := v.subject;
      EXCEPTION
        WHEN lock_not_available OR deadlock_detected THEN v_blocked := true;
        WHEN OTHERS THEN NULL;
      END;
    END IF;
    IF outcome = 'held' THEN
      v_offices := v_offices || c.office;
      v_starts := v_starts || c.starts;
    END IF;
    RETURN NEXT;
  END LOOP;
  IF v_offices IS NOT NULL THEN
    v_step := bump_days(v_offices, v_starts);
  END IF;
END $$;

CREATE OR REPLACE FUNCTION book_holds(p_calls json)
  RETURNS TABLE (outcome text, status int, headers jsonb, body bytea, subject uuid)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET lock_timeout = '50ms' AS $$
DECLARE
  c record;
  v record;
  v_step text;
  v_blocked boolean := false;
  v_offices uuid[];
  v_starts timestamptz[];
BEGIN
  FOR c IN SELECT * FROM json_to_recordset(p_calls) AS x (
    now timestamptz, person uuid, device uuid, owner text, key text, hash text, status int, headers jsonb, body text,
    hold uuid, rules_version bigint, limits int[], reference text, name text, date_of_birth date, email text,
    phone text, note text, language text, ids uuid[])
  LOOP
    outcome := 'alone'; status := NULL; headers := NULL; body := NULL; subject := NULL;
    IF NOT v_blocked THEN
      BEGIN
        v := book_one(c.now, c.person, c.device, c.owner, c.key, decode(c.hash, 'hex'), c.status, c.headers,
                      convert_to(c.body, 'UTF8'), c.hold, c.rules_version, c.limits,
                      c.reference, c.name, c.date_of_birth, c.email, c.phone, c.note, c.language, c.ids);
        outcome := v.outcome; status := v.status; headers := v.headers; body := v.body; subject := v.subject;
      EXCEPTION
        WHEN lock_not_available OR deadlock_detected THEN v_blocked := true;
        WHEN OTHERS THEN NULL;
      END;
    END IF;
    IF outcome = 'booked' THEN
      v_offices := v_offices || v.office;
      v_starts := v_starts || v.starts;
    END IF;
    RETURN NEXT;
  END LOOP;
  IF v_offices IS NOT NULL THEN
    v_step := bump_days(v_offices, v_starts);
  END IF;
END $$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
