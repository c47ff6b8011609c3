"""The citizens' app as it is served: both languages complete, nothing from elsewhere, kept as long as it fits."""

import json
import re
from collections.abc import AsyncIterator, Callable
from importlib.resources import files
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.citizen import files as app_files
from backend.settings import Settings, SettingsError, from_environment
from infra.dev.keys import development_keys
from tests.api.conftest import running

STATIC = files("api.citizen").joinpath("static")
LANGUAGES = ("de", "en")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Asks the application, which needs no database for this."""
    keys = {name.upper(): value for name, value in development_keys().items()}
    app = create_app(from_environment({"MODE": "embedded", "DATABASE_URL": "postgresql://unused", **keys}))
    asgi: Any = app
    transport = httpx.ASGITransport(app=asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as found:
        yield found


def words(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(STATIC.joinpath(f"texts/{language}.json").read_text(encoding="utf-8"))
    return found


def modules() -> dict[str, str]:
    folders = [STATIC.joinpath(name) for name in ("core", "screens")]
    return {one.name: one.read_text(encoding="utf-8") for folder in folders for one in folder.iterdir()}


def test_both_languages_say_everything() -> None:
    german, english = words("de"), words("en")
    assert german.keys() == english.keys()
    for key, text in german.items():
        assert text.strip() and english[key].strip(), key
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[key])), key


def test_every_text_that_is_asked_for_is_there_and_none_is_idle() -> None:
    known = set(words("de"))
    source = "\n".join(modules().values())
    # The first argument of each call: a key, or a choice of two; not what a condition compares with.
    calls = re.findall(r"\bt\(((?:[^(){}]|\([^()]*\))*)", source)
    asked = {key for call in calls for key in re.findall(r'(?<!== )"([a-z][\w.-]+)"', call)}
    assert {key for key in asked if key not in known} == set()
    named = set(re.findall(r'["`]([a-z][\w.-]*[\w-])["`]', source))
    parts = set(re.findall(r"`([a-z][\w.-]*[.])\$\{", source))
    idle = {
        k for k in known if k not in named and k.removesuffix(".one") not in named and not k.startswith(tuple(parts))
    }
    assert idle == set()


def test_no_module_is_long_reads_markup_or_names_another_host() -> None:
    for name, text in modules().items():
        assert text.count("\n") <= 300, name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|\beval\(|new Function", text), name
        assert set(re.findall(r"https?://[^\"'` ]+", text)) <= {"http://www.w3.org/2000/svg"}, name


def test_no_style_but_the_tokens_names_a_colour() -> None:
    for name in ("shell", "parts", "screens"):
        text = STATIC.joinpath(f"styles/{name}.css").read_text(encoding="utf-8")
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", text) == [], name


async def test_the_page_lets_nothing_in_from_elsewhere_and_names_files_that_fit(client: httpx.AsyncClient) -> None:
    page = await client.get("/app")
    assert page.status_code == 200 and page.headers["cache-control"] == "public, no-cache"
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy and "*" not in policy
    assert not re.search(r"<style|style=|<script>|\son\w+=", page.text)
    again = await client.get("/app", headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304
    named = re.findall(r'(?:href|src)="(/app/[^"]+)"', page.text)
    assert len(named) > 10
    for address in named:
        answer = await client.get(address)
        assert answer.status_code == 200, address
        if "/static/" in address:
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_the_worker_keeps_every_file_and_the_manifest_makes_it_installable(client: httpx.AsyncClient) -> None:
    worker = await client.get("/app/worker.js")
    assert worker.headers["service-worker-allowed"] == "/app"
    listed = re.search(r"const FILES = (\[.*\]);", worker.text)
    assert listed is not None and "{{" not in worker.text
    for name in json.loads(listed.group(1)):
        assert (await client.get(f"/app/static/{app_files.edition()}/{name}")).status_code == 200
    manifest = (await client.get("/app/manifest.webmanifest")).json()
    assert manifest["display"] == "standalone" and manifest["scope"] == "/app"
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}


@pytest.mark.parametrize("name", ["core/../core/main.js", "../pages/shell.html", "core", "nothing.js", "core/main.js/"])
async def test_nothing_else_is_served(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/app/static/{app_files.edition()}/{name.replace('..', '%2e%2e')}")
    assert answer.status_code == 404 or name.endswith("main.js/")


async def test_a_page_of_an_older_edition_gets_the_present_file_and_does_not_keep_it(client: httpx.AsyncClient) -> None:
    answer = await client.get("/app/static/0123456789ab/core/main.js", headers={"Accept-Encoding": "zstd"})
    assert answer.status_code == 200 and answer.headers["cache-control"] == "public, no-cache"
    assert answer.headers["content-encoding"] == "zstd"


async def test_the_app_is_told_its_key_and_nobody_keeps_it(
    client: httpx.AsyncClient, make_settings: Callable[..., Settings], demo_url: str
) -> None:
    none = await client.get("/app/key")
    assert (none.status_code, none.json(), none.headers["cache-control"]) == (200, {"key": None}, "no-store")
    key = "wfk_live_" + "A" * 71
    async with running(create_app(make_settings(demo_url, citizen_app_key=key))) as api:
        assert (await api.get("/app/key")).json() == {"key": key}
        assert key not in (await api.get("/app")).text, "the page is kept, and the key may be replaced"
    for wrong in ("nonsense", "wfk_test_" + "A" * 71):
        with pytest.raises(SettingsError, match="CITIZEN_APP_KEY"):
            make_settings(demo_url, citizen_app_key=wrong)
