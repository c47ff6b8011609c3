-- name: tell -> none
-- In the transaction of the change that it tells of.
SELECT tell($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: spread_notices -> Spread
-- Every due notice becomes one delivery for each device of its person that can be reached, and perhaps a letter: as its
-- kind ($3) and the person's preferences say. In one transaction without a network: killed half-way, nothing has
-- happened; workers at the same moment take other notices. A reminder of a time that is not the appointment's any more
-- goes nowhere, and what else happens to an appointment drops reminders of it that are still on their way. (num_nulls: from
-- the person to the notice to its delivery. By the index of what is open the planner would read all of that each time.)
-- Integrators' endpoints in the notice's city get a delivery of their own each: a notice is spread once, so an event is
-- told once.
WITH kinds AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($3) AS k (kind text, "group" text, push text, mail text, quiet text, webhook text)
), due AS MATERIALIZED (
  SELECT n.id, n.city_id, n.person_id, n.kind, n.subject_id, n.created_at, n.expires_at, n.data ->> 'by' AS actor,
         (n.data ->> 'startsAt')::timestamptz AS starts_at FROM notice n
   WHERE n.spread_at IS NULL AND n.due_at <= $1 AND n.person_id IS NOT NULL
   ORDER BY n.due_at LIMIT $2 FOR UPDATE SKIP LOCKED
), marked AS (
  UPDATE notice n SET spread_at = $1 FROM due WHERE n.id = due.id
), superseded AS (
  UPDATE delivery d SET done_at = $1, outcome = 'dropped', detail = 'superseded', leased_until = NULL
    FROM due JOIN notice n ON n.person_id = due.person_id AND n.subject_id = due.subject_id AND n.kind = 'appointment.reminder'
   WHERE due.kind LIKE 'appointment.%' AND due.kind NOT IN ('appointment.reminder', 'appointment.contact_changed')
     AND d.notice_id = n.id AND num_nulls(d.done_at) = 1
), wanted AS MATERIALIZED (
  SELECT due.id, due.person_id, due.kind, due.subject_id, k.quiet, k.quiet <> 'ignored' AND p.quiet_from_minute IS NOT NULL AS has_quiet,
         k.push <> 'never' AND (k.push = 'always' OR due.actor IS DISTINCT FROM 'person')
           AND NOT k."group" = ANY (coalesce(p.push_off, '{}')) AS push,
         $4 AND k.mail <> 'never' AND (k.mail = 'always' OR due.actor IS DISTINCT FROM 'person')
           AND NOT k."group" = ANY (coalesce(p.mail_off, '{}')) AND coalesce(p.mail, 'without_device') <> 'never' AS mail,
         coalesce(p.mail, 'without_device') = 'always' AS mail_always,
         after_quiet($1, p.quiet_from_minute, p.quiet_until_minute, p.zone) AS quiet_ends,
         least(due.starts_at, due.expires_at) AS too_late, a.email
    FROM due JOIN kinds k ON k.kind = due.kind
    LEFT JOIN preference p ON p.person_id = due.person_id
    LEFT JOIN appointment a ON a.id = due.subject_id AND a.person_id = due.person_id
   WHERE (due.expires_at IS NULL OR due.expires_at > $1)
     AND (due.kind <> 'appointment.reminder' OR a.state = 'confirmed' AND a.starts_at = due.starts_at)
), timed AS MATERIALIZED (
  SELECT w.*, CASE WHEN NOT w.has_quiet OR w.quiet = 'waits_unless_late' AND coalesce(w.quiet_ends >= w.too_late, false) THEN $1
                   ELSE w.quiet_ends END AS send_at
    FROM wanted w WHERE NOT (w.has_quiet AND w.quiet = 'waits' AND coalesce(w.quiet_ends >= w.too_late, false))
), made AS (
  INSERT INTO delivery (id, notice_id, person_id, channel, device_id, platform, due_at)
    SELECT gen_random_uuid(), t.id, t.person_id, 'push', d.id, d.platform, t.send_at
      FROM timed t JOIN device d ON d.person_id = t.person_id AND d.target IS NOT NULL WHERE t.push
    UNION ALL
    SELECT gen_random_uuid(), t.id, t.person_id, 'mail', NULL, NULL, t.send_at
      FROM timed t WHERE t.mail AND coalesce(t.email, mail_address(t.person_id, t.kind, t.subject_id)) IS NOT NULL
       AND (t.mail_always OR NOT EXISTS (SELECT FROM device d WHERE d.person_id = t.person_id AND d.target IS NOT NULL))
    ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING
    RETURNING channel, platform
), endpoints AS MATERIALIZED (
  SELECT e.*, c.cities FROM webhook_endpoint e JOIN client c ON c.id = e.client_id
   WHERE e.disabled_at IS NULL AND c.disabled_at IS NULL AND 'webhooks' = ANY (c.scopes)
), parcels AS (
  INSERT INTO webhook_delivery (id, endpoint_id, event_id, type, city_id, subject_id, happened_at, created_at, begun_at, due_at)
    SELECT new_id($1), e.id, h.id, h.kind, h.city_id, h.subject_id, h.at, $1, $1, $1
      FROM (SELECT due.id, due.kind, due.city_id, due.subject_id, due.created_at AS at
              FROM due JOIN kinds k ON k.kind = due.kind WHERE k.webhook = 'told'
            UNION ALL
            SELECT d.id, 'document.received', d.city_id, d.id, d.attached_at
              FROM due JOIN document d ON d.case_id = due.subject_id WHERE due.kind LIKE 'case.%') h
      JOIN endpoints e ON h.at >= e.created_at AND (e.types = '{}' OR h.kind = ANY (e.types))
       AND CASE e.environment WHEN 'test' THEN is_sandbox(h.city_id) ELSE h.city_id = ANY (e.cities) AND NOT is_sandbox(h.city_id) END
    ON CONFLICT ON CONSTRAINT webhook_delivery_once DO NOTHING
    RETURNING 'webhook' AS channel, NULL AS platform
), lanes AS (
  SELECT channel, platform FROM made UNION SELECT channel, platform FROM parcels
)
SELECT (SELECT count(*) FROM due)::int AS notices,
       coalesce((SELECT jsonb_agg(DISTINCT jsonb_build_object('channel', m.channel, 'platform', m.platform)) FROM lanes m),
                '[]') AS lanes;

