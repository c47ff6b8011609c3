"""A pattern ends where the text does: Python's `$` is also met before a last line end, JSON Schema's is not."""

import json
from collections.abc import Iterator
from typing import Any, cast

import msgspec
import pytest

import api.app  # the whole API, so that every Struct is known
from api.body import decode
from api.routes.devices import DeviceIn
from api.structs.visit import ContactIn, PersonIn
from api.wire import SOME_TEXT, TEXT, Wire
from backend.errors import InvalidInput
from infra.dev.contract.document import document

assert api.app

IOS = {"fcmToken": "fcm-token", "platform": "ios"}


@pytest.mark.parametrize(
    "into, body, pointer",
    [
        (PersonIn, {"name": "Erika\n"}, "/name"),
        (ContactIn, {"email": "erika@example.org\n"}, "/email"),
        (DeviceIn, {**IOS, "fcmToken": "fcm-token\n"}, "/fcmToken"),
        (DeviceIn, {**IOS, "appVersion": "1.0\n"}, "/appVersion"),
    ],
)
def test_a_last_line_end_is_a_fault(into: type[msgspec.Struct], body: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode(json.dumps(body).encode(), into, max_depth=8)
    assert [fault.pointer for fault in refused.value.faults] == [pointer]
    decode(json.dumps({name: value.rstrip("\n") for name, value in body.items()}).encode(), into, max_depth=8)


def below(base: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for struct in base.__subclasses__():
        yield struct
        yield from below(struct)


def patterns(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        known = cast("dict[str, Any]", value)
        if known.get("type") == "string" and "pattern" in known:
            yield known["pattern"]
        value = list(known.values())
    for each in cast("list[Any]", value) if isinstance(value, list) else ():
        yield from patterns(each)


def test_no_pattern_of_a_body_ends_before_the_text_does() -> None:
    plain = [struct for struct in below(Wire) if not getattr(struct, "__parameters__", ())]
    _, components = msgspec.json.schema_components(plain)
    used = set(patterns(components))
    assert len(used) > 10
    assert {pattern for pattern in used if pattern.endswith("$")} <= {TEXT, SOME_TEXT}, (
        "line ends may stand in these anyway"
    )


def test_the_document_speaks_its_own_dialect() -> None:
    said = set(patterns(document()))
    assert len(said) > 10
    assert not [pattern for pattern in said if "\\Z" in pattern]
