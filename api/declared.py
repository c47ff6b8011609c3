"""Which errors an operation may answer with: some by rule, from guard, method, body and parameters; others it names.

``@get("/…", opt=raises(HoldNotFound, HoldExpired))`` names what its handler and the services behind it raise. The
document lists them all, and the tests' client refuses an answer with any other.
"""

from collections.abc import Callable, Mapping
from typing import Any

from api import errors
from api.auth import citizen, city_admin, clerk, client, office_manager
from api.event_stream import MEDIA_TYPE
from api.middleware.app_versions import for_every_app
from backend.appointments.errors import (
    AppointmentChanged,
    AppointmentNotFound,
    AppointmentStateError,
    TooEarly,
    TooLate,
)
from backend.clients.errors import ClientKeyInvalid, ClientKeyNotForCity, ClientKeyRequired, ClientScopeMissing
from backend.errors import DomainError, InvalidInput
from backend.idempotency.errors import AnswerErased, KeyInFlight, KeyReused
from backend.identity.errors import (
    AuthenticationRequired,
    IssuerUnavailable,
    NoMembership,
    RoleInsufficient,
    SessionEnded,
    TokenExpired,
    TokenInvalid,
)
from backend.sandbox.errors import SandboxAnswerUnknown

Kinds = frozenset[type[DomainError]]

_RAISES = "raises"
_ALWAYS: Kinds = frozenset(
    (
        errors.MalformedRequest,
        InvalidInput,  # a query that is not known, at the least
        errors.AddressTooLong,
        errors.HeadersTooLarge,
        errors.RateLimited,
        errors.Internal,
        errors.Unavailable,
    )
)
_OF_TOKENS: Kinds = frozenset((TokenInvalid, TokenExpired, IssuerUnavailable))
_OF_GUARDS: Mapping[Any, Kinds] = {
    citizen: _OF_TOKENS | {AuthenticationRequired, SessionEnded},
    clerk: _OF_TOKENS | {AuthenticationRequired, NoMembership},
    office_manager: _OF_TOKENS | {AuthenticationRequired, NoMembership, RoleInsufficient},
    city_admin: _OF_TOKENS | {AuthenticationRequired, NoMembership, RoleInsufficient},
    client: frozenset((ClientKeyRequired,)),
}
_OF_CLERKS = frozenset((clerk, office_manager, city_admin))
_OF_KEYS: Kinds = frozenset((ClientKeyInvalid, ClientScopeMissing, SandboxAnswerUnknown))
OF_CITIES = (ClientKeyRequired, ClientKeyNotForCity)
"""What a request meets that a city does not let in; by rule where the city stands in the path."""
_READING: Kinds = frozenset((errors.BodyTooLarge, errors.BodyIncomplete))
_OF_COMMANDS: Kinds = _READING | {errors.KeyMissing, errors.KeyMalformed, KeyReused, KeyInFlight}
_OF_BODIES: Kinds = _READING | {errors.MalformedJson, errors.JsonTooDeep, errors.UnsupportedMediaType}

OF_STEPS = (AppointmentNotFound, AppointmentChanged, AppointmentStateError, TooEarly, TooLate)
"""What any step of an appointment may meet."""


def raises(*kinds: type[DomainError], **options: Any) -> dict[str, Any]:
    """For a handler's ``opt``: what it may raise beside what holds by rule; ``options`` are further ones."""
    return {_RAISES: kinds, **options}


def names_errors(handler: Any) -> bool:
    """Whether the operation says which errors are its own, be it none: only then is the list complete."""
    return _RAISES in handler.opt


def address(handler: Any) -> str:
    """The path of the operation, its parameters in braces."""
    return str(handler.owner.path) + "".join(handler.paths)


def declared(handler: Any, method: str) -> Kinds:
    """Everything that the operation may answer with."""
    parameters = handler.parsed_fn_signature.parameters
    found = _ALWAYS | frozenset(handler.opt.get(_RAISES, ()))
    guards: list[Callable[..., Any]] = handler.resolve_guards()
    for guard in guards:
        found |= _OF_GUARDS.get(guard, frozenset())
    if "optional_citizen" in parameters:
        found |= _OF_TOKENS | {SessionEnded}
    if method == "POST":
        found |= _OF_COMMANDS if _OF_CLERKS.isdisjoint(guards) else _OF_COMMANDS | {AnswerErased}
    if "data" in parameters:
        found |= _OF_BODIES
    if (whole := address(handler)).startswith("/v1/"):
        found |= _OF_KEYS
        if not for_every_app(handler, method):
            found |= {errors.AppOutdated}
    if "/cities/{" in whole:
        found |= frozenset(OF_CITIES)
    if any("{" in path for path in handler.paths) or "{" in str(handler.owner.path):
        found |= {errors.RouteNotFound}
    if MEDIA_TYPE in handler.opt.get("also", ()):
        found |= {errors.TooManyStreams}
    return found
