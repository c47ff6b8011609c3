"""Bodies to copy, by operation. One that is not here shows what its schema requires."""

from typing import Any

from api.openapi.example_values import APPOINTMENT, COUNTER, DRAFT, FORM, OFFICE, SERVICE, SHA256

BODIES: dict[str, dict[str, Any]] = {
    "beginGuestSession": {"installationId": "5f1c0d0e-2a55-4c0e-8a53-0d6f6d2c9b11"},
    "refreshSession": {"refreshToken": "the refresh token of the last answer"},
    "linkIdentity": {"identityToken": "an access token of the identity provider"},
    "holdPlace": {
        "office": OFFICE,
        "services": [{"service": SERVICE, "persons": 1}],
        "start": "2026-12-01T09:00:00+01:00",
    },
    "bookAppointment": {
        "hold": APPOINTMENT,
        "person": {"name": "Erika Mustermann", "dateOfBirth": "1964-08-12"},
        "contact": {"email": "erika@example.org"},
        "note": "Kinderwagen",
    },
    "declareUpload": {
        "name": "Wohnungsgeberbestaetigung.pdf",
        "size": 48211,
        "sha256": SHA256,
        "purpose": "residence-confirmation",
    },
    "beginDraft": {
        "id": DRAFT,
        "form": FORM,
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
    "replayWebhook": {"since": "2026-11-20T10:12:00+01:00"},
    "requestInfo": {
        "message": "Der Fahrzeugschein ist unleserlich.",
        "fields": ["/vehicle/registration"],
        "due": "2026-12-15T12:00:00+01:00",
    },
    "approveCase": {},
    "rejectCase": {"reason": "Die Adresse liegt in keiner Parkzone."},
    "addCaseNote": {"text": "Halter anrufen"},
    "rescheduleAppointment": {"hold": APPOINTMENT},
    "changeContact": {"contact": {"phone": "+49 209 1690"}, "note": "Kinderwagen"},
    "changeMe": {"language": "de"},
    "bookAsClerk": {
        "office": OFFICE,
        "services": [{"service": SERVICE, "persons": 1}],
        "person": {"name": "Erika Mustermann"},
        "contact": {"phone": "+49 209 1690"},
    },
    "lookUpAppointment": {"reference": "GE-7K4M-92XZ"},
    "moveAppointment": {"start": "2026-12-02T10:00:00+01:00"},
    "rejectAppointment": {"reason": "An diesem Tag nicht möglich."},
    "cancelAsClerk": {"reason": "Die Stelle bleibt geschlossen."},
    "addClosure": {
        "counter": COUNTER,
        "start": "2027-12-24T00:00:00+01:00",
        "end": "2027-12-25T00:00:00+01:00",
        "reason": {"de": "Betriebsausflug", "en": "Works outing"},
    },
    "changeOpeningHours": {"rules": [{"weekday": 2, "opens": "08:00", "closes": "12:00"}], "acceptStranded": False},
    "cancelAppointment": {"reason": "krank"},
    "publishAnnouncement": {
        "district": "buer",
        "texts": {"de": {"title": "Straßenfest am Samstag", "body": "Die Hochstraße ist von 8 bis 22 Uhr gesperrt."}},
    },
    "registerDevice": {
        "fcmToken": "fGz1xK9LQv2:APA91bE-the-token-that-FCM-gave-the-app",
        "platform": "android",
        "language": "de",
    },
    "markInboxRead": {"upTo": APPOINTMENT},
    "replacePreferences": {
        "language": "de",
        "kinds": {"announcements": {"push": False}},
        "quietHours": {"start": "21:00", "end": "07:00"},
        "subscriptions": {"city": "gelsenkirchen", "district": "buer", "topics": ["abfall"]},
    },
    "joinWaitingList": {
        "city": "gelsenkirchen",
        "mode": "none",
        "services": [{"service": SERVICE, "persons": 1}],
        "weekdays": [1, 2, 3],
        "times": [{"from": "08:00", "until": "12:00"}],
    },
    "acceptOffer": {"person": {"name": "Erika Mustermann"}, "contact": {"email": "erika@example.org"}},
    "declineOffer": {},
}
"""Offices, services and forms are those of the demo city; of other ids take those of earlier answers."""
