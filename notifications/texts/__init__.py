"""What a push says: a generic text by kind and language, with nothing about the person in it."""

_TEXTS: dict[str, dict[str, tuple[str, str]]] = {
    "de": {
        "appointment.requested": ("Terminanfrage eingegangen", "Wir prüfen Ihre Anfrage."),
        "appointment.confirmed": ("Termin bestätigt", "Öffnen Sie die App für die Einzelheiten."),
        "appointment.rejected": ("Terminanfrage abgelehnt", "Öffnen Sie die App für den Grund."),
        "appointment.rescheduled": ("Termin verschoben", "Öffnen Sie die App für die neue Zeit."),
        "appointment.cancelled": ("Termin abgesagt", "Öffnen Sie die App, um neu zu buchen."),
        "appointment.called": ("Sie sind an der Reihe", "Öffnen Sie die App: Dort steht Ihr Schalter."),
        "appointment.reminder": ("Erinnerung an Ihren Termin", "Öffnen Sie die App für die Einzelheiten."),
        "draft.expiring": ("Ein Entwurf läuft bald ab", "Öffnen Sie die App, um weiterzumachen."),
        "draft.confirmed": ("Bestätigung eingegangen", "Öffnen Sie die App, um einzureichen."),
        "draft.refused": ("Bestätigung abgelehnt", "Öffnen Sie die App für die Einzelheiten."),
        "": ("Neue Mitteilung", "Öffnen Sie die App."),
    },
    "en": {
        "appointment.requested": ("Appointment requested", "We are looking at your request."),
        "appointment.confirmed": ("Appointment confirmed", "Open the app for details."),
        "appointment.rejected": ("Request declined", "Open the app for the reason."),
        "appointment.rescheduled": ("Appointment moved", "Open the app for the new time."),
        "appointment.cancelled": ("Appointment cancelled", "Open the app to book again."),
        "appointment.called": ("It is your turn", "Open the app: it shows your counter."),
        "appointment.reminder": ("Reminder of your appointment", "Open the app for details."),
        "draft.expiring": ("A draft is about to run out", "Open the app to go on with it."),
        "draft.confirmed": ("Somebody has confirmed", "Open the app to hand in your form."),
        "draft.refused": ("Somebody has declined to confirm", "Open the app for details."),
        "": ("New message", "Open the app."),
    },
}


def push_text(kind: str, language: str) -> tuple[str, str]:
    """Title and body; another language than de and en reads English, an unknown kind a text that fits all."""
    texts = _TEXTS.get(language.split("-", 1)[0].lower(), _TEXTS["en"])
    return texts.get(kind, texts[""])
