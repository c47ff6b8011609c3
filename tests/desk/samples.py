"""An appointment as it stands in the database, for tests that need none."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from backend.appointments.model import Appointment
from backend.availability.model import Wanted
from backend.ids import new_id

BERLIN = ZoneInfo("Europe/Berlin")
SERVICE = UUID("019a0000-0000-7000-8000-000000000001")
OFFICE = UUID("019a0000-0000-7000-8000-000000000002")
START = datetime(2026, 12, 3, 9, 30, tzinfo=UTC)


def appointment(**changes: Any) -> Appointment:
    """Thirty minutes for one person, confirmed; ``starts_at`` moves its end along."""
    identity = new_id()
    starts_at: datetime = changes.get("starts_at", START)
    plain = Appointment(
        id=identity,
        city_id="gelsenkirchen",
        office_id=OFFICE,
        counter_id=new_id(),
        place_id=identity,
        person_id=new_id(),
        device_id=None,
        reference="GE-7K4M-92XQ",
        state="confirmed",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
        services=(Wanted(SERVICE, 1),),
        service_ids=(SERVICE,),
        confirmation="automatic",
        name="Erika Mustermann",
        date_of_birth=None,
        email="erika@example.org",
        phone="+49 209 1690",
        note="Ich komme mit Kinderwagen",
        language="de",
        reason=None,
        channel="app",
        sequence=0,
        version=1,
        created_at=datetime(2026, 11, 1, 8, 0, tzinfo=UTC),
        updated_at=datetime(2026, 11, 1, 8, 0, tzinfo=UTC),
    )
    return msgspec.structs.replace(plain, **changes)
