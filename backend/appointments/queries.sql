-- name: hold_place -> Outcome
-- The whole hold in one round trip; see 0002_booking.sql for its outcomes.
SELECT outcome, status, headers, body, subject FROM hold_place(
  p_now => $1, p_person => $2, p_device => $3, p_owner => $4, p_key => $5, p_hash => $6, p_status => $7, p_headers => $8,
  p_body => $9, p_id => $10, p_city => $11, p_office => $12, p_rules_version => $13, p_counters => $14, p_starts => $15,
  p_ends => $16, p_until => $17, p_services => $18, p_service_ids => $19, p_confirmation => $20, p_expires => $21)

-- name: book_hold -> Outcome
-- The whole booking in one round trip; see 0002_booking.sql for its outcomes.
SELECT outcome, status, headers, body, subject FROM book_hold(
  p_now => $1, p_person => $2, p_device => $3, p_owner => $4, p_key => $5, p_hash => $6, p_status => $7, p_headers => $8,
  p_body => $9, p_hold => $10, p_rules_version => $11, p_limits => $12, p_reference => $13, p_name => $14,
  p_date_of_birth => $15, p_email => $16, p_phone => $17, p_note => $18, p_language => $19, p_ids => $20)

-- name: hold_places -> Outcome
-- Several of them in one transaction; see 0033_together.sql.
SELECT outcome, status, headers, body, subject FROM hold_places(p_calls => $1)

-- name: book_holds -> Outcome
-- Several of them in one transaction; see 0033_together.sql.
SELECT outcome, status, headers, body, subject FROM book_holds(p_calls => $1)

-- name: live_for_service -> Live
-- What counts against the limit of a service; asked once it was reached. See 0028_what_the_limit_counts.sql.
SELECT count, own FROM live_for_service($1, $2, $3, $4)

-- name: read_hold -> Hold
-- A person's own hold without a transaction around it: the function sets the principal itself.
SELECT id, city_id, office_id, person_id, device_id, starts_at, ends_at, services, service_ids, confirmation, expires_at,
       rules_version, counter_id FROM read_hold($1, $2)

-- name: find_hold -> Hold
-- The hold that a reschedule is to take over, within the transaction of its principal.
SELECT id, city_id, office_id, person_id, device_id, starts_at, ends_at, services, service_ids, confirmation, expires_at,
       rules_version, counter_id FROM hold_in_place WHERE id = $1 AND ($2::uuid IS NULL OR person_id = $2)

-- name: move_hold -> HeldAt
-- To the first free one of these counters; null where none is. See 0042_holds_change_counters.sql.
SELECT move_hold($1, $2, $3, $4, $5) AS counter_id

-- name: find_use -> HoldUse
-- What became of a hold: the appointment that was booked from it, or that was moved to its place and is still there.
SELECT a.id FROM appointment a WHERE (a.id = $1 OR a.place_id = $1) AND ($2::uuid IS NULL OR a.person_id = $2)

-- name: release_hold -> Verdict
-- Frees the place at once, and only while it is still a hold.
SELECT CASE WHEN release_hold(h.id) THEN 'released' ELSE 'gone' END AS outcome FROM hold h WHERE h.id = $1 AND h.person_id = $2

-- name: lock_rules -> Rules
-- Keeps the office's rules as they are until the transaction ends, and says which version that is.
SELECT lock_rules($1) AS version

-- name: office_zone -> Zone
-- Whether it is the day of the appointment is a question of the office's calendar.
SELECT zone FROM office WHERE id = $1

-- name: find_appointment -> Appointment
-- One appointment of the person ($2) or of the clerk's offices ($3), whichever is given.
SELECT id, city_id, office_id, counter_id, place_id, person_id, device_id, reference, state, starts_at, ends_at, services,
       service_ids, confirmation, name, date_of_birth, email, phone, note, language, reason, channel, sequence, version,
       created_at, updated_at
  FROM appointment WHERE id = $1 AND ($2::uuid IS NULL OR person_id = $2) AND ($3::uuid[] IS NULL OR office_id = ANY ($3))

-- name: lock_appointment -> Appointment
-- The same, held until the transaction ends: what is decided from it stays true.
SELECT id, city_id, office_id, counter_id, place_id, person_id, device_id, reference, state, starts_at, ends_at, services,
       service_ids, confirmation, name, date_of_birth, email, phone, note, language, reason, channel, sequence, version,
       created_at, updated_at
  FROM appointment WHERE id = $1 AND ($2::uuid IS NULL OR person_id = $2) AND ($3::uuid[] IS NULL OR office_id = ANY ($3))
  FOR UPDATE

