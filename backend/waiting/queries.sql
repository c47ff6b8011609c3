-- name: lock_guest -> none
-- What one person does at the same moment happens one after the other: limits are exact.
SELECT lock_guest($1, $2)

-- name: lock_rules -> Count
-- Keeps the office's rules as they are until the transaction ends, and says which version that is.
SELECT coalesce(lock_rules($1), 0) AS count

-- name: count_entries -> Count
-- How many the person has in line; exact under lock_guest.
SELECT count(*) AS count FROM waiting_entry WHERE person_id = $1 AND state = 'waiting'

-- name: show_device -> none
-- Row-level security lets the person count what others have on the same device, as when they book.
SELECT assume_guest($1, $2)

-- name: over_limit -> Verdict
-- The first of the services that the person may book no more of; see 0002_booking.sql.
SELECT CASE WHEN s IS NULL THEN 'free' ELSE 'limit' END AS outcome, s AS subject FROM over_limit($1, $2, $3, $4, $5) s

-- name: add_entry -> none
-- Joins the line. The index waiting_once_per_appointment judges a second entry for one appointment.
INSERT INTO waiting_entry (id, city_id, person_id, mode, appointment_id, services, service_ids, key_service_id, minutes,
                           office_ids, weekdays, hours, first_day, last_day, short_notice, email, state, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, ($7::uuid[])[1], $8, $9, $10,
          (SELECT range_agg(int4range(f, u)) FROM unnest($11::int[], $12::int[]) AS t (f, u)),
          $13, $14, $15, $17, 'waiting', $16, $16)

-- name: find_entry -> Entry
-- One entry of the person, and how it stands in line.
SELECT e.id, e.city_id, e.person_id, e.mode, e.appointment_id, e.services, e.office_ids, e.weekdays,
       (SELECT jsonb_agg(jsonb_build_array(lower(h), upper(h)) ORDER BY lower(h)) FROM unnest(e.hours) h) AS hours,
       e.first_day, e.last_day, e.short_notice, e.email, e.state, e.version, e.created_at,
       CASE WHEN e.state = 'waiting' THEN waiting_ahead(e.id) END AS ahead,
       (SELECT o.id FROM waiting_offer o WHERE o.entry_id = e.id AND o.state = 'open' AND o.until > $3) AS offer_id
  FROM waiting_entry e WHERE e.id = $1 AND e.person_id = $2

-- name: list_entries -> Entry
-- A person's entries, the newest first, below the cursor ($2).
SELECT e.id, e.city_id, e.person_id, e.mode, e.appointment_id, e.services, e.office_ids, e.weekdays,
       (SELECT jsonb_agg(jsonb_build_array(lower(h), upper(h)) ORDER BY lower(h)) FROM unnest(e.hours) h) AS hours,
       e.first_day, e.last_day, e.short_notice, e.email, e.state, e.version, e.created_at,
       CASE WHEN e.state = 'waiting' THEN waiting_ahead(e.id) END AS ahead,
       (SELECT o.id FROM waiting_offer o WHERE o.entry_id = e.id AND o.state = 'open' AND o.until > $3) AS offer_id
  FROM waiting_entry e WHERE e.person_id = $1 AND ($2::uuid IS NULL OR e.id < $2) ORDER BY e.id DESC LIMIT $4

-- name: withdraw_entry -> Found
-- Leaves the line; an open offer's place goes to the next. No row where there is no such entry of the person.
SELECT close_entry($3, e.id, 'withdrawn') AS done FROM waiting_entry e WHERE e.id = $1 AND e.person_id = $2

-- name: find_offer -> Offer
-- One offer of the person, with what it is for.
SELECT o.id, o.city_id, o.entry_id, o.person_id, o.office_id, o.counter_id, o.starts_at, o.ends_at, o.state, o.made_at,
       o.until, o.appointment_id, e.mode, e.services, e.appointment_id AS replaces
  FROM waiting_offer o JOIN waiting_entry e ON e.id = o.entry_id WHERE o.id = $1 AND o.person_id = $2

-- name: decline_offer -> Found
-- The place goes to the next in line. The person's own predicate stands beside row-level security.
SELECT end_offer($3, o.id, 'declined') AS done FROM waiting_offer o WHERE o.id = $1 AND o.person_id = $2 AND o.until > $3

-- name: accept_offer -> Verdict
-- Books or moves in one statement; see 0014_waiting_list.sql for its outcomes.
SELECT outcome, subject FROM accept_offer(
  p_now => $1, p_person => $2, p_device => $3, p_offer => $4, p_limits => $5, p_state => $6, p_confirmation => $7,
  p_reference => $8, p_name => $9, p_date_of_birth => $10, p_email => $11, p_phone => $12, p_note => $13,
  p_language => $14, p_ids => $15)

-- name: list_due_places -> DuePlace
-- One look of the matcher: also ends offers that ran out. Next to nothing where there is nothing to do.
SELECT id, city_id, office_id, counter_id, starts_at FROM due_waiting_places($1, $2)

