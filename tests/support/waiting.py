"""Waiting for what happens elsewhere: in the database, in another process."""

import asyncio
from collections.abc import Awaitable, Callable


async def eventually(check: Callable[[], Awaitable[bool]], seconds: float = 30.0, every: float = 0.02) -> None:
    """Returns when ``check`` holds; raises TimeoutError after ``seconds``, which is more than a
    machine that is busy with everything else needs."""
    async with asyncio.timeout(seconds):
        while not await check():  # noqa: ASYNC110 - nothing in this process says when
            await asyncio.sleep(every)
