"""Free places: per day, as slots, and the earliest anywhere. What is listed can be held at the moment it is asked."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Meta

from api import sparse
from api.auth import public
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.middleware.answers import Remembered
from api.middleware.remembered import CACHE
from api.parameters import reads
from api.wire import PRIVATE, Wire, etag, respond
from backend.availability.engine import Reading
from backend.availability.errors import ServiceNotOffered
from backend.availability.free_days import FreeDay
from backend.availability.model import OwnHold, Slot, Wanted
from backend.availability.names import find_office, persons_of, wanted_of
from backend.availability.places import distance
from backend.catalogue.errors import CityNotFound, OfficeNotFound
from backend.catalogue.searching import point
from backend.clock import local_day
from backend.errors import FieldError, InvalidInput
from backend.identity import Citizen

_DEFAULT_DAYS = 14

Services = Annotated[
    list[str],
    QueryParameter(
        name="service",
        description="A service's id or slug, `:persons` behind it if there are several; repeat it for more services.",
    ),
]
From = Annotated[date | None, QueryParameter(name="from", description="First local day; today if it is missing.")]
To = Annotated[date | None, QueryParameter(name="to", description="Last local day; two weeks on if it is missing.")]


class DayOut(Wire, frozen=True, kw_only=True):
    """One local day of the office."""

    date: date
    free: Annotated[int, Meta(description="Places that can be held: free counters, summed over the day's starts.")]


class DaysOut(Wire, frozen=True, kw_only=True):
    """Every day asked for; `free` is 0 where nothing can be held."""

    office: UUID
    zone: str
    items: Sequence[DayOut]


class SlotOut(Wire, frozen=True, kw_only=True):
    """A start that can be held."""

    start: datetime
    free: Annotated[int, Meta(description="How many counters are free for the whole visit.")]


class SlotsOut(Wire, frozen=True, kw_only=True):
    """Every start that can be held, in order of time."""

    office: UUID
    zone: str
    minutes: Annotated[int, Meta(description="How long the visit takes.")]
    items: Sequence[SlotOut]


class PlaceOut(Wire, frozen=True, kw_only=True):
    """A start that can be held, and where."""

    office: UUID
    office_name: str
    start: datetime
    end: datetime
    free: int
    metres: Annotated[
        int | None, Meta(description="As the crow flies from `near`; null where the office's is not known.")
    ]


class EarliestOut(Wire, frozen=True, kw_only=True):
    """The first places of the city, in order of time; at the same time the nearer one first."""

    items: Sequence[PlaceOut]


class AvailabilityController(Controller):
    """Free places of a city's offices."""

    path = "/v1/cities/{city:str}/availability"
    tags = ("Availability",)
    guards = (public,)

    @get(
        "/days",
        operation_id="listFreeDays",
        opt=raises(CityNotFound, OfficeNotFound, ServiceNotOffered, **reads(service=persons_of)),
        summary="Free places per day",
    )
    async def days(
        self,
        request: WireRequest,
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        optional_citizen: NamedDependency[Citizen | None],
        city: FromPath[str],
        service: Services,
        office: FromQuery[str],
        from_: From = None,
        to: To = None,
    ) -> Response[DaysOut]:
        """For a calendar: a day with `free` above 0 has a place that can be held, any other has none."""
        asked = await _ask(context, city, office, service, now, optional_citizen)
        first, last = asked.range(from_, to)
        with _named_by_service():
            reading = await context.engine.read(asked.office, asked.wanted, first, last, now, own=asked.own)
        free = {day: found.free for day, found in reading.days}
        every = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        days = [DayOut(date=day, free=free.get(day, 0)) for day in every]
        body = msgspec.json.encode(DaysOut(office=asked.office, zone=str(reading.state.zone), items=days))
        return _answer(request, context, asked, (first, last), reading, body)

    @get(
        "/slots",
        operation_id="listFreeSlots",
        opt=raises(
            CityNotFound,
            OfficeNotFound,
            ServiceNotOffered,
            **reads(service=persons_of, fields=sparse.known(SlotOut)),
        ),
        summary="Free slots of a day or a range of days",
    )
    async def slots(
        self,
        request: WireRequest,
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        optional_citizen: NamedDependency[Citizen | None],
        city: FromPath[str],
        service: Services,
        office: FromQuery[str],
        date: Annotated[date | None, QueryParameter(description="One local day; instead of `from` and `to`.")] = None,
        from_: From = None,
        to: To = None,
        fields: Annotated[str | None, sparse.parameter(SlotOut)] = None,
    ) -> Response[SlotsOut]:
        """Each start can be held with `POST /v1/holds` while nobody is faster. Your own hold hides nothing from you."""
        if date is not None and (from_ is not None or to is not None):
            raise InvalidInput([FieldError("date", "conflict", "Give either `date` or `from` and `to`")])
        asked = await _ask(context, city, office, service, now, optional_citizen)
        first, last = (date, date) if date is not None else asked.range(from_, to)
        with _named_by_service():
            reading = await context.engine.read(asked.office, asked.wanted, first, last, now, own=asked.own)
        body = _slots(reading) if fields is None else _sparse_slots(reading, fields)
        return _answer(request, context, asked, (first, last), reading, body)

    @get(
        "/earliest",
        operation_id="listEarliest",
        opt=raises(CityNotFound, **reads(service=persons_of, near=point)),
        summary="The earliest places anywhere in the city",
    )
    async def earliest(
        self,
        request: WireRequest,
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        city: FromPath[str],
        service: Services,
        limit: Annotated[int, QueryParameter(ge=1, le=20, description="How many places.")] = 5,
        near: Annotated[
            str | None, QueryParameter(description="Latitude and longitude in degrees: `51.51,7.10`.")
        ] = None,
        from_: From = None,
    ) -> Response[EarliestOut]:
        """Over all offices of the city that serve the visit, within each office's horizon."""
        here = None if near is None else point(near)
        async with context.database.connection() as conn:
            wanted = await wanted_of(conn, city, service)
        with _named_by_service():
            found = await context.engine.earliest(city, wanted, now, first=from_, limit=limit, near=here)
        places = [await _place(context, slot, here) for slot in found]
        body = msgspec.json.encode(EarliestOut(items=places))
        return respond(request, body, etag=etag(body), cache=CACHE)


