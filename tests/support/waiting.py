"""Waiting for what happens elsewhere: in the database, in another process."""

import asyncio
from collections.abc import Awaitable, Callable


async def eventually(check: Callable[[], Awaitable[bool]], seconds: float = 10.0, every: float = 0.02) -> None:
    """Returns when ``check`` holds; raises TimeoutError after ``seconds``."""
    async with asyncio.timeout(seconds):
        while not await check():  # noqa: ASYNC110 - nothing in this process says when
            await asyncio.sleep(every)
