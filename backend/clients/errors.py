"""What can be wrong with a client and its key. No text says more of a key than its bearer could know."""

from backend.errors import DomainError


class ClientKeyInvalid(DomainError):
    """Not a key of ours, or one that was revoked or has run out. Leave the header away, or ask for another key."""

    slug, title, kind = "client-key-invalid", "The client key is not valid", "unauthenticated"


class ClientKeyRequired(DomainError):
    """Send the header `Client-Key`: a sandbox wants a test key, and a city may want a live one."""

    slug, title, kind = "client-key-required", "A client key is required", "unauthenticated"


class ClientKeyNotForCity(DomainError):
    """Test keys work in a sandbox and nowhere else, live keys in the cities that they were made for."""

    slug, title, kind = "client-key-not-for-city", "This client key is not for this city", "forbidden"


class ClientScopeMissing(DomainError):
    """`scope`: what the client would have to be allowed. An administrator of the city can allow it."""

    slug, title, kind = "client-scope-missing", "This client is not allowed to do this", "forbidden"


class ClientNotFound(DomainError):
    """A client of other cities looks like one that does not exist."""

    slug, title, kind = "client-not-found", "There is no such client", "not_found"


class ClientKeyNotFound(DomainError):
    slug, title, kind = "client-key-not-found", "There is no such client key", "not_found"


class TooManyKeys(DomainError):
    """Two keys of an environment are good at a time: revoke one first, or wait until it has run out."""

    slug, title, kind = "too-many-client-keys", "Two keys are good already", "conflict"


class ClientsOff(DomainError):
    """The installation has no `CLIENT_SECRETS`, without which no key can be made."""

    slug, title, kind = "client-keys-off", "This installation makes no client keys", "conflict"
