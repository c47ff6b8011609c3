"""Reading a JSON body: strictly by its type, and when it does not fit, every fault of it at once.

The quick way is msgspec's typed decoder on the bytes. Only when that refuses is the body read a second time without a
type and walked beside it. Of two members with the same name the last counts.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, get_args

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.types import Empty, Receive

from api.auth import forget_now
from api.errors import BodyIncomplete, JsonTooDeep, MalformedJson, MalformedRequest, UnsupportedMediaType
from api.faults import Fault, field_error, find_faults, unstorable
from api.problems import header
from backend.errors import InvalidInput
from backend.settings import Settings

_READ_ON_BYTES = 4 * 1_048_576
_READ_ON_SECONDS = 1.0
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NO_BRACKET = bytes(one for one in range(256) if one not in b'"[]{}')
_GLANCE_BYTES = 65_536


class WireRequest(Request[Any, Any, Any]):
    """Litestar's request, whose JSON is decoded as the handler's ``data`` wants it."""

    async def body(self) -> bytes:
        """The raw body. Where the handler wants one and there is none, all of it is the missing field; of an object
        without members nothing is missing.
        """
        try:
            found = await self._read()
        except InternalServerException as error:  # what Litestar raises when the client is gone in the midst of it
            raise MalformedRequest from error
        except RequestEntityTooLarge:
            await self._read_on()
            raise
        if not found:
            wanted = _wanted(self.route_handler)
            if is_memberless(wanted):
                return b"{}"  # the same command, with or without it
            if wanted is not None and type(None) not in get_args(wanted):
                raise InvalidInput([field_error(Fault("", "missing", "A JSON body is required"))])
        return found

    def read_already(self) -> bytes | None:
        """The body, if it has been read to its end; waits for nothing."""
        return None if self._body is Empty else self._body

    async def _read(self) -> bytes:
        """Raises BodyIncomplete when it takes too long: who waits for it keeps a connection that others want."""
        if self._body is not Empty:
            return self._body
        settings: Settings = self.app.state["settings"]
        try:
            async with asyncio.timeout(settings.max_body_seconds):
                first: Any = await self.receive()
                most = self.route_handler.resolve_request_max_body_size()
                if _is_whole(first) and (most is None or len(first["body"]) <= most):
                    # As nearly every body: Litestar's reading of a stream costs more than all the rest of reading it.
                    found = self._body = self._connection_state.body = first["body"]
                else:
                    self.receive = _after(first, self.receive)
                    found = await super().body()
        except TimeoutError:
            raise BodyIncomplete from None
        # What the request asks for happens now, and not when its headers came: a slow body stops no clock.
        forget_now(self)
        return found

    async def _read_on(self) -> None:
        """Takes a little more of a body that is too large: a client that is cut off in its words hears no answer."""
        read = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_READ_ON_SECONDS):
                while read < _READ_ON_BYTES:
                    message: Any = await self.receive()
                    read += len(message.get("body", b"")) + 1
                    if not message.get("more_body"):
                        return

    async def json(self) -> Any:
        """The body as the type of ``data``; raises MalformedJson, JsonTooDeep, InvalidInput, UnsupportedMediaType."""
        body = await self.body()
        if self._body:  # what is not there has no type
            _refuse_other_types(header(self.scope, b"content-type"))
            if (header(self.scope, b"content-encoding") or "identity").strip().lower() != "identity":
                raise UnsupportedMediaType("The body is read as it is: send it without a Content-Encoding")
        settings: Settings = self.app.state["settings"]
        return decode(body, _wanted(self.route_handler) or Any, max_depth=settings.max_json_depth)


def _is_whole(message: Any) -> bool:
    return message["type"] == "http.request" and not message.get("more_body")


def _after(first: Any, others: Receive) -> Receive:
    """What is received, ``first`` once more."""
    taken = False

    async def receive() -> Any:
        nonlocal taken
        if taken:
            return await others()
        taken = True
        return first

    return receive


def is_memberless(wanted: Any) -> bool:
    """Whether a body of this type is an object without members, which may be left out."""
    return isinstance(wanted, type) and issubclass(wanted, msgspec.Struct) and not wanted.__struct_fields__


def decode(body: bytes, into: Any, *, max_depth: int) -> Any:
    """``body`` as ``into``; see ``WireRequest.json`` for what it raises."""
    try:
        found = _decoder(into)(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return _read_again(body, into, max_depth)
    if depth_exceeds(body, max_depth):
        raise JsonTooDeep(f"At most {max_depth} levels are read")
    # PostgreSQL stores no NUL, and a lone escape for one passes every decoder.
    if b"\\u0000" in body and (faults := unstorable(json.loads(body))):
        raise InvalidInput([field_error(fault) for fault in faults])
    return found


def depth_exceeds(body: bytes, most: int) -> bool:
    """Whether the arrays and objects of a JSON text are nested more than ``most`` deep. Of what is no JSON either
    answer may come. Looks at the brackets alone and takes away the innermost pairs, all at once: a few steps over the
    whole instead of one for each bracket; and first at the beginning, where who wants to do harm goes deep.
    """
    if body.count(b"[") + body.count(b"{") <= most:
        return False
    too_deep = b"[" * (most + 1)
    if too_deep in _brackets(body[:_GLANCE_BYTES]):
        return True
    left = _brackets(body)
    for _ in range(most):
        if too_deep in left:
            return True
        outer = left.replace(b"[]", b"")
        if len(outer) == len(left):
            return False
        left = outer
    return b"[" in left


def _brackets(text: bytes) -> bytes:
    """All that open and close something, in one kind; none that stand in strings."""
    if b"\\" in text:  # first the escaped backslashes: what is left of them stands before a quote that ends nothing
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    found = text.translate(_BRACKETS, _NO_BRACKET)
    return b"".join(found.replace(b'""', b"").split(b'"')[::2]) if b'"' in found else found


@lru_cache(maxsize=256)
def _decoder(into: Any) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(into).decode


def _wanted(route_handler: Any) -> Any:
    field = route_handler.parsed_fn_signature.parameters.get("data")
    return None if field is None else field.annotation


def _refuse_other_types(content_type: str | None) -> None:
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise UnsupportedMediaType


def _read_again(body: bytes, into: Any, max_depth: int) -> Any:
    """Says why the body does not fit; or returns it, where ``1.0`` stood for the integer that it is in JSON."""
    if depth_exceeds(body, max_depth):
        raise JsonTooDeep(f"At most {max_depth} levels are read")
    try:
        value = _untyped(body.decode("utf-8"))
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate is no character
    except (ValueError, RecursionError):
        raise MalformedJson from None
    if faults := find_faults(into, value):
        raise InvalidInput([field_error(fault) for fault in faults])
    return msgspec.convert(value, into)


def _untyped(text: str) -> Any:
    """Raises ValueError for what is no JSON."""
    try:
        return json.loads(text, parse_constant=_no_constant, parse_float=_number)
    except json.JSONDecodeError:
        raise
    except ValueError:  # thousands of digits: a function of ours for each number is dear, so it comes where it has to
        return json.loads(text, parse_constant=_no_constant, parse_float=_number, parse_int=_integer)


def _no_constant(_: str) -> Any:
    raise ValueError("NaN and Infinity are not JSON")


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _integer(text: str) -> int | float:
    # Python refuses to convert thousands of digits, and no field of ours wants them.
    return int(text) if len(text) < 40 else float("inf")
