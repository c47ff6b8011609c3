"""Versions: published once, never changed, offered until they are retired; and the command that does it."""

import json
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest
import yaml

from api.cli import main
from backend.db import Database
from backend.db.pool import SYSTEM
from backend.forms import queries
from backend.forms.lint import lint
from backend.forms.reader import InvalidFormError
from backend.forms.versions import retire, save
from tests.forms.samples import PARKING, SLUGS, small
from tests.identity.conftest import NOW


async def publish(demo: Database, changes: dict[str, object] | None = None, **how: bool) -> tuple[UUID, int, bool]:
    """Publishes the small form with changes to its texts."""
    value = small()
    for language in ("de", "en"):
        value["texts"][language] |= changes or {}
    async with demo.transaction(SYSTEM) as conn:
        head, new = await save(conn, lint(value, ()), NOW, publish=how.get("publish", True))
    return head.form_id, head.number, new


async def test_a_version_gets_the_next_number_and_the_same_again_gets_none(demo: Database) -> None:
    form, first, new = await publish(demo)
    assert (first, new) == (1, True)
    assert await publish(demo) == (form, 1, False)
    assert await publish(demo, {"dog.label": "Ein Hund?"}) == (form, 2, True)
    # A draft takes the next number, is overwritten, and is what is published in the end.
    assert await publish(demo, {"dog.label": "Zwei Hunde?"}, publish=False) == (form, 3, True)
    assert await publish(demo, {"dog.label": "Drei Hunde?"}) == (form, 3, True)


async def test_what_is_published_changes_for_nobody(demo: Database, demo_owner_url: str) -> None:
    form, number, _ = await publish(demo)
    owner = await asyncpg.connect(demo_owner_url)
    try:
        for change in ("content = '{}'", "vectors = '[]'", "number = 7", "state = 'draft', published_at = NULL"):
            with pytest.raises(asyncpg.CheckViolationError, match="does not change"):
                await owner.execute(f"UPDATE form_version SET {change} WHERE form_id = $1", form)
        with pytest.raises(asyncpg.CheckViolationError, match="does not change"):
            await owner.execute("DELETE FROM form_version WHERE form_id = $1", form)
    finally:
        await owner.close()
    async with demo.transaction(SYSTEM) as conn:
        assert await retire(conn, "gelsenkirchen", "hund", number, NOW) == 1
        assert await retire(conn, "gelsenkirchen", "hund", None, NOW) == 0
        assert (await queries.find_version(conn, form, number)) is not None
        assert [f.slug for f in await queries.list_forms(conn, "gelsenkirchen")] == SLUGS


async def test_a_form_for_an_office_that_is_none_is_refused(demo: Database) -> None:
    value = small()
    value["handling"]["office"] = "rathaus-atlantis"
    async with demo.connection() as conn:
        with pytest.raises(InvalidFormError, match="no office rathaus-atlantis"):
            await save(conn, lint(value, ()), NOW, publish=True)


async def test_forms_are_public_and_kept_for_good(api: httpx.AsyncClient) -> None:
    listed = await api.get("/v1/cities/gelsenkirchen/forms", headers={"Accept-Language": "en"})
    assert [item["slug"] for item in listed.json()["items"]] == SLUGS
    parking = next(item for item in listed.json()["items"] if item["id"] == PARKING)
    assert parking["title"] == "Apply for a resident parking permit"
    version = await api.get(parking["content"])
    assert version.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert version.headers["etag"].strip('W/"') == parking["hash"]
    body = version.json()
    assert body["texts"]["de"]["form.title"] == "Bewohnerparkausweis beantragen"
    assert list(body["schema"]["properties"])[:2] == ["kind", "previousNumber"]  # in the order of the file
    again = await api.get(parking["content"], headers={"If-None-Match": version.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == version.headers["etag"], "a cache knows again what it holds squeezed"
    assert "Accept-Encoding" in again.headers["vary"]
    vectors = await api.get(parking["content"] + "/vectors")
    assert len(vectors.json()) > 100
    assert vectors.json()[0] == {
        "name": "nothing answered", "answers": {}, "kept": {}, "visible": vectors.json()[0]["visible"],
        "errors": vectors.json()[0]["errors"],
    }  # fmt: skip
    # Neither one that is not there nor one by another spelling: a version is kept for good at one address.
    for number in ("99", "01", "+1", "-1", "1_0"):
        for path in (f"/v1/forms/{PARKING}/versions/{number}", f"/v1/forms/{PARKING}/versions/{number}/vectors"):
            assert (await api.get(path)).status_code == 404, path
    for number in ("99", "01"):
        answer = await api.get(f"/v1/forms/{PARKING}/versions/{number}/vectors")
        assert answer.json()["code"] == "form-not-found"
    assert (await api.get("/v1/cities/atlantis/forms")).json()["code"] == "city-not-found"


async def test_a_draft_version_is_shown_to_nobody(api: httpx.AsyncClient, demo: Database) -> None:
    form, number, _ = await publish(demo, publish=False)
    assert (await api.get(f"/v1/forms/{form}/versions/{number}")).status_code == 404
    listed = await api.get("/v1/cities/gelsenkirchen/forms")
    assert [item["slug"] for item in listed.json()["items"]] == SLUGS


def test_the_command_lints_publishes_lists_and_retires(
    demo_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", demo_url)
    file = tmp_path / "hund.yaml"
    value = small()
    file.write_text(yaml.safe_dump(value), encoding="utf-8")
    assert main(["form", "publish", str(file)]) == 0
    assert main(["form", "publish", str(file)]) == 0
    assert "published already" in capsys.readouterr().out
    assert main(["form", "retire", "gelsenkirchen", "hund"]) == 0
    assert main(["form", "list", "gelsenkirchen"]) == 0
    assert "retired" in capsys.readouterr().out
    del value["texts"]["en"]["dog.label"]
    file.write_text(json.dumps(value, indent=1), encoding="utf-8")
    assert main(["form", "lint", str(file)]) == 1
    assert "dog.label is missing" in capsys.readouterr().err
    assert main(["form", "publish", str(file), str(tmp_path / "none")]) == 1
    assert main(["form", "retire", "gelsenkirchen", "katze"]) == 2
