"""Whatever goes wrong, the answer is a problem: typed, translated, without a word of what must not be told."""

import time
from typing import Any

import httpx
import msgspec
import pytest

from api import errors
from api.catalogue_of_errors import entries
from api.openapi.example_problems import seen
from api.texts import Language

THING = "018f0000-0000-7000-8000-000000000000"
START = "2026-03-02T09:00:00+01:00"
GOOD: dict[str, Any] = {"name": "x", "startAt": START}


def faults(answer: httpx.Response) -> dict[str, str]:
    """Pointer → code of an invalid-input problem."""
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "invalid-input"
    return {e["pointer"]: e["code"] for e in answer.json()["errors"]}


async def post(bare: httpx.AsyncClient, body: bytes, kind: str = "application/json") -> httpx.Response:
    return await bare.post("/echo/body", content=body, headers={"Content-Type": kind})


async def test_an_unknown_address_is_a_problem(bare: httpx.AsyncClient) -> None:
    answer = await bare.get("/v1/nowhere?name=Mustermann")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "http://127.0.0.1:8000/docs/errors/not-found",
        "title": "There is nothing at this address",
        "status": 404,
        "detail": "There is nothing at this address: a slip in the path, an id that is none, or a slash at its end.",
        "instance": "/v1/nowhere",
        "code": "not-found",
    }


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_problem_says_what_has_happened_without_marks_of_a_page(language: Language) -> None:
    for entry in entries():
        problem = seen(entry.kind, None, "http://127.0.0.1:8000", language).body
        assert len(problem["detail"]) > 10 and "`" not in problem["detail"], entry.slug
    german, english = (seen(errors.RouteNotFound, None, "", one).body["detail"] for one in ("de", "en"))
    assert german.startswith("Unter dieser Adresse") and english.startswith("There is nothing")


async def test_a_slash_within_a_name_is_none_between_names(bare: httpx.AsyncClient) -> None:
    assert (await bare.get("/echo/large")).status_code == 200
    assert (await bare.get("/echo/l%61rge")).status_code == 200
    for address in ("/echo%2Flarge", "/echo%2flarge"):
        answer = await bare.get(address)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), address


async def test_titles_follow_accept_language(bare: httpx.AsyncClient) -> None:
    german = await bare.get("/v1/nowhere", headers={"Accept-Language": "fr, de-DE;q=0.8, en;q=0.5"})
    assert german.json()["title"] == "Unter dieser Adresse gibt es nichts"
    assert german.headers["content-language"] == "de"
    english = await bare.get("/v1/nowhere", headers={"Accept-Language": "de;q=0.1, en"})
    assert english.headers["content-language"] == "en"


async def test_a_wrong_method_says_which_are_right(bare: httpx.AsyncClient) -> None:
    answer = await bare.delete("/echo/body")
    assert answer.status_code == 405
    assert answer.json()["code"] == "method-not-allowed"
    assert set(answer.headers["allow"].split(", ")) == {"POST", "OPTIONS"}
    assert "HEAD" in (await bare.post("/echo/large")).headers["allow"]


