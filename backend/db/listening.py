"""Hears what others NOTIFY, on a connection of its own that comes back by itself."""

import asyncio
from collections.abc import Callable

import asyncpg

from backend.db.outage import is_outage


async def listen(url: str, channel: str, heard: Callable[[str], None], *, name: str, back: Callable[[], None]) -> None:
    """Until it is cancelled. ``heard`` gets each payload.

    ``back`` is called whenever listening begins (again): what was said before was missed.
    """
    pause = 0.1
    while True:
        try:
            conn: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
                url, server_settings={"application_name": name}
            )
        except Exception as error:
            if not is_outage(error):
                raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)
            continue
        lost = asyncio.Event()
        conn.add_termination_listener(lambda _, lost=lost: lost.set())
        try:
            await conn.add_listener(channel, lambda _, __, ___, payload: heard(str(payload)))
            back()
            pause = 0.1
            await lost.wait()
        except Exception as error:
            if not is_outage(error):
                raise
        finally:
            conn.terminate()