-- name: spread_announcement -> Spread
-- The next devices of whom an announcement concerns, in the order of their ids, and no more of them a second than $3, so
-- that what concerns one person does not wait behind what is for all; neither when many people's quiet hours end at one
-- moment: they follow one another then as they would have. Silent phones ($4) are left out. The districts that it is for
-- are looked up once, not for each device.
WITH RECURSIVE one AS MATERIALIZED (
  SELECT n.id, coalesce(n.spread_after, '00000000-0000-0000-0000-000000000000') AS spread_after, a.city_id, a.district_id,
         a.topic, a.expires_at, least($1 - a.published_at, interval '1 hour') AS passed
    FROM notice n JOIN announcement a ON a.id = n.id
   WHERE n.spread_at IS NULL AND n.due_at <= $1 AND n.person_id IS NULL ORDER BY n.due_at LIMIT 1 FOR UPDATE OF n SKIP LOCKED
), within AS (
  SELECT one.district_id AS id FROM one WHERE one.district_id IS NOT NULL
  UNION SELECT d.id FROM district d JOIN within w ON d.parent_id = w.id
), districts AS MATERIALIZED (
  SELECT array_agg(w.id) AS ids FROM within w
), slice AS MATERIALIZED (
  SELECT d.id, d.person_id, d.platform, d.target IS NOT NULL AND d.seen_at > $4 AS reached
    FROM one CROSS JOIN LATERAL (
      SELECT * FROM device v WHERE v.id > one.spread_after ORDER BY v.id LIMIT $2) d
), chosen AS MATERIALIZED (
  SELECT s.id, s.person_id, s.platform, one.id AS notice_id, one.passed,
         after_quiet($1, p.quiet_from_minute, p.quiet_until_minute, p.zone) AS quiet_ends,
         (row_number() OVER (ORDER BY s.id) - 1) / $3::float8 AS after_seconds
    FROM one CROSS JOIN slice s LEFT JOIN preference p ON p.person_id = s.person_id
   WHERE s.reached AND one.expires_at > $1
     AND NOT 'announcements' = ANY (coalesce(p.push_off, '{}') || coalesce(p.inbox_off, '{}'))
     AND coalesce(p.city_id, usual_city(s.person_id)) = one.city_id
     AND (one.district_id IS NULL OR p.district_id = ANY ((SELECT ids FROM districts)::uuid[]))
     AND (one.topic IS NULL OR one.topic = ANY (p.topics))
), moved AS (
  UPDATE notice n SET
      spread_after = coalesce((SELECT s.id FROM slice s ORDER BY s.id DESC LIMIT 1), one.spread_after),
      due_at = $1 + make_interval(secs => (SELECT count(*) FROM chosen) / $3::float8),
      spread_at = CASE WHEN (SELECT count(*) FROM slice) < $2 THEN $1::timestamptz END
    FROM one WHERE n.id = one.id
), made AS (
  INSERT INTO delivery (id, notice_id, person_id, channel, device_id, platform, due_at)
    SELECT gen_random_uuid(), c.notice_id, c.person_id, 'push', c.id, c.platform,
           make_interval(secs => c.after_seconds) + CASE WHEN c.quiet_ends > $1 THEN c.quiet_ends + c.passed ELSE $1 END
      FROM chosen c
    ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING
    RETURNING channel, platform
)
SELECT (SELECT count(*) FROM one)::int AS notices,
       coalesce((SELECT jsonb_agg(DISTINCT jsonb_build_object('channel', m.channel, 'platform', m.platform)) FROM made m),
                '[]') AS lanes;

