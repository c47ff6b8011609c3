"""How deep a JSON text is nested is found in a few steps over the whole, whatever stands in its strings."""

import json
import time
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.body import depth_exceeds

MIB = 1 << 20
_TEXTS = st.text(alphabet='[]{}"\\ a\n\ud83dé', max_size=8).map(lambda text: text.encode("utf-8", "replace").decode())
_VALUES = st.recursive(
    st.one_of(_TEXTS, st.none(), st.integers(0, 9)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_TEXTS, inner, max_size=3)),
    max_leaves=30,
)


def depth(value: Any) -> int:
    inner: list[Any] | None = list(value.values()) if isinstance(value, dict) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType, reportUnknownArgumentType]
    return 1 + max(map(depth, inner), default=0) if isinstance(inner, list) else 0


@given(_VALUES, st.booleans())
def test_the_depth_is_that_of_the_value(value: Any, escaped: bool) -> None:
    body = json.dumps(value, ensure_ascii=escaped).encode()
    for most in range(7):
        assert depth_exceeds(body, most) == (depth(value) > most), (body, most)


@pytest.mark.parametrize("depth_there", [31, 32, 33, 64, 70_000])
def test_the_bound_is_exact_wherever_it_is_reached(depth_there: int) -> None:
    nested = b'{"a":' * (depth_there // 2) + b"[" * (depth_there - depth_there // 2)
    nested += b"]" * (depth_there - depth_there // 2) + b"}" * (depth_there // 2)
    for body in (nested, b"[" + b'"[[[",[],' * 20_000 + nested + b"]"):
        around = 0 if body is nested else 1
        assert depth_exceeds(body, 32) == (depth_there + around > 32)


@pytest.mark.parametrize(
    "part", [b"[", b'{"a":', b"[],", b'"[",', b'"[",[],', b"{},", b"[[],[],[]],", b'"\\"[",', b'"', b"\\", b"]["]
)
def test_a_mebibyte_of_brackets_takes_no_time(part: bytes) -> None:
    body = b"[" + part * (MIB // len(part))
    spent: list[float] = []
    for _ in range(3):
        began = time.process_time()
        depth_exceeds(body, 32)
        spent.append(time.process_time() - began)
    assert min(spent) < 0.05


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"installationId":'])
async def test_what_opens_a_mebibyte_deep_is_refused_by_an_open_door(bare: httpx.AsyncClient, opening: bytes) -> None:
    headers = {"Idempotency-Key": "x", "Content-Type": "application/json"}
    body = opening * ((MIB - 64) // len(opening))
    answer = await bare.post("/v1/sessions/guest", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "json-too-deep")
