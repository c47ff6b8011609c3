"""What the sandbox's clock may refuse."""

from backend.errors import DomainError


class ClockOfSandbox(DomainError):
    """Whoever has anything in a real city keeps its time: begin another guest session for the sandbox."""

    slug, title, kind = "clock-not-yours", "Only a person of the sandbox can move its clock", "conflict"


class ClockBlocked(DomainError):
    """Something else stands at the time to which an appointment would move: choose another number of minutes."""

    slug, title, kind = "clock-blocked", "Another appointment is in the way", "conflict"


class SandboxAnswerUnknown(DomainError):
    """`values`: what the header may ask for. Without a test key it is not looked at."""

    slug, title, kind = "sandbox-answer-unknown", "The sandbox knows no such answer", "invalid"