async def test_a_bad_id_in_the_path_is_not_found(bare: httpx.AsyncClient) -> None:
    for path in ("/echo/things/7", "/echo/things/%00", "/v1/%00", "/v1/%ff"):
        assert (await bare.get(path)).json()["code"] in ("not-found", "malformed-request"), path


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"nul", b"{'name': 1}", b'{"name": "\xff"}', b'{"name": "\xc3\x28"}',
        b'{"name": "\\ud800"}', b"\xef\xbb\xbf{}",
        b'{"name": NaN}',
        b'{"name":"x"} {}', b"[" * 20, b'{"name": 1' + b"0" * 5000 + b"} x",
    ],
)  # fmt: skip
async def test_what_is_not_json_is_refused(bare: httpx.AsyncClient, body: bytes) -> None:
    answer = await post(bare, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed-json")


@pytest.mark.parametrize(
    "body", [b"[" * 5000, b"[" * 5000 + b"]" * 5000, b'{"anything":' + b'{"a":' * 5000 + b"1" + b"}" * 5001]
)
async def test_json_nested_thousands_deep_is_refused(bare: httpx.AsyncClient, body: bytes) -> None:
    answer = await post(bare, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "json-too-deep")


@pytest.mark.parametrize("many", [["nul\0"] * 50_000, {f"n{n}\0": 1 for n in range(50_000)}])
async def test_of_many_faults_the_first_hundred_are_told(bare: httpx.AsyncClient, many: Any) -> None:
    answer = await bare.post("/echo/body", json={**GOOD, "anything": {"x": many}})
    assert len(answer.json()["errors"]) == 100


async def test_a_string_that_never_ends_is_read_through_once(bare: httpx.AsyncClient) -> None:
    body = b'{"name": "' + b'\\"' * 100_000 + b"[" * 40
    begun = time.perf_counter()
    assert (await post(bare, body)).json()["code"] == "malformed-json"
    assert time.perf_counter() - begun < 5  # anew from each of its quotes it takes minutes, and nobody else is served


async def test_depth_holds_where_the_type_would_take_anything(bare: httpx.AsyncClient) -> None:
    nested: Any = 1
    for _ in range(40):
        nested = {"a": nested}
    answer = await bare.post("/echo/body", json={**GOOD, "anything": nested})
    assert answer.json()["code"] == "json-too-deep"
    brackets = {**GOOD, "anything": {"a": '[{"' * 100}}
    assert (await bare.post("/echo/body", json=brackets)).status_code == 201, "brackets within strings are no depth"


async def test_every_fault_is_told_at_once(bare: httpx.AsyncClient) -> None:
    body = {
        "name": "far too long a name",
        "born": "yesterday",
        "kind": "secret-kind",
        "unknown/field~": 1,
        "children": [{"service": "no", "persons": 0}, {"persons": "2"}, 5],
        "child": {"persons": 21, "service": None},
        "anything": {"deep": ["nul\0"]},
    }
    answer = await bare.post("/echo/body", json=body)
    assert faults(answer) == {
        "/name": "too-long",
        "/startAt": "missing",
        "/born": "invalid-date",
        "/kind": "not-allowed",
        "/unknown~1field~0": "unknown-field",
        "/children/0/service": "invalid-uuid",
        "/children/0/persons": "too-small",
        "/children/1/service": "missing",
        "/children/1/persons": "wrong-type",
        "/children/2": "wrong-type",
        "/child/persons": "too-large",
        "/child/service": "wrong-type",
        "/anything/deep/0": "invalid-character",
    }
    assert "secret-kind" not in answer.text, "what was written is not echoed"


async def test_faults_speak_german(bare: httpx.AsyncClient) -> None:
    answer = await bare.post("/echo/body", json={"name": "x"}, headers={"Accept-Language": "de"})
    assert answer.json()["title"] == "Einige Angaben sind nicht gültig"
    assert answer.json()["errors"] == [{"pointer": "/startAt", "code": "missing", "detail": "Diese Angabe fehlt"}]


@pytest.mark.parametrize("change, expected",
    [
        ({"name": "a\0b"}, {"/name": "invalid-character"}),
        ({"anything": {"a\0": 1}}, {"/anything": "invalid-character"}),
        ({"startAt": "2026-03-02"}, {"/startAt": "invalid-datetime"}),
        ({"children": [{"service": THING}] * 4}, {"/children": "too-long"}),
        ({"children": [{"service": THING, "persons": 1 << 70}]}, {"/children/0/persons": "too-large"}),
        ({"name": 5}, {"/name": "wrong-type"}),
        ({"name": ""}, {"/name": "too-short"}),
    ],
)  # fmt: skip
async def test_one_fault_is_found_where_it_is(
    bare: httpx.AsyncClient, change: dict[str, Any], expected: dict[str, str]
) -> None:
    assert faults(await bare.post("/echo/body", json={**GOOD, **change})) == expected


async def test_a_huge_number_is_a_fault_and_no_crash(bare: httpx.AsyncClient) -> None:
    assert faults(await post(bare, b'{"name": 1' + b"0" * 6000 + b', "startAt": "%s"}' % START.encode())) == {
        "/name": "wrong-type"
    }


async def test_one_point_zero_is_an_integer(bare: httpx.AsyncClient) -> None:
    child = {"service": THING, "persons": 2.0}
    assert (await bare.post("/echo/body", json={**GOOD, "child": child})).status_code == 201
    assert faults(await bare.post("/echo/body", json={**GOOD, "child": {**child, "persons": 2.5}})) == {
        "/child/persons": "wrong-type"
    }


async def test_a_body_of_another_shape(bare: httpx.AsyncClient) -> None:
    assert faults(await post(bare, b"[]")) == {"": "wrong-type"}
    assert faults(await post(bare, b"null")) == {"": "wrong-type"}
    assert faults(await post(bare, b"")) == {"": "missing"}


async def test_of_two_members_of_one_name_the_last_counts(bare: httpx.AsyncClient) -> None:
    answer = await post(bare, b'{"name":"a","startAt":"%s","name":"b"}' % START.encode())
    assert answer.json()["name"] == "b"


async def test_only_json_is_read(bare: httpx.AsyncClient) -> None:
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/msgpack",
        "",
    ):
        answer = await post(bare, msgspec.json.encode(GOOD), kind)
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type"), kind
    for coding, status in (("gzip", 415), ("br, gzip", 415), ("identity", 201)):
        told = {"Content-Type": "application/json", "Content-Encoding": coding}
        answer = await bare.post("/echo/body", content=msgspec.json.encode(GOOD), headers=told)
        assert answer.status_code == status, f"a body in {coding} is not read, and not taken for malformed JSON either"
    assert (await post(bare, msgspec.json.encode(GOOD), "application/json; charset=utf-8")).status_code == 201


