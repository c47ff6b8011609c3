"""JSON merge patch (RFC 7396), and the bounds within which answers stay."""

import math
from typing import Any, cast

import msgspec

from backend.errors import FieldError, InvalidInput
from backend.forms.content import Json

MOST_BYTES = 100_000
MOST_DEPTH = 12


def merge(target: Any, patch: Any) -> Any:
    """``target`` with ``patch`` applied; neither is changed."""
    if not isinstance(patch, dict):
        return patch
    found: Json = dict(cast("Json", target)) if isinstance(target, dict) else {}
    for name, value in cast("Json", patch).items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = merge(found.get(name), value)
    return found


def check_bounds(answers: Json, at: str = "/answers") -> None:
    """Raises InvalidInput where answers are too large or too deep to be kept, or hold what JSON cannot."""
    if _depth(answers, MOST_DEPTH) > MOST_DEPTH:
        raise InvalidInput([FieldError(at, "too-deep", f"At most {MOST_DEPTH} levels are kept")])
    if not _finite(answers):
        raise InvalidInput([FieldError(at, "out-of-range", "A number is too large")])
    if len(msgspec.json.encode(answers)) > MOST_BYTES:
        raise InvalidInput([FieldError(at, "too-long", f"At most {MOST_BYTES} bytes are kept")])


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(cast("Json", value).values())
    return cast("list[Any]", value) if isinstance(value, list) else []


def _depth(value: Any, left: int) -> int:
    if not isinstance(value, dict | list) or left < 0:
        return 0
    return 1 + max((_depth(child, left - 1) for child in _children(value)), default=0)


def _finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return abs(value) < 2**63
    return all(_finite(child) for child in _children(value))


def lost(before: Any, after: Any, pointer: str = "") -> list[str]:
    """Pointers to what is in ``before`` and not, or not the same, in ``after``."""
    if isinstance(before, dict) and isinstance(after, dict):
        mine, other = cast("Json", before), cast("Json", after)
        return [found for name, value in mine.items() for found in lost(value, other.get(name), f"{pointer}/{name}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):  # pyright: ignore[reportUnknownArgumentType]
        both = zip(cast("list[Any]", before), cast("list[Any]", after), strict=True)
        return [found for i, (one, two) in enumerate(both) for found in lost(one, two, f"{pointer}/{i}")]
    return [] if before == after else [pointer]
