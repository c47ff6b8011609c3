"""What people may do about themselves."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, Response, delete, get, patch
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from api.auth import citizen
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.structs.export import ExportOut, export_out
from api.wire import Wire, etag, respond
from backend.identity import Citizen, people
from backend.identity.errors import LiveAppointments, PersonNotFound
from backend.identity.model import Person

Language = Annotated[Literal["de", "en"], Meta(description="In which notices are written.")]


class MeIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person may change."""

    language: Language


class MeOut(Wire, frozen=True, kw_only=True):
    """The person who asks."""

    id: UUID
    kind: Annotated[Literal["guest", "identity"], Meta(description="Whether an identity is linked.")]
    language: Language
    created_at: datetime


class MeController(Controller):
    """The person who asks."""

    path = "/v1/me"
    tags = ("Me",)
    guards = (citizen,)

    @get("/", operation_id="readMe", opt=raises(PersonNotFound), summary="Who am I")
    async def read(
        self, request: WireRequest, caller: NamedDependency[Citizen], context: NamedDependency[Context]
    ) -> Response[MeOut]:
        """The person of the token."""
        return _answer(request, await people.find(context.database, caller))

    @patch("/", operation_id="changeMe", opt=raises(PersonNotFound), summary="Set the language")
    async def change(
        self,
        request: WireRequest,
        data: JSONBody[MeIn],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
    ) -> Response[MeOut]:
        """Notices come in this language from now on; what is booked keeps the one it was booked in."""
        return _answer(request, await people.set_language(context.database, caller, data.language))

    @delete("/", operation_id="deleteMe", opt=raises(PersonNotFound, LiveAppointments), summary="Be forgotten")
    async def erase(
        self, caller: NamedDependency[Citizen], context: NamedDependency[Context], now: NamedDependency[datetime]
    ) -> None:
        """Erases name and contact, ends every session. Refused while appointments live: cancel them first."""
        await people.erase(context.database, caller, now)
        context.callers.forget(caller)

    @get(
        "/export",
        operation_id="exportMe",
        opt=raises(PersonNotFound, always_served=True, sends=("Content-Disposition",)),
        summary="Take everything along",
    )
    async def export(
        self, request: WireRequest, caller: NamedDependency[Citizen], context: NamedDependency[Context]
    ) -> Response[ExportOut]:
        """Everything kept about the person, record by record, as it is stored; times are in UTC."""
        found = export_out(await people.export(context.database, caller))
        headers = {"Content-Disposition": 'attachment; filename="wartefrei-export.json"'}
        return respond(request, found, headers=headers)


def _answer(request: WireRequest, person: Person) -> Response[MeOut]:
    shown = MeOut(
        id=person.id,
        kind="guest" if person.issuer is None else "identity",
        language="en" if person.language == "en" else "de",
        created_at=person.created_at,
    )
    return respond(request, shown, etag=etag(shown.id, shown.kind, shown.language))
