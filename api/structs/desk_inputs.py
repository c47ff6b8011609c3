"""What clerks send, and what comes of a pass or reference that is shown to them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from api.structs.desk import ClerkAppointmentOut
from api.structs.visit import ContactIn, Note, PersonIn, WantedIn
from api.wire import TEXT, Wire

Reason = Annotated[str, Meta(max_length=500, pattern=TEXT, description="The person reads it.")]


class StepIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step; most need nothing else."""

    reason: Reason | None = None


class CallNextIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose turn it is."""

    counter: Annotated[UUID | None, Meta(description="Only who waits for this counter; any if it is missing.")] = None


class MoveIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another time at the same office: any minute within the opening hours."""

    start: Annotated[datetime, Meta(tz=True)]
    counter: Annotated[UUID, Meta(description="Only this counter; the first free one if it is missing.")] | None = None


class WalkInIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A booking for somebody at the desk or on the telephone."""

    office: Annotated[str, Meta(min_length=1, max_length=100, description="Id or slug.")]
    services: Annotated[list[WantedIn], Meta(min_length=1, max_length=20)]
    person: PersonIn
    contact: ContactIn = ContactIn()
    note: Note = ""
    language: Literal["de", "en"] = "de"
    channel: Literal["walk_in", "phone"] = "walk_in"
    start: Annotated[datetime, Meta(tz=True, description="The next free place today if it is missing.")] | None = None


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