-- name: claim_deliveries -> Outgoing
-- Takes deliveries of one lane for as long as the lease lasts. The attempt is counted here: what kills its worker (the
-- lease ran out, and nobody has settled) is counted too, and ends after so many claims. What nobody needs any more ends
-- here as well. What comes later than it was told (a letter always) has to do with what the person wants at this moment:
-- what they have silenced since ($10 and $11: kinds, and the group of each), their quiet hours ($6 waits for them, $7 unless
-- that were too late), and for a reminder the night ($8 to $9, on the office's clock); not so in a sandbox, where people
-- move their own clock. A push without a target is claimed too, for whoever settles it to write a letter instead.
WITH picked AS MATERIALIZED (
  SELECT d.id FROM delivery d
   WHERE d.lane = $2 AND d.done_at IS NULL AND d.due_at <= $1
     AND (d.leased_until IS NULL OR d.leased_until <= $1)
   ORDER BY d.due_at LIMIT $4 FOR UPDATE SKIP LOCKED
), known AS MATERIALIZED (
  SELECT p.id, n.city_id, n.kind, n.subject_id, CASE d.channel WHEN 'mail' THEN n.data ELSE '{}' END AS data,
         n.due_at AS told_at, n.expires_at, v.target_kind, v.target,
         coalesce(v.language, (SELECT e.language FROM person e WHERE e.id = n.person_id), 'de') AS language,
         l.letter,
         CASE WHEN n.expires_at <= $1 THEN 'expired'
              WHEN d.channel = 'mail' AND l.letter ->> 'to' IS NULL OR q.unwanted THEN 'dropped'
              WHEN d.attempts >= $5 AND d.leased_until IS NOT NULL THEN 'dead'
              WHEN q.ends > $1 AND q.ends >= q.too_late AND n.kind = ANY ($6::text[]) THEN 'expired' END AS outcome,
         CASE WHEN q.ends > $1 AND q.ends < q.too_late AND n.kind = ANY ($6::text[] || $7::text[]) THEN q.ends END AS later,
         q.unwanted
    FROM picked p JOIN delivery d ON d.id = p.id JOIN notice n ON n.id = d.notice_id
    LEFT JOIN device v ON v.id = d.device_id AND v.person_id = d.person_id
    LEFT JOIN appointment a ON d.channel = 'mail' AND a.id = n.subject_id AND a.person_id = d.person_id
    -- Inside of CASE: as a condition of a join it was worked out for every push as well, a millisecond each.
    CROSS JOIN LATERAL (
      SELECT CASE d.channel WHEN 'mail' THEN letter_of(d.person_id, n.kind, n.subject_id, n.city_id, n.data, a) END AS letter
        OFFSET 0) l
    LEFT JOIN LATERAL (
      SELECT after_quiet(r.morning, p.quiet_from_minute, p.quiet_until_minute, p.zone) AS ends,
             coalesce(least((n.data ->> 'startsAt')::timestamptz, n.expires_at), 'infinity') AS too_late,
             coalesce(CASE d.channel WHEN 'push' THEN r."group" = ANY (p.push_off) ELSE r."group" = ANY (p.mail_off) OR p.mail = 'never' END,
                      false) AS unwanted
        FROM (SELECT ($11::text[])[array_position($10::text[], n.kind)] AS "group",
                     coalesce(CASE n.kind WHEN 'appointment.reminder' THEN after_quiet($1, $8, $9, (
                       SELECT o.zone FROM office o WHERE o.id = (n.data ->> 'office')::uuid)) END, $1) AS morning) r
        LEFT JOIN preference p ON p.person_id = d.person_id
       WHERE (d.channel = 'mail' OR d.attempts > 0 OR d.due_at < $1 - interval '1 minute' OR d.due_at > n.due_at + interval '1 minute')
         AND is_sandbox(n.city_id) IS NOT TRUE
      OFFSET 0) q ON true
), taken AS (
  UPDATE delivery d SET
      attempts = d.attempts + (k.outcome IS NULL AND k.later IS NULL)::int,
      leased_until = CASE WHEN k.outcome IS NULL AND k.later IS NULL THEN $3::timestamptz END,
      due_at = coalesce(k.later, d.due_at),
      done_at = CASE WHEN k.outcome IS NOT NULL THEN $1 END,
      outcome = k.outcome,
      detail = CASE WHEN k.outcome = 'dropped' THEN CASE WHEN k.unwanted THEN 'unwanted' ELSE 'no-target' END
                    WHEN k.outcome = 'dead' THEN coalesce(d.detail, 'worker-died')
                    WHEN k.outcome IS NULL AND k.later IS NOT NULL THEN 'quiet-hours' ELSE d.detail END
    FROM known k WHERE d.id = k.id
    RETURNING d.id, d.notice_id, d.person_id, k.city_id, k.kind, k.subject_id, d.channel, d.platform, d.device_id,
              k.target_kind, k.target, k.language, k.data, k.letter, d.attempts AS attempt, k.told_at, k.expires_at,
              d.leased_until, d.outcome, d.due_at
)
SELECT t.id, t.notice_id, t.person_id, t.city_id, t.kind, t.subject_id, t.channel, t.platform, t.device_id, t.target_kind,
       t.target, t.language, t.data, t.letter, t.attempt, t.told_at, t.expires_at, t.leased_until
  FROM taken t WHERE t.leased_until IS NOT NULL ORDER BY t.due_at;

-- name: forget_targets -> none
-- FCM does not know these any more. Compare and delete: a device that registered anew meanwhile keeps its new target.
UPDATE device d SET target = NULL, target_kind = NULL
  FROM unnest($1::uuid[], $2::text[]) AS g (device_id, target) WHERE d.id = g.device_id AND d.target = g.target;

-- name: settle_deliveries -> none
-- What became of claimed deliveries. An answer that comes after the lease ran out and another worker took over is
-- ignored by the number of its attempt, unless it says that the message arrived. Where a target was gone but the device
-- has a new one by now, the delivery is tried again at once. What was not tried keeps its place in the line. (num_nulls: each is to
-- be found by its id. Told `done_at IS NULL`, and how many come in, the planner would read all that is open, once for each that is
-- settled.)
WITH s AS MATERIALIZED (
  SELECT x.*, x.detail = 'UNREGISTERED' AND (
           SELECT (SELECT v.target IS NOT NULL FROM device v WHERE v.id = o.device_id AND v.person_id = o.person_id)
             FROM delivery o WHERE o.id = x.id) IS TRUE AS again
    FROM unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::timestamptz[], $7::boolean[])
      AS x (id, attempt, ending, detail, due_at, counted) WHERE num_nulls(x.id) = 0
)
UPDATE delivery d SET
    outcome = CASE WHEN s.again THEN NULL ELSE s.ending END,
    done_at = CASE WHEN s.ending IS NOT NULL AND NOT s.again THEN $1::timestamptz END,
    due_at = CASE WHEN s.again THEN $1 WHEN s.counted THEN s.due_at ELSE d.due_at END,
    detail = nullif(s.detail, ''),
    attempts = d.attempts - (NOT s.counted)::int,
    leased_until = NULL
  FROM s WHERE d.id = s.id AND num_nulls(d.done_at) = 1 AND (d.attempts = s.attempt OR s.ending = 'sent');

