-- migrate:up
-- What changed for a person since a phone asked last: which transaction wrote a row last, and what is no longer there.

-- ── marks ───────────────────────────────────────────────────────────────────────────────────────
-- As notices have it since 0008: ids and times are given before a commit, so a reader may meet a later one first; a
-- snapshot says exactly which transactions a reader has seen. An insert has its mark from the default, which costs a
-- booking nothing that could be measured; a trigger marks updates, whoever writes them. Rows from before have none: every
-- cursor there is was given out later, so they are known to all of them.
ALTER TABLE appointment ADD COLUMN touched xid8;
ALTER TABLE appointment ALTER COLUMN touched SET DEFAULT pg_current_xact_id();
ALTER TABLE case_file ADD COLUMN touched xid8;
ALTER TABLE case_file ALTER COLUMN touched SET DEFAULT pg_current_xact_id();
ALTER TABLE draft ADD COLUMN touched xid8;
ALTER TABLE draft ALTER COLUMN touched SET DEFAULT pg_current_xact_id();
ALTER TABLE document ADD COLUMN touched xid8;
ALTER TABLE document ALTER COLUMN touched SET DEFAULT pg_current_xact_id();
ALTER TABLE waiting_entry ADD COLUMN touched xid8;
ALTER TABLE waiting_entry ALTER COLUMN touched SET DEFAULT pg_current_xact_id();
ALTER TABLE waiting_offer ADD COLUMN touched xid8;
ALTER TABLE waiting_offer ALTER COLUMN touched SET DEFAULT pg_current_xact_id();

CREATE FUNCTION touch_row() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  NEW.touched := pg_current_xact_id();
  RETURN NEW;
END $$;

CREATE TABLE tombstone (                         -- a row of a person that is gone: for phones that still show it
  person_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('draft', 'document', 'entry', 'offer', 'notice')),
  id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  touched xid8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (person_id, kind, id)
);
CREATE INDEX tombstone_at ON tombstone USING brin (at) WITH (pages_per_range = 32);
ALTER TABLE tombstone ENABLE ROW LEVEL SECURITY;
ALTER TABLE tombstone FORCE ROW LEVEL SECURITY;
CREATE POLICY visible ON tombstone USING (person_id = app_person() OR app_system());

-- TG_ARGV[0] is the kind. A notice without a person spreads an announcement, and is in no inbox.
CREATE FUNCTION bury_row() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
BEGIN
  IF OLD.person_id IS NOT NULL THEN
    INSERT INTO tombstone AS t (person_id, kind, id) VALUES (OLD.person_id, TG_ARGV[0], OLD.id)
      ON CONFLICT (person_id, kind, id) DO UPDATE SET at = excluded.at, touched = excluded.touched;
  END IF;
  RETURN NULL;
END $$;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['appointment', 'case_file', 'draft', 'document', 'waiting_entry', 'waiting_offer'] LOOP
    EXECUTE format('CREATE TRIGGER touched BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION touch_row()', t);
  END LOOP;
END $$;
CREATE TRIGGER buried AFTER DELETE ON draft FOR EACH ROW EXECUTE FUNCTION bury_row('draft');
CREATE TRIGGER buried AFTER DELETE ON document FOR EACH ROW EXECUTE FUNCTION bury_row('document');
CREATE TRIGGER buried AFTER DELETE ON waiting_entry FOR EACH ROW EXECUTE FUNCTION bury_row('entry');
CREATE TRIGGER buried AFTER DELETE ON waiting_offer FOR EACH ROW EXECUTE FUNCTION bury_row('offer');
CREATE TRIGGER buried AFTER DELETE ON notice FOR EACH ROW EXECUTE FUNCTION bury_row('notice');

-- Of whom is forgotten, or became another, nothing stays behind; both happen to the person's row after all others.
CREATE FUNCTION clear_tombstones_of_person() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
BEGIN
  DELETE FROM tombstone t WHERE t.person_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER nothing_left AFTER UPDATE OF deleted_at, merged_into ON person FOR EACH ROW
  WHEN (NEW.deleted_at IS NOT NULL OR NEW.merged_into IS NOT NULL) EXECUTE FUNCTION clear_tombstones_of_person();

