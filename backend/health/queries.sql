-- name: read_migration -> Migration
-- dbmate's own table. A program must not serve before the schema is at least what it was written for.
SELECT max(version) AS version, clock_timestamp() AS clock FROM schema_migrations;