async def test_a_body_past_the_limit_is_refused(bare: httpx.AsyncClient) -> None:
    answer = await bare.post("/echo/body", json={"name": "x" * 1_048_576})
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


async def test_headers_and_addresses_have_limits(bare: httpx.AsyncClient) -> None:
    assert (await bare.get("/echo/large", headers={"X-Long": "x" * 17_000})).status_code == 431
    answer = await bare.get("/echo/query?tag=" + "x" * 9_000)
    assert (answer.status_code, answer.json()["code"]) == (414, "address-too-long")


@pytest.mark.parametrize(
    "query, expected",
    [
        ("", {"size": "missing"}),
        ("size=x", {"size": "wrong-type"}),
        ("size=x&day=never&colour=red", {"size": "wrong-type", "day": "invalid-date", "colour": "unknown-parameter"}),
        ("size=1&size=2", {"size": "repeated-parameter"}),
        ("size=1&tag=%00", {"tag": "invalid-character"}),
        ("size=1&tag=%ff", {"": "invalid-character"}),
    ],
)
async def test_faults_of_parameters(bare: httpx.AsyncClient, query: str, expected: dict[str, str]) -> None:
    assert faults(await bare.get(f"/echo/query?{query}")) == expected


async def test_a_list_parameter_may_be_repeated(bare: httpx.AsyncClient) -> None:
    answer = await bare.get("/echo/query?size=1&tag=a&tag=b&day=2026-03-02")
    assert answer.json() == {"size": 1, "day": "2026-03-02", "tag": ["a", "b"]}


async def test_a_bug_is_told_without_its_inside(bare: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]) -> None:
    answer = await bare.get("/echo/fail/bug")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert answer.json()["request"] == answer.headers["x-request-id"]
    logged = capsys.readouterr().out
    assert "ValueError" in logged and answer.json()["request"] in logged
    for text in (answer.text, logged):
        assert "Mustermann" not in text and "1964" not in text and "Traceback" not in text


@pytest.mark.parametrize("how, status", [("gone", 503), ("slow", 503), ("busy", 409)])
async def test_come_back_later_says_when(bare: httpx.AsyncClient, how: str, status: int) -> None:
    answer = await bare.get(f"/echo/fail/{how}")
    assert answer.status_code == status
    assert int(answer.headers["retry-after"]) >= 1
