"""What can go wrong with notices, devices and preferences."""

from backend.errors import DomainError


class NoticeNotFound(DomainError):
    slug, title, kind = "notice-not-found", "There is no such notice", "not_found"


class RecipientNotFound(DomainError):
    slug, title, kind = "person-not-found", "There is no such person", "not_found"


class PreferencesChanged(DomainError):
    """``current``: the version that the preferences have by now."""

    slug, title, kind = "preferences-changed", "The preferences have been changed in the meantime", "stale"
