"""What can be wrong with a key that was used before."""

from backend.errors import DomainError


class KeyInFlight(DomainError):
    slug, title, kind = "idempotency-in-flight", "The first request with this key is still running", "busy"


class KeyReused(DomainError):
    slug, title, kind = "idempotency-key-reused", "This key was used with another request", "invalid"
