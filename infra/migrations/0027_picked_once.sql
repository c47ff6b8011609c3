-- migrate:up
-- What is cleared away a few at a time is picked once. As `WHERE id IN (SELECT … LIMIT n FOR UPDATE SKIP LOCKED)` the choice
-- may be made anew for every row of the outer table, by the plan that the planner takes: it then skips what it has just
-- deleted, picks the next n, and so on until nothing is left. In front of the statement, MATERIALIZED, it is made once.
-- Each function is otherwise as it was before.

-- ── sessions (0003_identity.sql, 0010_console.sql) and people (0006_people.sql) ─────────────────
CREATE OR REPLACE FUNCTION sweep_sessions(p_before timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE
  v_sessions int;
  v_tokens int;
BEGIN
  WITH picked AS MATERIALIZED (
    SELECT s.id FROM session s WHERE least(s.ended_at, s.expires_at) < p_before LIMIT p_most FOR UPDATE SKIP LOCKED)
  DELETE FROM session s USING picked p WHERE s.id = p.id;
  GET DIAGNOSTICS v_sessions = ROW_COUNT;
  WITH picked AS MATERIALIZED (
    SELECT t.token_hash FROM refresh_token t WHERE t.used_at < p_before LIMIT p_most FOR UPDATE SKIP LOCKED)
  DELETE FROM refresh_token t USING picked p WHERE t.token_hash = p.token_hash;
  GET DIAGNOSTICS v_tokens = ROW_COUNT;
  RETURN v_sessions + v_tokens;
END $$;

CREATE OR REPLACE FUNCTION sweep_console_sessions(p_before timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_count int;
BEGIN
  WITH picked AS MATERIALIZED (
    SELECT s.id FROM console_session s WHERE least(s.ended_at, s.expires_at) < p_before LIMIT p_most FOR UPDATE SKIP LOCKED)
  DELETE FROM console_session s USING picked p WHERE s.id = p.id;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

CREATE OR REPLACE FUNCTION sweep_people(p_after uuid, p_before timestamptz, p_most int, OUT last uuid, OUT count int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE
  v_table text;
  v_idle text := '';
BEGIN
  SELECT max(p.id::text)::uuid INTO last FROM
    (SELECT id FROM person WHERE id > p_after AND created_at < p_before ORDER BY id LIMIT p_most) p;
  IF last IS NULL THEN
    count := 0;
    RETURN;
  END IF;
  FOR v_table IN
    SELECT DISTINCT c.relname FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'person_id' AND NOT a.attisdropped
      JOIN pg_index i ON i.indrelid = c.oid AND i.indkey[0] = a.attnum AND i.indpred IS NULL
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname
  LOOP
    v_idle := v_idle || format(' AND NOT EXISTS (SELECT FROM public.%I t WHERE t.person_id = p.id)', v_table);
  END LOOP;
  EXECUTE 'WITH picked AS MATERIALIZED (SELECT p.id FROM public.person p
    WHERE p.id > $1 AND p.id <= $2 AND p.issuer IS NULL AND p.created_at < $3
      AND NOT EXISTS (SELECT FROM public.person m WHERE m.merged_into = p.id)' || v_idle || ' FOR UPDATE SKIP LOCKED)
    DELETE FROM public.person d USING picked WHERE d.id = picked.id'
    USING p_after, last, p_before;
  GET DIAGNOSTICS count = ROW_COUNT;
END $$;

-- ── notices and devices (0008_inbox_and_preferences.sql), tombstones (0023_sync.sql) ────────────
CREATE OR REPLACE FUNCTION forget_devices(p_before timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_count int;
BEGIN
  WITH picked AS MATERIALIZED (
    SELECT d.id FROM device d WHERE d.seen_at < p_before ORDER BY d.id LIMIT p_most FOR UPDATE SKIP LOCKED)
  DELETE FROM device d USING picked p WHERE d.id = p.id;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

CREATE OR REPLACE FUNCTION forget_notices(p_now timestamptz, p_before uuid, p_most int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE
  v_notices int;
  v_announcements int;
BEGIN
  WITH picked AS MATERIALIZED (
    SELECT n.id FROM notice n WHERE n.id < p_before AND n.spread_at IS NOT NULL AND n.due_at <= p_now
     ORDER BY n.id LIMIT p_most FOR UPDATE SKIP LOCKED)
  DELETE FROM notice n USING picked p WHERE n.id = p.id;
  GET DIAGNOSTICS v_notices = ROW_COUNT;
  WITH picked AS MATERIALIZED (
    SELECT a.id FROM announcement a WHERE a.id < p_before AND a.expires_at <= p_now LIMIT p_most FOR UPDATE SKIP LOCKED)
  DELETE FROM announcement a USING picked p WHERE a.id = p.id;
  GET DIAGNOSTICS v_announcements = ROW_COUNT;
  RETURN v_notices + v_announcements;
END $$;

CREATE OR REPLACE FUNCTION clear_tombstones(p_before timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_count int;
BEGIN
  WITH picked AS MATERIALIZED (SELECT t.ctid AS at FROM tombstone t WHERE t.at < p_before LIMIT p_most)
  DELETE FROM tombstone t USING picked p WHERE t.ctid = p.at;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

-- ── drafts (0009_forms.sql), cases (0017_decision_documents.sql), the waiting list (0024_waiting_ends.sql) ──
CREATE OR REPLACE FUNCTION sweep_drafts(p_now timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_count int;
BEGIN
  WITH picked AS MATERIALIZED (
    SELECT d.id FROM draft d WHERE d.expires_at <= p_now ORDER BY d.expires_at LIMIT p_most FOR UPDATE SKIP LOCKED)
  DELETE FROM draft d USING picked p WHERE d.id = p.id;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

CREATE OR REPLACE FUNCTION empty_cases(p_now timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_count int;
BEGIN
  WITH picked AS MATERIALIZED (
    SELECT k.id FROM case_file k WHERE k.keep_until <= p_now AND k.answers <> '{}'
     ORDER BY k.keep_until LIMIT p_most FOR UPDATE SKIP LOCKED)
  UPDATE case_file c SET answers = '{}', confirmations = '[]', request = NULL, proposal = NULL,
      decision = (c.decision - 'reason') #- '{document,name}',
      documents = coalesce((SELECT jsonb_agg(d - 'name') FROM jsonb_array_elements(c.documents) d), '[]')
    FROM picked p WHERE c.id = p.id;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

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
  WITH picked AS MATERIALIZED (
    SELECT e.id FROM waiting_entry e WHERE e.state <> 'waiting' AND e.updated_at < p_before
     LIMIT p_most FOR UPDATE SKIP LOCKED)
  DELETE FROM waiting_entry e USING picked p WHERE e.id = p.id;
  GET DIAGNOSTICS v_forgotten = ROW_COUNT;
  RETURN v_expired + v_forgotten;
END $$;

-- ── the inbox ───────────────────────────────────────────────────────────────────────────────────
-- An announcement and one's mark on it are two rows of two transactions. The later id of the two says nothing: a mark may
-- be written by a transaction that began before the announcement was published, and be committed after a reader saw the
-- announcement. So each has its own, `touched` and `marked`, and a reader is told of either that they have not seen.
-- Made anew in the same transaction, with a column more behind the others: who is asking meanwhile waits, and gets its answer.
-- squawk-ignore ban-drop-function
DROP FUNCTION inbox_items(uuid, timestamptz, text[]);
CREATE FUNCTION inbox_items(p_person uuid, p_now timestamptz, p_kinds text[])
RETURNS TABLE (id uuid, city_id text, kind text, subject_id uuid, data jsonb, created_at timestamptz, due_at timestamptz,
  read_at timestamptz, touched xid8, marked xid8)
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT n.id, n.city_id, n.kind, n.subject_id, n.data, n.created_at, n.due_at, n.read_at, n.touched, NULL::xid8
    FROM notice n WHERE n.person_id = p_person AND n.due_at <= p_now AND n.kind = ANY (p_kinds)
  UNION ALL
  SELECT a.id, a.city_id, 'announcement.city', a.id, jsonb_build_object('texts', a.texts), a.published_at, a.published_at,
         r.read_at, a.touched, r.touched
    FROM (SELECT coalesce(p.city_id, usual_city(p_person)) AS city_id, district_line(p.district_id) AS line, p.topics
            FROM (SELECT) one LEFT JOIN preference p ON p.person_id = p_person) wish
    JOIN announcement a ON a.city_id = wish.city_id AND a.published_at <= p_now AND a.expires_at > p_now
                       AND (a.district_id IS NULL OR a.district_id = ANY (wish.line))
                       AND (a.topic IS NULL OR a.topic = ANY (wish.topics))
    LEFT JOIN announcement_read r ON r.person_id = p_person AND r.announcement_id = a.id
   WHERE 'announcement.city' = ANY (p_kinds)
$$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
