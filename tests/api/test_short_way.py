"""Holding and booking take a short way past the framework: to whoever calls, both ways are one.

Two applications on one database, one of them without the short way, are asked the same by two people each: good and bad
in every manner. What is theirs alone (ids, times, references) is blotted out; everything else must be the same.
"""

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest
import structlog

from api.app import create_app
from backend.clock import system_now
from backend.identity.dev import mint_dev_token
from backend.settings import Settings
from infra.dev.ports import free_port
from tests.api.conftest import running
from tests.api.test_booking_routes import CITY, OFFICE, SERVICE

BODY_BYTES = 4_096
WRITES = 90
JSON = {"Content-Type": "application/json"}
NOBODY = "0193a000-0009-7000-8000-00000000000f"
_BLOTS = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)"), "<time>"),
    (re.compile(r"\bGE-[0-9A-Z]{4}-[0-9A-Z]{4}\b"), "<reference>"),
    (re.compile(r'"free":\d+'), '"free":<few>'),
    (re.compile(r";r=\d+;t=\d+"), ";<left>"),
)


def blotted(text: str) -> str:
    for pattern, name in _BLOTS:
        text = pattern.sub(name, text)
    return text


class Side:
    """One application, with people and places of its own."""

    def __init__(self, api: httpx.AsyncClient, settings: Settings, slots: list[str]) -> None:
        self.api, self.settings, self.slots = api, settings, slots
        self.known: dict[str, str] = {}
        self.people: list[dict[str, str]] = []

    async def begin(self) -> None:
        for _ in range(3):
            sent = {"Idempotency-Key": uuid4().hex}
            answer = await self.api.post("/v1/sessions/guest", json={"installationId": str(uuid4())}, headers=sent)
            self.people.append({"Authorization": f"Bearer {answer.json()['accessToken']}"})
        office = (await self.api.get(f"/v1/cities/{CITY}/offices/{OFFICE}")).json()["id"]
        service = (await self.api.get(f"/v1/cities/{CITY}/services/{SERVICE}")).json()["id"]
        self.known |= {"OFFICE": office, "SERVICE": service, "FIRST": self.slots[0], "SECOND": self.slots[1]}

    async def ask(self, step: "Step") -> dict[str, Any]:
        """Everything that the answer says and leaves behind, but for what is of this side alone."""
        headers = dict(JSON if step.headers is None else step.headers)
        if step.person is not None:
            headers |= self.people[step.person]
        if step.key is not None:
            headers["Idempotency-Key"] = f"{step.key}-{self.settings.metrics_port}"
        body = step.body if isinstance(step.body, bytes) else msgspec.json.encode(step.body)
        for name, value in self.known.items():
            body = body.replace(f"${name}".encode(), value.encode())
        with structlog.testing.capture_logs() as logs:
            answer = await self.api.post(step.path, content=body, headers=headers)
        if step.keep and answer.status_code == 201:
            self.known[step.keep] = answer.json()["id"]
        policies = re.findall(r'"([a-z-]+)";q=', answer.headers.get("ratelimit-policy", ""))
        assert len(policies) == len(set(policies)), "a limit that nobody can tell from another"
        own = {"milliseconds", "request"}
        if "content-encoding" in answer.headers:  # other ids shrink to other lengths
            own |= {"content-length", "bytes"}
        return {
            "status": answer.status_code,
            "headers": sorted((n, blotted(value)) for n, value in answer.headers.multi_items() if n not in own),
            "body": blotted(answer.text),
            "log": [{k: v for k, v in line.items() if k not in own} for line in logs],
        }


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One request. ``$NAME`` in the body is what the side knows under it; ``keep``: the id of the answer, by name."""

    name: str
    path: str = "/v1/holds"
    person: int | None = 0
    key: str | None = None
    headers: dict[str, str] | None = None
    """Instead of JSON's."""
    body: Any = b""
    status: int
    keep: str = ""


HOLD = {"office": "$OFFICE", "services": [{"service": "$SERVICE", "persons": 1}], "start": "$FIRST"}
LATER = HOLD | {"start": "$SECOND"}
BOOK = {"hold": "$HOLD", "person": {"name": " Erika Mustermann ", "dateOfBirth": "1964-08-12"}, "note": "Kinderwagen"}
APPOINTMENTS = "/v1/appointments"
NUL = BOOK | {"hold": NOBODY, "person": {"name": "a\0"}}
OTHER_JSON = {"Content-Type": "application/vnd.x+json; charset=utf-8"}
DE = JSON | {"Accept-Language": "de"}

