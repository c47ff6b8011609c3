"""How often someone may ask: token buckets that hold across processes."""

from backend.limits.leases import Limiter
from backend.limits.model import Policy, Wish

__all__ = ["Limiter", "Policy", "Wish"]