-- name: list_doubtful_offers -> Offer
-- Open offers that were judged by other rules than the office has now.
SELECT id, city_id, entry_id, person_id, office_id, counter_id, starts_at, ends_at, state, made_at, until, appointment_id,
       mode, services, replaces FROM doubtful_offers($1, $2)

-- name: keep_offer -> none
-- The office still has the place, by the rules of this version.
UPDATE waiting_offer SET rules_version = $2 WHERE id = $1 AND state = 'open'

-- name: take_back_offer -> Found
-- The office does not have it any more.
SELECT take_back_offer($1, $2, $3) AS done

-- name: lock_waiting_place -> LockedPlace
-- The place, its surroundings and the rules, held until the transaction ends. No row when it is gone or another is at it.
SELECT rules_version, freed_from, freed_until, room_from, room_until FROM lock_waiting_place($1, $2, $3, $4)
 WHERE freed_from IS NOT NULL

-- name: list_candidates -> Candidate
-- The line for one place, whoever waits longest first: what SQL can tell without the calendar. Not those who have an open
-- offer, have had as many as a day allows, or have let this time go before (what the office took back counts for
-- neither). Written so that the line's own index is the only one that serves: read in order it ends after as many as are
-- wanted, where any other reads and sorts all who wait.
SELECT e.id, e.person_id, e.services, e.short_notice, e.created_at, a.starts_at AS before,
       (SELECT jsonb_agg(jsonb_build_array(lower(h), upper(h))) FROM unnest(e.hours) h) AS hours
  FROM waiting_entry e LEFT JOIN appointment a ON a.id = e.appointment_id
 WHERE e.city_id = $1 AND e.state = 'waiting' AND (e.created_at, e.id) > ($3::timestamptz, $4::uuid)
   AND e.service_ids <@ $5::uuid[]
   AND (e.office_ids IS NULL OR $2 = ANY (e.office_ids))
   AND $6::date <@ daterange(e.first_day, e.last_day, '[]') AND extract(isodow FROM $6::date)::int = ANY (e.weekdays)
   AND e.minutes <= $7 AND e.hours && int4range($10, $11) AND (e.short_notice OR NOT $12)
   AND (e.mode = 'none' OR (a.state IN ('requested', 'confirmed') AND a.starts_at > $8))
   AND NOT EXISTS (SELECT FROM waiting_offer o WHERE o.person_id = e.person_id AND o.city_id = $1 AND o.state = 'open')
   AND NOT EXISTS (SELECT FROM waiting_offer o WHERE o.person_id = e.person_id AND o.office_id = $2
                      AND o.starts_at < $9 AND o.ends_at > $8 AND NOT o.taken_back)
   AND $13 > (SELECT count(*) FROM waiting_offer o
               WHERE o.person_id = e.person_id AND o.city_id = $1 AND o.made_at >= $14 AND NOT o.taken_back)
 ORDER BY e.created_at, e.id LIMIT $15

-- name: close_barred -> none
-- Of these entries ($2), those whose person may not book the services once more anyway ($3 and $4: a limit for each service):
-- they need not wait, as whoever joins is told.
SELECT close_entry($1, e.id, 'closed') FROM waiting_entry e
 WHERE e.id = ANY ($2) AND e.mode = 'none' AND over_limit($1, e.person_id, NULL, e.service_ids, ARRAY(
         SELECT l.most FROM unnest(e.service_ids) WITH ORDINALITY AS s (id, place)
           JOIN unnest($3::uuid[], $4::int[]) AS l (id, most) ON l.id = s.id ORDER BY s.place)) IS NOT NULL

-- name: release_place -> none
-- The place ceases to be the waiting list's: what follows in the transaction takes what it needs of it.
DELETE FROM place WHERE id = $1 AND hold_until IS NOT NULL

-- name: make_offer -> Found
-- One offer with its place and its notice.
SELECT make_offer(p_now => $1, p_id => $2, p_entry => $3, p_office => $4, p_counter => $5, p_starts => $6, p_ends => $7,
                  p_place_ends => $8, p_until => $9, p_notice => $10) AS done

-- name: try_entry -> Found
-- An entry that waits without an offer, held until the transaction ends. No row while another process is at it: it need not
-- be waited for, since that one offers.
SELECT true AS done FROM waiting_entry e
 WHERE e.id = $1 AND e.state = 'waiting' AND NOT EXISTS (SELECT FROM waiting_offer o WHERE o.entry_id = e.id AND o.state = 'open')
   FOR UPDATE OF e SKIP LOCKED

-- name: bump_day -> none
-- Whatever was computed from the places of this day is no longer true: the last statement.
SELECT bump_office_day($1, $2)

-- name: postpone_place -> none
-- It is night: the place stays with the waiting list until people may be told.
SELECT postpone_waiting_place($1, $2, $3, $4)

-- name: count_waiting -> Waiting
-- For the desk: numbers without faces.
SELECT service_id, waiting FROM count_waiting($1, $2)

-- name: sweep_waiting -> Count
-- Housekeeping: last days that are over, and what ended long ago.
SELECT sweep_waiting($1, $2, $3) AS count
