-- migrate:up transaction:false
-- For empty_appointments: what waits for it, the oldest first. A row leaves it for good once it is emptied.
CREATE INDEX CONCURRENTLY IF NOT EXISTS appointment_to_empty ON appointment (ends_at) WHERE emptied_at IS NULL;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