-- name: lock_notices -> none
-- Of two devices that fail at the same moment, in two workers, one sees that the other has.
SELECT FROM notice n
 WHERE n.person_id IS NOT NULL AND n.id IN (
   SELECT d.notice_id FROM delivery d WHERE d.id = ANY ($1) AND d.channel = 'push' AND d.outcome IN ('dropped', 'dead'))
 ORDER BY n.id FOR NO KEY UPDATE;

-- name: write_instead -> none
-- The phone was the person's last, and none of the pushes about it arrived: a letter, where there is an address and the person
-- wants letters. Who has one already gets no second.
WITH kinds AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($3) AS k (kind text, "group" text, mail text)
)
INSERT INTO delivery (id, notice_id, person_id, channel, due_at)
SELECT gen_random_uuid(), n.id, n.person_id, 'mail', $2
  FROM (SELECT DISTINCT d.notice_id FROM delivery d
         WHERE d.id = ANY ($1) AND d.channel = 'push'
           AND (d.outcome = 'dead' OR d.outcome = 'dropped' AND d.detail <> 'superseded')) f
  JOIN notice n ON n.id = f.notice_id AND n.person_id IS NOT NULL AND coalesce(n.expires_at > $2, true)
  JOIN kinds k ON k.kind = n.kind AND (k.mail = 'always' OR k.mail = 'by_others' AND n.data ->> 'by' IS DISTINCT FROM 'person')
  LEFT JOIN preference p ON p.person_id = n.person_id
 WHERE NOT k."group" = ANY (coalesce(p.mail_off, '{}')) AND coalesce(p.mail, 'without_device') <> 'never'
   AND mail_address(n.person_id, n.kind, n.subject_id) IS NOT NULL
   AND NOT EXISTS (SELECT FROM delivery o WHERE o.notice_id = n.id AND o.channel = 'push'
                      AND (o.done_at IS NULL OR o.outcome = 'sent'))
ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING;

