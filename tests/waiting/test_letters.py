"""Who wants to come earlier gave an address with the appointment; who found no place may leave one with the wish."""

from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import uuid4

import msgspec

from backend.appointments.model import Details
from backend.db import Principal
from backend.db.pool import SYSTEM
from backend.notices import queries
from backend.notices.kinds import SPREADING
from backend.notices.model import Lane, Outgoing
from backend.notices.texting import languages
from backend.waiting import service as waiting
from notifications.channels.letter import compose
from tests.waiting.square import Square, at

ADDRESS = "erika@example.org"


async def letters(square: Square) -> list[Outgoing]:
    """What is claimed for the relay at this moment, with a lease that is over at once."""
    async with square.database.transaction(SYSTEM) as conn:
        await queries.spread_notices(conn, square.now, 500, SPREADING, mails=True)
        return await queries.claim_deliveries(conn, Lane("mail"), square.now, square.now, 100, 1_000)


async def test_offers_and_the_end_of_a_wait_are_written_of(square: Square) -> None:
    mine = await square.book(at("14:00"))
    await square.root.execute("UPDATE appointment SET email = $1 WHERE id = $2", ADDRESS, mine.id)
    await square.root.execute("INSERT INTO person (id) VALUES ($1) ON CONFLICT DO NOTHING", mine.person_id)
    entry = await square.wait(mine.person_id, "earlier", appointment_id=mine.id, last_day=at("10:00").date())
    await square.cancel(await square.book(at("10:00")))
    await square.round()
    offer = await square.offer_to(entry)
    assert offer is not None
    [one] = [found for found in await letters(square) if found.kind.startswith("waiting.")]
    for language in languages():
        written = msgspec.structs.replace(one, language=language)
        content = compose(written, "amt@x.example", "https://app.example", "https://x").content
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        part = message.get_body(("plain",))
        assert part is not None
        assert str(message["to"]) == ADDRESS
        assert "10:00" in part.get_content()
        assert f"https://app.example/offers/{offer.id}" in part.get_content()
        assert "10" not in str(message["subject"]), "when and where is nobody's business on the way"
    await square.add_closure(at("09:00"), at("11:00"))
    square.now += timedelta(seconds=1)
    await square.round()
    assert [found.kind for found in await letters(square) if found.kind.startswith("waiting.")] == ["waiting.withdrawn"]
    square.now = at("00:01", days=2)
    await waiting.tidy(square.database, square.now)
    assert "waiting.expired" in [found.kind for found in await letters(square)]


async def test_who_has_found_no_place_has_given_no_address(square: Square) -> None:
    """An address of another appointment of theirs was given for that one."""
    entry = await square.wait()
    await square.root.execute("INSERT INTO person (id) VALUES ($1) ON CONFLICT DO NOTHING", entry.person_id)
    await square.cancel(await square.book(at("10:00")))
    await square.round()
    offer = await square.offer_to(entry)
    assert offer is not None
    assert [found.kind for found in await letters(square) if found.kind.startswith("waiting.")] == []
    booked = await square.accept(offer, Details(name="Erika", email=ADDRESS))
    assert [(found.kind, found.subject_id) for found in await letters(square)] == [("appointment.confirmed", booked.id)]
    known = await square.rows("SELECT mail_address($1, 'waiting.offer', $2) AS it", entry.person_id, offer.id)
    assert known[0]["it"] is None
    known = await square.rows("SELECT mail_address($1, 'appointment.confirmed', $2) AS it", uuid4(), booked.id)
    assert known[0]["it"] is None, "another's address"


async def test_who_leaves_an_address_with_the_wish_is_written_to_about_it_and_nothing_else(square: Square) -> None:
    entry = await square.wait(email=ADDRESS, last_day=at("10:00").date())
    await square.root.execute("INSERT INTO person (id) VALUES ($1) ON CONFLICT DO NOTHING", entry.person_id)
    await square.cancel(await square.book(at("10:00")))
    await square.round()
    offer = await square.offer_to(entry)
    assert offer is not None
    [one] = [found for found in await letters(square) if found.kind.startswith("waiting.")]
    assert (one.kind, one.subject_id) == ("waiting.offer", offer.id)
    content = compose(one, "amt@x.example", "https://app.example", "https://x").content
    assert str(message_from_bytes(content, policy=default)["to"]) == ADDRESS
    other = await square.rows("SELECT mail_address($1, 'waiting.offer', $2) AS it", uuid4(), offer.id)
    assert other[0]["it"] is None, "another's address"
    booked = await square.accept(offer, Details(name="Erika"))
    assert [found for found in await letters(square) if found.subject_id == booked.id] == [], "given for the wish"
    assert [row["email"] for row in await square.rows("SELECT email FROM waiting_entry")] == [None]


async def test_the_end_of_a_wait_is_written_of_and_whoever_leaves_takes_the_address_along(square: Square) -> None:
    first = await square.wait(email=ADDRESS, last_day=at("10:00").date())
    second = await square.wait(email="max@example.org")
    for one in (first, second):
        await square.root.execute("INSERT INTO person (id) VALUES ($1) ON CONFLICT DO NOTHING", one.person_id)
    async with square.database.transaction(Principal(person_id=second.person_id)) as conn:
        await waiting.withdraw(conn, second.person_id, second.id, square.now)
    square.now = at("00:01", days=2)
    await waiting.tidy(square.database, square.now)
    [one] = await letters(square)
    assert (one.kind, one.subject_id, (one.letter or {})["to"]) == ("waiting.expired", first.id, ADDRESS)
    kept = await square.rows("SELECT id, email FROM waiting_entry ORDER BY created_at, id")
    assert {row["id"]: row["email"] for row in kept} == {first.id: ADDRESS, second.id: None}
