"""Policies, buckets and what was taken from them."""

import msgspec


class Policy(msgspec.Struct, frozen=True):
    """``quota`` requests in ``window_seconds``: that many at once, refilled evenly."""

    name: str
    quota: int
    window_seconds: int

    @property
    def per_second(self) -> float:
        """How fast a bucket fills."""
        return self.quota / self.window_seconds

    @property
    def batch(self) -> int:
        """How many tokens a process takes at once: few enough that what it leaves unused is not missed."""
        return max(1, self.quota // 25)


class Wish(msgspec.Struct, frozen=True):
    """One request's wish for a token from the bucket of ``who`` under ``policy``."""

    policy: Policy
    who: str

    @property
    def key(self) -> str:
        """The bucket's key."""
        return f"{self.policy.name}:{self.who}"


class Taken(msgspec.Struct, frozen=True):
    """What a bucket gave, and what is left in it."""

    key: str
    granted: int
    tokens: float


class State(msgspec.Struct, frozen=True):
    """How one wish ended: ``remaining`` whole tokens, and for a refusal after how many seconds the next is there."""

    policy: Policy
    allowed: bool
    remaining: int
    retry_after_seconds: int
