"""The appointment that a form goes with."""

from uuid import UUID

from backend.db import Connection
from backend.errors import FieldError, InvalidInput
from backend.forms import queries
from backend.forms.content import Content
from backend.forms.model import Draft, Visit

_UNKNOWN = FieldError("/appointment", "unknown", "There is no such appointment for this form")


async def find_visit(conn: Connection, content: Content, appointment_id: UUID | None, person_id: UUID) -> Visit | None:
    """The appointment that is named; raises InvalidInput where the form takes none, or it is another's or over."""
    if appointment_id is None:
        return None
    found = None if content.appointment == "none" else await queries.find_visit(conn, appointment_id, person_id)
    if found is None or found.city_id != content.city:
        raise InvalidInput([_UNKNOWN])
    return found


async def faults(conn: Connection, content: Content, draft: Draft) -> list[FieldError]:
    """What stands in the way of handing in, at ``/appointment``: none is named that is owed, or it does not count."""
    owed = content.appointment == "required"
    if draft.appointment_id is None:
        return [FieldError("/appointment", "required", "This form goes with an appointment")] if owed else []
    visit = await queries.find_visit(conn, draft.appointment_id, draft.person_id)
    if visit is None:
        return [_UNKNOWN]
    if owed and visit.state == "requested":
        return [FieldError("/appointment", "not-confirmed", "The appointment is not confirmed yet")]
    return []