class _Asked(msgspec.Struct, frozen=True):
    """The request with its names resolved."""

    office: UUID
    wanted: tuple[Wanted, ...]
    today: date
    own: OwnHold | None
    anyone: bool
    """Nobody in particular asks: the answer may be remembered for everybody."""

    def range(self, first: date | None, last: date | None) -> tuple[date, date]:
        begin = first if first is not None else self.today
        return begin, last if last is not None else begin + min(timedelta(days=_DEFAULT_DAYS - 1), date.max - begin)


async def _ask(
    context: Context, city: str, office: str, services: list[str], now: datetime, citizen: Citizen | None
) -> _Asked:
    async with context.database.connection() as conn:
        found = await find_office(conn, city, office)
        wanted = await wanted_of(conn, city, services)
    own = None if citizen is None else await context.engine.own_hold(citizen.person_id, now)
    rules = await context.engine.rules(found)
    return _Asked(found, wanted, local_day(now, rules.zone), own, citizen is None)


@contextmanager
def _named_by_service() -> Generator[None]:
    """The engine's faults point into the body of a hold; here the services stand in a parameter."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(
            [
                FieldError("service" if one.pointer.startswith("/services") else one.pointer, one.code, one.detail)
                for one in error.faults
            ]
        ) from None


def _slots(reading: Reading) -> bytes:
    """``SlotsOut``, joined from days that were encoded before: most of them did not change."""
    empty = SlotsOut(
        office=reading.state.rules.office.id, zone=str(reading.state.zone), minutes=reading.visit.minutes, items=()
    )
    days = (_encoded(day, reading.state.zone) for _, day in reading.days)
    return msgspec.json.encode(empty).removesuffix(b"]}") + b",".join(day for day in days if day) + b"]}"


def _sparse_slots(reading: Reading, fields: str) -> bytes:
    slots = [slot for _, day in reading.days for slot in _slots_of(day, reading.state.zone)]
    found = SlotsOut(
        office=reading.state.rules.office.id,
        zone=str(reading.state.zone),
        minutes=reading.visit.minutes,
        items=sparse.pick(slots, fields, SlotOut),
    )
    return msgspec.json.encode(found)


def _slots_of(day: FreeDay, zone: ZoneInfo) -> list[SlotOut]:
    return [SlotOut(start=datetime.fromtimestamp(start, zone), free=free) for start, free in day.starts]


def _encoded(day: FreeDay, zone: ZoneInfo) -> bytes:
    if day.encoded is None:
        day.encoded = msgspec.json.encode(_slots_of(day, zone))[1:-1]
    return day.encoded


def _answer(
    request: WireRequest, context: Context, asked: _Asked, days: tuple[date, date], reading: Reading, body: bytes
) -> Response[Any]:
    template = str(request.scope["path_template"])
    answer = Remembered(asked.office, *days, reading.stamp, reading.until, body, etag(body), template)
    if not asked.anyone:
        return respond(request, answer.body, etag=answer.etag, cache=PRIVATE, headers={"Vary": "Authorization"})
    context.answers.keep(request.scope["raw_path"], request.scope["query_string"], answer)
    return respond(request, answer.body, etag=answer.etag, cache=CACHE, headers={"Vary": "Authorization"})


async def _place(context: Context, slot: Slot, here: tuple[float, float] | None) -> PlaceOut:
    office = (await context.engine.rules(slot.office)).office
    return PlaceOut(
        office=slot.office,
        office_name=office.name,
        start=slot.start,
        end=slot.end,
        free=slot.free,
        metres=None if here is None else distance(here, office),
    )
