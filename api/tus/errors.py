"""What can be wrong with a request of tus. Statuses stand in ``api.problems``."""

from backend.errors import DomainError


class TusVersion(DomainError):
    """The header Tus-Resumable is missing or names another version than 1.0.0."""

    slug, title, kind = "tus-version-unsupported", "This version of tus is not spoken here", "stale"


class TusHeader(DomainError):
    """A header of tus is missing or malformed; ``header`` names it."""

    slug, title, kind = "tus-header-invalid", "A header of tus is missing or malformed", "invalid"


class TusContentType(DomainError):
    slug, title, kind = "tus-content-type", "The body must be application/offset+octet-stream", "invalid"


class ChecksumAlgorithm(DomainError):
    slug, title, kind = "checksum-algorithm-unknown", "This checksum algorithm is not known here", "invalid"