STEPS = [
    Step(name="no key", body=HOLD, status=400),
    Step(name="no token", person=None, key="a", body=HOLD, status=401),
    Step(
        name="a bad token",
        person=None,
        key="a",
        headers=JSON | {"Authorization": "Bearer x.y.z"},
        body=HOLD,
        status=401,
    ),
    Step(name="another scheme", person=None, key="a", headers=JSON | {"Authorization": "Basic eA=="}, status=401),
    Step(name="no body", key="b", body=b"", status=400),
    Step(name="no content type", key="b", headers={}, body=HOLD, status=415),
    Step(name="a form", key="b", headers={"Content-Type": "application/x-www-form-urlencoded"}, body=HOLD, status=415),
    Step(name="no JSON", key="b", body=b'{"office": ', status=400),
    Step(name="no UTF-8", key="b", body=b'{"office": "\xff\xfe"}', status=400),
    Step(name="deep", key="b", body=b'{"office": ' + b"[" * 1_500 + b"]" * 1_500 + b"}", status=400),
    Step(name="too large", key="b", body=b'{"office": "' + b"x" * BODY_BYTES + b'"}', status=413),
    Step(
        name="every field wrong",
        key="b",
        headers=DE,
        body={"office": 7, "services": [], "start": "now", "x": 1},
        status=400,
    ),
    Step(name="NUL in a string", path=APPOINTMENTS, key="b", body=NUL, status=400),
    Step(name="an array", key="b", body=[HOLD], status=400),
    Step(name="a query", path="/v1/holds?force=true", key="b", body=HOLD, status=400),
    Step(name="a key that is none", headers=JSON | {"Idempotency-Key": "k y"}, body=HOLD, status=400),
    Step(name="a strange host", key="b", headers=JSON | {"Host": "a b"}, body=HOLD, status=400),
    Step(name="no such office", key="c", body=HOLD | {"office": NOBODY}, status=404),
    Step(name="no such office again", key="c", body=HOLD | {"office": NOBODY}, status=404),
    Step(name="no such service", key="d", body=HOLD | {"services": [{"service": NOBODY}]}, status=400),
    Step(name="never offered", key="e", headers=DE, body=HOLD | {"start": "2020-01-06T03:07:00+01:00"}, status=409),
    Step(name="a hold", key="f", body=HOLD, status=201, keep="HOLD"),
    Step(name="its repeat", key="f", body=HOLD, status=201),
    Step(name="its key for another body", key="f", body=LATER, status=422),
    Step(name="its key for another address", path=APPOINTMENTS, key="f", body=BOOK, status=422),
    Step(name="a second hold", key="g", body=LATER, status=409),
    Step(name="another's booking of it", path=APPOINTMENTS, person=1, key="h", body=BOOK, status=404),
    Step(name="with a slash at the end", path="/v1/holds/", person=1, key="i", body=LATER, status=404),
    Step(name="another's own", person=1, key="i", body=LATER, status=201, keep="OTHER"),
    Step(
        name="a name of blanks",
        path=APPOINTMENTS,
        key="j",
        headers=DE,
        body=BOOK | {"person": {"name": " "}},
        status=400,
    ),
    Step(name="a booking", path=APPOINTMENTS, key="k", headers=DE | {"Accept-Encoding": "gzip"}, body=BOOK, status=201),
    Step(name="its repeat", path=APPOINTMENTS, key="k", headers=DE, body=BOOK, status=201),
    Step(name="the hold once more", path=APPOINTMENTS, key="l", body=BOOK, status=409),
    Step(name="no such hold", path=APPOINTMENTS, key="m", body=BOOK | {"hold": NOBODY}, status=410),
    Step(
        name="another JSON",
        path=APPOINTMENTS,
        person=1,
        key="n",
        headers=OTHER_JSON,
        body=BOOK | {"hold": "$OTHER", "contact": {"email": "erika@example.org", "phone": "+49 209 1"}},
        status=201,
    ),
    Step(name="an id of one's own", key="o", headers=JSON | {"X-Request-Id": "abcdef-123456"}, body={}, status=400),
    Step(
        name="1.0 person",
        person=2,
        key="p",
        body=LATER | {"services": [{"service": "$SERVICE", "persons": 1.0}]},
        status=201,
    ),
]


