-- migrate:up
-- Cases: what was handed in, what became of it, and who did what. The word is Vorgang; CASE is taken by SQL.
CREATE TABLE case_file (
  id uuid PRIMARY KEY,
  city_id text NOT NULL REFERENCES city,
  office_id uuid NOT NULL REFERENCES office,
  person_id uuid NOT NULL,
  draft_id uuid NOT NULL,
  form_id uuid NOT NULL,
  form_version int NOT NULL,
  reference text NOT NULL,
  state text NOT NULL CHECK (state IN ('submitted', 'in_review', 'info_requested', 'approved', 'rejected', 'withdrawn')),
  language text NOT NULL,
  answers jsonb NOT NULL,                        -- '{}' once it has to be kept no longer
  documents jsonb NOT NULL DEFAULT '[]',         -- what was attached: pointer, id, name, size and hash as they were
  confirmations jsonb NOT NULL DEFAULT '[]',     -- what third parties said
  appointment_id uuid,
  assignee_id uuid REFERENCES clerk,
  request jsonb,                                 -- while information is requested: message, fields, due
  proposal jsonb,                                -- four eyes: what the first clerk would decide, and who that was
  decision jsonb,                                -- outcome, reason, by, at
  version int NOT NULL DEFAULT 1,                -- grows with every change; the ETag
  submitted_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  due_at timestamptz,                            -- until when an answer is awaited
  keep_until timestamptz,                        -- set when it is over: then the answers go
  CONSTRAINT case_of_draft UNIQUE (draft_id),    -- whoever hands in twice has handed in once
  CONSTRAINT case_reference_once UNIQUE (reference),
  CONSTRAINT case_of_version FOREIGN KEY (form_id, form_version) REFERENCES form_version,
  CHECK ((state = 'info_requested') = (request IS NOT NULL)),
  CHECK ((state IN ('approved', 'rejected')) = (decision IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX case_by_person ON case_file (person_id, id);
CREATE INDEX case_by_office ON case_file (office_id, id);
CREATE INDEX case_kept ON case_file (keep_until) WHERE answers <> '{}';

CREATE TABLE case_event (
  id uuid PRIMARY KEY,
  city_id text NOT NULL,
  office_id uuid NOT NULL,
  case_id uuid NOT NULL REFERENCES case_file,
  person_id uuid NOT NULL,
  version int NOT NULL,                          -- the case's version that this event made
  at timestamptz NOT NULL,
  actor_kind text NOT NULL CHECK (actor_kind IN ('person', 'clerk', 'system')),
  actor_id uuid,
  kind text NOT NULL,                            -- submitted, assigned, info_requested, answered, proposed, approved, …
  from_state text, to_state text NOT NULL,
  reason text,
  internal boolean NOT NULL DEFAULT false,       -- between clerks: the person is not shown it
  data jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT case_event_once UNIQUE (case_id, version)
);
CREATE INDEX case_event_by_person ON case_event (person_id, id);

CREATE TABLE case_note (                         -- what clerks tell each other
  id uuid PRIMARY KEY,
  city_id text NOT NULL,
  office_id uuid NOT NULL,
  case_id uuid NOT NULL REFERENCES case_file,
  clerk_id uuid NOT NULL REFERENCES clerk,
  at timestamptz NOT NULL,
  text text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 4000)
);
CREATE INDEX case_note_by_case ON case_note (case_id, id);

ALTER TABLE case_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_file FORCE ROW LEVEL SECURITY;
CREATE POLICY visible ON case_file USING (
  person_id = app_person() OR (city_id = app_clerk_city() AND office_id = ANY (app_clerk_offices())) OR app_system());
ALTER TABLE case_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_event FORCE ROW LEVEL SECURITY;
CREATE POLICY visible ON case_event USING (
  (person_id = app_person() AND NOT internal)
  OR (city_id = app_clerk_city() AND office_id = ANY (app_clerk_offices())) OR app_system());
ALTER TABLE case_note ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_note FORCE ROW LEVEL SECURITY;
CREATE POLICY visible ON case_note USING (
  (city_id = app_clerk_city() AND office_id = ANY (app_clerk_offices())) OR app_system());
-- Append-only for the application, whatever its code says.
REVOKE UPDATE, DELETE ON case_event, case_note FROM wartefrei_app;
REVOKE DELETE ON case_file FROM wartefrei_app;

-- The one place that writes what a change of a case leaves behind: event, audit entry, and a notice where p_notice names one.
-- A clerk tells somebody else, whose notices are not theirs to see: hence the system's eyes, for as long as this takes.
CREATE FUNCTION record_case_change(p_now timestamptz, p_case uuid, p_actor_kind text, p_actor uuid, p_kind text, p_from text,
  p_reason text, p_internal boolean, p_data jsonb, p_ids uuid[], p_notice text, p_told jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v case_file;
BEGIN
  SELECT * INTO STRICT v FROM case_file c WHERE c.id = p_case;
  INSERT INTO case_event (id, city_id, office_id, case_id, person_id, version, at, actor_kind, actor_id, kind, from_state,
                          to_state, reason, internal, data)
    VALUES (p_ids[1], v.city_id, v.office_id, v.id, v.person_id, v.version, p_now, p_actor_kind, p_actor, p_kind, p_from,
            v.state, p_reason, p_internal, p_data);
  INSERT INTO audit_entry (id, city_id, at, actor_kind, actor_id, action, entity, entity_id)
    VALUES (p_ids[2], v.city_id, p_now, p_actor_kind, p_actor, 'case.' || p_kind, 'case', v.id::text);
  IF p_notice IS NOT NULL THEN
    PERFORM tell(p_ids[3], v.city_id, v.person_id, p_notice, v.id, v.id || ':' || v.version, p_told, p_now, p_now, NULL);
  END IF;
END $$;

-- What has been kept for as long as the office had to: the answers go, that there was a case stays.
CREATE FUNCTION empty_cases(p_now timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_count int;
BEGIN
  UPDATE case_file c SET answers = '{}', confirmations = '[]', request = NULL, proposal = NULL,
      decision = c.decision - 'reason',
      documents = coalesce((SELECT jsonb_agg(d - 'name') FROM jsonb_array_elements(c.documents) d), '[]')
    WHERE c.id IN (SELECT k.id FROM case_file k WHERE k.keep_until <= p_now AND k.answers <> '{}'
                   ORDER BY k.keep_until LIMIT p_most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

CREATE FUNCTION merge_in_cases(p_now timestamptz, p_guest uuid, p_into uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
  UPDATE case_file c SET person_id = p_into WHERE c.person_id = p_guest;
  UPDATE case_event e SET person_id = p_into WHERE e.person_id = p_guest;
$$;

-- What nobody has decided yet is withdrawn and emptied. What was decided is kept for as long as the office has to keep its
-- files (Art. 17(3)(b) GDPR), by then without an owner who could be found: `empty_cases` takes the answers when it is over.
CREATE FUNCTION erase_in_cases(p_now timestamptz, p_person uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
  WITH ended AS (
    UPDATE case_file c SET state = 'withdrawn', version = c.version + 1, updated_at = p_now, due_at = NULL, request = NULL,
        proposal = NULL, keep_until = p_now, answers = '{}', confirmations = '[]', documents = '[]'
      WHERE c.person_id = p_person AND c.state IN ('submitted', 'in_review', 'info_requested') RETURNING c.*)
  INSERT INTO case_event (id, city_id, office_id, case_id, person_id, version, at, actor_kind, kind, to_state)
    SELECT gen_random_uuid(), e.city_id, e.office_id, e.id, e.person_id, e.version, p_now, 'system', 'erased', e.state
      FROM ended e;
  UPDATE case_event e SET reason = NULL WHERE e.person_id = p_person AND e.actor_kind = 'person';
$$;
REVOKE EXECUTE ON FUNCTION merge_in_cases, erase_in_cases FROM PUBLIC;

-- A form's title by language, for what is told of it.
CREATE FUNCTION title_of(p_form uuid, p_version int) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT jsonb_object_agg(t.key, t.value ->> 'form.title') FROM form_version v, jsonb_each(v.content::jsonb -> 'texts') t
   WHERE v.form_id = p_form AND v.number = p_version
$$;

-- The same as before, but that the notice says which form it is about.
CREATE OR REPLACE FUNCTION answer_confirmation(p_now timestamptz, p_token_hash bytea, p_outcome text, p_name text, p_ids uuid[])
RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE
  v confirmation;
  v_draft draft;
BEGIN
  -- The draft first, as everybody who hands it in does.
  SELECT d.* INTO v_draft FROM draft d JOIN confirmation c ON c.draft_id = d.id WHERE c.token_hash = p_token_hash
    FOR UPDATE OF d;
  SELECT * INTO v FROM confirmation c WHERE c.token_hash = p_token_hash FOR UPDATE;
  IF v.id IS NULL OR v_draft.id IS NULL THEN
    RETURN 'unknown';
  ELSIF v.outcome IS NOT NULL THEN
    RETURN 'used';
  ELSIF v.revoked_at IS NOT NULL OR v.expires_at <= p_now OR v_draft.case_id IS NOT NULL OR v_draft.expires_at <= p_now THEN
    RETURN 'over';
  END IF;
  UPDATE confirmation c SET outcome = p_outcome, name = p_name, answered_at = p_now WHERE c.id = v.id;
  UPDATE draft d SET revision = d.revision + 1, updated_at = p_now WHERE d.id = v.draft_id;
  INSERT INTO audit_entry (id, city_id, at, actor_kind, action, entity, entity_id)
    VALUES (p_ids[1], v.city_id, p_now, 'system', 'confirmation.' || p_outcome, 'confirmation', v.id::text);
  PERFORM tell(p_ids[2], v.city_id, v.person_id, 'draft.' || p_outcome, v.draft_id, v.id::text,
               jsonb_build_object('kind', v.kind, 'form', v_draft.form_id, 'title', title_of(v_draft.form_id, v_draft.version)), p_now, p_now, v_draft.expires_at);
  RETURN 'answered';
END $$;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
