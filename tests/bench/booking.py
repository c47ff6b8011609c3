"""(a) Holds, bookings and whole flows a second over HTTP, beside the yardstick on the same server, turn by turn."""

import random
from datetime import datetime, timedelta

import msgspec

from tests.bench import costs, load, yardstick
from tests.bench.ground import Ground
from tests.proof import people
from tests.support import town as towns

CONNECTIONS = 32
_YARDSTICK_SECONDS = 4


class BookingFigures(msgspec.Struct):
    """Rates a second, medians over the rounds; ratios are to the yardstick of the same run. ``cpu``: milliseconds of
    processor time a call, all rounds together, which other work on the machine disturbs less than it does the rates."""

    yardstick_per_second: float
    holds_per_second: float
    bookings_per_second: float
    flows_per_second: float
    hold_ratio: float
    booking_ratio: float
    hold_p99_ms: float
    booking_p99_ms: float
    api_rss_mib: float
    yardstick_cpu: dict[str, float]
    hold_cpu: dict[str, float]
    booking_cpu: dict[str, float]


async def measure(ground: Ground, *, persons: int, rounds: int) -> BookingFigures:
    """``rounds`` times: the yardstick, then every person holds, then every person books, then whole flows."""
    town = await ground.town(offices=8, counters=17, horizon_days=70)
    first = datetime.now(towns.BERLIN).date() + timedelta(days=2)
    everything = list(towns.places(town, first, 60, share_taken=0.8))
    await towns.take(ground.owner, town, everything)
    free = [place for place in everything if not place.taken]
    random.Random(4711).shuffle(free)
    api = await ground.api()
    tokens = await people.guests((api.port,), persons)
    plain = await yardstick.prepare(ground)

    def wishes() -> list[bytes]:
        return [people.hold((place := free.pop()).office, town.service, place.start, token) for token in tokens]

    def then_book(answer: load.Answer) -> bytes | None:
        found = people.body(answer)
        return people.book(found["id"], tokens[answer.index]) if "expiresAt" in found else None

    # Warms caches, plans and tokens: not counted.
    await _all(api.port, _bookings(await _all(api.port, wishes()), tokens))
    yards: list[float] = []
    holds: list[load.Result] = []
    books: list[load.Result] = []
    flows: list[float] = []
    spent: dict[str, costs.Costs] = {}
    calls: dict[str, float] = {}

    def read() -> costs.Costs:
        assert api.process is not None
        assert ground.postgres.process is not None
        return costs.read(api=api.process.pid, postgres=ground.postgres.process.pid)

    def note(what: str, count: float, before: costs.Costs) -> None:
        spent[what] = spent.get(what, costs.Costs(0, 0, 0)) + (read() - before)
        calls[what] = calls.get(what, 0) + count

    for _ in range(rounds):
        before = read()
        yards.append(await plain.run(seconds=_YARDSTICK_SECONDS))
        note("yardstick", yards[-1] * _YARDSTICK_SECONDS, before)
        wanted, before = wishes(), read()
        holds.append(await _all(api.port, wanted))
        note("hold", persons, before)
        wanted, before = _bookings(holds[-1], tokens), read()
        books.append(await _all(api.port, wanted))
        note("booking", persons, before)
        flow = _expect(await load.run(api.port, iter(wishes()), connections=CONNECTIONS, keep=True, follow=then_book))
        flows.append(flow.per_second / 2)
    yard, hold, book = _median(yards), _median([r.per_second for r in holds]), _median([r.per_second for r in books])
    return BookingFigures(
        yardstick_per_second=yard,
        holds_per_second=hold,
        bookings_per_second=book,
        flows_per_second=_median(flows),
        hold_ratio=hold / yard,
        booking_ratio=book / yard,
        hold_p99_ms=_median([r.percentile_ms(0.99) for r in holds]),
        booking_p99_ms=_median([r.percentile_ms(0.99) for r in books]),
        api_rss_mib=api.worker_rss_bytes() / 2**20,
        yardstick_cpu=spent["yardstick"].per_call(calls["yardstick"]),
        hold_cpu=spent["hold"].per_call(calls["hold"]),
        booking_cpu=spent["booking"].per_call(calls["booking"]),
    )


async def _all(port: int, wanted: list[bytes]) -> load.Result:
    return _expect(await load.run(port, iter(wanted), connections=CONNECTIONS, keep=True))


def _bookings(held: load.Result, tokens: list[str]) -> list[bytes]:
    return [people.book(people.body(answer)["id"], tokens[answer.index]) for answer in held.answers]


def _expect(result: load.Result, status: int = 201) -> load.Result:
    if set(result.statuses()) != {status}:
        other = next(answer for answer in result.answers if answer.status != status)
        raise RuntimeError(f"a measured call failed: {result.statuses()}, e.g. {other.body[:300]!r}")
    return result


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
