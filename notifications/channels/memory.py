"""A channel that keeps what it is given, for tests of everything but the channels themselves."""

from collections.abc import Callable

from notifications.model import SENT, Outcome, Outgoing


class MemoryChannel:
    """``answer`` says what becomes of an attempt; without one, all are sent."""

    def __init__(self, answer: Callable[[Outgoing], Outcome] = lambda _: SENT) -> None:
        self.answer = answer
        self.attempts: list[Outgoing] = []
        self.is_ready = True

    async def ready(self) -> bool:
        return self.is_ready

    async def send(self, outgoing: Outgoing) -> Outcome:
        self.attempts.append(outgoing)
        return self.answer(outgoing)

    async def close(self) -> None:
        return None
