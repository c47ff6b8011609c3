"""What can go wrong with holds and appointments. Details are shown to callers as they are: ids and times."""

from backend.errors import DomainError
from backend.idempotency.errors import KeyInFlight as KeyInFlight
from backend.idempotency.errors import KeyReused as KeyReused


class SlotTaken(DomainError):
    """``alternatives``: up to three nearest free slots {office, start, end, free}."""

    slug, title, kind = "slot-taken", "This slot has just been taken", "conflict"


class HoldExists(DomainError):
    """``hold``: the id of the live hold, when it is the caller's own."""

    slug, title, kind = "hold-exists", "There is a live hold already", "conflict"


class HoldNotFound(DomainError):
    slug, title, kind = "hold-not-found", "There is no such hold", "not_found"


class HoldExpired(DomainError):
    slug, title, kind = "hold-expired", "The hold has run out", "gone"


class HoldBooked(DomainError):
    """``appointment``: the id of what the hold became, or of what was moved to it."""

    slug, title, kind = "hold-booked", "The hold has been used already", "conflict"


class HoldDiffers(DomainError):
    slug, title, kind = (
        "hold-differs",
        "The hold is for other services or another city than the appointment",
        "conflict",
    )


class AppointmentLimit(DomainError):
    """``service``: the one that the person or device has too many live appointments for; ``limit`` and ``count`` say
    how many there may be and are, ``live`` names those that are the person's own."""

    slug, title, kind = "appointment-limit", "There are too many live appointments for this service", "conflict"


class AppointmentNotFound(DomainError):
    slug, title, kind = "appointment-not-found", "There is no such appointment", "not_found"


class AppointmentStateError(DomainError):
    """``state`` and ``actions``: the current state, and what is possible in it."""

    slug, title, kind = "appointment-state", "The appointment's state does not allow this", "conflict"


class AppointmentChanged(DomainError):
    """``current``: the version and state that the appointment has by now."""

    slug, title, kind = "appointment-changed", "The appointment has been changed in the meantime", "stale"


class TooEarly(DomainError):
    """``from``: the instant from which it is possible."""

    slug, title, kind = "appointment-too-early", "It is too early for this", "conflict"


class TooLate(DomainError):
    """``until``: the instant until which it was possible."""

    slug, title, kind = "appointment-too-late", "It is too late for this", "conflict"


class RulesChanging(DomainError):
    slug, title, kind = "rules-changing", "The office's rules are being changed at this moment", "busy"


class PassInvalid(DomainError):
    slug, title, kind = "pass-invalid", "This is not a genuine pass", "invalid"


class PassExpired(DomainError):
    slug, title, kind = "pass-expired", "The pass has run out: its day is over", "gone"
