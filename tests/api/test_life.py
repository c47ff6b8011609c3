"""How an operation ends is told by every answer; what stands at agreed addresses is there, and in time."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import jsonschema
import pytest
from litestar import Controller, get

from api.app import create_app
from api.auth import public
from api.declared import raises
from api.health import HealthOut
from api.lifecycle import ends
from api.routes import ROUTES
from backend.clock import system_now
from backend.schedule.model import Entry
from backend.schedule.rules import DOCUMENTS, NOTICES, standing
from backend.settings import Settings
from notifications.tasks import TASKS
from tests.api.conftest import running


class OldController(Controller):
    """A route that ends."""

    guards = (public,)
    tags = ("Operations",)

    @get(
        "/v1/old",
        operation_id="readOld",
        opt=raises() | ends(since=date(2026, 11, 1), sunset=date(2027, 6, 1), instead="readStatus"),
        summary="Old",
    )
    async def old(self) -> HealthOut:
        """As it was."""
        return HealthOut()


async def test_what_ends_says_so_in_its_answers_and_in_the_document(
    make_settings: Callable[..., Settings], database_url: str
) -> None:
    app = create_app(make_settings(database_url, rate_limits="off"), [*ROUTES, OldController])
    async with running(app) as client:
        for answer in (await client.get("/v1/old"), await client.get("/v1/old?what=ever")):  # the second is refused
            assert answer.headers["deprecation"] == f"@{int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())}"
            assert parsedate_to_datetime(answer.headers["sunset"]) == datetime(2027, 6, 1, tzinfo=UTC)
            assert 'rel="deprecation"' in answer.headers["link"]
        path, _, anchor = answer.headers["link"].partition(">")[0].removeprefix("<").partition("#")
        assert f'id="{anchor}"' in (await client.get(path)).text
        going = await client.get("/v1/cities")
        assert not {"deprecation", "sunset"} & set(going.headers)
        found: dict[str, Any] = (await client.get("/openapi.json")).json()["paths"]["/v1/old"]["get"]
    assert found["deprecated"] is True
    assert found["x-sunset"] == "2027-06-01"
    assert "Use `readStatus`" in found["description"]
    assert {"Deprecation", "Sunset"} <= found["responses"]["200"]["headers"].keys()


def test_nothing_ends_sooner_than_the_guide_promises() -> None:
    with pytest.raises(ValueError, match="fewer than 6 months"):
        ends(since=date(2027, 1, 31), sunset=date(2027, 7, 30))


async def test_the_catalog_leads_to_everything_that_is_there(bare: httpx.AsyncClient) -> None:
    answer = await bare.get("/.well-known/api-catalog")
    assert answer.headers["content-type"].startswith("application/linkset+json")
    (api,) = answer.json()["linkset"]
    links = [target["href"] for name, targets in api.items() if name != "anchor" for target in targets]
    assert len(links) == 4 and all(link.startswith("http://127.0.0.1:8000/") for link in links)
    for link in links:
        assert (await bare.get(link)).status_code == 200, link
    head = await bare.head("/.well-known/api-catalog")
    assert 'rel="api-catalog"' in head.headers["link"]


async def test_security_txt_has_a_contact_and_never_runs_out(
    make_settings: Callable[..., Settings], database_url: str
) -> None:
    settings = make_settings(database_url, rate_limits="off", security_contact="https://example.org/security")
    async with running(create_app(settings)) as client:
        answer = await client.get("/.well-known/security.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"] == "https://example.org/security"
    left = datetime.fromisoformat(fields["Expires"]) - system_now()
    assert timedelta(days=170) < left < timedelta(days=365)
    assert fields["Canonical"].endswith("/.well-known/security.txt")


async def test_the_changelog_is_a_page_and_a_feed(bare: httpx.AsyncClient) -> None:
    feed = await bare.get("/docs/changes.atom")
    assert feed.headers["content-type"].startswith("application/atom+xml")
    atom = "{http://www.w3.org/2005/Atom}"
    root = ET.fromstring(feed.text)  # noqa: S314 - our own
    entries = root.findall(f"{atom}entry")
    assert entries
    for part in (root, *entries):
        assert all(part.find(f"{atom}{name}") is not None for name in ("id", "title", "updated"))
    page = await bare.get("/docs/changes")
    for entry in entries:
        identity = entry.findtext(f"{atom}id") or ""
        assert f'id="{identity.rpartition("#")[2]}"' in page.text


def entry(task: str, ended: datetime | None, detail: str = "0", outcome: Any = "done") -> Entry:
    return Entry(
        task=task,
        every_seconds=30,
        next_at=system_now(),
        started_at=ended,
        ended_at=ended,
        outcome=outcome,
        detail=detail,
    )


def test_a_part_is_judged_by_what_its_task_noted() -> None:
    now = system_now()
    assert standing([entry(NOTICES, now)], NOTICES, now) == "ok"
    assert standing([entry(NOTICES, now, "301")], NOTICES, now) == "late"
    assert standing([entry(NOTICES, now - timedelta(minutes=6))], NOTICES, now) == "unknown"
    assert standing([entry(NOTICES, now, "TimeoutError", "failed")], NOTICES, now) == "unknown"
    assert standing([], DOCUMENTS, now) == "unknown"
    assert {NOTICES, DOCUMENTS} <= {task.name for task in TASKS}


async def test_the_status_tells_what_works_and_nothing_else(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/status")
    assert answer.headers["cache-control"] == "public, max-age=15"
    found = answer.json()
    document = (await api.get("/openapi.json")).json()
    schema = {"$ref": "#/components/schemas/StatusOut", "components": document["components"]}
    checker: Any = jsonschema.Draft202012Validator(schema)
    checker.validate(found)
    assert {part["name"]: part["state"] for part in found["parts"]} == {
        "api": "ok",
        "notices": "unknown",  # no worker runs here
        "documents": "unknown",
    }
    assert found["status"] == "degraded"
