"""Stops a lane that cannot succeed, and lets one message at a time find out whether it can again.

Per process: it saves attempts and the other side's patience, and nothing depends on its being shared.
"""

import time
from collections.abc import Callable
from typing import Literal

import msgspec

from notifications.model import Outcome, Trouble

State = Literal["closed", "open", "half_open"]


class _Limit(msgspec.Struct, frozen=True):
    in_a_row: int
    first_pause_seconds: float
    longest_pause_seconds: float


_LIMITS: dict[Trouble, _Limit] = {
    "unavailable": _Limit(10, 1.0, 15.0),
    "stumbled": _Limit(10, 1.0, 15.0),
    # Anybody can register targets of another project, also several: nobody else's turn may wait for them for long.
    "refused": _Limit(3, 15.0, 15.0),
    "misconfigured": _Limit(1, 15.0, 300.0),
}


class Breaker:
    """One per lane. ``clock`` gives monotonic seconds; ``changed`` is told of every change of state, with the cause."""

    def __init__(
        self, changed: Callable[[State, str], None] = lambda _, __: None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._changed, self._clock = changed, clock
        self._in_a_row = 0
        self._openings = 0
        self._until = 0.0
        self._probing = False
        self._worked = False
        self.state: State = "closed"

    def allowance(self, wanted: int) -> int:
        """How many of ``wanted`` may be tried now."""
        if self.state == "closed":
            return wanted
        if self.state == "open" and self._clock() >= self._until:
            self._turn("half_open", "probe")
            self._probing = False
        return min(wanted, 1) if self.state == "half_open" and not self._probing else 0

    def wait_seconds(self) -> float | None:
        """When to ask again; None: no need to."""
        return max(0.0, self._until - self._clock()) if self.state == "open" else None

    def begun(self) -> None:
        """A message is under way; while half open it is the only one."""
        self._probing = self.state == "half_open"

    def ended(self, outcome: Outcome) -> None:
        """What became of it."""
        if outcome.result == "breaker":
            self._probing = False
            return
        self._worked = self._worked or outcome.result == "sent"
        # Once a message has arrived, project and channel are right: these say something of their own message alone.
        own = self._worked and outcome.trouble in {"refused", "stumbled"}
        limit = None if own else _LIMITS.get(outcome.trouble)
        if limit is None:
            self._in_a_row = self._openings = 0
            if self.state != "closed":
                self._turn("closed", "success")
            return
        self._in_a_row += 1
        if self.state == "half_open" or (self.state == "closed" and self._in_a_row >= limit.in_a_row):
            pause = min(limit.longest_pause_seconds, limit.first_pause_seconds * 2.0**self._openings)
            self._openings += 1
            self._until = self._clock() + pause
            self._turn("open", outcome.code)

    def _turn(self, state: State, cause: str) -> None:
        self.state = state
        self._changed(state, cause)
