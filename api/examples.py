"""Bodies to copy: one for each operation that wants a body and is called by an app."""

from typing import Any

_HOLD = "01985f3c-7a10-7c3e-9d21-5b0a4f6e8c11"
_OFFICE = "01985f3c-0a10-7000-8000-000000000101"
_SERVICE = "01985f3c-0a10-7000-8000-000000000201"

BODIES: dict[str, dict[str, Any]] = {
    "beginGuestSession": {"installationId": "5f1c0d0e-2a55-4c0e-8a53-0d6f6d2c9b11"},
    "refreshSession": {"refreshToken": "the refresh token of the last answer"},
    "linkIdentity": {"identityToken": "an access token of the identity provider"},
    "holdPlace": {
        "office": _OFFICE,
        "services": [{"service": _SERVICE, "persons": 1}],
        "start": "2026-12-01T09:00:00+01:00",
    },
    "bookAppointment": {
        "hold": _HOLD,
        "person": {"name": "Erika Mustermann", "dateOfBirth": "1964-08-12"},
        "contact": {"email": "erika@example.org"},
        "note": "Kinderwagen",
    },
    "declareUpload": {
        "name": "Wohnungsgeberbestaetigung.pdf",
        "size": 48211,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "purpose": "residence-confirmation",
    },
    "beginDraft": {
        "id": "01985f3c-7a10-7c3e-9d21-5b0a4f6e8c21",
        "form": "0193a000-0005-7000-8000-000000000003",
        "version": 1,
        "answers": {"category": "litter", "district": "erle"},
    },
    "changeDraft": {"answers": {"description": "Ein Sofa am Waldrand.", "place": None}},
    "migrateDraft": {"dryRun": True},
    "askForConfirmation": {"kind": "landlord"},
    "answerConfirmation": {"confirmed": True, "name": "Vera Vermieterin"},
    "submitDraft": {},
    "answerCase": {"answers": {"vehicle": {"weight": 1800}}},
    "withdrawCase": {"reason": "hat sich erledigt"},
    "assignCase": {"assignee": None},
    "requestInfo": {
        "message": "Der Fahrzeugschein ist unleserlich.",
        "fields": ["/vehicle/registration"],
        "due": "2026-12-15T12:00:00+01:00",
    },
    "approveCase": {},
    "rejectCase": {"reason": "Die Adresse liegt in keiner Parkzone."},
    "addCaseNote": {"text": "Halter anrufen"},
    "rescheduleAppointment": {"hold": _HOLD},
    "cancelAppointment": {"reason": "krank"},
    "publishAnnouncement": {
        "district": "buer",
        "texts": {"de": {"title": "Straßenfest am Samstag", "body": "Die Hochstraße ist von 8 bis 22 Uhr gesperrt."}},
    },
    "registerDevice": {"fcmToken": "the token that FCM gave the app", "platform": "android", "language": "de"},
    "markInboxRead": {"upTo": _HOLD},
    "replacePreferences": {
        "language": "de",
        "kinds": {"announcements": {"push": False}},
        "quietHours": {"start": "21:00", "end": "07:00"},
        "subscriptions": {"city": "gelsenkirchen", "district": "buer", "topics": ["abfall"]},
    },
    "joinWaitingList": {
        "city": "gelsenkirchen",
        "mode": "none",
        "services": [{"service": _SERVICE, "persons": 1}],
        "weekdays": [1, 2, 3],
        "times": [{"from": "08:00", "until": "12:00"}],
    },
    "acceptOffer": {"person": {"name": "Erika Mustermann"}, "contact": {"email": "erika@example.org"}},
    "declineOffer": {},
}
"""The ids show the form only: take real ones from the catalogue and from earlier answers."""
