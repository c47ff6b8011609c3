"""What changed between two schemas, seen from whoever sends a value (`taken` by us) or reads one (`given` by us)."""

from collections.abc import Iterator
from typing import Any, Literal, cast

import msgspec

Json = dict[str, Any]
Direction = Literal["taken", "given"]
_REF = "#/components/schemas/"
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_ARMS = ("oneOf", "anyOf", "allOf")


class Change(msgspec.Struct, frozen=True):
    """One change. ``subject`` is the operation's or the schema's name, which a changelog can say."""

    breaking: bool
    subject: str
    what: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.what}"


class Schemas:
    """The schemas of two documents."""

    def __init__(self, old: Json, new: Json) -> None:
        self._old: Json = old["components"]["schemas"]
        self._new: Json = new["components"]["schemas"]
        self._seen: set[tuple[str, str, Direction]] = set()

    def compare(self, old: Json, new: Json, direction: Direction, subject: str, place: str) -> Iterator[Change]:
        """Every change; a named schema's once for each direction."""
        before, after = _name(old), _name(new)
        if before and after:
            if before != after:
                yield Change(True, subject, f"{place}: {before} is called {after} now")
            if (before, after, direction) not in self._seen:
                self._seen.add((before, after, direction))
                yield from self._compare(self._old[before], self._new[after], direction, before, "")
            return
        yield from self._compare(
            self._old[before] if before else old, self._new[after] if after else new, direction, subject, place
        )

    def _compare(self, old: Json, new: Json, direction: Direction, subject: str, place: str) -> Iterator[Change]:
        at = f"{place}: " if place else ""
        taken = direction == "taken"
        for breaking, what in (
            *_kinds(old, new, taken),
            *_choices(old, new, taken),
            *_bounds(old, new, taken),
            *_rest(old, new, taken),
        ):
            yield Change(breaking, subject, at + what)
        yield from self._members(old, new, direction, subject, place)
        yield from self._inner(old, new, direction, subject, place)

    def _members(self, old: Json, new: Json, direction: Direction, subject: str, place: str) -> Iterator[Change]:
        taken = direction == "taken"
        before, after = old.get("properties", {}), new.get("properties", {})
        needed, needs = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(before.keys() | after.keys()):
            where = f"{place}.{name}" if place else name
            if name not in after:
                yield Change(True, subject, f"{where} is gone")
            elif name not in before:
                yield Change(
                    taken and name in needs, subject, f"{where} is new" + (", needed" if name in needs else "")
                )
            else:
                if (name in needs) != (name in needed):
                    broken = (name in needs) == taken
                    yield Change(broken, subject, f"{where} {'is always there' if name in needs else 'may be missing'}")
                yield from self.compare(before[name], after[name], direction, subject, where)

    def _inner(self, old: Json, new: Json, direction: Direction, subject: str, place: str) -> Iterator[Change]:
        for keyword, where in (("items", "[]"), ("additionalProperties", ".*")):
            before, after = (True if one == {} else one for one in (old.get(keyword, True), new.get(keyword, True)))
            if isinstance(before, dict) and isinstance(after, dict):
                yield from self.compare(
                    cast("Json", before), cast("Json", after), direction, subject, f"{place}{where}"
                )
            elif before != after:
                yield Change(True, subject, f"{place}{where} is another")
        for keyword in _ARMS:
            arms, now = _arms(old, keyword), _arms(new, keyword)
            if len(arms) == len(now):
                for before, after in zip(arms, now, strict=True):
                    yield from self.compare(before, after, direction, subject, place)
            elif arms or now:
                wider = len(now) > len(arms)
                yield Change(wider != (direction == "taken"), subject, f"{place}: {keyword} has {len(now)} choices now")


def _kinds(old: Json, new: Json, taken: bool) -> Iterator[tuple[bool, str]]:
    had, has = _nullable(old), _nullable(new)
    if had != has:
        yield has != taken, "may be null now" if has else "is never null now"
    before, after = _types(old), _types(new)
    if before == after:
        return
    if before and after:
        wider, narrower = before < _with_integers(after), after < _with_integers(before)
    else:
        wider, narrower = not after, not before
    fine = wider if taken else narrower
    yield not fine, f"{' or '.join(sorted(before)) or 'anything'} became {' or '.join(sorted(after)) or 'anything'}"


def _choices(old: Json, new: Json, taken: bool) -> Iterator[tuple[bool, str]]:
    before, after = _enum(old), _enum(new)
    if before is None or after is None:
        if before is not after:
            yield (
                taken and after is not None,
                "has a list of values now" if after is not None else "takes any value now",
            )
        return
    if gone := before - after:
        yield taken, f"no {', '.join(sorted(map(str, gone)))} any more"
    if came := after - before:
        yield False, f"{', '.join(sorted(map(str, came)))} too"  # readers are asked to be ready for new values


def _bounds(old: Json, new: Json, taken: bool) -> Iterator[tuple[bool, str]]:
    for keyword in (*_LOWER, *_UPPER):
        before, after = old.get(keyword), new.get(keyword)
        if before == after:
            continue
        if before is None or after is None:
            tighter = after is not None
        else:
            tighter = after > before if keyword in _LOWER else after < before
        yield taken and tighter, f"{keyword} is {after} instead of {before}"
    if (before := old.get("pattern")) != (after := new.get("pattern")):
        yield taken and after is not None, f"pattern is {after} instead of {before}"


def _rest(old: Json, new: Json, taken: bool) -> Iterator[tuple[bool, str]]:
    if (before := old.get("format")) != (after := new.get("format")):
        yield (before if not taken else after) is not None, f"format is {after} instead of {before}"
    if taken and old.get("default") != new.get("default"):
        yield True, f"default is {new.get('default')} instead of {old.get('default')}"


def _nullable(schema: Json) -> bool:
    return "null" in schema.get("type", []) or {"type": "null"} in schema.get("oneOf", ())


def _types(schema: Json) -> set[str]:
    """Without null, which is told apart."""
    kinds = schema.get("type", [])
    return ({kinds} if isinstance(kinds, str) else set(cast("list[str]", kinds))) - {"null"}


def _with_integers(kinds: set[str]) -> set[str]:
    return kinds | {"integer"} if "number" in kinds else kinds


def _enum(schema: Json) -> set[Any] | None:
    if "const" in schema:
        return {schema["const"]}
    return set(schema["enum"]) - {None} if "enum" in schema else None


def _arms(schema: Json, keyword: str) -> list[Json]:
    """The choices without null, which counts as a type."""
    return [arm for arm in schema.get(keyword, ()) if arm != {"type": "null"}]


def _name(schema: Json) -> str:
    return str(schema["$ref"]).removeprefix(_REF) if "$ref" in schema else ""
