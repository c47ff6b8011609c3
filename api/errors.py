"""What can be wrong with a request before any rule of the city is asked. Statuses stand in ``api.problems``."""

from typing import Any

from backend.errors import DomainError


class RouteNotFound(DomainError):
    slug, title, kind = "not-found", "There is nothing at this address", "not_found"


class MethodNotAllowed(DomainError):
    slug, title, kind = "method-not-allowed", "This address does not know this method", "invalid"


class NotAcceptable(DomainError):
    slug, title, kind = "not-acceptable", "There is no representation of the wanted kind", "invalid"


class MalformedRequest(DomainError):
    slug, title, kind = "malformed-request", "The request could not be read", "invalid"


class MalformedJson(DomainError):
    slug, title, kind = "malformed-json", "The body is not valid JSON in UTF-8", "invalid"


class JsonTooDeep(DomainError):
    slug, title, kind = "json-too-deep", "The JSON is nested too deeply", "invalid"


class BodyTooLarge(DomainError):
    slug, title, kind = "body-too-large", "The body is too large", "invalid"


class BodyIncomplete(DomainError):
    """It took too long: repeat the request. Of an upload by tus what had come is kept, unless there was a checksum."""

    slug, title, kind = "body-incomplete", "The body did not come to its end", "invalid"


class AddressTooLong(DomainError):
    slug, title, kind = "address-too-long", "The address is too long", "invalid"


class HeadersTooLarge(DomainError):
    slug, title, kind = "headers-too-large", "The headers are too large", "invalid"


class AppOutdated(DomainError):
    """``platform``, ``minimum``, ``store``: where the new version is, null where nobody said so."""

    slug, title, kind = "app-outdated", "This version of the app is too old", "forbidden"

    def __init__(self, **details: Any) -> None:
        super().__init__("Please update the app. What must never fail, such as cancelling, still works.", **details)


class UnsupportedMediaType(DomainError):
    slug, title, kind = "unsupported-media-type", "The body must be application/json", "invalid"


class RateLimited(DomainError):
    """``retry_after_seconds``: when a request will be accepted again."""

    slug, title, kind = "rate-limited", "Too many requests", "busy"


class TooManyStreams(DomainError):
    """As many event streams are open as one caller, one address or this process may have: close one, or poll."""

    slug, title, kind = "too-many-streams", "Too many event streams are open", "busy"


class KeyMissing(DomainError):
    slug, title, kind = "idempotency-key-missing", "The header Idempotency-Key is missing", "invalid"


class KeyMalformed(DomainError):
    slug, title, kind = (
        "idempotency-key-malformed",
        "The Idempotency-Key must be 1 to 255 visible ASCII characters",
        "invalid",
    )


class Unavailable(DomainError):
    slug, title, kind = "temporarily-unavailable", "The service is not available at this moment", "busy"


class Internal(DomainError):
    """``request``: the id under which the cause was written to the log."""

    slug, title, kind = "internal-error", "Something went wrong on our side", "busy"
