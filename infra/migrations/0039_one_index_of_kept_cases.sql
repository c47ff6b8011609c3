-- migrate:up transaction:false
-- case_to_empty stands in its place.
DROP INDEX CONCURRENTLY IF EXISTS case_kept;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
