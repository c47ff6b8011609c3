"""Made-up notices, for looking at texts: one of each kind, with everything that a text may name or with the least."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.notices.kinds import ANNOUNCEMENT
from backend.notices.model import Facts, OfficeFacts

SUBJECT = UUID("0193a000-0000-7000-8000-000000000001")
FACTS = Facts(
    reference="GE-7K4M-92XQ",
    counter="Schalter 3",
    services=({"de": {"name": "Personalausweis"}, "en": {"name": "Identity card"}},),
    bring=({"de": "Bisheriger Ausweis", "en": "Your old card"}, {"de": "Biometrisches Foto", "en": "Biometric photo"}),
    office=OfficeFacts(
        id=SUBJECT,
        city="gelsenkirchen",
        city_name="Gelsenkirchen",
        name="Bürgercenter",
        zone="Europe/Berlin",
        address="Ebertstraße 11, 45879 Gelsenkirchen",
    ),
)
_DATA: Mapping[str, Any] = {
    "startsAt": "2026-12-01T08:00:00+00:00",
    "until": "2026-12-01T08:15:00+00:00",
    "reason": "Zu wenig Personal",
    "title": {"de": "Hund anmelden", "en": "Register a dog"},
    "name": "ausweis.jpg",
    "reference": "GE-4H2P-77KD",
}
_NEWS = {"de": {"title": "Straßenfest", "body": "Am Samstag."}, "en": {"title": "Fair", "body": "On Saturday."}}


def data(kind: str, *, by: str = "clerk", short: bool = False) -> dict[str, Any]:
    """What a notice of the kind carries. ``short``: without reason and other things that are not always there."""
    if kind == ANNOUNCEMENT:
        return {"texts": _NEWS}
    wanted = ("startsAt", "title", "name") if short else tuple(_DATA)
    return {"by": by, **{name: _DATA[name] for name in wanted}}
