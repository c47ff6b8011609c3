"""Calls that wait for the database at the same moment go together, in one statement and one transaction.

A small transaction costs PostgreSQL and us more for its round trip and its commit than for what it does. While few ask,
each goes alone and at once, and nothing is gained by waiting. While more ask than are served, those that wait are sent
as one: each costs less, so the line gets shorter.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import msgspec

C = TypeVar("C")
R = TypeVar("R")
_AT_ONCE = 2
_MOST_TOGETHER = 12
_PATIENCE_SECONDS = 0.05


class _Waiting(msgspec.Struct, Generic[C, R]):
    call: C
    answer: "asyncio.Future[R | None]"


class Gathering(Generic[C, R]):
    """One per kind of call, process and event loop.

    ``alone`` makes one call. ``together`` makes several in their order and answers each: None says that nothing
    happened and that it is to be made alone. What ``together`` raises is raised to every one of them.
    """

    def __init__(
        self, alone: Callable[[C], Awaitable[R]], together: Callable[[Sequence[C]], Awaitable[Sequence[R | None]]]
    ) -> None:
        self._alone, self._together = alone, together
        self._under_way = 0
        self._line: deque[_Waiting[C, R]] = deque()
        self._sending: set[asyncio.Task[None]] = set()
        self._looked_for = False

    async def ask(self, call: C) -> R:
        """What the call answers, or raises."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting[C, R](call, loop.create_future())
        self._line.append(waiting)
        if self._under_way < _AT_ONCE and not self._looked_for:
            # Not at once, but after all that this turn of the loop has brought: what came together goes together.
            self._looked_for = True
            loop.call_soon(self._look)
        answer = await waiting.answer
        return await self._alone(call) if answer is None else answer

    def _begun(self) -> None:
        self._under_way += 1

    def _ended(self) -> None:
        self._under_way -= 1
        self._look()

    def _look(self) -> None:
        self._looked_for = False
        while self._line and self._under_way < _AT_ONCE:
            some: list[_Waiting[C, R]] = []
            while self._line and len(some) < _MOST_TOGETHER:
                first = self._line.popleft()
                if not first.answer.done():  # whoever asked is gone
                    some.append(first)
            if some:
                sending = asyncio.create_task(self._send(some, _Turn(self._begun, self._ended)))
                self._sending.add(sending)
                sending.add_done_callback(self._sending.discard)

    async def _send(self, some: "list[_Waiting[C, R]]", turn: "_Turn") -> None:
        try:
            try:
                if len(some) == 1:
                    answers: Sequence[R | None] = [await self._alone(some[0].call)]
                else:
                    answers = await self._together([one.call for one in some])
            finally:
                turn.end()  # those in line are on their way before those who are answered go on
            for one, answer in zip(some, answers, strict=True):
                if not one.answer.done():
                    one.answer.set_result(answer)
        except BaseException as error:
            for one in some:
                if not one.answer.done():
                    one.answer.set_exception(error)
            if not isinstance(error, Exception):
                raise


class _Turn:
    """What is under way counts until it is done or has taken long: who waits for a lock keeps nobody waiting."""

    def __init__(self, begun: Callable[[], None], ended: Callable[[], None]) -> None:
        begun()
        self._ended: Callable[[], None] | None = ended
        self._timer = asyncio.get_running_loop().call_later(_PATIENCE_SECONDS, self.end)

    def end(self) -> None:
        """Any number of times."""
        self._timer.cancel()
        if (ended := self._ended) is not None:
            self._ended = None
            ended()
