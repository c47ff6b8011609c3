"""The office closes while somebody accepts what it has offered them: over real HTTP, with two workers' matchers."""

from collections import Counter

import msgspec

from tests.bench import load
from tests.proof import people
from tests.proof.conftest import Arena
from tests.proof.test_race import start_at
from tests.proof.test_waiting import accept, ask, cancel, check_end, looking, matchers, offered, wait


async def test_accepting_while_the_office_closes_books_or_is_over_and_the_person_knows_which(arena: Arena) -> None:
    town = await arena.town(counters=1)
    giver, *waiters = await people.guests(arena.ports, 9)
    by = {"Authorization": f"Bearer {await arena.manager(town)}"}
    hours = f"/v1/clerk/counters/{town.counters[0][0]}/opening-hours"

    def put(closes: str) -> bytes:
        rules = [{"weekday": day, "opens": "08:00", "closes": closes} for day in range(1, 8)]
        return load.request("PUT", hours, by, msgspec.json.encode({"rules": rules}))

    outcomes: Counter[str] = Counter()
    for number, waiter in enumerate(waiters):
        await ask(arena, wait(town, waiter), put("16:00"))
        offer, _ = await offered(arena, town, start_at(15 * 60), giver)
        both = [accept(offer, waiter), put("15:00")]
        async with looking(arena):
            answers = await load.volley(arena.ports, both if number % 2 else both[::-1])
        async with matchers(arena) as [one, _]:
            await one.look()
        accepted, closed = answers if number % 2 else answers[::-1]
        # Who was booked first strands, which the office is told of; who comes after the change is refused.
        assert (accepted.status, closed.status) in {(200, 409), (410, 200), (409, 200)}, (accepted.body, closed.body)
        kinds = await arena.owner.fetch("SELECT kind FROM notice WHERE subject_id = $1 ORDER BY kind", offer)
        row = await arena.owner.fetchrow("SELECT state, taken_back FROM waiting_offer WHERE id = $1", offer)
        assert row is not None
        if accepted.status == 200:
            assert (row["state"], row["taken_back"]) == ("accepted", False)
            assert [one["kind"] for one in kinds] == ["appointment.confirmed", "waiting.offer"]
            await ask(arena, cancel(offer, waiter))
        else:
            assert (row["state"], row["taken_back"]) == ("withdrawn", True)
            assert [one["kind"] for one in kinds] == ["waiting.offer", "waiting.withdrawn"]
        outcomes[row["state"]] += 1
        await arena.owner.execute("UPDATE waiting_entry SET state = 'withdrawn' WHERE state = 'waiting'")
        async with matchers(arena) as [one, _]:
            await one.look()
        assert await arena.owner.fetchval("SELECT count(*) FROM place") == 0
        await check_end(arena)
    assert sum(outcomes.values()) == 8
