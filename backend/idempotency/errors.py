"""What can be wrong with a key that was used before."""

from backend.errors import DomainError


class KeyInFlight(DomainError):
    slug, title, kind = "idempotency-in-flight", "The first request with this key is still running", "busy"


class KeyReused(DomainError):
    slug, title, kind = "idempotency-key-reused", "This key was used with another request", "invalid"


class AnswerErased(DomainError):
    """It was about somebody who has been forgotten since. What was asked for had been done, and is not done again."""

    slug, title, kind = "idempotency-answer-erased", "The answer was about somebody who has been forgotten", "gone"
