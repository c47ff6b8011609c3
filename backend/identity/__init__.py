"""People, their devices' sessions, clerks and the tokens that speak for them."""

from backend.identity.callers import Callers, open_callers
from backend.identity.model import Citizen, Clerk, Membership, Role
from backend.identity.tokens import TokenService

__all__ = ["Callers", "Citizen", "Clerk", "Membership", "Role", "TokenService", "open_callers"]