-- name: list_dead -> Dead
-- For operators: what could not be delivered, the latest first. No person, no target.
SELECT d.id, d.notice_id, n.city_id, n.kind, d.channel, d.platform, d.attempts, d.detail, d.done_at
  FROM delivery d JOIN notice n ON n.id = d.notice_id
 WHERE d.outcome = 'dead' AND ($1::text IS NULL OR d.detail = $1) ORDER BY d.done_at DESC LIMIT $2;

-- name: revive_dead -> none
-- An operator has mended the cause: as if never tried. What has expired meanwhile ends as such at its next claim.
UPDATE delivery d SET outcome = NULL, done_at = NULL, attempts = 0, leased_until = NULL, due_at = $1
 WHERE d.outcome = 'dead' AND (d.id = ANY ($2) OR $2 IS NULL) AND ($3::text IS NULL OR d.detail = $3);

-- name: read_backlog -> Backlog
-- For metrics; counts what is open only, by its partial indexes.
SELECT (SELECT count(*) FROM notice n WHERE n.spread_at IS NULL AND n.due_at <= $1)::int AS notices,
       count(*)::int AS deliveries,
       coalesce(extract(epoch FROM $1 - min(d.due_at)), 0)::float8 AS oldest_seconds,
       (SELECT count(*) FROM delivery x WHERE x.outcome = 'dead')::int AS dead
  FROM delivery d WHERE d.done_at IS NULL AND d.due_at <= $1;

