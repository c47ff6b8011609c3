"""An appointment as one request sees it: at its time, in its language, under the tag of its version."""

from datetime import datetime
from typing import Any

from litestar import Response

from api.body import WireRequest
from api.context import Context
from api.problems import header
from api.structs.appointment import AppointmentOut, appointment_out
from api.texts import Language, language_of
from api.wire import respond
from backend.appointments.model import Appointment


class AppointmentView:
    """One per request of a person."""

    def __init__(self, request: WireRequest, context: Context, now: datetime) -> None:
        self._request, self._context, self._now = request, context, now
        self.language: Language = language_of(header(request.scope, b"accept-language"))

    def known(self, one: Appointment) -> AppointmentOut:
        """For an office that the engine has just worked with."""
        return appointment_out(one, self._context.engine.known_rules(one.office_id), self._now, self.language)

    async def of(self, one: Appointment) -> AppointmentOut:
        """What is shown."""
        rules = await self._context.engine.rules(one.office_id)
        return appointment_out(one, rules, self._now, self.language)

    async def answer(self, one: Appointment) -> Response[Any]:
        """The tag is the version alone, so that it can stand in If-Match: it stands for what was to be said when that
        version was made, in the person's language. Whoever would read something else by now is never told 304."""
        shown, rules = await self.of(one), self._context.engine.known_rules(one.office_id)
        made = appointment_out(one, rules, one.updated_at, language_of(one.language))
        headers = {"Vary": "Accept-Language"}
        return respond(self._request, shown, etag=f'"{one.version}"', headers=headers, says_more=shown != made)
