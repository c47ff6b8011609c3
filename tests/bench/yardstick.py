"""The yardstick: pgbench running one plain booking transaction of nine round trips on the same server."""

import asyncio
import re
from importlib.resources import files

import msgspec

from tests.bench.ground import Ground

_FILES = files("tests.bench")


class Yardstick(msgspec.Struct):
    """A database of the yardstick's own; ``run`` measures transactions a second from a clean start."""

    ground: Ground
    url: str

    async def run(self, *, seconds: int) -> float:
        """Resets, then 32 connections for ``seconds``."""
        await self.ground.psql(self.url, "-f", str(_FILES / "yardstick-reset.sql"))
        found = re.search(
            r"tps = ([\d.]+)", await self.ground.pgbench(self.url, seconds, str(_FILES / "yardstick.pgbench"))
        )
        if found is None:
            raise RuntimeError("pgbench printed no tps")
        await asyncio.sleep(0.5)
        return float(found.group(1))


async def prepare(ground: Ground) -> Yardstick:
    """Makes and fills the yardstick's database."""
    url = await ground.database("yardstick")
    await ground.psql(url, "-f", str(_FILES / "yardstick-schema.sql"))
    return Yardstick(ground, url)
