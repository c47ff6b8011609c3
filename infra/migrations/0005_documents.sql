-- migrate:up
-- Documents: what people send from their phones. The bytes are in two S3 buckets, quarantine and clean; here is who sent
-- what, how far it has come, and what checking found. Nothing is readable before its row says `clean`.
CREATE TABLE document (
  id uuid PRIMARY KEY,                           -- the upload's id as well; its objects are kept under it
  person_id uuid NOT NULL,
  purpose text NOT NULL,                         -- a key of the table of purposes in backend/documents/rules.py
  name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),  -- as the phone called it; never trusted
  size bigint NOT NULL CHECK (size >= 0),        -- declared, and found in the bytes before it is clean
  sha256 bytea CHECK (octet_length(sha256) = 32),  -- declared; null until checked where a tus client declared none
  state text NOT NULL CHECK (state IN ('declared', 'uploading', 'uploaded', 'checking', 'clean', 'refused', 'expired')),
  reason text,                                   -- why refused: a code with texts in both languages
  media_type text,                               -- of the clean copy
  clean_size bigint, clean_sha256 bytea,
  pages int,                                     -- of a PDF; an image has one
  has_thumbnail boolean NOT NULL DEFAULT false,
  scanned_by text,                               -- who found no virus: engine and signatures, or that none looked
  case_id uuid,                                  -- set with city and office when a case takes it up
  city_id text REFERENCES city,
  office_id uuid REFERENCES office,
  attached_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  uploaded_at timestamptz,
  checked_at timestamptz,
  expires_at timestamptz NOT NULL,               -- until when the bytes must have come
  delete_after timestamptz NOT NULL,             -- row and objects go then
  check_due_at timestamptz,                      -- null: nothing to check
  check_attempts int NOT NULL DEFAULT 0,         -- counted at the claim: what kills its checker counts as well
  check_lease uuid,
  check_leased_until timestamptz,
  CONSTRAINT document_clean_is_checked CHECK (state <> 'clean' OR (media_type IS NOT NULL AND clean_size IS NOT NULL
    AND clean_sha256 IS NOT NULL AND sha256 IS NOT NULL AND scanned_by IS NOT NULL AND checked_at IS NOT NULL)),
  CONSTRAINT document_refused_says_why CHECK ((state = 'refused') = (reason IS NOT NULL)),
  CONSTRAINT document_attached_is_clean CHECK (case_id IS NULL OR (state = 'clean' AND city_id IS NOT NULL
    AND office_id IS NOT NULL AND attached_at IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX document_by_person ON document (person_id, id);
CREATE INDEX document_by_case ON document (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX document_to_check ON document (check_due_at) WHERE check_due_at IS NOT NULL;
CREATE INDEX document_unsent ON document (expires_at) WHERE state IN ('declared', 'uploading');
CREATE INDEX document_to_delete ON document (delete_after);

CREATE TABLE upload (                            -- how far the bytes of a document have come; gone once they are all there
  document_id uuid PRIMARY KEY REFERENCES document ON DELETE CASCADE,
  person_id uuid NOT NULL,
  metadata text,                                 -- Upload-Metadata of a tus client, as it was sent
  received bigint NOT NULL DEFAULT 0 CHECK (received >= 0),  -- bytes that no crash loses
  multipart_id text,                             -- of the S3 multipart upload, where the file has more than one part
  parts jsonb NOT NULL DEFAULT '[]',             -- [{"number", "etag", "size"}]: what the whole is put together from
  pieces jsonb NOT NULL DEFAULT '[]',            -- the same for the tail that does not fill a part yet: objects of their own
  next_number int NOT NULL DEFAULT 1 CHECK (next_number <= 10001),  -- given out once each, so no latecomer overwrites
  lease uuid,                                    -- who writes at this moment
  leased_until timestamptz
) WITH (fillfactor = 50);

CREATE TABLE object_removal (                    -- objects whose row is gone or needs them no more; ids of documents only
  document_id uuid NOT NULL,
  bucket text NOT NULL CHECK (bucket IN ('quarantine', 'clean')),
  due_at timestamptz NOT NULL,
  attempts int NOT NULL DEFAULT 0,
  PRIMARY KEY (document_id, bucket)
);
CREATE INDEX object_removal_due ON object_removal (due_at);

ALTER TABLE document ENABLE ROW LEVEL SECURITY;
ALTER TABLE document FORCE ROW LEVEL SECURITY;
-- A clerk reads what belongs to a case of their offices, once it is clean, and changes nothing.
CREATE POLICY own ON document USING (person_id = app_person() OR app_system());
CREATE POLICY of_office ON document FOR SELECT USING (
  state = 'clean' AND city_id = app_clerk_city() AND office_id = ANY (app_clerk_offices()));
ALTER TABLE upload ENABLE ROW LEVEL SECURITY;
ALTER TABLE upload FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON upload USING (person_id = app_person() OR app_system());
ALTER TABLE object_removal ENABLE ROW LEVEL SECURITY;
ALTER TABLE object_removal FORCE ROW LEVEL SECURITY;
CREATE POLICY writes ON object_removal FOR INSERT WITH CHECK (true);
CREATE POLICY works ON object_removal USING (app_system());

-- What a document leaves in the store when its row goes: whoever deletes rows deletes objects, in the same transaction.
CREATE FUNCTION remove_objects_of_document() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  INSERT INTO object_removal (document_id, bucket, due_at)
    SELECT old.id, b, now() FROM unnest(ARRAY['quarantine', 'clean']) b WHERE old.state <> 'expired'
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER document_gone AFTER DELETE ON document FOR EACH ROW EXECUTE FUNCTION remove_objects_of_document();

CREATE FUNCTION merge_in_documents(p_now timestamptz, p_guest uuid, p_into uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
  UPDATE document d SET person_id = p_into WHERE d.person_id = p_guest;
  UPDATE upload u SET person_id = p_into WHERE u.person_id = p_guest;
$$;

-- What a case has taken up is part of its file and stays as long as the purpose says, without the name the phone gave it.
CREATE FUNCTION erase_in_documents(p_now timestamptz, p_person uuid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
  DELETE FROM document d WHERE d.person_id = p_person AND d.case_id IS NULL;
  UPDATE document d SET name = 'document' WHERE d.person_id = p_person;
$$;
REVOKE EXECUTE ON FUNCTION merge_in_documents, erase_in_documents FROM PUBLIC;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