-- name: list_appointments -> Appointment
-- A person's appointments, the latest booking first, below the cursor ($2) and in the states asked for ($3).
SELECT id, city_id, office_id, counter_id, place_id, person_id, device_id, reference, state, starts_at, ends_at, services,
       service_ids, confirmation, name, date_of_birth, email, phone, note, language, reason, channel, sequence, version,
       created_at, updated_at
  FROM appointment
 WHERE person_id = $1 AND ($2::uuid IS NULL OR id < $2) AND ($3::text[] IS NULL OR state = ANY ($3))
 ORDER BY id DESC LIMIT $4

-- name: change_appointment -> Appointment
-- One step of its life with event, audit, notice; frees the place where the step ends it.
SELECT id, city_id, office_id, counter_id, place_id, person_id, device_id, reference, state, starts_at, ends_at, services,
       service_ids, confirmation, name, date_of_birth, email, phone, note, language, reason, channel, sequence, version,
       created_at, updated_at
  FROM change_appointment(p_now => $1, p_id => $2, p_state => $3, p_kind => $4, p_reason => $5, p_contact => $6,
                          p_actor_kind => $7, p_actor => $8, p_ids => $9, p_data => $10, p_notice => $11)

-- name: reschedule_to_hold -> Appointment
-- The hold's place becomes the appointment's, the old one is free; no row when the hold ran out.
SELECT id, city_id, office_id, counter_id, place_id, person_id, device_id, reference, state, starts_at, ends_at, services,
       service_ids, confirmation, name, date_of_birth, email, phone, note, language, reason, channel, sequence, version,
       created_at, updated_at
  FROM reschedule_to_hold(p_now => $1, p_id => $2, p_hold => $3, p_state => $4, p_actor_kind => $5, p_actor => $6, p_ids => $7)

-- name: move_appointment -> Appointment
-- A clerk's reschedule without a hold; no row when no counter is free.
SELECT id, city_id, office_id, counter_id, place_id, person_id, device_id, reference, state, starts_at, ends_at, services,
       service_ids, confirmation, name, date_of_birth, email, phone, note, language, reason, channel, sequence, version,
       created_at, updated_at
  FROM move_appointment(p_now => $1, p_id => $2, p_place => $3, p_office => $4, p_counters => $5, p_starts => $6,
                        p_ends => $7, p_until => $8, p_state => $9, p_actor_kind => $10, p_actor => $11, p_ids => $12)

-- name: book_directly -> Appointment
-- A clerk's booking for a person without the app; no row when no counter is free.
SELECT id, city_id, office_id, counter_id, place_id, person_id, device_id, reference, state, starts_at, ends_at, services,
       service_ids, confirmation, name, date_of_birth, email, phone, note, language, reason, channel, sequence, version,
       created_at, updated_at
  FROM book_directly(p_now => $1, p_id => $2, p_city => $3, p_office => $4, p_counters => $5, p_starts => $6, p_ends => $7,
                     p_until => $8, p_services => $9, p_service_ids => $10, p_confirmation => $11, p_person => $12,
                     p_reference => $13, p_name => $14, p_date_of_birth => $15, p_email => $16, p_phone => $17,
                     p_note => $18, p_language => $19, p_channel => $20, p_actor_kind => $21, p_actor => $22, p_ids => $23)

-- name: list_events -> AppointmentEvent
-- What happened to an appointment, first to last. Row-level security admits the person and the office's clerks.
SELECT id, city_id, office_id, appointment_id, person_id, version, at, actor_kind, actor_id, kind, from_state, to_state,
       reason, data FROM appointment_event WHERE appointment_id = $1 ORDER BY version

-- name: list_overdue_requests -> Overdue
-- Requests that no clerk answered before their time was over; the system ends them.
SELECT id FROM appointment WHERE state = 'requested' AND ends_at <= $1 ORDER BY id LIMIT $2

-- name: clear_expired_holds -> none
-- Housekeeping only: a hold that ran out counts for nothing already. Skips what someone is working on.
WITH picked AS MATERIALIZED (SELECT id FROM place WHERE hold_until <= $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)
DELETE FROM place d USING picked p WHERE d.id = p.id

-- name: empty_appointments -> Count
-- What an office need not know any longer; a few at a time, so that nobody waits behind it.
SELECT empty_appointments($1, $2, $3) AS count

-- name: clear_old_keys -> none
-- Answers are kept for repeats of the same request, no longer than promised.
WITH picked AS MATERIALIZED (SELECT ctid AS at FROM idempotency_record WHERE created_at < $1 LIMIT $2)
DELETE FROM idempotency_record r USING picked p WHERE r.ctid = p.at
