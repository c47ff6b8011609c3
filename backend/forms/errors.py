"""What can go wrong with forms, drafts and confirmations. Details are the caller's own data, ids and times."""

from backend.errors import DomainError


class FormNotFound(DomainError):
    slug, title, kind = "form-not-found", "There is no such form", "not_found"


class FormRetired(DomainError):
    """``newest``: the version to begin with instead, null where the form is not offered any more."""

    slug, title, kind = "form-retired", "This version of the form is not offered any more", "gone"


class DraftNotFound(DomainError):
    slug, title, kind = "draft-not-found", "There is no such draft", "not_found"


class DraftIdTaken(DomainError):
    slug, title, kind = "draft-id-taken", "This id is taken: choose another one", "conflict"


class DraftExpired(DomainError):
    slug, title, kind = "draft-expired", "The draft has run out", "gone"


class DraftSubmitted(DomainError):
    """``case``: the id of what the draft became."""

    slug, title, kind = "draft-submitted", "The draft has been handed in", "gone"


class DraftChanged(DomainError):
    """``current``: the draft as it is by now."""

    slug, title, kind = "draft-changed", "The draft has been changed in the meantime", "stale"


class DraftLimit(DomainError):
    slug, title, kind = "draft-limit", "There are too many drafts: hand in or discard one first", "conflict"


class RevisionMissing(DomainError):
    slug, title, kind = "precondition-required", "The header If-Match is missing", "invalid"


class ConfirmationNotOffered(DomainError):
    slug, title, kind = "confirmation-not-offered", "This form has no such confirmation", "not_found"


class ConfirmationNotFound(DomainError):
    slug, title, kind = "confirmation-not-found", "There is no such confirmation", "not_found"


class ConfirmationOver(DomainError):
    slug, title, kind = "confirmation-over", "This link does not work any more", "gone"


class ConfirmationUsed(DomainError):
    slug, title, kind = "confirmation-used", "This link has been used already", "gone"
