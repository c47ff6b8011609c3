"""What can go wrong with going on from where a phone was."""

from backend.errors import DomainError


class SyncExpired(DomainError):
    """Too old, another person's, or of a database that was restored since: begin anew without `since`."""

    slug, title, kind = "sync-expired", "From there nothing can be told any more: begin anew", "gone"
