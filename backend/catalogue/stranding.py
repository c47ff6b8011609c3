"""Which live appointments a change of rules would leave at a counter that is closed for them. Pure."""

from collections.abc import Iterable, Mapping
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from backend.catalogue.calendar import open_throughout
from backend.catalogue.model import LiveAppointment, OfficeRules

Reason = Literal["counter-retired", "service-withdrawn", "closed"]


class Stranded(Struct, frozen=True):
    """An appointment that was in order before a change and would not be after it, and why."""

    appointment: LiveAppointment
    reason: Reason
    zone: str

    def details(self) -> dict[str, str]:
        """For an error or a list: ids, reference and times with the office's offset; nothing about the person."""
        zone = ZoneInfo(self.zone)
        return {
            "id": str(self.appointment.id),
            "reference": self.appointment.reference,
            "office": str(self.appointment.office_id),
            "counter": str(self.appointment.counter_id),
            "start": self.appointment.starts_at.astimezone(zone).isoformat(),
            "end": self.appointment.ends_at.astimezone(zone).isoformat(),
            "reason": self.reason,
        }


def stranded(
    before: Mapping[UUID, OfficeRules], after: Mapping[UUID, OfficeRules], live: Iterable[LiveAppointment]
) -> list[Stranded]:
    """Of ``live``, those that the change from ``before`` to ``after`` strands; rules by office id.

    An appointment that lay outside of the rules already (a clerk may book so) is not stranded by a change.
    """
    found: list[Stranded] = []
    for appointment in live:
        old, new = before.get(appointment.office_id), after.get(appointment.office_id)
        if old is None or old == new or obstacle(old, appointment) is not None:
            continue
        reason = "counter-retired" if new is None else obstacle(new, appointment)
        if reason is not None:
            found.append(Stranded(appointment, reason, old.office.zone))
    return found


def obstacle(rules: OfficeRules, appointment: LiveAppointment) -> Reason | None:
    """Why the appointment cannot take place under the rules; None when it can."""
    counter = next((c for c in rules.counters if c.id == appointment.counter_id), None)
    if counter is None:
        return "counter-retired"
    if not counter.service_ids.issuperset(appointment.service_ids):
        return "service-withdrawn"
    if not open_throughout(rules, counter, appointment.starts_at, appointment.ends_at):
        return "closed"
    return None
