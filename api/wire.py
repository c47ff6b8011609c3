"""The form of what goes over the wire: camelCase Structs, local times, lists with cursors, ETags.

An In Struct derives from ``Wire`` with ``forbid_unknown_fields=True``; an Out Struct from ``Wire``. Both say
``kw_only=True`` again when they have fields with defaults, since msgspec does not inherit that.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response

from api.faults import rules_of
from api.middleware.compression import squeezable
from backend.errors import FieldError, InvalidInput
from backend.unseen import UNSEEN

T = TypeVar("T")
JSON = "application/json"
PRIVATE = "private, no-store"
"""Cache-Control of whatever belongs to a person; also what an answer gets that says nothing else."""

VERSION_TAG = r'(W/)?"[0-9]{1,9}"'
"""The tag of what counts its versions. A proxy or our own compression may have made it weak: it is the same version."""
_VERSION_TAG = re.compile(VERSION_TAG)

AnyRequest = Request[Any, Any, Any]


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of everything that is read from or written to a client."""


class Ruled(Wire, frozen=True, kw_only=True):
    """Base of what is read and has members with a rule of their own (``api.faults.RULE``)."""

    def __post_init__(self) -> None:
        """Raises ValueError, after which ``find_faults`` says what it is."""
        for name, rule in rules_of(type(self)):
            value = getattr(self, name)
            if value is not None and value is not msgspec.UNSET and rule(value) is not None:
                raise ValueError(name)


class Page(Wire, Generic[T], frozen=True, kw_only=True):
    """One page of a list; ``next`` is the cursor of the following page, null on the last."""

    items: Sequence[T]
    next: str | None = None


def out(model: Any, into: type[T]) -> T:
    """An Out Struct from a model with the same attribute names."""
    return msgspec.convert(model, into, from_attributes=True)


_BLANK = r"\t\n\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
# Spelt out: ``\s`` means one thing to Python and another to ECMA, whose patterns JSON Schema has.
TEXT = rf"^[^{UNSEEN}]*$"
"""What people write and others read: see ``backend.unseen``."""
SOME_TEXT = rf"^[{_BLANK}]*[^{_BLANK}{UNSEEN}][^{UNSEEN}]*$"
"""The same, and not blank alone."""


def local(at: datetime, zone: str | ZoneInfo) -> datetime:
    """The same instant with the offset that clocks in ``zone`` have at it."""
    return at.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)


OPAQUE = r"^[A-Za-z0-9_-]*\Z"
"""What cursors are made of: no address grows by the percent signs of other characters."""


def encode_cursor(value: Any) -> str:
    """An opaque cursor of anything that msgspec encodes. Not secret, not signed: it may only narrow a list."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(value)).rstrip(b"=").decode()


def decode_cursor(text: str, into: type[T], *, parameter: str = "cursor") -> T:
    """What ``encode_cursor`` was given; raises InvalidInput at ``parameter`` for anything else."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.msgpack.decode(raw, type=into)
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError) as error:
        detail = "This is not a cursor of this list"
        raise InvalidInput([FieldError(parameter, "invalid-cursor", detail)]) from error


def etag(*parts: object) -> str:
    """A quoted strong tag of everything that the representation depends on."""
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        digest.update(str(part).encode())
        digest.update(b"\0")
    return f'"{base64.urlsafe_b64encode(digest.digest()).decode()}"'


tag_of = etag
"""For who has a parameter of that name."""


def matches(header: str | None, tag: str) -> bool:
    """Whether an ``If-None-Match`` header names ``tag``; compared weakly, as RFC 9110 wants it there."""
    if not header or header == tag:
        return bool(header)
    wanted = tag.removeprefix("W/")
    return any(given in ("*", wanted) for given in (part.strip().removeprefix("W/") for part in header.split(",")))


def expected_version(request: AnyRequest) -> int | None:
    """The version that ``If-Match`` names: ``"3"`` is 3, none and ``*`` are None; else InvalidInput."""
    given = request.headers.get("if-match", "*").strip()
    if given == "*":
        return None
    if _VERSION_TAG.fullmatch(given) is None:
        detail = 'Send back the ETag as it came, with its quotation marks, as in If-Match: "3"'
        raise InvalidInput([FieldError("If-Match", "invalid-etag", detail)])
    return int(given.removeprefix("W/").strip('"'))


def respond(
    request: AnyRequest,
    content: Any,
    *,
    status: int = 200,
    etag: str | None = None,
    cache: str = PRIVATE,
    headers: Mapping[str, str] | None = None,
    media_type: str = JSON,
    says_more: bool = False,
) -> Response[Any]:
    """The answer, or 304 where the client has it already. ``content``: a Struct, or bytes that are ready to send.

    Whoever knows a tag without encoding the content gives it; else JSON that is read is tagged by its bytes.
    ``says_more``: than its tag stands for, so that it is always sent.
    """
    sent, reads = {"Cache-Control": cache, **(headers or {})}, request.method in ("GET", "HEAD")
    if etag is None and reads and status == 200 and media_type == JSON:
        content = _encoded(content)
        etag = tag_of(content)
    if etag is not None:
        sent["ETag"] = etag
        if reads and not says_more and matches(request.headers.get("if-none-match"), etag):
            if not squeezable(media_type.encode(), _encoded(content)):
                request.scope["state"]["never_squeezed"] = True
            return Response(b"", status_code=304, headers=sent, media_type=media_type)
    return Response(_encoded(content), status_code=status, headers=sent, media_type=media_type)


def _encoded(content: Any) -> bytes:
    return content if isinstance(content, bytes) else msgspec.json.encode(content)


def respond_page(
    request: AnyRequest, page: "Page[Any]", *, cache: str = PRIVATE, etag: str | None = None
) -> Response[Any]:
    """A list with the ``Link`` header of its next page."""
    return respond(request, page, cache=cache, etag=etag, headers=next_link(request, page.next))


def next_link(request: AnyRequest, cursor: str | None) -> dict[str, str]:
    """The ``Link`` header of the page that begins at ``cursor``; nothing on the last one."""
    if cursor is None:
        return {}
    kept = [(k, v) for k, v in parse_qsl(request.scope["query_string"].decode("latin-1")) if k != "cursor"]
    return {"Link": f'<{request.scope["path"]}?{urlencode([*kept, ("cursor", cursor)])}>; rel="next"'}
