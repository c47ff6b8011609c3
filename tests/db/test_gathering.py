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
    """The first two come by themselves, the others at one moment, while those are under way."""
    gathering = Gathering(counter.alone, counter.together)
    asked: list[asyncio.Task[int]] = []
    for number in range(count):
        asked.append(asyncio.create_task(gathering.ask(number)))
        if number < 2:
            await ticks()
    await ticks()
    return asked


async def ticks() -> None:
    """Time for everything that waits for nothing."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_two_go_alone_and_those_that_wait_go_together_in_their_order() -> None:
    counter = Counter()
    asked = await ask(counter, 32)
    assert counter.sent == [[0], [1]]
    counter.open.set()
    assert await asyncio.gather(*asked) == [2 * number for number in range(32)]
    assert counter.sent[2:] == [list(range(2, 14)), list(range(14, 26)), list(range(26, 32))]


async def test_what_comes_at_one_moment_goes_together_at_once() -> None:
    counter = Counter()
    gathering = Gathering(counter.alone, counter.together)
    asked = [asyncio.create_task(gathering.ask(number)) for number in range(15)]
    await ticks()
    assert counter.sent == [list(range(12)), [12, 13, 14]]
    counter.open.set()
    assert await asyncio.gather(*asked) == [2 * number for number in range(15)]


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
    await ticks()
    counter.open.set()
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert [one for one in results if not isinstance(one, BaseException)] == [0, 2, 4, 8, 10]
    assert counter.sent == [[0], [1], [2, 4, 5]]


async def test_who_gives_up_while_it_is_sent_breaks_nothing_off() -> None:
    counter = Counter()
    asked = await ask(counter, 3)
    asked[0].cancel()
    await ticks()
    assert counter.sent == [[0], [1]], "what was sent is under way, whoever asked"
    counter.open.set()
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert results[1:] == [2, 4]


async def test_what_takes_long_gives_its_turn_away() -> None:
    counter = Counter()
    asked = await ask(counter, 4)

    async def sent() -> bool:
        return len(counter.sent) == 3

    await eventually(sent)
    assert counter.sent == [[0], [1], [2, 3]], "nobody was answered, and yet the others were sent"
    counter.open.set()
    assert await asyncio.gather(*asked) == [0, 2, 4, 6]


async def test_turns_do_not_add_up() -> None:
    counter = Counter()
    gathering = Gathering(counter.alone, counter.together)
    slow: list[asyncio.Task[int]] = []
    for number in range(2):
        slow.append(asyncio.create_task(gathering.ask(number)))
        await ticks()
    await asyncio.sleep(0.1)  # both have given their turns away, and end later
    counter.open.set()
    await asyncio.gather(*slow)
    counter.open.clear()
    counter.sent.clear()
    asked: list[asyncio.Task[int]] = []
    for number in range(10, 14):
        asked.append(asyncio.create_task(gathering.ask(number)))
        await ticks()
    assert counter.sent == [[10], [11]], "still two at once"
    counter.open.set()
    assert await asyncio.gather(*asked) == [20, 22, 24, 26]
