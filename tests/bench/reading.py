"""(b) Sixty days of a large office, beside the same framework serving a constant of the same bytes, turn by turn."""

import asyncio
import itertools
import re
from datetime import datetime, timedelta

import msgspec

from tests.bench import load
from tests.bench.ground import Ground
from tests.proof import people
from tests.support import town as towns

CONNECTIONS = 32


class ReadingFigures(msgspec.Struct):
    """Requests a second, medians over the rounds, while one hold a second changes the office."""

    answer_bytes: int
    constant_per_second: float
    full_per_second: float
    not_modified_per_second: float
    full_ratio: float
    not_modified_ratio: float
    full_p99_ms: float
    not_modified_p99_ms: float
    changes_during_run: int
    api_rss_mib: float


async def measure(ground: Ground, *, seconds: float, rounds: int) -> ReadingFigures:
    """``rounds`` times ``seconds`` each of: the constant, the full answer, the 304."""
    town = await ground.town(offices=1, counters=17, horizon_days=70)
    first = datetime.now(towns.BERLIN).date() + timedelta(days=2)
    everything = list(towns.places(town, first, 60, share_taken=0.8))
    await towns.take(ground.owner, town, everything)
    api = await ground.api()
    last = first + timedelta(days=59)
    query = f"service={town.service}&office={town.offices[0]}&from={first}&to={last}"
    path = f"/v1/cities/{towns.CITY}/availability/slots?{query}"
    sample = (await load.run(api.port, iter([load.request("GET", path)]), connections=1, keep=True)).answers[0]
    if sample.status != 200:
        raise RuntimeError(f"the read failed: {sample.body[:300]!r}")
    constant = await ground.constant(len(sample.body))
    changes = asyncio.create_task(_change(api.port, town, [place for place in everything if not place.taken]))
    constants: list[load.Result] = []
    fulls: list[load.Result] = []
    unchanged: list[load.Result] = []
    for _ in range(rounds):
        constants.append(await _run(constant, load.request("GET", "/constant"), seconds))
        fulls.append(await _run(api.port, load.request("GET", path), seconds))
        unchanged.append(await _poll(api.port, path, seconds))
    rss = api.worker_rss_bytes() / 2**20
    changes.cancel()
    done = await asyncio.gather(changes, return_exceptions=True)
    if isinstance(done[0], Exception):
        raise done[0]
    rate, full, same = (_median([r.per_second for r in results]) for results in (constants, fulls, unchanged))
    return ReadingFigures(
        answer_bytes=len(sample.body),
        constant_per_second=rate,
        full_per_second=full,
        not_modified_per_second=same,
        full_ratio=full / rate,
        not_modified_ratio=same / rate,
        full_p99_ms=_median([r.percentile_ms(0.99) for r in fulls]),
        not_modified_p99_ms=_median([r.percentile_ms(0.99) for r in unchanged]),
        changes_during_run=await ground.owner.fetchval("SELECT count(*) FROM place WHERE hold_until IS NOT NULL"),
        api_rss_mib=rss,
    )


async def _run(port: int, wanted: bytes, seconds: float) -> load.Result:
    return await load.run(port, itertools.repeat(wanted), connections=CONNECTIONS, seconds=seconds)


async def _poll(port: int, path: str, seconds: float) -> load.Result:
    """Clients that ask with the ETag they last saw: mostly 304, the new body when something changed."""
    latest = [load.request("GET", path)]

    def renew(answer: load.Answer) -> bytes | None:
        found = re.search(rb"(?i)\r\netag: *(\S+)", answer.head)
        if found is not None:
            latest[0] = load.request("GET", path, {"If-None-Match": found.group(1).decode()})
        return latest[0] if loop.time() < until else None

    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    first = iter([latest[0]] * CONNECTIONS)
    result = await load.run(port, first, connections=CONNECTIONS, keep=True, follow=renew)
    if result.statuses().get(304, 0) < 0.9 * len(result.answers):
        raise RuntimeError(f"hardly a 304: {result.statuses()}")
    return result


async def _change(port: int, town: towns.Town, free: list[towns.Place]) -> None:
    """One hold a second, each by another person."""
    tokens: list[str] = []
    for index, place in enumerate(free):
        if index % 20 == 0:
            tokens = await people.guests((port,), 20)
        wanted = people.hold(place.office, town.service, place.start, tokens[index % 20])
        result = await load.run(port, iter([wanted]), connections=1, keep=True)
        if result.answers[0].status != 201:
            raise RuntimeError(f"a change failed: {result.answers[0].body[:300]!r}")
        await asyncio.sleep(1)


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
