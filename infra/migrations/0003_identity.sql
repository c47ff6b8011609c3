-- migrate:up
-- Sessions, links and the end of a person: each one statement, so that parallel requests of a phone on a bad network
-- meet here and nowhere else. Locks are taken in the order that 0002 lays down.
--
-- These functions see across people (a refresh token says whose it is, not its bearer), so each sets `app.system` for
-- its own duration and no longer. Two run with the owner's rights, because events are append-only for everyone else.
-- A refresh token is known here by its SHA-256 only, and an idempotency record of this room holds ids, never a token.

-- What is told to a person is the person's to read.
CREATE POLICY own ON outbox FOR SELECT USING (person_id = app_person());

-- The person of a session that lives; nothing when it ended, ran out or never was.
CREATE FUNCTION live_session(p_session uuid, p_now timestamptz) RETURNS TABLE (id uuid)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public SET app.system = 'on' AS $$
BEGIN
  RETURN QUERY SELECT s.person_id FROM session s WHERE s.id = p_session AND s.ended_at IS NULL AND s.expires_at > p_now;
END $$;

-- An identity has one person, whoever comes first: its own token, or the link of one guest or another.
CREATE FUNCTION lock_identity(p_issuer text, p_subject text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(p_issuer || ' ' || p_subject, 3));
END $$;

-- The person of an identity, made at its first appearance.
CREATE FUNCTION ensure_person(p_issuer text, p_subject text, p_new uuid, p_now timestamptz) RETURNS uuid
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_id uuid;
BEGIN
  SELECT id INTO v_id FROM person WHERE issuer = p_issuer AND subject = p_subject;
  IF NOT FOUND THEN
    PERFORM lock_identity(p_issuer, p_subject);
    INSERT INTO person (id, created_at, issuer, subject) VALUES (p_new, p_now, p_issuer, p_subject)
      ON CONFLICT ON CONSTRAINT person_identity_once DO NOTHING;
    SELECT id INTO v_id FROM person WHERE issuer = p_issuer AND subject = p_subject;
  END IF;
  RETURN v_id;
END $$;

