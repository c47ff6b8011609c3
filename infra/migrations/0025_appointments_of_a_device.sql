-- migrate:up transaction:false
-- Says that a device is named, so that nothing but a question for a device can use it. Without that, a plan made while the
-- table was small counted a person's appointments by reading all of this index: a booking's price grew with the city's bookings.
CREATE INDEX CONCURRENTLY IF NOT EXISTS appointment_of_device ON appointment (device_id)
 WHERE device_id IS NOT NULL AND place_id IS NOT NULL;

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
