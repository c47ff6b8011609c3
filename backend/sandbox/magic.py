"""Every magic value there is, and what it does. This is the one place.

``sandbox_of`` gives what can do magic to whoever shows a test key, and nothing to anybody else; a test key enters no
city that is not a sandbox. What happens without a request (pushes, clerks' decisions) looks at the city. Pure.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import msgspec

from backend.clients.model import Caller
from backend.clients.rules import is_sandbox
from backend.sandbox.errors import SandboxAnswerUnknown

HEADER = "Sandbox-Answer"
Answer = Literal["426", "429", "503", "slow"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
RETRY_AFTER_SECONDS = 7
SLOW_SECONDS = 5.0
NEWER_THAN_ANY = "9999.0"
"""The least version that is named to an app that wants to be too old, where the installation has none."""
DECIDED_AFTER_SECONDS = 5
LOST_AT = (13, 0)
DEAD_TARGET = "sandbox-dead"
CONFIRMED, REJECTED, UNDECIDED = "clerk-confirms", "clerk-rejects", "needs-clerk"
OFFERED = "waiting-offered"
FORM, QUESTION = "testantrag", "decision"
APPROVED_CASE, REJECTED_CASE, ASKED_CASE = "approve", "reject", "ask"


class Magic(msgspec.Struct, frozen=True):
    """One magic value, as the guide shows it."""

    where: str
    value: str
    effect: str


MAGIC: Sequence[Magic] = (
    Magic(
        "`start` of a hold",
        f"{LOST_AT[0]}:{LOST_AT[1]:02} o'clock, any day",
        "always lost to somebody else: 409 `slot-taken` with alternatives",
    ),
    Magic("service", f"`{UNDECIDED}`", "is requested, and stays so until you decide it as a clerk, or it expires"),
    Magic("service", f"`{CONFIRMED}`", f"is requested; a clerk confirms it after {DECIDED_AFTER_SECONDS} seconds"),
    Magic(
        "service",
        f"`{REJECTED}`",
        f"is requested; a clerk rejects it, with a reason, after {DECIDED_AFTER_SECONDS} seconds",
    ),
    Magic(
        "service that is waited for",
        f"`{OFFERED}`",
        f"whoever waits is offered the next place that fits, after {DECIDED_AFTER_SECONDS} seconds, by night as well;"
        " as many a day as anywhere",
    ),
    Magic(
        f"`{QUESTION}` in the form `{FORM}`",
        f"`{APPROVED_CASE}`, `{REJECTED_CASE}`",
        f"a clerk approves or rejects the case after {DECIDED_AFTER_SECONDS} seconds",
    ),
    Magic(
        f"`{QUESTION}` in the form `{FORM}`",
        f"`{ASKED_CASE}`",
        f"a clerk asks for `/remark` after {DECIDED_AFTER_SECONDS} seconds, and approves once it is answered",
    ),
    Magic(
        "`fcmToken` of a device",
        f"begins with `{DEAD_TARGET}`",
        "the first push finds that it is `UNREGISTERED`, and the target is forgotten",
    ),
    Magic(
        f"header `{HEADER}`, any request but those that every app may make",
        "`426`",
        f"426 `app-outdated`, as if your app were older than `{NEWER_THAN_ANY}`",
    ),
    Magic(
        f"header `{HEADER}`, any request",
        "`429`",
        f"429 `rate-limited` with `Retry-After: {RETRY_AFTER_SECONDS}`",
    ),
    Magic(f"header `{HEADER}`, any request", "`503`", "503 `temporarily-unavailable` with `Retry-After`"),
    Magic(f"header `{HEADER}`, any request", "`slow`", f"the answer comes {SLOW_SECONDS:g} seconds late"),
)


class Sandbox(msgspec.Struct, frozen=True):
    """Magic for one request with a test key; made by ``sandbox_of`` alone."""

    def answer(self, wish: str | None) -> Answer | None:
        """What the header asks for; raises SandboxAnswerUnknown."""
        if wish is None:
            return None
        for answer in ANSWERS:
            if answer == wish:
                return answer
        raise SandboxAnswerUnknown(values=list(ANSWERS))

    def loses(self, start: datetime, zone: ZoneInfo) -> bool:
        """Whether a place at ``start`` is always lost."""
        local = start.astimezone(zone)
        return (local.hour, local.minute) == LOST_AT


def sandbox_of(caller: Caller | None) -> Sandbox | None:
    """None for everybody without a test key."""
    return Sandbox() if caller is not None and caller.environment == "test" else None


def is_dead_target(city_id: str | None, target: str | None) -> bool:
    """Whether a push of that city finds nobody there, without anybody being asked."""
    return city_id is not None and is_sandbox(city_id) and (target or "").startswith(DEAD_TARGET)
