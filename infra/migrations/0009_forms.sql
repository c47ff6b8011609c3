-- migrate:up
-- Forms and the drafts that people fill in. A form has numbered versions; what is published never changes again, so that
-- apps may keep it for good and an old draft means what it meant when it was begun.
CREATE TABLE form (
  id uuid PRIMARY KEY,
  city_id text NOT NULL REFERENCES city,
  slug text NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT form_once UNIQUE (city_id, slug)
);

CREATE TABLE form_version (
  form_id uuid NOT NULL REFERENCES form,
  number int NOT NULL CHECK (number >= 1),
  state text NOT NULL CHECK (state IN ('draft', 'published', 'retired')),
  content text NOT NULL,                         -- JSON, byte for byte as published: jsonb would forget the order
  content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),  -- SHA-256 of content
  vectors text NOT NULL,                         -- JSON: answers, what is shown for them, their errors
  created_at timestamptz NOT NULL,
  published_at timestamptz,
  retired_at timestamptz,
  PRIMARY KEY (form_id, number),
  CHECK ((state = 'draft') = (published_at IS NULL)),
  CHECK ((state = 'retired') = (retired_at IS NOT NULL))
);
CREATE UNIQUE INDEX form_version_one_draft ON form_version (form_id) WHERE state = 'draft';

-- Whatever the application's code says: from a published version on there is only one way, into retirement.
CREATE FUNCTION keep_published() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF old.state = 'draft' THEN
    RETURN CASE TG_OP WHEN 'DELETE' THEN old ELSE new END;
  END IF;
  IF TG_OP = 'UPDATE' AND new.state = 'retired' AND old.state = 'published'
     AND (new.form_id, new.number, new.content, new.content_hash, new.vectors, new.created_at, new.published_at)
       = (old.form_id, old.number, old.content, old.content_hash, old.vectors, old.created_at, old.published_at) THEN
    RETURN new;
  END IF;
  RAISE EXCEPTION 'a published form does not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'form_version_kept';
END $$;
CREATE TRIGGER form_version_kept BEFORE UPDATE OR DELETE ON form_version FOR EACH ROW EXECUTE FUNCTION keep_published();

CREATE TABLE draft (                             -- what somebody is about to hand in
  id uuid PRIMARY KEY,                           -- the phone's choice: it may have begun without a network
  city_id text NOT NULL REFERENCES city,
  form_id uuid NOT NULL,
  version int NOT NULL,
  person_id uuid NOT NULL,
  language text NOT NULL,
  answers jsonb NOT NULL,                        -- '{}' once it has become a case
  appointment_id uuid,
  revision int NOT NULL DEFAULT 1,               -- grows with every change; the ETag
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,               -- slides with every change
  case_id uuid,                                  -- what it became: whoever hands in again is shown the same case
  CONSTRAINT draft_of_version FOREIGN KEY (form_id, version) REFERENCES form_version
) WITH (fillfactor = 70);
CREATE INDEX draft_by_person ON draft (person_id, id);
CREATE INDEX draft_over ON draft (expires_at);

