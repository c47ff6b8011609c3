"""What changed between two OpenAPI documents, and what of it breaks a client that was written for the older one.

A request may become wider and an answer narrower; the other way round breaks. What the guide asks clients to be ready
for (new members, codes, states in answers) does not. Prose and examples do not count.
"""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from infra.dev.contract.schemas import Change, Schemas

Json = dict[str, Any]
_METHODS = ("get", "post", "put", "patch", "delete")


class Comparison(msgspec.Struct, frozen=True):
    """The changes, breaking ones first."""

    breaking: tuple[Change, ...]
    other: tuple[Change, ...]


def compare(old: Json, new: Json) -> Comparison:
    """Every change from ``old`` to ``new``, each once."""
    found = dict.fromkeys(_Documents(old, new).changes())
    return Comparison(tuple(c for c in found if c.breaking), tuple(c for c in found if not c.breaking))


class _Documents:
    def __init__(self, old: Json, new: Json) -> None:
        self._old, self._new = old, new
        self._schemas = Schemas(old, new)

    def changes(self) -> Iterator[Change]:
        before, after = dict(_operations(self._old)), dict(_operations(self._new))
        for place in before.keys() - after.keys():
            yield Change(True, before[place]["operationId"], f"{place} is gone")
        for place in after.keys() - before.keys():
            yield Change(False, after[place]["operationId"], f"{place} is new")
        for place in sorted(before.keys() & after.keys()):
            yield from self._operation(before[place], after[place])
        yield from self._webhooks()

    def _webhooks(self) -> Iterator[Change]:
        """What others are told: to them its body is what an answer is to clients."""
        before, after = self._old.get("webhooks", {}), self._new.get("webhooks", {})
        for name in before.keys() - after.keys():
            yield Change(True, name, "is told no more")
        for name in after.keys() - before.keys():
            yield Change(False, name, "is told now")
        for name in sorted(before.keys() & after.keys()):
            old, new = (one[name]["post"]["requestBody"]["content"] for one in (before, after))
            yield from self._content(name, old, new, "given", "body")

    def _operation(self, old: Json, new: Json) -> Iterator[Change]:
        name = old["operationId"]
        if new["operationId"] != name:
            yield Change(True, name, f"is called {new['operationId']} now")
        if new.get("deprecated") and not old.get("deprecated"):
            yield Change(False, name, "is deprecated")
        if old.get("security") != new.get("security"):
            yield Change(not _suffices(old, new), name, "is guarded in another way")
        yield from self._parameters(name, old, new)
        yield from self._body(name, old, new)
        yield from self._responses(name, old, new)

    def _parameters(self, name: str, old: Json, new: Json) -> Iterator[Change]:
        before, after = self._named(self._old, old), self._named(self._new, new)
        for place in before.keys() - after.keys():
            yield Change(True, name, f"{place} is not taken any more")
        for place in after.keys() - before.keys():
            needed = bool(after[place].get("required"))
            yield Change(needed, name, f"{place} is {'needed' if needed else 'taken'} now")
        for place in before.keys() & after.keys():
            if after[place].get("required") and not before[place].get("required"):
                yield Change(True, name, f"{place} is needed now")
            given, wanted = before[place]["schema"], after[place]["schema"]
            yield from self._schemas.compare(given, wanted, "taken", name, place)

    def _named(self, document: Json, operation: Json) -> dict[str, Json]:
        listed = [_followed(document, one) for one in operation.get("parameters", [])]
        return {f"{one['in']} {one['name']}": one for one in listed}

    def _body(self, name: str, old: Json, new: Json) -> Iterator[Change]:
        before, after = old.get("requestBody"), new.get("requestBody")
        if before is None or after is None:
            if before is not after:
                yield Change(True, name, "takes no body any more" if after is None else "wants a body now")
            return
        needed, needs = bool(before.get("required")), bool(after.get("required"))
        if needed != needs:
            yield Change(needs, name, "needs its body now" if needs else "its body may be left out now")
        yield from self._content(name, before["content"], after["content"], "taken", "body")

    def _responses(self, name: str, old: Json, new: Json) -> Iterator[Change]:
        before, after = old["responses"], new["responses"]
        for status in sorted(before.keys() | after.keys()):
            if status not in after:
                yield Change(status < "400", name, f"does not answer {status} any more")
            elif status not in before:
                yield Change(status < "400", name, f"may answer {status} now")
            else:
                given, wanted = _followed(self._old, before[status]), _followed(self._new, after[status])
                for header in given.get("headers", {}).keys() - wanted.get("headers", {}).keys():
                    yield Change(True, name, f"{status} has no header {header} any more")
                yield from self._codes(name, status, given, wanted)
                yield from self._content(name, given.get("content", {}), wanted.get("content", {}), "given", status)

    def _codes(self, name: str, status: str, old: Json, new: Json) -> Iterator[Change]:
        if status < "400":
            return
        before, after = _examples(old), _examples(new)
        for code in sorted(after - before):
            yield Change(False, name, f"may answer {status} `{code}` now")
        for code in sorted(before - after):
            yield Change(False, name, f"does not answer {status} `{code}` any more")

    def _content(
        self, name: str, old: Json, new: Json, direction: Literal["taken", "given"], place: str
    ) -> Iterator[Change]:
        for media in old.keys() - new.keys():
            yield Change(True, name, f"{place}: no {media} any more")
        for media in new.keys() - old.keys():
            yield Change(False, name, f"{place}: {media} too")
        for media in old.keys() & new.keys():
            yield from self._schemas.compare(old[media]["schema"], new[media]["schema"], direction, name, place)


def _operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def _suffices(old: Json, new: Json) -> bool:
    """Whether everything that was enough to be let in is enough still."""
    before: list[Json] = old.get("security") or [{}]
    after: list[Json] = new.get("security") or [{}]
    return all(any(wanted.keys() <= given.keys() for wanted in after) for given in before)


def _followed(document: Json, part: Json) -> Json:
    if "$ref" not in part:
        return part
    _, kind, name = part["$ref"].rsplit("/", 2)
    found: Json = document["components"][kind][name]
    return found


def _examples(answer: Json) -> set[str]:
    return {code for media in answer.get("content", {}).values() for code in media.get("examples", {})}