-- name: read_lanes -> Queued
-- For operators: what of each lane is due or was tried in vain, since when it has been owed, and with what most of it
-- failed last. One that waits for quiet hours to end is neither.
SELECT d.lane, count(*)::int AS waiting,
       extract(epoch FROM $1 - min(CASE d.attempts WHEN 0 THEN d.due_at ELSE n.due_at END))::float8 AS oldest_seconds,
       mode() WITHIN GROUP (ORDER BY d.detail) AS code
  FROM delivery d JOIN notice n ON n.id = d.notice_id
 WHERE d.done_at IS NULL AND (d.due_at <= $1 OR d.attempts > 0 AND d.detail IS DISTINCT FROM 'quiet-hours') GROUP BY d.lane ORDER BY d.lane;

-- name: count_workers -> Count
-- Their connections: each has some as long as it lives.
SELECT count(*)::int AS count FROM pg_stat_activity
 WHERE datname = current_database() AND application_name = $1;

-- name: ring -> none
-- After a commit, on a connection of its own: see decision 0004. A hint keeps nothing: its commit need not wait for the disk.
SELECT set_config('synchronous_commit', 'off', true), pg_notify('notice', '');
-- name: read_inbox -> Inbox
-- Items, count and snapshot of one moment, in one statement. $4 is the snapshot that the reader has seen and $5 its time:
-- whatever was written by other transactions, or has become due, since. A snapshot ahead of ours is of another history
-- (a restored database): then everything is new.
WITH moment AS (
  SELECT pg_current_snapshot() AS present,
         CASE WHEN pg_snapshot_xmax($4::text::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot())
              THEN $4::text::pg_snapshot END AS seen),
items AS (SELECT * FROM inbox_items($1, $2, $3))
SELECT m.present::text AS snapshot, (SELECT count(*) FROM items i WHERE i.read_at IS NULL) AS unread, (
    SELECT coalesce(jsonb_agg(to_jsonb(page) - '{touched,marked}'::text[] ORDER BY page.due_at DESC, page.id DESC), '[]') FROM (
      SELECT i.*, notice_facts(i.subject_id, i.data) AS facts FROM items i
       WHERE (m.seen IS NULL OR i.due_at > $5
              OR NOT pg_visible_in_snapshot(i.touched, m.seen) AND i.touched < pg_snapshot_xmax(m.present)
              OR NOT pg_visible_in_snapshot(i.marked, m.seen) AND i.marked < pg_snapshot_xmax(m.present))
         AND ($6::timestamptz IS NULL OR (i.due_at, i.id) < ($6, $7::uuid))
       ORDER BY i.due_at DESC, i.id DESC LIMIT $8) page) AS items
  FROM moment m

