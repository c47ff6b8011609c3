"""How an operation ends: declared at its route, told in the document and with every answer.

``@get("/…", opt=raises(…) | ends(since=date(2027, 1, 1), sunset=date(2027, 7, 1), instead="listFreeDays"))``: its
answers carry ``Deprecation`` (RFC 9745), ``Sunset`` (RFC 8594) and where to read on.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Any

import msgspec

_OPT = "ending"
LEAST_MONTHS = 6
"""Between telling that something ends and its end; the guide promises it."""


class Ending(msgspec.Struct, frozen=True):
    """``since`` it is deprecated, from ``sunset`` on it may be gone; ``instead`` is the operation to call."""

    since: date
    sunset: date
    instead: str | None = None


def ends(*, since: date, sunset: date, instead: str | None = None) -> dict[str, Any]:
    """For a handler's ``opt``. Raises ValueError for less time than the guide promises."""
    months = (sunset.year - since.year) * 12 + sunset.month - since.month - (sunset.day < since.day)
    if months < LEAST_MONTHS:
        raise ValueError(f"between {since} and {sunset} lie fewer than {LEAST_MONTHS} months")
    return {_OPT: Ending(since, sunset, instead)}


def ending_of(opt: Mapping[str, Any]) -> Ending | None:
    """What a route's ``opt`` says of its end."""
    found: Ending | None = opt.get(_OPT)
    return found


def headers(opt: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """What an answer of the route carries for it; nothing where it does not end."""
    ending = ending_of(opt)
    if ending is None:
        return []
    link = '</docs/guide/versioning#what-ends>; rel="deprecation"; type="text/html"'
    return [
        (b"deprecation", f"@{int(_midnight(ending.since).timestamp())}".encode()),
        (b"sunset", format_datetime(_midnight(ending.sunset), usegmt=True).encode()),
        (b"link", link.encode()),
    ]


def tell(operation: dict[str, Any], opt: Mapping[str, Any]) -> None:
    """Says so in an operation of the document, in place."""
    ending = ending_of(opt)
    if ending is None:
        return
    operation["deprecated"] = True
    operation["x-sunset"] = ending.sunset.isoformat()
    instead = f" Use `{ending.instead}`." if ending.instead else ""
    text = f"Deprecated since {ending.since}, gone from {ending.sunset} on.{instead}"
    operation["description"] = "\n\n".join(part for part in (operation.get("description"), text) if part)
    for response in operation["responses"].values():
        if "headers" in response:
            response["headers"] = {**response["headers"], **HEADERS}


HEADERS: dict[str, Any] = {
    "Deprecation": {
        "description": "Since when this operation is deprecated (RFC 9745).",
        "schema": {"type": "string", "pattern": "^@[0-9]+$"},
    },
    "Sunset": {"description": "When it goes away (RFC 8594).", "schema": {"type": "string"}},
}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
