"""What the sandbox's clock may refuse."""

from backend.errors import DomainError


class ClockOfSandbox(DomainError):
    """Whoever has anything in a real city keeps its time: begin another guest session for the sandbox."""

    slug, title, kind = "clock-not-yours", "Only a person of the sandbox can move its clock", "conflict"


class ClockBlocked(DomainError):
    """Something else stands at the time to which an appointment would move: choose another number of minutes."""

    slug, title, kind = "clock-blocked", "Another appointment is in the way", "conflict"
