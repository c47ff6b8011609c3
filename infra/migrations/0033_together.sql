-- migrate:up
-- Holds, and bookings, that waited at the same moment, in one transaction: what a round trip and a commit cost is paid once.
--
-- Each is a subtransaction that does what hold_place and book_hold do. What one of them raises undoes that one alone; its
-- outcome is `alone`: the caller makes it again by itself, where it is judged, waits and fails as ever.
-- Locks are kept until all of them are done, so in here nobody waits long for one. Whoever would (SQLSTATE 55P03) goes
-- alone, and so do all that come after: what is done so far is committed, and its locks are free. That also ends what would be a
-- deadlock of two such transactions, which take their locks in the order in which their callers came.
-- Answers come in the order of the calls. JSON, since an array of arrays has no other way in; `hash` is hexadecimal.
CREATE FUNCTION hold_places(p_calls json)
  RETURNS TABLE (outcome text, status int, headers jsonb, body bytea, subject uuid)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET lock_timeout = '50ms' AS $$
DECLARE
  c record;
  v_blocked boolean := false;
BEGIN
  FOR c IN SELECT * FROM json_to_recordset(p_calls) AS x (
    now timestamptz, person uuid, device uuid, owner text, key text, hash text, status int, headers jsonb, body text,
    id uuid, city text, office uuid, rules_version bigint, counters uuid[], starts timestamptz, ends timestamptz,
    until timestamptz, services jsonb, service_ids uuid[], confirmation text, expires timestamptz)
  LOOP
    outcome := 'alone'; status := NULL; headers := NULL; body := NULL; subject := NULL;
    IF NOT v_blocked THEN
      BEGIN
        SELECT h.outcome, h.status, h.headers, h.body, h.subject INTO outcome, status, headers, body, subject
          FROM hold_place(
            c.now, c.person, c.device, c.owner, c.key, decode(c.hash, 'hex'), c.status, c.headers,
            convert_to(c.body, 'UTF8'), c.id, c.city, c.office, c.rules_version, c.counters, c.starts, c.ends, c.until,
            c.services, c.service_ids, c.confirmation, c.expires) h;
      EXCEPTION
        WHEN lock_not_available OR deadlock_detected THEN v_blocked := true;
        WHEN OTHERS THEN NULL;
      END;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

CREATE FUNCTION book_holds(p_calls json)
  RETURNS TABLE (outcome text, status int, headers jsonb, body bytea, subject uuid)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET lock_timeout = '50ms' AS $$
DECLARE
  c record;
  v_blocked boolean := false;
BEGIN
  FOR c IN SELECT * FROM json_to_recordset(p_calls) AS x (
    now timestamptz, person uuid, device uuid, owner text, key text, hash text, status int, headers jsonb, body text,
    hold uuid, rules_version bigint, limits int[], reference text, name text, date_of_birth date, email text,
    phone text, note text, language text, ids uuid[])
  LOOP
    outcome := 'alone'; status := NULL; headers := NULL; body := NULL; subject := NULL;
    IF NOT v_blocked THEN
      BEGIN
        SELECT b.outcome, b.status, b.headers, b.body, b.subject INTO outcome, status, headers, body, subject
          FROM book_hold(
            c.now, c.person, c.device, c.owner, c.key, decode(c.hash, 'hex'), c.status, c.headers,
            convert_to(c.body, 'UTF8'), c.hold, c.rules_version, c.limits, c.reference, c.name, c.date_of_birth,
            c.email, c.phone, c.note, c.language, c.ids) b;
      EXCEPTION
        WHEN lock_not_available OR deadlock_detected THEN v_blocked := true;
        WHEN OTHERS THEN NULL;
      END;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