-- name: find_item -> Item
-- One of them, whatever the person does not want to see listed included: a push may have named it.
SELECT i.id, i.city_id, i.kind, i.subject_id, i.data, i.created_at, i.due_at, i.read_at,
       notice_facts(i.subject_id, i.data) AS facts
  FROM inbox_items($1, $2, $3) i WHERE i.id = $4

-- name: mark_notices_read -> none
-- Up to and including a place in the inbox's order, or ($6) that one alone. What was read before keeps its time.
UPDATE notice SET read_at = $2, touched = pg_current_xact_id()
 WHERE person_id = $1 AND read_at IS NULL AND due_at <= $2 AND kind = ANY ($3)
   AND CASE WHEN $6 THEN id = $5 ELSE (due_at, id) <= ($4, $5) END

-- name: mark_announcements_read -> none
-- The same for announcements, which are nobody's: a mark of one's own.
INSERT INTO announcement_read (person_id, announcement_id, read_at)
SELECT $1, i.id, $2 FROM inbox_items($1, $2, $3) i
 WHERE i.kind = 'announcement.city' AND i.read_at IS NULL
   AND CASE WHEN $6 THEN i.id = $5 ELSE (i.due_at, i.id) <= ($4, $5) END
ON CONFLICT DO NOTHING

-- name: register_device -> Flag
-- See 0008: whoever had the device or the target before loses it in the same statement.
SELECT register_device($1, $2, $3, $4, $5, $6, $7, $8, $9) AS done

-- name: unregister_device -> none
-- Only the person's own.
SELECT unregister_device($1, $2, $3)

-- name: make_reminders -> none
-- Of each confirmed appointment the nearest reminder ($2: minutes before the start) whose time has come. It is made when
-- it is due and not before, so it moves with the appointment and goes with it. In the night ($3 to $4, on the office's
-- clock) none is made: what falls there comes before it. None either ($5) soon after the person was told of the time.
WITH wanted AS (
  SELECT a.id, a.city_id, a.person_id, a.office_id, a.starts_at, w.minutes,
         before_night(a.starts_at - make_interval(mins => w.minutes), $3, $4, o.zone) AS due,
         within_minutes(wall_minute($1, o.zone), $3, $4) AS night
    FROM office o
    JOIN appointment a ON a.office_id = o.id AND a.starts_at > $1 AND a.starts_at <= $1 + make_interval(
           mins => (SELECT max(m) FROM unnest($2::int[]) m) + 1440) AND a.state = 'confirmed'
    CROSS JOIN unnest($2::int[]) AS w (minutes)
), reached AS (
  SELECT DISTINCT ON (w.id) w.*, w.id || ':' || extract(epoch FROM w.starts_at)::bigint || ':' || w.minutes AS dedupe
    FROM wanted w WHERE w.due <= $1 AND NOT w.night ORDER BY w.id, w.minutes
)
INSERT INTO notice (id, city_id, person_id, kind, subject_id, dedupe, data, created_at, due_at, expires_at)
SELECT new_id($1), r.city_id, r.person_id, 'appointment.reminder', r.id, r.dedupe,
       jsonb_build_object('office', r.office_id, 'startsAt', r.starts_at, 'by', 'system', 'minutesBefore', r.minutes),
       $1, $1, r.starts_at
  FROM reached r
 WHERE NOT EXISTS (SELECT FROM notice n WHERE n.dedupe = r.dedupe AND n.kind = 'appointment.reminder')
   AND (SELECT max(e.at) FROM appointment_event e
         WHERE e.appointment_id = r.id AND e.kind IN ('booked', 'confirmed', 'rescheduled')) <= r.due - make_interval(mins => $5)
ON CONFLICT ON CONSTRAINT notice_once DO NOTHING

