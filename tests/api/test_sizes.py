"""What the guide publishes as the size of a call is kept."""

import re

import httpx

from api import guide
from tests.bench import sizes

_ROW = re.compile(
    r"^\| (?P<name>[^|]+?) \| (?P<plain>[\d,]+) \| (?P<gzip>[\d,]+) \| (?P<zstd>[\d,]+) \|$", re.MULTILINE
)
SLACK = 1.1


def published() -> dict[str, sizes.Size]:
    page = guide.find("phone")
    assert page is not None
    rows = _ROW.finditer(page.text)
    numbers = {row["name"]: [int(row[coding].replace(",", "")) for coding in ("plain", "gzip", "zstd")] for row in rows}
    return {name: sizes.Size(*found) for name, found in numbers.items()}


def over(budgets: dict[str, sizes.Size], found: dict[str, sizes.Size]) -> list[str]:
    """What is more than a tenth above its budget."""
    return [
        f"{name}: {coding} {getattr(size, coding)} of {getattr(budgets[name], coding)}"
        for name, size in found.items()
        for coding in ("plain", "gzip", "zstd")
        if getattr(size, coding) > SLACK * getattr(budgets[name], coding)
    ]


async def test_no_usual_call_is_larger_than_the_guide_says(api: httpx.AsyncClient) -> None:
    found = await sizes.measure(api)
    budgets = published()
    assert found.keys() == budgets.keys()
    assert over(budgets, found) == [], 'measure anew: make bench ARGS="--only sizes", and say why it grew'
    shrunk = {name: sizes.Size(size.plain * 3 // 4, size.gzip, size.zstd) for name, size in budgets.items()}
    assert len(over(shrunk, budgets)) == len(budgets), "a size that grew by a third is found"