@pytest.fixture
async def sides(make_settings: Callable[..., Settings], demo_url: str) -> AsyncGenerator[list[Side]]:
    """The short way's, then the long way's."""
    async with AsyncExitStack() as stack:
        found: list[Side] = []
        for short in (True, False):
            settings = make_settings(
                demo_url, max_body_bytes=BODY_BYTES, metrics_port=free_port(), rate_person_writes_per_minute=WRITES
            )
            api = await stack.enter_async_context(running(create_app(settings, short_way=short)))
            tomorrow = (system_now() + timedelta(days=1)).date()  # today one may check in
            path = f"/v1/cities/{CITY}/availability/slots?service={SERVICE}&office={OFFICE}&from={tomorrow}"
            slots = [slot["start"] for slot in (await api.get(path)).json()["items"]]
            found.append(Side(api, settings, slots[10 + 5 * len(found) :]))
            await found[-1].begin()
        yield found


async def test_nobody_can_tell_the_ways_apart(sides: list[Side], demo_owner_url: str) -> None:
    for step in STEPS:
        short, long = [await side.ask(step) for side in sides]
        assert short == long, step.name
        assert short["status"] == step.status, (step.name, short)
    full = [await fill(side) for side in sides]
    assert full[0] == full[1]
    assert '"code":"slot-taken"' in full[0]["body"]
    assert await counted(sides[0]) == await counted(sides[1])
    limited = [await exhaust(side) for side in sides]
    assert limited[0] == limited[1]
    assert limited[0]["status"] == 429
    assert await left_behind(demo_owner_url, sides[0]) == await left_behind(demo_owner_url, sides[1])


async def fill(side: Side) -> dict[str, Any]:
    """The answer to whoever comes when every counter is taken at this side's third slot."""
    side.known["THIRD"] = side.slots[2]
    while True:
        await side.begin()
        answer = await side.ask(
            Step(name="more", person=-1, key=uuid4().hex, body=HOLD | {"start": "$THIRD"}, status=201)
        )
        if answer["status"] != 201:
            return answer


async def exhaust(side: Side) -> dict[str, Any]:
    """The answer to whoever asks too often."""
    while True:
        answer = await side.ask(Step(name="too often", person=2, status=429))
        if answer["status"] != 400:
            return answer


async def test_a_token_that_has_run_out_or_is_a_clerks(sides: list[Side]) -> None:
    for audience in ("wartefrei", "wartefrei-clerk"):
        answers: list[dict[str, Any]] = []
        for side in sides:
            token = mint_dev_token(side.settings, "someone", system_now(), audience=audience)
            sent = JSON | {"Authorization": f"Bearer {token}"}
            answers.append(
                await side.ask(Step(name=audience, person=None, key="z", headers=sent, body=HOLD, status=401))
            )
        assert answers[0] == answers[1]
        assert answers[0]["status"] == 401


async def counted(side: Side) -> list[str]:
    """What the metrics say of commands and answers."""
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"http://127.0.0.1:{side.settings.metrics_port}/metrics")).text
    return sorted(line for line in text.splitlines() if re.match(r"wartefrei_(requests|commands)_total", line))


async def left_behind(url: str, side: Side) -> list[dict[str, Any]]:
    """Rows of the one booked appointment: itself, event, audit entry, notice, and the kept answer."""
    conn = await asyncpg.connect(url)
    try:
        await conn.execute("SELECT set_config('app.system', 'on', false)")
        booked = UUID(side.known["HOLD"])
        rows: list[dict[str, Any]] = []
        for query in (
            "SELECT state, name, date_of_birth, email, phone, note, language, channel, version FROM appointment"
            " WHERE id = $1",
            "SELECT version, actor_kind, kind, from_state, to_state, reason, data FROM appointment_event"
            " WHERE appointment_id = $1",
            "SELECT actor_kind, action, entity FROM audit_entry WHERE entity_id = $1::uuid::text",
            "SELECT kind FROM notice WHERE subject_id = $1",
            "SELECT status, headers::jsonb - 'Location' AS headers FROM idempotency_record r WHERE owner ="
            " (SELECT 'person:' || person_id FROM appointment WHERE id = $1) ORDER BY created_at, status",
        ):
            rows += [dict(row) for row in await conn.fetch(query, booked)]
        return rows
    finally:
        await conn.close()