-- name: forget_devices -> Count
-- Housekeeping, a few at a time.
SELECT forget_devices($1, $2) AS count

-- name: forget_notices -> Count
-- Housekeeping, a few at a time.
SELECT forget_notices($1, $2, $3) AS count

-- name: find_preference -> Preference
-- With the person's language, which lives with the person; the defaults where nothing was set.
SELECT coalesce(p.version, 0) AS version, coalesce(p.inbox_off, '{}') AS inbox_off, coalesce(p.push_off, '{}') AS push_off,
       coalesce(p.mail_off, '{}') AS mail_off, coalesce(p.mail, 'without_device') AS mail, p.quiet_from_minute,
       p.quiet_until_minute, coalesce(p.zone, 'Europe/Berlin') AS zone, p.city_id, p.district_id,
       coalesce(p.topics, '{}') AS topics, one.language
  FROM person one LEFT JOIN preference p ON p.person_id = one.id WHERE one.id = $1 AND one.deleted_at IS NULL

-- name: lock_preference -> Flag
-- Two devices of one person do not overwrite each other: what is compared with If-Match stays until the transaction ends.
SELECT true AS done FROM person WHERE id = $1 AND deleted_at IS NULL FOR UPDATE

-- name: save_preference -> none
-- Whole, as it was shown.
INSERT INTO preference AS p (person_id, inbox_off, push_off, mail_off, mail, quiet_from_minute, quiet_until_minute, zone,
                             city_id, district_id, topics, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (person_id) DO UPDATE SET
  version = p.version + 1, inbox_off = excluded.inbox_off, push_off = excluded.push_off, mail_off = excluded.mail_off,
  mail = excluded.mail, quiet_from_minute = excluded.quiet_from_minute, quiet_until_minute = excluded.quiet_until_minute,
  zone = excluded.zone, city_id = excluded.city_id, district_id = excluded.district_id, topics = excluded.topics,
  updated_at = excluded.updated_at

-- name: save_language -> none
-- Beside the preferences, in the same transaction.
UPDATE person SET language = $2 WHERE id = $1 AND deleted_at IS NULL

-- name: find_audience -> Audience
-- Whether city and district exist, and belong together. A district by its id or slug.
SELECT EXISTS (SELECT FROM city c WHERE c.id = $1) AS city,
       (SELECT d.id FROM district d WHERE d.city_id = $1 AND $2 IN (d.id::text, d.slug)) AS district_id

-- name: find_reach -> Reach
-- How many people an announcement would concern, and how many of their phones would show it; phones silent since $4 are
-- left out. Counted with the system's eyes, which is all that comes out of there.
SELECT people, phones FROM reach_of($1, $2, $3, $4)

-- name: list_announcements -> Announced
-- What a city has told, the latest first, below the cursor.
SELECT a.id, a.city_id, a.district_id, d.name AS district, a.topic, a.texts, k.display_name AS clerk, a.published_at, a.expires_at
  FROM announcement a JOIN clerk k ON k.id = a.clerk_id LEFT JOIN district d ON d.id = a.district_id
 WHERE a.city_id = $1 AND ($2::uuid IS NULL OR a.id < $2) ORDER BY a.id DESC LIMIT $3

-- name: publish_announcement -> none
-- The announcement, the notice that spreads it, which is nobody's, and the audit entry.
WITH announced AS (
  INSERT INTO announcement (id, city_id, district_id, topic, texts, clerk_id, published_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
), told AS (
  INSERT INTO notice (id, city_id, person_id, kind, subject_id, dedupe, created_at, due_at, expires_at)
  VALUES ($1, $2, NULL, $9, $1, $1::uuid::text, $7, $7, $8)
)
INSERT INTO audit_entry (id, city_id, at, actor_kind, actor_id, action, entity, entity_id)
VALUES ($10, $2, $7, 'clerk', $6, 'announcement.published', 'announcement', $1::uuid::text)
