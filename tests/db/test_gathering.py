"""Calls go alone while few ask, together while many do, and one that waits for something keeps nobody waiting."""

import asyncio
from collections.abc import Sequence

from backend.db.gathering import Gathering
from tests.support.waiting import eventually


class Counter:
    """Answers a number with its double. ``open`` lets answers out; ``sent`` is what went together."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.sent: list[list[int]] = []
        self.refused: set[int] = set()
        self.fails = False

    async def alone(self, call: int) -> int:
        self.sent.append([call])
        await self.open.wait()
        return 2 * call

    async def together(self, calls: Sequence[int]) -> list[int | None]:
        self.sent.append(list(calls))
        await self.open.wait()
        if self.fails:
            raise ConnectionError
        return [None if call in self.refused else 2 * call for call in calls]


async def ask(counter: Counter, count: int) -> "list[asyncio.Task[int]]":
    gathering = Gathering(counter.alone, counter.together)
    asked = [asyncio.create_task(gathering.ask(number)) for number in range(count)]
    await asyncio.sleep(0)
    return asked


async def test_two_go_alone_and_those_that_wait_go_together_in_their_order() -> None:
    counter = Counter()
    asked = await ask(counter, 60)
    assert counter.sent == [[0], [1]]
    counter.open.set()
    assert await asyncio.gather(*asked) == [2 * number for number in range(60)]
    assert counter.sent[2:] == [list(range(2, 26)), list(range(26, 50)), list(range(50, 60))]


async def test_the_last_of_the_line_goes_alone() -> None:
    counter = Counter()
    asked = await ask(counter, 3)
    counter.open.set()
    assert await asyncio.gather(*asked) == [0, 2, 4]
    assert counter.sent == [[0], [1], [2]]


async def test_what_cannot_be_done_together_is_done_alone() -> None:
    counter = Counter()
    counter.refused = {3, 5}
    asked = await ask(counter, 6)
    counter.open.set()
    assert await asyncio.gather(*asked) == [0, 2, 4, 6, 8, 10]
    assert counter.sent == [[0], [1], [2, 3, 4, 5], [3], [5]]


async def test_what_fails_together_fails_for_each_and_for_nobody_after() -> None:
    counter = Counter()
    counter.fails = True
    asked = await ask(counter, 5)
    counter.open.set()
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert results[:2] == [0, 2]
    assert [type(one) for one in results[2:]] == [ConnectionError] * 3


async def test_who_gave_up_waiting_is_not_sent() -> None:
    counter = Counter()
    asked = await ask(counter, 6)
    asked[3].cancel()
    await asyncio.sleep(0)
    counter.open.set()
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert [one for one in results if not isinstance(one, BaseException)] == [0, 2, 4, 8, 10]
    assert counter.sent == [[0], [1], [2, 4, 5]]


async def test_who_gives_up_while_it_is_sent_ends_its_turn() -> None:
    counter = Counter()
    asked = await ask(counter, 3)
    asked[0].cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert counter.sent == [[0], [1], [2]], "the third took the turn of the first"
    counter.open.set()
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert results[1:] == [2, 4]


async def test_what_takes_long_gives_its_turn_away() -> None:
    counter = Counter()
    asked = await ask(counter, 4)

    async def sent() -> bool:
        return len(counter.sent) == 3

    await eventually(sent, 5)
    assert counter.sent == [[0], [1], [2, 3]], "nobody was answered, and yet the others were sent"
    counter.open.set()
    assert await asyncio.gather(*asked) == [0, 2, 4, 6]


async def test_turns_do_not_add_up() -> None:
    counter = Counter()
    gathering = Gathering(counter.alone, counter.together)
    slow = [asyncio.create_task(gathering.ask(number)) for number in range(2)]
    await asyncio.sleep(0.1)  # both have given their turns away, and end later
    counter.open.set()
    await asyncio.gather(*slow)
    counter.open.clear()
    counter.sent.clear()
    asked = [asyncio.create_task(gathering.ask(number)) for number in range(10, 15)]
    await asyncio.sleep(0)
    assert counter.sent == [[10], [11]], "still two at once"
    counter.open.set()
    assert await asyncio.gather(*asked) == [20, 22, 24, 26, 28]
