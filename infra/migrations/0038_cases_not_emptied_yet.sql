-- migrate:up transaction:false
-- For empty_cases, which goes by what has been emptied and no longer by what is empty.
CREATE INDEX CONCURRENTLY IF NOT EXISTS case_to_empty ON case_file (keep_until) WHERE emptied_at IS NULL AND keep_until IS NOT NULL;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
