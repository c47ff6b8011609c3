"""Who has given an address is written to where no phone takes the push, also when that turns out only then."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.clock import system_now
from backend.db import Database
from backend.db.pool import SYSTEM
from backend.notices import service
from backend.notices.model import Telling
from notifications.channels import Off
from notifications.channels.memory import MemoryChannel
from notifications.model import SENT, Lane, Outcome, Outgoing
from tests.identity.town import give_appointment, make_town
from tests.notifications.conftest import Working
from tests.notifications.people import Phone, phone, rows
from tests.support.waiting import eventually

LANES = (Lane("push", "android"), Lane("push", "ios"), Lane("mail"))
GONE = Outcome(result="target_gone", code="UNREGISTERED")


async def appointment_of(database: Database, one: Phone) -> UUID:
    """With an address, and nothing told of it yet."""
    made = await give_appointment(database, await make_town(database), one.person_id, system_now() + timedelta(days=3))
    await rows(database, "UPDATE notice SET spread_at = now() RETURNING id")
    return made


async def cancelled(database: Database, one: Phone, appointment: UUID, *, by: str = "clerk") -> None:
    telling = Telling(
        city_id="here", person_id=one.person_id, kind="appointment.cancelled", subject_id=appointment,
        dedupe=str(uuid4()), data={"by": by}, expires_at=system_now() + timedelta(days=3),
    )  # fmt: skip
    async with database.transaction(SYSTEM) as conn:
        await service.tell(conn, telling, system_now())


async def ends(database: Database) -> list[tuple[str, str | None]]:
    found = await rows(database, "SELECT channel, outcome FROM delivery ORDER BY channel DESC, platform")
    return [(row["channel"], row["outcome"]) for row in found]


def at_phones(outcome: Outcome) -> MemoryChannel:
    """Phones answer so, and the relay takes every letter."""
    return MemoryChannel(lambda outgoing: SENT if outgoing.channel == "mail" else outcome)


async def becomes(database: Database, channel: MemoryChannel, working: Working, *wanted: tuple[str, str]) -> None:
    async def check() -> bool:
        return await ends(database) == list(wanted)

    async with working(channel, lanes=LANES):
        await eventually(check)
        await asyncio.sleep(0.3)
    assert await ends(database) == list(wanted)


@pytest.mark.parametrize(
    "outcome, end",
    [
        (GONE, "dropped"),
        (Outcome(result="permanent", code="INVALID_ARGUMENT"), "dead"),
        (Outcome(result="off", code="push-off"), "dropped"),
    ],
)
async def test_who_has_removed_the_app_is_told_of_the_cancellation_by_letter(
    working: Working, database: Database, outcome: Outcome, end: str
) -> None:
    one = await phone(database)
    await cancelled(database, one, await appointment_of(database, one))
    channel = at_phones(outcome)
    await becomes(database, channel, working, ("push", end), ("mail", "sent"))
    push, letter = channel.attempts
    assert push.notice_id == letter.notice_id
    assert (letter.letter or {})["to"] == "erika@example.org"


async def test_a_target_that_is_forgotten_before_the_push_begins_counts_as_none(
    working: Working, database: Database
) -> None:
    one = await phone(database)
    await cancelled(database, one, await appointment_of(database, one))

    not_yet = MemoryChannel()
    not_yet.is_ready = False

    async def spread() -> bool:
        return await ends(database) == [("push", None)]

    async with working(not_yet, lanes=LANES):
        await eventually(spread)
    await rows(database, "UPDATE device SET target = NULL, target_kind = NULL RETURNING id")
    await becomes(database, MemoryChannel(), working, ("push", "dropped"), ("mail", "sent"))


async def test_one_phone_that_takes_it_is_enough_and_the_last_that_does_not_decides(
    working: Working, database: Database
) -> None:
    one = await phone(database)
    other = await phone(database, person=one.person_id, platform="ios")
    appointment = await appointment_of(database, one)
    await cancelled(database, one, appointment)

    def answer(outgoing: Outgoing) -> Outcome:
        return SENT if outgoing.target != one.target else GONE

    await becomes(database, MemoryChannel(answer), working, ("push", "dropped"), ("push", "sent"))
    await rows(database, "DELETE FROM delivery RETURNING id")
    anew = "UPDATE device SET target = 'new', target_kind = 'token' WHERE id = $1 RETURNING id"
    await rows(database, anew, one.device_id)
    await cancelled(database, other, appointment)
    await becomes(database, at_phones(GONE), working, ("push", "dropped"), ("push", "dropped"), ("mail", "sent"))


@pytest.mark.parametrize(
    "column, value, letters",
    [
        ("mail", "never", []),
        ("mail_off", ["appointments"], []),
        ("mail", "always", [("mail", "sent")]),
        ("push_off", ["reminders"], [("mail", "sent")]),
    ],
)
async def test_who_wants_no_letter_gets_none_and_nobody_two(
    working: Working, database: Database, column: str, value: Any, letters: list[tuple[str, str]]
) -> None:
    one = await phone(database)
    await rows(
        database,
        f"INSERT INTO preference (person_id, {column}, updated_at) VALUES ($1, $2, now()) RETURNING 1",
        one.person_id, value,
    )  # fmt: skip
    await cancelled(database, one, await appointment_of(database, one))
    await becomes(database, at_phones(GONE), working, ("push", "dropped"), *letters)


async def test_without_an_address_there_is_no_letter(working: Working, database: Database) -> None:
    one = await phone(database)
    appointment = await appointment_of(database, one)
    await rows(database, "UPDATE appointment SET email = NULL RETURNING id")
    await cancelled(database, one, appointment)
    await becomes(database, at_phones(GONE), working, ("push", "dropped"))


async def test_an_installation_without_firebase_keeps_the_phones_and_writes_letters(
    working: Working, database: Database
) -> None:
    one, off, relay = await phone(database), Off(), MemoryChannel()

    class Both(MemoryChannel):
        async def send(self, outgoing: Outgoing) -> Outcome:
            return await (relay if outgoing.channel == "mail" else off).send(outgoing)

    await cancelled(database, one, await appointment_of(database, one))
    await becomes(database, Both(), working, ("push", "dropped"), ("mail", "sent"))
    assert await rows(database, "SELECT target FROM device") == [{"target": one.target}]
