"""What the database itself says about who asks."""

from backend.errors import DomainError

ACTS_NO_MORE = "WF401"
"""The SQLSTATE of ``check_person``: the person became another's, or was forgotten, since their session was read."""


class PersonActsNoMore(DomainError):
    """Refresh the token: the session may be another person's by now, or over."""

    slug, title, kind = "token-expired", "The token has expired", "unauthenticated"
