"""What clerks send, and what comes of a pass or reference that is shown to them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from api.desk_forms import ClerkAppointmentOut
from api.wire import Wire

Reason = Annotated[str, Meta(max_length=500, description="The person reads it.")]
Text = Annotated[str, Meta(max_length=2000)]


class StepIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step; most need nothing else."""

    reason: Reason | None = None


class MoveIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another time at the same office: any minute within the opening hours."""

    start: datetime
    counter: Annotated[UUID, Meta(description="Only this counter; the first free one if it is missing.")] | None = None


class BookedIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service, for how many persons."""

    service: UUID
    persons: Annotated[int, Meta(ge=1, le=20)] = 1


class DeskPersonIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who comes."""

    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
    date_of_birth: date | None = None


class DeskContactIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to reach them."""

    email: Annotated[str, Meta(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    phone: Annotated[str, Meta(min_length=3, max_length=40, pattern=r"^[+0-9()/\s.-]+$")] | None = None


class WalkInIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A booking for somebody at the desk or on the telephone."""

    office: Annotated[str, Meta(min_length=1, max_length=100, description="Id or slug.")]
    services: Annotated[list[BookedIn], Meta(min_length=1, max_length=20)]
    person: DeskPersonIn
    contact: DeskContactIn = DeskContactIn()
    note: Text = ""
    language: Literal["de", "en"] = "de"
    channel: Literal["walk_in", "phone"] = "walk_in"
    start: Annotated[datetime, Meta(description="The next free place today if it is missing.")] | None = None


class LookupIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody shows or reads out: one of the two."""

    reference: Annotated[str, Meta(max_length=40, description="However it is written.")] | None = None
    pass_: Annotated[str, Meta(max_length=8192, description="The text of a scanned pass.")] | None = msgspec.field(
        default=None, name="pass"
    )


class ShownPassOut(Wire, frozen=True, kw_only=True):
    """What came of the pass."""

    revision: int
    current: Annotated[bool, Meta(description="False: it says another time or office than is booked by now.")]


class FoundOut(Wire, frozen=True, kw_only=True):
    """The appointment, and what came of the pass if one was shown."""

    appointment: ClerkAppointmentOut
    pass_: ShownPassOut | None = msgspec.field(default=None, name="pass")
