"""What can go wrong with cases. Details are ids, states and times."""

from backend.errors import DomainError


class CaseNotFound(DomainError):
    slug, title, kind = "case-not-found", "There is no such case", "not_found"


class CaseChanged(DomainError):
    """``current``: the version, state and assignee that the case has by now."""

    slug, title, kind = "case-changed", "The case has been changed in the meantime", "stale"


class CaseStateError(DomainError):
    """``state`` and ``actions``: the current state, and what is possible in it."""

    slug, title, kind = "case-state", "The case's state does not allow this", "conflict"


class SecondClerkNeeded(DomainError):
    slug, title, kind = "second-clerk-needed", "Another clerk has to agree to this decision", "conflict"