-- A new person with a session, and its first refresh token. Outcomes: begun; replayed (the same key again: a further
-- token for the same session, for a phone that lost the answer); used (the session has gone on since, so whoever
-- shows the key now gets nothing); ended; reused, in_flight (see claim_key).
CREATE FUNCTION begin_guest(p_now timestamptz, p_owner text, p_key text, p_hash bytea, p_person uuid, p_session uuid,
  p_device uuid, p_language text, p_expires timestamptz, p_token bytea,
  OUT outcome text, OUT person_id uuid, OUT session_id uuid, OUT device_id uuid, OUT expires_at timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE
  v_claim record;
  v_session session;
BEGIN
  SELECT * INTO v_claim FROM claim_key(p_owner, p_key, p_hash);
  outcome := v_claim.outcome;
  IF outcome = 'fresh' THEN
    INSERT INTO person (id, created_at, language) VALUES (p_person, p_now, p_language);
    INSERT INTO session (id, person_id, device_id, created_at, expires_at)
      VALUES (p_session, p_person, p_device, p_now, p_expires) RETURNING * INTO v_session;
    INSERT INTO idempotency_record VALUES (p_owner, p_key, p_hash, 201, '{}', convert_to(p_session::text, 'UTF8'), p_now);
    outcome := 'begun';
  ELSIF outcome = 'replayed' THEN
    SELECT * INTO v_session FROM session s WHERE s.id = convert_from(v_claim.body, 'UTF8')::uuid FOR UPDATE;
    IF v_session.ended_at IS NOT NULL OR v_session.expires_at <= p_now THEN
      outcome := 'ended';
    ELSIF EXISTS (SELECT FROM refresh_token t WHERE t.session_id = v_session.id AND t.used_at IS NOT NULL) THEN
      outcome := 'used';
    END IF;
  END IF;
  IF outcome IN ('begun', 'replayed') THEN
    INSERT INTO refresh_token (token_hash, session_id, created_at) VALUES (p_token, v_session.id, p_now);
    person_id := v_session.person_id; session_id := v_session.id;
    device_id := v_session.device_id; expires_at := v_session.expires_at;
  END IF;
END $$;

-- A new refresh token for an old one. A token shown a second time within the grace is a phone that asked twice; with the
-- same Idempotency-Key it is one that lost the answer, however late; else it is a copy in other hands, and the session
-- ends for both. Outcomes: refreshed; replayed; reuse; ended; unknown; reused, in_flight (see claim_key).
CREATE FUNCTION refresh_session(p_now timestamptz, p_owner text, p_key text, p_hash bytea, p_shown bytea, p_token bytea,
  p_grace interval, p_expires timestamptz,
  OUT outcome text, OUT person_id uuid, OUT session_id uuid, OUT device_id uuid, OUT expires_at timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE
  v_shown refresh_token;
  v_session session;
BEGIN
  outcome := (SELECT c.outcome FROM claim_key(p_owner, p_key, p_hash) c);
  IF outcome NOT IN ('fresh', 'replayed') THEN
    RETURN;
  END IF;
  SELECT * INTO v_shown FROM refresh_token t WHERE t.token_hash = p_shown FOR UPDATE;
  IF NOT FOUND THEN
    outcome := 'unknown';
    RETURN;
  END IF;
  SELECT * INTO v_session FROM session s WHERE s.id = v_shown.session_id FOR UPDATE;
  IF v_session.ended_at IS NOT NULL OR v_session.expires_at <= p_now THEN
    outcome := 'ended';
    RETURN;
  END IF;
  IF outcome = 'fresh' AND v_shown.used_at + p_grace < p_now THEN
    UPDATE session s SET ended_at = p_now, end_reason = 'reuse' WHERE s.id = v_session.id;
    INSERT INTO audit_entry (id, at, actor_kind, action, entity, entity_id)
      VALUES (gen_random_uuid(), p_now, 'system', 'session.ended_for_reuse', 'session', v_session.id::text);
    outcome := 'reuse';
    RETURN;
  END IF;
  UPDATE refresh_token t SET used_at = p_now WHERE t.token_hash = p_shown AND t.used_at IS NULL;
  INSERT INTO refresh_token (token_hash, session_id, created_at) VALUES (p_token, v_session.id, p_now);
  UPDATE session s SET expires_at = greatest(s.expires_at, p_expires) WHERE s.id = v_session.id RETURNING * INTO v_session;
  IF outcome = 'fresh' THEN
    INSERT INTO idempotency_record VALUES (p_owner, p_key, p_hash, 200, '{}', '', p_now);
    outcome := 'refreshed';
  END IF;
  person_id := v_session.person_id; session_id := v_session.id;
  device_id := v_session.device_id; expires_at := v_session.expires_at;
END $$;

-- What is long over is of no use to anyone: sessions, and used tokens, which are kept to recognise a copy of them.
-- Answers how many rows went; called again while there is more.
CREATE INDEX session_over ON session (least(ended_at, expires_at));
CREATE INDEX refresh_token_used ON refresh_token (used_at) WHERE used_at IS NOT NULL;
CREATE FUNCTION sweep_sessions(p_before timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE
  v_sessions int;
  v_tokens int;
BEGIN
  DELETE FROM session WHERE id IN (
    SELECT s.id FROM session s WHERE least(s.ended_at, s.expires_at) < p_before LIMIT p_most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS v_sessions = ROW_COUNT;
  DELETE FROM refresh_token WHERE token_hash IN (
    SELECT t.token_hash FROM refresh_token t WHERE t.used_at < p_before LIMIT p_most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS v_tokens = ROW_COUNT;
  RETURN v_sessions + v_tokens;
END $$;

-- Everything of the guest becomes the other person's. Both people are locked by the caller.
CREATE FUNCTION merge_person(p_now timestamptz, p_guest uuid, p_into uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE v_hold record;
BEGIN
  PERFORM FROM appointment a WHERE a.person_id = p_guest ORDER BY a.id FOR UPDATE;
  UPDATE appointment a SET person_id = p_into WHERE a.person_id = p_guest;
  UPDATE appointment_event e SET person_id = p_into WHERE e.person_id = p_guest;
  UPDATE outbox o SET person_id = p_into WHERE o.person_id = p_guest;
  UPDATE session s SET person_id = p_into WHERE s.person_id = p_guest;
  UPDATE person p SET merged_into = p_into WHERE p.id = p_guest OR p.merged_into = p_guest;
  -- A request that the guest made before is repeated by the same phone in the other person's name.
  UPDATE idempotency_record r SET owner = 'person:' || p_into WHERE r.owner = 'person:' || p_guest
    AND NOT EXISTS (SELECT FROM idempotency_record o WHERE o.owner = 'person:' || p_into AND o.key = r.key);
  INSERT INTO audit_entry (id, at, actor_kind, actor_id, action, entity, entity_id, detail)
    VALUES (gen_random_uuid(), p_now, 'person', p_into, 'person.merged', 'person', p_guest::text,
            jsonb_build_object('into', p_into));
  -- One hold per person: the phone in hand is in the midst of booking, so the guest's stays if it lives.
  SELECT h.* INTO v_hold FROM hold h WHERE h.person_id IN (p_guest, p_into)
    ORDER BY h.expires_at > p_now, h.person_id = p_guest LIMIT 1;
  IF (SELECT count(*) FROM hold h WHERE h.person_id IN (p_guest, p_into)) > 1 THEN
    DELETE FROM place p WHERE p.id = v_hold.id AND p.hold_until IS NOT NULL;
    UPDATE hold h SET person_id = p_into WHERE h.person_id = p_guest;
    PERFORM bump_office_day(v_hold.office_id, v_hold.starts_at);
  ELSE
    UPDATE hold h SET person_id = p_into WHERE h.person_id = p_guest;
  END IF;
END $$;

-- The services of which guest and identity together would have more appointments to come than one person may.
CREATE FUNCTION services_over_limit(p_now timestamptz, p_guest uuid, p_into uuid, p_limit int) RETURNS uuid[]
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT coalesce(array_agg(s.id ORDER BY s.id), '{}') FROM (
    SELECT wanted AS id FROM appointment a CROSS JOIN unnest(a.service_ids) AS wanted
      WHERE a.person_id IN (p_guest, p_into) AND a.place_id IS NOT NULL AND a.ends_at > p_now
      GROUP BY wanted HAVING bool_or(a.person_id = p_guest) AND bool_or(a.person_id = p_into)
        AND count(*) > (SELECT coalesce(max_live_per_person, p_limit) FROM service WHERE service.id = wanted)) s
$$;

-- Ties a person to an identity. If the identity has a person already, the guest's appointments, hold and sessions go to
-- that one. Outcomes: linked; replayed; already_linked; over_limit (services: which; nothing moved); gone;
-- reused, in_flight (see claim_key). A further refresh token is added, as the phone may be given a new person.
CREATE FUNCTION link_identity(p_now timestamptz, p_owner text, p_key text, p_hash bytea, p_session uuid, p_guest uuid,
  p_issuer text, p_subject text, p_limit int, p_token bytea,
  OUT outcome text, OUT person_id uuid, OUT session_id uuid, OUT device_id uuid, OUT expires_at timestamptz,
  OUT services uuid[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE
  v_claim text := (SELECT c.outcome FROM claim_key(p_owner, p_key, p_hash) c);
  v_into uuid;
  v_guest person;
  v_session session;
BEGIN
  outcome := v_claim;
  IF v_claim NOT IN ('fresh', 'replayed') THEN
    RETURN;
  END IF;
  PERFORM lock_identity(p_issuer, p_subject);
  SELECT p.id INTO v_into FROM person p WHERE p.issuer = p_issuer AND p.subject = p_subject;
  PERFORM lock_guest(p, NULL) FROM unnest(ARRAY[least(p_guest, coalesce(v_into, p_guest)),
                                                greatest(p_guest, coalesce(v_into, p_guest))]) AS p;
  SELECT * INTO v_guest FROM person p WHERE p.id = p_guest FOR UPDATE;
  SELECT * INTO v_session FROM session s WHERE s.id = p_session AND s.ended_at IS NULL FOR UPDATE;
  IF v_guest.id IS NULL OR v_guest.deleted_at IS NOT NULL OR v_session.id IS NULL
     OR v_session.person_id IS DISTINCT FROM coalesce(v_guest.merged_into, p_guest) THEN
    outcome := 'gone';
  ELSIF v_into IS NULL AND v_guest.issuer IS NULL AND v_guest.merged_into IS NULL THEN
    UPDATE person p SET issuer = p_issuer, subject = p_subject WHERE p.id = p_guest;
    INSERT INTO audit_entry (id, at, actor_kind, actor_id, action, entity, entity_id)
      VALUES (gen_random_uuid(), p_now, 'person', p_guest, 'person.linked', 'person', p_guest::text);
    outcome := 'linked';
  ELSIF v_into = coalesce(v_guest.merged_into, p_guest) THEN
    outcome := 'linked';
  ELSIF v_guest.issuer IS NOT NULL OR v_guest.merged_into IS NOT NULL THEN
    outcome := 'already_linked';
  ELSE
    services := services_over_limit(p_now, p_guest, v_into, p_limit);
    outcome := CASE WHEN services = '{}' THEN 'linked' ELSE 'over_limit' END;
    IF outcome = 'linked' THEN
      PERFORM merge_person(p_now, p_guest, v_into);
    END IF;
  END IF;
  IF outcome = 'linked' THEN
    INSERT INTO refresh_token (token_hash, session_id, created_at) VALUES (p_token, p_session, p_now);
    SELECT s.person_id, s.id, s.device_id, s.expires_at INTO person_id, session_id, device_id, expires_at
      FROM session s WHERE s.id = p_session;
    IF v_claim = 'fresh' THEN
      -- The same request may have come a moment ago and have moved the guest since this one was let in.
      INSERT INTO idempotency_record VALUES ('person:' || person_id, p_key, p_hash, 200, '{}', '', p_now)
        ON CONFLICT DO NOTHING;
    ELSE
      outcome := 'replayed';
    END IF;
  END IF;
END $$;

-- The person is forgotten: no name, no contact, no way back in. What the office did stays as a number without a face.
-- Outcomes: erased; live (count: how many appointments stand in the way); gone.
CREATE FUNCTION erase_person(p_now timestamptz, p_person uuid, OUT outcome text, OUT count int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_hold record;
BEGIN
  PERFORM lock_guest(p_person, NULL);
  PERFORM FROM person p WHERE p.id = p_person AND p.deleted_at IS NULL FOR UPDATE;
  IF NOT FOUND THEN
    outcome := 'gone';
    RETURN;
  END IF;
  count := (SELECT count(*) FROM appointment a WHERE a.person_id = p_person AND a.place_id IS NOT NULL);
  IF count > 0 THEN
    outcome := 'live';
    RETURN;
  END IF;
  UPDATE appointment a SET name = '', date_of_birth = NULL, email = NULL, phone = NULL, note = '', reason = NULL,
    device_id = NULL WHERE a.person_id = p_person;
  UPDATE appointment_event e SET reason = NULL WHERE e.person_id = p_person;
  UPDATE outbox o SET done_at = p_now, outcome = 'person-deleted' WHERE o.person_id = p_person AND o.done_at IS NULL;
  DELETE FROM idempotency_record r WHERE r.owner = 'person:' || p_person;
  DELETE FROM refresh_token t USING session s WHERE s.id = t.session_id AND s.person_id = p_person;
  UPDATE session s SET ended_at = coalesce(s.ended_at, p_now), end_reason = coalesce(s.end_reason, 'deleted'),
    device_id = gen_random_uuid() WHERE s.person_id = p_person;
  UPDATE person p SET issuer = NULL, subject = NULL, deleted_at = p_now WHERE p.id = p_person OR p.merged_into = p_person;
  INSERT INTO audit_entry (id, at, actor_kind, actor_id, action, entity, entity_id)
    VALUES (gen_random_uuid(), p_now, 'person', p_person, 'person.deleted', 'person', p_person::text);
  FOR v_hold IN SELECT h.id, h.office_id, h.starts_at FROM hold h WHERE h.person_id = p_person LOOP
    DELETE FROM place p WHERE p.id = v_hold.id AND p.hold_until IS NOT NULL;
    PERFORM bump_office_day(v_hold.office_id, v_hold.starts_at);
  END LOOP;
  outcome := 'erased';
END $$;

REVOKE EXECUTE ON FUNCTION link_identity, erase_person, merge_person FROM PUBLIC;
GRANT EXECUTE ON FUNCTION link_identity, erase_person TO wartefrei_app;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
