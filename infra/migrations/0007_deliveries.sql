-- migrate:up
-- What the worker needs beside notices: lanes that do not wait for one another, and a schedule.

-- Deliveries to one platform form a lane: where APNs refuses our key, Android goes on. Null: mail.
ALTER TABLE delivery ADD COLUMN platform text CHECK (platform IN ('android', 'ios', 'web'));
ALTER TABLE delivery ADD COLUMN lane text NOT NULL GENERATED ALWAYS AS (coalesce(platform, channel)) STORED;
DROP INDEX delivery_due;
CREATE INDEX delivery_due ON delivery (lane, due_at) WHERE done_at IS NULL;
CREATE INDEX delivery_dead ON delivery (done_at) WHERE outcome = 'dead';
-- Where a device has gone, its open deliveries are looked for.
CREATE INDEX delivery_by_device ON delivery (device_id) WHERE done_at IS NULL;

-- What happens again and again: one row a task, one runner at a time over all workers. Nobody's data.
CREATE TABLE schedule (
  task text PRIMARY KEY,
  every_seconds double precision NOT NULL CHECK (every_seconds > 0),
  next_at timestamptz NOT NULL,
  leased_until timestamptz,                      -- somebody is at it, and renews this while alive
  run bigint NOT NULL DEFAULT 0,                 -- counted when a run begins; only the latest may say how it ended
  started_at timestamptz,
  ended_at timestamptz,
  outcome text CHECK (outcome IN ('done', 'failed')),
  detail text                                    -- of the last run: how many rows, or the kind of failure
) WITH (fillfactor = 50);

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
