"""From a notice to a channel: claimed once, counted, settled, ended."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from backend.clock import system_now
from backend.db import Database
from backend.notices import service
from backend.notices.bell import Bell
from backend.notices.model import Lane, Settled
from backend.settings import Settings
from notifications.channels.memory import MemoryChannel
from notifications.model import SENT, Outcome, Outgoing
from tests.notifications.conftest import Working
from tests.notifications.people import deliveries, make_due, phone, rows, told
from tests.support.waiting import eventually


async def test_a_notice_reaches_every_device_of_its_person_once(working: Working, database: Database) -> None:
    first = await phone(database)
    second = await phone(database, person=first.person_id, platform="ios", language="en", kind="fid")
    stranger = await phone(database)
    notice = await told(database, first)
    channel = MemoryChannel()
    async with working(channel):
        await eventually(lambda: ended(database, 2))
    seen = {(o.target, o.target_kind, o.platform, o.language, o.kind, o.attempt) for o in channel.attempts}
    assert seen == {
        (first.target, "token", "android", "de", notice.kind, 1),
        (second.target, "fid", "ios", "en", notice.kind, 1),
    }
    assert stranger.target not in {o.target for o in channel.attempts}
    assert await deliveries(database) == [("sent", 1, None)] * 2


async def test_what_is_not_worth_a_sound_stays_in_the_inbox(working: Working, database: Database) -> None:
    one = await phone(database)
    await told(database, one, "appointment.contact_changed")
    await told(database, one)
    channel = MemoryChannel()
    async with working(channel):
        await eventually(lambda: ended(database, 1))
    assert [o.kind for o in channel.attempts] == ["appointment.confirmed"]
    assert len(await rows(database, "SELECT FROM notice WHERE spread_at IS NOT NULL")) == 2


async def test_what_came_too_late_is_not_sent(working: Working, database: Database) -> None:
    one = await phone(database)
    await told(database, one, lasting_seconds=-1)
    await told(database, one)
    channel = MemoryChannel(lambda _: Outcome(result="transient", code="UNAVAILABLE"))
    async with working(channel):
        await eventually(lambda: attempted(channel, 1))
    await rows(database, "UPDATE notice SET expires_at = now() - interval '1 second' RETURNING 1")
    await make_due(database)
    async with working(channel):
        await eventually(lambda: ended(database, 1))
    assert len(channel.attempts) == 1
    assert await deliveries(database) == [("expired", 1, "UNAVAILABLE")]


async def test_a_transient_failure_is_repeated_and_ends_as_a_dead_letter(working: Working, database: Database) -> None:
    await told(database, await phone(database))
    channel = MemoryChannel(lambda _: Outcome(result="transient", code="UNAVAILABLE", retry_after_seconds=0.0))

    async def over() -> bool:
        await make_due(database)
        return await ended(database, 1)

    async with working(channel, notice_max_attempts=3, notice_retry_hours=0.000001):
        await eventually(over, every=0.05)
    assert [o.attempt for o in channel.attempts] == [1, 2, 3]
    assert len({o.notice_id for o in channel.attempts}) == 1
    assert await deliveries(database) == [("dead", 3, "UNAVAILABLE")]


async def test_a_permanent_failure_is_a_dead_letter_at_once(working: Working, database: Database) -> None:
    await told(database, await phone(database))
    channel = MemoryChannel(lambda _: Outcome(result="permanent", code="INVALID_ARGUMENT"))
    async with working(channel) as metrics:
        await eventually(lambda: ended(database, 1))
        assert b'wartefrei_delivery_alerts_total{code="INVALID_ARGUMENT",lane="android"} 1.0' in metrics.page()
    assert await deliveries(database) == [("dead", 1, "INVALID_ARGUMENT")]


async def test_a_target_that_is_gone_is_forgotten_unless_the_device_has_another(
    working: Working, database: Database
) -> None:
    one, renewed = await phone(database), await phone(database)

    def answer(outgoing: Outgoing) -> Outcome:
        return SENT if outgoing.target == "new" else Outcome(result="target_gone", code="UNREGISTERED")

    class Renewing(MemoryChannel):
        async def send(self, outgoing: Outgoing) -> Outcome:
            if outgoing.device_id == renewed.device_id and outgoing.target != "new":
                await rows(database, "UPDATE device SET target = 'new' WHERE id = $1 RETURNING 1", renewed.device_id)
            return await super().send(outgoing)

    await told(database, one)
    await told(database, renewed)
    async with working(Renewing(answer)):
        await eventually(lambda: ended(database, 2))
    targets = await rows(database, "SELECT id, target FROM device")
    assert {row["id"]: row["target"] for row in targets} == {one.device_id: None, renewed.device_id: "new"}
    ends = await rows(database, "SELECT device_id, outcome, attempts FROM delivery")
    assert {row["device_id"]: (row["outcome"], row["attempts"]) for row in ends} == {
        one.device_id: ("dropped", 1),
        renewed.device_id: ("sent", 2),
    }


async def test_a_device_that_passed_to_another_person_gets_nothing_of_the_first(
    working: Working, database: Database
) -> None:
    one, other = await phone(database), await phone(database)
    await told(database, one)
    channel = MemoryChannel(lambda _: Outcome(result="transient", code="UNAVAILABLE"))
    async with working(channel):
        await eventually(lambda: attempted(channel, 1))
    await rows(database, "UPDATE device SET person_id = $1 WHERE id = $2 RETURNING 1", other.person_id, one.device_id)
    await make_due(database)
    async with working(channel):
        await eventually(lambda: ended(database, 1))
    assert len(channel.attempts) == 1
    assert await deliveries(database) == [("dropped", 2, "no-target")]


async def test_a_device_that_passes_on_while_its_push_waits_in_the_worker_gets_nothing_of_the_first(
    working: Working, database: Database
) -> None:
    class Slow(MemoryChannel):
        async def send(self, outgoing: Outgoing) -> Outcome:
            outcome = await super().send(outgoing)
            await asyncio.sleep(1.2)
            return outcome

    phones, other, channel = [await phone(database) for _ in range(3)], await phone(database), Slow()
    for one in phones:
        await told(database, one)
    # Nobody looks by himself within the test: what was given back is claimed as soon as that is written.
    async with working(channel, push_concurrency=1, notice_poll_seconds=60.0):
        await eventually(lambda: attempted(channel, 1))
        first = channel.attempts[0].target
        passed, behind = (one for one in phones if one.target != first)
        sql = "UPDATE device SET person_id = $1 WHERE id = $2 RETURNING 1"
        await rows(database, sql, other.person_id, passed.device_id)
        await eventually(lambda: ended(database, 3))
    assert [o.target for o in channel.attempts] == [first, behind.target]
    assert sorted(await deliveries(database)) == [("dropped", 1, "no-target"), ("sent", 1, None), ("sent", 1, None)]


async def test_two_workers_share_the_work(working: Working, database: Database) -> None:
    phones = [await phone(database, platform=("android", "ios", "web")[n % 3]) for n in range(60)]
    for one in phones * 5:
        await told(database, one)
    channels = MemoryChannel(), MemoryChannel()
    async with working(channels[0], push_concurrency=4), working(channels[1], push_concurrency=4):
        await eventually(lambda: ended(database, 300))
    counts = Counter(o.id for channel in channels for o in channel.attempts)
    assert len(counts) == 300
    assert set(counts.values()) == {1}
    assert await deliveries(database) == [("sent", 1, None)] * 300


async def test_what_was_told_while_all_hands_were_full_is_sent_as_soon_as_one_is_free(
    working: Working, database: Database
) -> None:
    free = asyncio.Event()

    class Busy(MemoryChannel):
        async def send(self, outgoing: Outgoing) -> Outcome:
            outcome = await super().send(outgoing)
            await free.wait()
            return outcome

    one, channel = await phone(database), Busy()
    for _ in range(30):
        await told(database, one)
    # Nobody looks by himself within the test: what is forgotten now stays.
    async with working(channel, push_concurrency=2, notice_poll_seconds=60.0):
        await eventually(lambda: attempted(channel, 2))
        await told(database, one)
        bell = Bell(database)
        bell.ring()
        await eventually(lambda: spread(database, 31))
        await asyncio.sleep(0.1)
        await bell.close()
        free.set()
        await eventually(lambda: ended(database, 31))
    assert Counter(o.id for o in channel.attempts).most_common(1)[0][1] == 1


async def test_a_message_that_the_channel_stumbles_over_stops_no_other(working: Working, database: Database) -> None:
    good, bad = await phone(database), await phone(database)

    class Stumbling(MemoryChannel):
        async def send(self, outgoing: Outgoing) -> Outcome:
            outcome = await super().send(outgoing)
            if outgoing.target == bad.target:
                raise RuntimeError("a fault of the channel")
            return outcome

    for one in (bad, good, bad, good):
        await told(database, one)
    async with working(Stumbling(), push_concurrency=1, notice_max_attempts=1):
        await eventually(lambda: ended(database, 4))
    found = sorted(await deliveries(database), key=str)
    assert found == [("dead", 1, "channel-failed")] * 2 + [("sent", 1, None)] * 2


async def test_what_was_not_tried_is_not_counted(working: Working, database: Database) -> None:
    await told(database, await phone(database))
    channel = MemoryChannel(lambda _: Outcome(result="breaker"))
    async with working(channel):
        await eventually(lambda: attempted(channel, 3))
        channel.answer = MemoryChannel().answer
        await eventually(lambda: ended(database, 1))
    assert {o.attempt for o in channel.attempts} == {1}
    assert await deliveries(database) == [("sent", 1, None)]


async def test_nothing_is_claimed_while_the_channel_is_not_ready(working: Working, database: Database) -> None:
    await told(database, await phone(database))
    channel = MemoryChannel()
    channel.is_ready = False
    async with working(channel):
        await eventually(lambda: spread(database))
        await asyncio.sleep(0.3)
        assert await deliveries(database) == [(None, 0, None)]
        channel.is_ready = True
        await eventually(lambda: ended(database, 1))


async def test_a_late_answer_of_a_lost_lease_changes_nothing_but_a_success_counts(
    database: Database, database_url: str, make_settings: Callable[..., Settings]
) -> None:
    await told(database, await phone(database))
    now = system_now()
    await service.spread_notices(database, make_settings(database_url), now, 10)
    lane, lease = Lane("push", "android"), timedelta(seconds=1)
    [first] = await service.claim(database, lane, now, lease=lease, limit=10, most_attempts=5)
    assert await service.claim(database, lane, now, lease=lease, limit=10, most_attempts=5) == []
    later = now + timedelta(seconds=2)
    [second] = await service.claim(database, lane, later, lease=lease, limit=10, most_attempts=5)
    assert (first.attempt, second.attempt) == (1, 2)
    failed = Settled(id=first.id, attempt=1, ending="dead", detail="INTERNAL", due_at=later)
    await service.settle(database, [failed], [], later)
    assert await deliveries(database) == [(None, 2, None)]
    sent = Settled(id=first.id, attempt=1, ending="sent", detail="", due_at=later)
    await service.settle(database, [sent], [], later)
    assert await deliveries(database) == [("sent", 2, None)]


async def ended(database: Database, count: int) -> bool:
    return len(await rows(database, "SELECT FROM delivery WHERE done_at IS NOT NULL")) == count


async def spread(database: Database, count: int = 1) -> bool:
    return len(await deliveries(database)) == count


async def attempted(channel: MemoryChannel, count: int) -> bool:
    return len(channel.attempts) >= count
