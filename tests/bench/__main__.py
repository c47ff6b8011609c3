"""`make bench`: measures what the city hammers, prints a table and writes JSON.

Everything runs on loopback, in bounded time, and stops by itself. Absolute rates depend on the machine and its mood;
the ratios compare things measured in turn in the same run.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import msgspec
import uvloop

from tests.bench import booking, earliest, forms, notices, push, reading, sizes, uploads
from tests.bench.ground import open_ground

PARTS = ("booking", "reading", "earliest", "forms", "uploads", "push", "sizes")


async def measure(parts: list[str], *, quick: bool) -> AsyncIterator[tuple[str, Any]]:
    """The figures of each part, as soon as they are there; every part has a server and databases of its own."""
    if "booking" in parts:
        async with open_ground() as ground:
            yield "booking", await booking.measure(ground, persons=500 if quick else 2000, rounds=1 if quick else 5)
    if "reading" in parts:
        async with open_ground() as ground:
            yield "reading", await reading.measure(ground, seconds=2 if quick else 5, rounds=1 if quick else 5)
    if "sizes" in parts:
        async with open_ground() as ground:
            yield "sizes", await sizes.of_demo_city(ground)
    if "forms" in parts:
        async with open_ground() as ground:
            yield "forms", await forms.measure(ground, persons=100 if quick else 500, patches=2 if quick else 5)
    if "uploads" in parts:
        async with open_ground() as ground:
            yield (
                "uploads",
                await uploads.measure(
                    ground, rounds=2 if quick else 5, files=8, parallel_bytes=1_000_000 if quick else 6_000_000
                ),
            )
    if "push" in parts:
        async with open_ground() as ground:
            yield "push", await push.measure(ground, messages=2000 if quick else 6000, rounds=1 if quick else 5)
        async with open_ground() as ground:
            yield "push, after a booking", await notices.measure_way(ground, bookings=250 if quick else 1000)
        async with open_ground() as ground:
            yield "push, outbox", await notices.measure_outbox(ground, bookings=250, rounds=2 if quick else 6)
        async with open_ground() as ground:
            yield "push, announcement", await notices.measure_announcement(ground, devices=10_000 if quick else 100_000)
    for offices in (4, 42, 420) if "earliest" in parts else ():
        async with open_ground() as ground:
            yield (
                f"earliest, {offices} offices",
                await earliest.measure(ground, offices=offices, seconds=3 if quick else 10),
            )


async def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part (may be repeated)")
    parser.add_argument("--quick", action="store_true", help="a short run that shows that everything works")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args()
    figures: dict[str, Any] = {"machine": {"cores": os.cpu_count(), "python": platform.python_version()}}
    async for part, found in measure(options.only or list(PARTS), quick=options.quick):
        figures[part] = msgspec.to_builtins(found)
        print(f"\n{part}")
        for name, value in figures[part].items():
            print(f"  {name.replace('_', ' '):32} {_shown(value):>14}")
        sys.stdout.flush()
    text = json.dumps(figures, indent=2)
    print("\n" + text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0


def _shown(value: Any) -> str:
    if isinstance(value, dict):  # of parts, by name
        return ", ".join(f"{part} {_shown(share)}" for part, share in cast("dict[str, float]", value).items())
    return f"{value:,.3f}" if isinstance(value, float) else f"{value:,}"


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))
