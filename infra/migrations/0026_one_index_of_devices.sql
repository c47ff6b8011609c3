-- migrate:up transaction:false
-- appointment_of_device stands in its place.
DROP INDEX CONCURRENTLY IF EXISTS appointment_by_device;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
