"""Every fault of a decoded JSON value beside the type it should have had: where, which, a text without the value."""

import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import islice
from typing import Annotated, Any, Union, cast, get_args, get_origin

import msgspec

from backend.errors import FieldError
from backend.unseen import FAULT as UNSEEN_FAULT
from backend.unseen import holds_unseen

_MOST = 100
"""More faults than this are not listed: the first hundred tell enough."""

# What msgspec says, by a part of its words → our code. Its own words may hold the value, so they are not passed on.
_CODES: tuple[tuple[str, str, str], ...] = (
    ("Invalid UUID", "invalid-uuid", "This is not a UUID"),
    ("RFC3339 encoded datetime", "invalid-datetime", "This is not an RFC 3339 date and time"),
    ("Expected `datetime` with a timezone", "invalid-datetime", "The time needs its offset"),
    ("RFC3339 encoded date", "invalid-date", "This is not a date of the form YYYY-MM-DD"),
    ("ISO8601", "invalid-date", "This is not a date of the form YYYY-MM-DD"),
    ("enum value", "not-allowed", "This is none of the allowed values"),
    ("of length >=", "too-short", "This is too short"),
    ("of length <=", "too-long", "This is too long"),
    ("matching regex", "pattern", "This does not have the expected form"),
    (" >", "too-small", "This value is too small"),
    (" <", "too-large", "This value is too large"),
    ("out of range", "too-large", "This value is out of range"),
    (", got ", "wrong-type", "This has the wrong type"),
)


RULE = "rule"
"""``Meta(extra={RULE: rule})``: what a type cannot say. The rule gets the value and answers code and text of what is
wrong with it, or None; the Struct around derives from ``api.wire.Ruled``."""
Rule = Callable[[Any], tuple[str, str] | None]


class Fault(msgspec.Struct, frozen=True):
    """One fault; ``pointer`` is a JSON Pointer (RFC 6901), empty for the whole body."""

    pointer: str
    code: str
    detail: str


def field_error(fault: Fault) -> FieldError:
    """As the rules' kind of error."""
    return FieldError(fault.pointer, fault.code, fault.detail)


def find_faults(into: Any, value: Any) -> list[Fault]:
    """What is wrong with ``value`` as ``into``; empty when nothing is."""
    found: list[Fault] = []
    for fault in _walk(into, value, ""):
        found.append(fault)
        if len(found) == _MOST:
            break
    return found


@lru_cache(maxsize=256)
def rules_of(struct: Any) -> tuple[tuple[str, Rule], ...]:
    """The members of a Struct that have a rule, and the rule."""
    found = ((field.name, _rule_in(field.type)) for field in msgspec.structs.fields(struct))
    return tuple((name, rule[1]) for name, rule in found if rule is not None)


def unstorable(value: Any, pointer: str = "") -> list[Fault]:
    """The strings in ``value`` that hold a NUL, member names included; the first of them where there are many."""
    return list(islice(_unstorable(value, pointer), _MOST))


def _unstorable(value: Any, pointer: str) -> Iterator[Fault]:
    if isinstance(value, str):
        if "\0" in value:
            yield Fault(pointer, "invalid-character", "This holds a character that is not allowed")
        return
    children: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        children = cast("dict[str, Any]", value).items()
    elif isinstance(value, list):
        children = enumerate(cast("list[Any]", value))
    for name, child in children:
        if isinstance(name, str) and "\0" in name:
            yield Fault(pointer, "invalid-character", "A name holds a character that is not allowed")
        else:
            yield from _unstorable(child, f"{pointer}/{escape(name)}")


def escape(name: object) -> str:
    """One step of a JSON Pointer."""
    return str(name).replace("~", "~0").replace("/", "~1")[:200]


def judge(into: Any, value: Any, *, strict: bool = True) -> tuple[str, str] | None:
    """Code and text of what is wrong with one value as a whole; None when it fits."""
    try:
        msgspec.convert(value, into, strict=strict)
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        words = str(error)
        for part, code, text in _CODES:
            if part in words:
                return code, text
        return "invalid", "This is not valid"
    return None


def _walk(into: Any, value: Any, pointer: str) -> Iterator[Fault]:
    # PostgreSQL stores no NUL, and where anything goes nothing else would find it.
    if (isinstance(value, str) or _bare(into) is Any) and (found := unstorable(value, pointer)):
        yield from found
        return
    count = 0
    for fault in _parts(into, value, pointer):
        count += 1
        yield fault
    if count == 0 and (judged := _broken(into, value) or judge(into, value)) is not None:
        # That a form is not met tells nothing to who does not see why.
        unseen = judged[0] == "pattern" and holds_unseen(value)
        yield Fault(pointer, *(UNSEEN_FAULT if unseen else judged))


def _broken(into: Any, value: Any) -> tuple[str, str] | None:
    """What the rule says of a value that is of the right kind."""
    if value is None or (found := _rule_in(into)) is None:
        return None
    kind, rule = found
    return rule(msgspec.convert(value, kind)) if judge(kind, value) is None else None


def _rule_in(into: Any) -> tuple[Any, Rule] | None:
    """A type's rule, and what it is a rule for; of a choice that of the first which has one."""
    if get_origin(into) is Annotated:
        extras = (meta.extra for meta in into.__metadata__ if isinstance(meta, msgspec.Meta) and meta.extra)
        rule: Rule | None = next((extra[RULE] for extra in extras if RULE in extra), None)
        return _rule_in(get_args(into)[0]) if rule is None else (_bare(into), rule)
    if get_origin(into) in (Union, types.UnionType):
        return next((found for found in map(_rule_in, get_args(into)) if found is not None), None)
    return None


def _parts(into: Any, value: Any, pointer: str) -> Iterator[Fault]:
    """The faults of the parts of ``value``, if ``into`` has parts and the value has their form."""
    into = _bare(into)
    if get_origin(into) in (Union, types.UnionType):
        options = [option for option in map(_bare, get_args(into)) if option not in (type(None), msgspec.UnsetType)]
        if len(options) != 1:
            return
        into = options[0]
    origin, arguments = get_origin(into) or into, get_args(into)
    if not isinstance(origin, type):
        return
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        if issubclass(origin, msgspec.Struct):
            yield from _members(into, members, pointer)
        elif arguments and issubclass(origin, Mapping):
            for name, member in members.items():
                yield from _walk(arguments[1], member, f"{pointer}/{escape(name)}")
    elif isinstance(value, list) and arguments and issubclass(origin, Sequence | AbstractSet):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _walk(arguments[0], item, f"{pointer}/{index}")


def _members(into: Any, value: dict[str, Any], pointer: str) -> Iterator[Fault]:
    known: set[str] = set()
    for field in msgspec.structs.fields(into):
        known.add(field.encode_name)
        if field.encode_name in value:
            yield from _walk(field.type, value[field.encode_name], f"{pointer}/{escape(field.encode_name)}")
        elif field.required:
            yield Fault(f"{pointer}/{escape(field.encode_name)}", "missing", "This is required")
    if (get_origin(into) or into).__struct_config__.forbid_unknown_fields:
        for name in value:
            if name not in known:
                yield Fault(f"{pointer}/{escape(name)}", "unknown-field", "This field is not known")


def _bare(into: Any) -> Any:
    while get_origin(into) is Annotated:
        into = get_args(into)[0]
    return into
