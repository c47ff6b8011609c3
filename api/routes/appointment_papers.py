"""What a person takes along: the calendar entry and the pass."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from api.auth import citizen
from api.body import WireRequest
from api.context import Context
from api.declared import raises
from api.errors import NotAcceptable
from api.negotiation import preferred
from api.wire import JSON, Wire, etag, local, respond
from backend.appointments import passes, rules, service
from backend.appointments.calendar import Venue, ics
from backend.appointments.errors import AppointmentNotFound, AppointmentStateError
from backend.appointments.model import Actor, Appointment
from backend.catalogue.model import OfficeRules
from backend.identity import Citizen
from backend.identity.keys import load_keys

Format = Annotated[
    Literal["json", "svg", "png"] | None,
    QueryParameter(name="format", description="Instead of an `Accept` header."),
]
_PICTURES = {"image/svg+xml": "svg", "image/png": "png"}


class PassOut(Wire, frozen=True, kw_only=True):
    """A pass. Show `token` as a QR code, or load the picture that `qr` names."""

    token: Annotated[
        str, Meta(description="A JWS (EdDSA, `typ` `wartefrei-pass+jwt`), its key in `/.well-known/jwks.json`.")
    ]
    reference: str
    revision: Annotated[int, Meta(description="Grows when the appointment changes; the largest holds.")]
    expires_at: datetime
    qr: Annotated[str, Meta(description="Where the QR code is, as SVG.")]


class AppointmentPapersController(Controller):
    """Papers."""

    path = "/v1/appointments"
    tags = ("Appointments",)
    guards = (citizen,)

    @get(
        "/{appointment_id:uuid}/calendar.ics",
        operation_id="readCalendarEntry",
        summary="The appointment for a calendar",
        media_type="text/calendar",
        opt=raises(AppointmentNotFound, sends=("Content-Disposition",)),
    )
    async def calendar(
        self,
        request: WireRequest,
        appointment_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
    ) -> Response[bytes]:
        """An iCalendar file. It keeps its UID for life and counts changes in SEQUENCE: fetch it after each change."""
        appointment, office = await _find(context, caller, appointment_id)
        language = "en" if appointment.language == "en" else "de"
        services = [office.services[s] for s in appointment.service_ids if s in office.services]
        names = [service.texts.get(language, service.texts["de"])["name"] for service in services]
        bring = [document.get(language, document["de"]) for service in services for document in service.documents]
        found = ics(appointment, _venue(office, context), names or [office.office.name], list(dict.fromkeys(bring)))
        headers = {"Content-Disposition": 'attachment; filename="termin.ics"'}
        return respond(request, found, etag=etag(found), headers=headers, media_type="text/calendar")

    @get(
        "/{appointment_id:uuid}/pass",
        operation_id="readPass",
        summary="The pass, with its QR code",
        opt=raises(AppointmentNotFound, AppointmentStateError, NotAcceptable, also=tuple(_PICTURES)),
    )
    async def pass_(
        self,
        request: WireRequest,
        appointment_id: FromPath[UUID],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        wanted: Format = None,
    ) -> Response[PassOut]:
        """A signed token that a desk checks without a connection: as JSON, or as a QR code with `Accept: image/svg+xml`
        or `image/png`. There is one from the confirmation until the visit is over.
        """
        form = wanted or _accepted(request)
        appointment, office = await _find(context, caller, appointment_id)
        if appointment.place_id is None or appointment.state == "requested":
            possible = rules.possible(appointment.state, Actor("person", caller.person_id))
            raise AppointmentStateError(state=appointment.state, actions=[rules.spoken(a) for a in possible])
        issuer = context.settings.public_url.rstrip("/")
        claims = passes.claims_of(appointment, office.office.name, office.zone, issuer)
        token = passes.sign(claims, load_keys(context.settings.pass_signing_keys, "EdDSA")[0])
        tag, vary = etag(token, form), {"Vary": "Accept"}
        if form == "svg":
            return respond(request, passes.qr_svg(token), etag=tag, headers=vary, media_type="image/svg+xml")
        if form == "png":
            return respond(request, passes.qr_png(token), etag=tag, headers=vary, media_type="image/png")
        shown = PassOut(
            token=token,
            reference=appointment.reference,
            revision=claims.revision,
            expires_at=local(datetime.fromtimestamp(claims.exp, office.zone), office.zone),
            qr=f"/v1/appointments/{appointment_id}/pass?format=svg",
        )
        return respond(request, shown, etag=tag, headers=vary)


async def _find(context: Context, caller: Citizen, appointment_id: UUID) -> tuple[Appointment, OfficeRules]:
    async with context.database.transaction(caller.principal) as conn:
        appointment = await service.find(conn, caller.principal, appointment_id)
    return appointment, await context.engine.rules(appointment.office_id)


def _venue(rules: OfficeRules, context: Context) -> Venue:
    office = rules.office
    return Venue(
        name=office.name,
        address=f"{office.street}, {office.postcode} {office.town}",
        zone=rules.zone,
        url=context.settings.public_url,
        latitude=office.latitude,
        longitude=office.longitude,
    )


def _accepted(request: WireRequest) -> str:
    """The form that the ``Accept`` header prefers; JSON without a wish. Raises NotAcceptable for others."""
    found = preferred(request.headers.get("accept"), (JSON, *_PICTURES))
    if found is None:
        raise NotAcceptable
    return _PICTURES.get(found, "json")