-- A few at a time; answers how many.
CREATE FUNCTION clear_tombstones(p_before timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_count int;
BEGIN
  DELETE FROM tombstone WHERE ctid IN (SELECT t.ctid FROM tombstone t WHERE t.at < p_before LIMIT p_most);
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

-- ── reading ─────────────────────────────────────────────────────────────────────────────────────
-- What of a person was written, or became due, since the snapshot p_seen and its instant (all there is, without them): a
-- page of it behind (p_after_kind, p_after_id), as one statement, hence of one moment. Kinds in their order: 1 appointment,
-- 2 case, 3 draft, 4 document, 5 entry, 6 offer, 7 notice. `row` is what the phone is shown, null where it is gone.
-- p_kinds are the notices that an inbox can list, with the groups by which they can be silenced ('': never). What is shown
-- because of a preference changes with that and not with a row, so its digest is compared: `wishes` for the kinds, whose
-- notices are then all told again (p_again: as on the page before); `news` for announcements, which are told whole.
CREATE FUNCTION read_changes(p_person uuid, p_now timestamptz, p_kinds text[], p_groups text[], p_seen text,
  p_seen_at timestamptz, p_wishes text, p_news text, p_again boolean, p_after_kind int, p_after_id uuid, p_limit int)
RETURNS jsonb LANGUAGE plpgsql SET search_path = pg_catalog, public SET enable_seqscan = off AS $$
DECLARE
  v_seen pg_snapshot := p_seen::pg_snapshot;
  v_found jsonb;
BEGIN
  PERFORM assume_guest(p_person, NULL);
  PERFORM check_person();
  WITH wish AS MATERIALIZED (
    SELECT coalesce(array_agg(k.kind ORDER BY k.kind), '{}') AS kinds, md5(coalesce(string_agg(k.kind, ',' ORDER BY k.kind), '')) AS digest
      FROM unnest(p_kinds, p_groups) AS k (kind, "group")
     WHERE NOT EXISTS (SELECT FROM preference p WHERE p.person_id = p_person AND k."group" = ANY (p.inbox_off))
  ), moment AS MATERIALIZED (
    SELECT pg_current_snapshot() AS present, coalesce(p_again OR p_wishes <> w.digest, false) AS again, w.kinds, w.digest FROM wish w
  ), own AS MATERIALIZED (
    SELECT 1 AS kind, a.id, a.touched, NULL::timestamptz AS due_at, true AS present FROM appointment a WHERE a.person_id = p_person
    UNION ALL SELECT 2, c.id, c.touched, NULL, true FROM case_file c WHERE c.person_id = p_person
    UNION ALL SELECT 3, d.id, d.touched, NULL, d.case_id IS NULL FROM draft d WHERE d.person_id = p_person
    UNION ALL SELECT 4, d.id, d.touched, NULL, d.clerk_id IS NULL OR d.attached_at IS NOT NULL FROM document d
               WHERE d.person_id = p_person
    UNION ALL SELECT 5, e.id, e.touched, NULL, true FROM waiting_entry e WHERE e.person_id = p_person
    UNION ALL SELECT 6, o.id, o.touched, NULL, o.state = 'open' FROM waiting_offer o WHERE o.person_id = p_person
    UNION ALL SELECT 7, n.id, n.touched, n.due_at, true FROM moment m JOIN notice n
                  ON n.person_id = p_person AND n.due_at <= p_now AND n.kind = ANY (m.kinds)
  ), page AS MATERIALIZED (
    SELECT x.kind, x.id, x.present FROM (
      SELECT o.kind, o.id, o.present FROM own o CROSS JOIN moment m
       WHERE CASE WHEN v_seen IS NULL THEN o.present
                  ELSE NOT pg_visible_in_snapshot(o.touched, v_seen) OR o.due_at > p_seen_at OR m.again AND o.kind = 7
                       -- An entry is shown with its open offer.
                       OR o.kind = 5 AND EXISTS (SELECT FROM waiting_offer f WHERE f.entry_id = o.id
                                                    AND NOT pg_visible_in_snapshot(f.touched, v_seen)) END
      UNION ALL
      SELECT k.place, t.id, false
        FROM tombstone t
        JOIN (VALUES ('draft', 3), ('document', 4), ('entry', 5), ('offer', 6), ('notice', 7)) AS k (kind, place) ON k.kind = t.kind
       WHERE t.person_id = p_person AND v_seen IS NOT NULL AND NOT pg_visible_in_snapshot(t.touched, v_seen)
         -- A phone names its drafts itself, and may begin one anew by its old name.
         AND NOT EXISTS (SELECT FROM own o WHERE o.kind = k.place AND o.id = t.id)) x
     WHERE (x.kind, x.id) > (p_after_kind, p_after_id) ORDER BY x.kind, x.id LIMIT p_limit
  ), news AS MATERIALIZED (
    SELECT i.* FROM inbox_items(p_person, p_now, ARRAY['announcement.city']) i CROSS JOIN moment m
     WHERE 'announcement.city' = ANY (m.kinds)
  ), told AS MATERIALIZED (
    SELECT md5(coalesce(string_agg(concat(n.id, n.read_at), ',' ORDER BY n.id), '')) AS digest,
           count(*) FILTER (WHERE n.read_at IS NULL) AS unread FROM news n
  )
  SELECT jsonb_build_object(
      'snapshot', m.present::text,
      -- A database that was restored, or whose standby took over, writes on another line of time.
      'history', substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
      'ahead', coalesce(pg_snapshot_xmax(v_seen) > pg_snapshot_xmax(m.present), false),
      'language', (SELECT e.language FROM person e WHERE e.id = p_person), 'wishes', m.digest, 'news', t.digest, 'again', m.again,
      'unread', t.unread + (SELECT count(*) FROM own o JOIN notice n ON n.id = o.id WHERE o.kind = 7 AND n.read_at IS NULL),
      'announcements', CASE WHEN t.digest IS DISTINCT FROM p_news THEN (
          SELECT coalesce(jsonb_agg((to_jsonb(n) - 'touched') || jsonb_build_object('facts', notice_facts(n.subject_id, n.data))
                                    ORDER BY n.due_at DESC, n.id DESC), '[]') FROM news n) END,
      'changes', (SELECT coalesce(jsonb_agg(jsonb_build_object(
          'kind', p.kind, 'id', p.id, 'row', CASE WHEN p.present THEN sync_row(p.kind, p.id, p_person, p_now) END)
          ORDER BY p.kind, p.id), '[]') FROM page p))
    INTO v_found FROM moment m CROSS JOIN told t;
  RETURN v_found;
END $$;

-- A row as its room reads it.
CREATE FUNCTION sync_row(p_kind int, p_id uuid, p_person uuid, p_now timestamptz) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT CASE p_kind
    WHEN 1 THEN (SELECT to_jsonb(a) - 'touched' FROM appointment a WHERE a.id = p_id AND a.person_id = p_person)
    WHEN 2 THEN (SELECT to_jsonb(c) - 'touched' FROM case_file c WHERE c.id = p_id AND c.person_id = p_person)
    WHEN 3 THEN (SELECT to_jsonb(d) - 'touched' FROM draft d WHERE d.id = p_id AND d.person_id = p_person)
    WHEN 4 THEN (SELECT to_jsonb(d) - 'touched' || jsonb_build_object('sha256', encode(d.sha256, 'base64'),
                                                                      'clean_sha256', encode(d.clean_sha256, 'base64'))
                   FROM document d WHERE d.id = p_id AND d.person_id = p_person)
    WHEN 5 THEN (SELECT to_jsonb(e) - 'touched' || jsonb_build_object(
                          'hours', (SELECT jsonb_agg(jsonb_build_array(lower(h), upper(h)) ORDER BY lower(h)) FROM unnest(e.hours) h),
                          'ahead', CASE WHEN e.state = 'waiting' THEN waiting_ahead(e.id) END,
                          'offer_id', (SELECT o.id FROM waiting_offer o
                                        WHERE o.entry_id = e.id AND o.state = 'open' AND o.until > p_now))
                   FROM waiting_entry e WHERE e.id = p_id AND e.person_id = p_person)
    WHEN 6 THEN (SELECT to_jsonb(o) - 'touched' || jsonb_build_object('mode', e.mode, 'services', e.services,
                                                                      'replaces', e.appointment_id)
                   FROM waiting_offer o JOIN waiting_entry e ON e.id = o.entry_id WHERE o.id = p_id AND o.person_id = p_person)
    WHEN 7 THEN (SELECT to_jsonb(n) - 'touched' || jsonb_build_object('facts', notice_facts(n.subject_id, n.data))
                   FROM notice n WHERE n.id = p_id AND n.person_id = p_person)
  END
$$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
