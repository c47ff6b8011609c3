"""Sparse answers: `fields=` names what the items of a list shall hold; a phone on a bad line asks for no more.

A handler takes ``fields: Annotated[str | None, sparse.parameter(ItemOut)] = None`` and sends
``sparse.pick(items, fields, ItemOut)``. Order, cursors and `next` stay as they are; the tag is that of the bytes.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from litestar.params import QueryParameter

from api.inspection import parts
from backend.errors import FieldError, InvalidInput

_MAX_CHARACTERS = 1_000
_Plan = Mapping[str, "tuple[str, _Plan | None]"]
"""By the name that clients write: the attribute, and what of it, where that is a Struct of its own."""


def parameter(form: type[msgspec.Struct]) -> QueryParameter:
    """The query parameter, with the names that it knows."""
    text = (
        "Only these fields of each item, comma-separated. What is not asked for is left out, whatever the schema"
        f" requires. Known are {', '.join(f'`{name}`' for name in _names(form))}."
    )
    return QueryParameter(max_length=_MAX_CHARACTERS, description=text)


def known(form: type[msgspec.Struct]) -> Callable[[str], object]:
    """Reads the parameter: raises InvalidInput for names that ``form`` does not have."""
    return lambda fields: _plan(form, fields)


def pick(items: Sequence[Any], fields: str | None, form: type[msgspec.Struct]) -> list[Any]:
    """``items`` with the fields named only; all of them without ``fields``. Raises InvalidInput for names unknown."""
    if fields is None:
        return list(items)
    plan = _plan(form, fields)
    return [_sparse(item, plan) for item in items]


@lru_cache(maxsize=256)
def _plan(form: type[msgspec.Struct], fields: str) -> _Plan:
    names, plan = _names(form), dict[str, tuple[str, Any]]()
    wanted = list(dict.fromkeys(name.strip() for name in fields.split(",")))
    if not all(name in names for name in wanted):
        known = ", ".join(names)
        texts = {"de": f"Bekannt sind {known}"}
        raise InvalidInput([FieldError("fields", "unknown-field", f"Known are {known}", texts)])
    for name in wanted:
        outer, _, inner = name.partition(".")
        attribute, below = names[name]
        if not inner:
            plan[outer] = (attribute, None)
        elif (kept := plan.setdefault(outer, (names[outer][0], {}))[1]) is not None:
            kept[inner] = (below, None)
    return plan


def _sparse(item: Any, plan: _Plan) -> Any:
    if item is None:
        return None
    if isinstance(item, Sequence):
        return [_sparse(one, plan) for one in item]  # pyright: ignore[reportUnknownVariableType]
    found = {name: (getattr(item, attribute), below) for name, (attribute, below) in plan.items()}
    return {name: value if below is None else _sparse(value, below) for name, (value, below) in found.items()}


@lru_cache(maxsize=32)
def _names(form: type[msgspec.Struct]) -> Mapping[str, tuple[str, str]]:
    """Every name there is, one level deep, with the attributes on the way."""
    found: dict[str, tuple[str, str]] = {}
    for field in _fields(form):
        found[field.encode_name] = (field.name, "")
        if (within := _struct_in(field.type)) is not None:
            for inner in _fields(within):
                found[f"{field.encode_name}.{inner.encode_name}"] = (field.name, inner.name)
    return found


def _fields(form: Any) -> Sequence[msgspec.inspect.Field]:
    kind = msgspec.inspect.type_info(form)
    assert isinstance(kind, msgspec.inspect.StructType)
    return kind.fields


def _struct_in(kind: msgspec.inspect.Type) -> Any:
    """The Struct that a value is, or that each value of a list is, perhaps besides null."""
    return next((part.cls for part in parts(kind) if isinstance(part, msgspec.inspect.StructType)), None)