CREATE TABLE confirmation (                      -- somebody else vouches for answers, by a link that works once
  id uuid PRIMARY KEY,
  draft_id uuid NOT NULL REFERENCES draft ON DELETE CASCADE,
  person_id uuid NOT NULL,
  city_id text NOT NULL,
  kind text NOT NULL,
  token_hash bytea NOT NULL,                     -- SHA-256; the token itself is nowhere
  shown jsonb NOT NULL,                          -- the answers as they were vouched for
  language text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,                        -- a newer link of the same kind took its place
  outcome text CHECK (outcome IN ('confirmed', 'refused')),
  name text,                                     -- of who answered, in their own words
  answered_at timestamptz,
  CONSTRAINT confirmation_token_once UNIQUE (token_hash),
  CHECK ((outcome IS NULL) = (answered_at IS NULL))
);
CREATE INDEX confirmation_by_draft ON confirmation (draft_id, id);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['draft', 'confirmation'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY; ALTER TABLE %I FORCE ROW LEVEL SECURITY', t, t);
    EXECUTE format('CREATE POLICY visible ON %I USING (person_id = app_person() OR app_system())', t);
  END LOOP;
END $$;

-- What has been vouched for is not changed by anybody afterwards.
CREATE FUNCTION keep_answered() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF old.outcome IS NOT NULL AND (new.outcome, new.name, new.shown, new.kind, new.draft_id, new.answered_at)
     IS DISTINCT FROM (old.outcome, old.name, old.shown, old.kind, old.draft_id, old.answered_at) THEN
    RAISE EXCEPTION 'a confirmation does not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'confirmation_kept';
  END IF;
  RETURN new;
END $$;
CREATE TRIGGER confirmation_kept BEFORE UPDATE ON confirmation FOR EACH ROW EXECUTE FUNCTION keep_answered();

-- A reminder that has not gone out yet gives way to a newer one of its kind and subject; without p_due to none.
CREATE FUNCTION remind(p_id uuid, p_city text, p_person uuid, p_kind text, p_subject uuid, p_data jsonb, p_now timestamptz,
  p_due timestamptz, p_expires timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
BEGIN
  DELETE FROM notice n WHERE n.person_id = p_person AND n.kind = p_kind AND n.subject_id = p_subject
    AND n.spread_at IS NULL AND n.due_at > p_now;
  IF p_due IS NOT NULL THEN
    PERFORM tell(p_id, p_city, p_person, p_kind, p_subject, p_subject || ':' || extract(epoch FROM p_expires)::bigint,
                 p_data, p_now, p_due, p_expires);
  END IF;
END $$;

-- Who holds the token is not known by any other name, so these see past the policies: one row, by its secret.
CREATE FUNCTION confirmation_by_token(p_token_hash bytea)
RETURNS TABLE (id uuid, draft_id uuid, person_id uuid, city_id text, kind text, shown jsonb, language text,
  created_at timestamptz, expires_at timestamptz, revoked_at timestamptz, outcome text, name text, answered_at timestamptz,
  form_id uuid, version int)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public SET app.system = 'on' AS $$
BEGIN
  RETURN QUERY SELECT c.id, c.draft_id, c.person_id, c.city_id, c.kind, c.shown, c.language, c.created_at, c.expires_at,
      c.revoked_at, c.outcome, c.name, c.answered_at, d.form_id, d.version
    FROM confirmation c JOIN draft d ON d.id = c.draft_id WHERE c.token_hash = p_token_hash;
END $$;

-- Once, while the link works and the draft is not handed in yet. Outcomes: answered; used; over; unknown.
CREATE FUNCTION answer_confirmation(p_now timestamptz, p_token_hash bytea, p_outcome text, p_name text, p_ids uuid[])
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
               jsonb_build_object('kind', v.kind, 'form', v_draft.form_id), p_now, p_now, v_draft.expires_at);
  RETURN 'answered';
END $$;

-- Drafts whose time is over; what they referred to is cleared away by its own room.
CREATE FUNCTION sweep_drafts(p_now timestamptz, p_most int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public SET app.system = 'on' AS $$
DECLARE v_count int;
BEGIN
  DELETE FROM draft WHERE id IN (
    SELECT d.id FROM draft d WHERE d.expires_at <= p_now ORDER BY d.expires_at LIMIT p_most FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

CREATE FUNCTION merge_in_forms(p_now timestamptz, p_guest uuid, p_into uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
  UPDATE draft d SET person_id = p_into WHERE d.person_id = p_guest;
  UPDATE confirmation c SET person_id = p_into WHERE c.person_id = p_guest;
$$;

-- Nobody has a duty to keep what was never handed in. Confirmations go with their drafts.
CREATE FUNCTION erase_in_forms(p_now timestamptz, p_person uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
  DELETE FROM draft d WHERE d.person_id = p_person;
$$;
REVOKE EXECUTE ON FUNCTION merge_in_forms, erase_in_forms FROM PUBLIC;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
