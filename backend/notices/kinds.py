"""Every kind of notice there is, in one table: where it is told, how urgently, and what a person may silence."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

Group = Literal["appointments", "reminders", "calls", "offers", "cases", "documents", "announcements"]
"""What a person switches on and off together."""
Subject = Literal["appointment", "case", "draft", "document", "offer", "waiting", "announcement"]
Told = Literal["always", "by_others", "never"]
"""``by_others``: not to the person who did it; they know."""
Quiet = Literal["waits", "waits_unless_late", "ignored"]
"""The person's quiet hours: waited for; waited for unless that were after the start; ignored."""
GROUPS: tuple[Group, ...] = ("appointments", "reminders", "calls", "offers", "cases", "documents", "announcements")
ALWAYS_IN_INBOX: frozenset[Group] = frozenset(("appointments", "calls", "offers", "cases", "documents"))
"""What the inbox always shows: it is the city's letter-box. Pushes and mails of every group may be silenced."""
ANNOUNCEMENT = "announcement.city"
REMINDER = "appointment.reminder"
_DAY = 86_400


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of notice."""

    name: str
    group: Group
    subject: Subject
    inbox: bool = True
    push: Told = "always"
    mail: Told = "always"
    quiet: Quiet = "waits_unless_late"
    urgent: bool = False
    """Wakes a sleeping phone."""
    ttl_seconds: int = 3 * _DAY
    """How long a push is worth keeping for a phone that is off; never beyond the notice's ``expires_at``."""
    replaces: bool = False
    """On a phone, the latest about a subject takes the place of what was shown of it before."""
    calendar: Literal["request", "cancel"] | None = None
    """What a mail does to the calendar entry."""


def _appointment(what: str, **given: object) -> Kind:
    filled = {"name": f"appointment.{what}", "group": "appointments", "subject": "appointment", **given}
    return msgspec.convert(filled, Kind)


def _case(what: str, **given: object) -> Kind:
    return msgspec.convert({"name": f"case.{what}", "group": "cases", "subject": "case", **given}, Kind)


_SILENT: dict[str, object] = {"inbox": False, "push": "never", "mail": "never"}
_ALL = (
    # A booking is acknowledged to whoever made it: the push is the receipt.
    _appointment("requested"),
    _appointment("confirmed", calendar="request"),
    _appointment("rejected", calendar="cancel"),
    _appointment("rescheduled", push="by_others", calendar="request"),
    _appointment("cancelled", push="by_others", calendar="cancel"),
    _appointment("expired", calendar="cancel"),
    _appointment("no_show", push="by_others"),
    _appointment("called", group="calls", mail="never", quiet="ignored", urgent=True, ttl_seconds=600),
    _appointment("reminder", group="reminders", quiet="waits", ttl_seconds=7_200),
    # Steps at the desk that the person stands in front of, and changes of contact that they made themselves.
    _appointment("checked_in", **_SILENT),
    _appointment("parked", **_SILENT),
    _appointment("completed", **_SILENT),
    _appointment("contact_changed", **_SILENT),
    Kind(
        name="waiting.offer",
        group="offers",
        subject="offer",
        quiet="ignored",
        urgent=True,
        ttl_seconds=900,
        replaces=True,
    ),
    Kind(
        name="waiting.withdrawn",
        group="offers",
        subject="offer",
        quiet="ignored",
        urgent=True,
        ttl_seconds=900,
        replaces=True,
    ),
    Kind(name="waiting.expired", group="offers", subject="waiting", quiet="waits"),
    _case("received", push="never"),
    _case("in_review", push="never", mail="never"),
    _case("info_requested"),
    _case("approved"),
    _case("rejected"),
    _case("withdrawn", push="by_others", mail="by_others"),
    _case("answer_due", push="always", quiet="waits"),
    Kind(name="draft.expiring", group="reminders", subject="draft", quiet="waits"),
    Kind(name="draft.confirmed", group="cases", subject="draft"),
    Kind(name="draft.refused", group="cases", subject="draft"),
    Kind(name="document.refused", group="documents", subject="document", mail="never"),
    Kind(
        name=ANNOUNCEMENT,
        group="announcements",
        subject="announcement",
        mail="never",
        quiet="waits",
        ttl_seconds=7 * _DAY,
    ),
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}


def is_told_to_webhooks(name: str) -> bool:
    """Whether integrators' servers are told: what became of appointments and cases, and no mere reminder of it."""
    kind = KINDS[name]
    return kind.subject in ("appointment", "case") and name not in (REMINDER, "case.answer_due")


GROUP_OF = {kind.name: kind.group for kind in _ALL}
WAITS = [kind.name for kind in _ALL if kind.quiet == "waits"]
WAITS_UNLESS_LATE = [kind.name for kind in _ALL if kind.quiet == "waits_unless_late"]
SPREADING: Sequence[Mapping[str, str]] = [
    {
        "kind": kind.name,
        "group": kind.group,
        "push": kind.push,
        "mail": kind.mail,
        "quiet": kind.quiet,
        "webhook": "told" if is_told_to_webhooks(kind.name) else "never",
    }
    for kind in _ALL
]
"""The table as the statement that spreads notices takes it."""
