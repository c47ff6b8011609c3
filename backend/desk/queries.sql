-- name: list_day -> Appointment
-- Every appointment of an office that starts within the local day, ended ones too. Row-level security admits its clerks.
SELECT id, city_id, office_id, counter_id, place_id, person_id, device_id, reference, state, starts_at, ends_at, services,
       service_ids, confirmation, name, date_of_birth, email, phone, note, language, reason, channel, sequence, version,
       created_at, updated_at
  FROM appointment WHERE office_id = $1 AND starts_at >= $2 AND starts_at < $3 ORDER BY starts_at, id

-- name: list_day_versions -> DayVersion
-- What a stream compares with what it has sent, at each change of the office: two numbers a row instead of all of it.
SELECT id, version FROM appointment WHERE office_id = $1 AND starts_at >= $2 AND starts_at < $3

-- name: list_some -> Appointment
-- The few that have changed.
SELECT id, city_id, office_id, counter_id, place_id, person_id, device_id, reference, state, starts_at, ends_at, services,
       service_ids, confirmation, name, date_of_birth, email, phone, note, language, reason, channel, sequence, version,
       created_at, updated_at
  FROM appointment WHERE office_id = $1 AND id = ANY ($2) ORDER BY starts_at, id

-- name: list_requests -> Appointment
-- What waits for a clerk's answer, on any day to come; a partial index keeps them apart.
SELECT id, city_id, office_id, counter_id, place_id, person_id, device_id, reference, state, starts_at, ends_at, services,
       service_ids, confirmation, name, date_of_birth, email, phone, note, language, reason, channel, sequence, version,
       created_at, updated_at
  FROM appointment WHERE office_id = $1 AND state = 'requested' AND ends_at > $2 ORDER BY starts_at, id LIMIT 200

-- name: list_blocks -> Block
-- Live holds of the day: that a place is spoken for is known to the desk, by whom is not.
SELECT counter_id, lower(during) AS starts_at, upper(during) AS ends_at, hold_until
  FROM place WHERE office_id = $1 AND lower(during) >= $2 AND lower(during) < $3 AND hold_until > $4 ORDER BY lower(during), id

-- name: list_queue -> Ticket
-- Who is in the house: called first, then by their time, whoever came early waits for it; parked ones last. A row without
-- its event is still somebody who waits: one such row must not take the queue from everybody.
SELECT a.id, a.reference, a.state, a.version, a.counter_id, c.name AS counter, a.starts_at, a.name, a.service_ids,
       coalesce((SELECT max(e.at) FROM appointment_event e WHERE e.appointment_id = a.id AND e.to_state = 'checked_in'),
                a.updated_at) AS since,
       a.updated_at AS changed
  FROM appointment a JOIN counter c ON c.id = a.counter_id
 WHERE a.office_id = $1 AND a.starts_at >= $2 AND a.starts_at < $3 AND a.state IN ('checked_in', 'called', 'parked')
 ORDER BY array_position(ARRAY['called', 'checked_in', 'parked'], a.state), a.starts_at, a.id

-- name: lock_next -> AppointmentId
-- Whose turn it is, at one counter ($4) or any, held for who calls them: in the order of the queue. Two who ask at once wait for
-- each other; the second finds nobody where the first has called the one that both saw, and asks again.
SELECT id FROM appointment
 WHERE office_id = $1 AND starts_at >= $2 AND starts_at < $3 AND state = 'checked_in' AND ($4::uuid IS NULL OR counter_id = $4)
 ORDER BY starts_at, id LIMIT 1 FOR UPDATE

-- name: is_waiting -> Waiting
-- Whether there is still anybody.
SELECT EXISTS (SELECT FROM appointment
                WHERE office_id = $1 AND starts_at >= $2 AND starts_at < $3 AND state = 'checked_in'
                  AND ($4::uuid IS NULL OR counter_id = $4)) AS waiting

-- name: find_by_reference -> Appointment
-- What somebody at the desk reads out; the clerk's offices only. Held still, as the answer is kept for a repeat: whoever is
-- forgotten at this moment waits for it, and it is emptied then.
SELECT id, city_id, office_id, counter_id, place_id, person_id, device_id, reference, state, starts_at, ends_at, services,
       service_ids, confirmation, name, date_of_birth, email, phone, note, language, reason, channel, sequence, version,
       created_at, updated_at
  FROM appointment WHERE reference = $1 AND office_id = ANY ($2) FOR SHARE

-- name: find_visible -> AppointmentId
-- In which of a clerk's cities an appointment is: asked with one principal after the other.
SELECT id FROM appointment WHERE id = $1 AND office_id = ANY ($2)

-- name: list_events_after -> AppointmentEvent
-- What a stream has not sent yet: versions grow by one with each change.
SELECT id, city_id, office_id, appointment_id, person_id, version, at, actor_kind, actor_id, kind, from_state, to_state,
       reason, data FROM appointment_event WHERE appointment_id = $1 AND version > $2 ORDER BY version

-- name: list_changes -> Change
-- What happened lately anywhere, for all streams of a process at once. Ids carry their time, so primary keys find it.
SELECT id, ARRAY[office_id, appointment_id] AS keys FROM appointment_event WHERE id > $1
UNION ALL SELECT id, ARRAY[office_id, case_id] FROM case_event WHERE id > $1
UNION ALL SELECT id, ARRAY[person_id] FROM notice WHERE id > $1 AND person_id IS NOT NULL

-- name: notify -> none
-- After a commit, on a connection of its own: inside the booking it would make all bookings wait for one another. A hint
-- keeps nothing, so its commit need not wait for the disk.
SELECT set_config('synchronous_commit', 'off', true), pg_notify('appointment', $1)

-- name: add_audit_entry -> none
-- That a clerk has looked at personal data.
INSERT INTO audit_entry (id, city_id, at, actor_kind, actor_id, action, entity, entity_id, detail)
VALUES ($1, $2, $3, 'clerk', $4, $5, $6, $7, $8)

-- name: add_display -> none
-- A screen of a waiting room.
INSERT INTO display (id, city_id, office_id, name, token_hash, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: list_displays -> Display
-- Those in use, for who may end them.
SELECT id, name, created_at FROM display WHERE office_id = $1 AND ended_at IS NULL ORDER BY created_at, id

-- name: end_display -> none
-- Ending twice is told: the second has ended nothing.
UPDATE display SET ended_at = $3 WHERE id = $1 AND office_id = $2 AND ended_at IS NULL

-- name: open_display -> OpenDisplay
-- A screen has no person behind it, so what it may see is asked by its key alone.
SELECT d.id, d.city_id, d.office_id FROM open_display($1) d JOIN office o ON o.id = d.office_id
 WHERE (o.slug = $2 OR o.id::text = lower($2)) AND NOT o.retired

-- name: list_calls -> Call
-- No name and nothing that leads to one leaves this statement.
SELECT right(a.reference, 4) AS number, c.name AS counter, a.updated_at AS since, a.version
  FROM appointment a JOIN counter c ON c.id = a.counter_id
 WHERE a.office_id = $1 AND a.starts_at >= $2 AND a.starts_at < $3 AND a.state = 'called'
 ORDER BY a.updated_at DESC, a.id LIMIT 24
