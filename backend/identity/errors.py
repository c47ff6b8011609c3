"""What can be wrong with who is asking. No text says more about a token than its bearer could know."""

from backend.errors import DomainError


class AuthenticationRequired(DomainError):
    """The route wants a bearer token and there is none."""

    slug, title, kind = "authentication-required", "A token is required", "unauthenticated"


class TokenInvalid(DomainError):
    """Not a token of ours or of a configured issuer; why is nobody's business."""

    slug, title, kind = "token-invalid", "The token is not valid", "unauthenticated"


class TokenExpired(DomainError):
    """Genuinely signed, and over: refresh it."""

    slug, title, kind = "token-expired", "The token has expired", "unauthenticated"


class SessionEnded(DomainError):
    """Logged out, expired, or ended because an old refresh token was shown again."""

    slug, title, kind = "session-ended", "The session has ended", "unauthenticated"


class IssuerUnavailable(DomainError):
    """The issuer's keys cannot be had now and none are known from before."""

    slug, title, kind = "issuer-unavailable", "The identity provider cannot be reached", "busy"


class NoMembership(DomainError):
    """A genuine clerk token of someone who works in none of the cities."""

    slug, title, kind = "no-membership", "No office is assigned to this account", "forbidden"


class RoleInsufficient(DomainError):
    """The clerk may be here, but not do this."""

    slug, title, kind = "role-insufficient", "This needs another role", "forbidden"


class OfficeNotYours(DomainError):
    """An office outside the clerk's memberships looks like one that does not exist."""

    slug, title, kind = "office-not-found", "There is no such office", "not_found"


class PersonNotFound(DomainError):
    """The person was deleted meanwhile."""

    slug, title, kind = "person-not-found", "There is no such person", "not_found"


class LiveAppointments(DomainError):
    """A person with live appointments is not deleted: cancel them first; ``count`` says how many. One that nobody
    closed counts until half a day after its end."""

    slug, title, kind = "live-appointments", "There are live appointments", "conflict"


class AlreadyLinked(DomainError):
    """The guest belongs to another identity already."""

    slug, title, kind = "already-linked", "This person is linked to another identity", "conflict"


class LinkExceedsLimit(DomainError):
    """Together, guest and identity would have more appointments for a service than one may; nothing moved."""

    slug, title, kind = "link-exceeds-limit", "Linking would exceed the limit of appointments", "conflict"


class SessionBegun(DomainError):
    """The session of this key has gone on meanwhile, so its first answer is not given out again."""

    slug, title, kind = "session-already-begun", "This session has already been used", "conflict"


class SignInFailed(DomainError):
    """The way back from the identity provider is not the one that began here, or is too old."""

    slug, title, kind = "sign-in-failed", "Signing in did not work", "forbidden"


class ConsoleUnconfigured(DomainError):
    """CLERK_OIDC_ISSUER and CLERK_OIDC_CLIENT_ID are not both set."""

    slug, title, kind = "console-unconfigured", "The console is not connected to an identity provider", "not_found"


class CrossSiteRequest(DomainError):
    """A request with the console's cookie that did not come from a page of the console."""

    slug, title, kind = "cross-site-request", "This request did not come from the console", "forbidden"
