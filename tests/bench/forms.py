"""Handing in a realistic form, and changing a draft: a family of three registers a home, each person by themselves."""

import copy
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import msgspec

from infra.dev import demo, migrate
from tests.bench import load
from tests.bench.ground import DATABASE, Ground
from tests.forms.samples import REGISTER, answers
from tests.proof import people

CONNECTIONS = 16


class FormFigures(msgspec.Struct):
    """Rates a second and milliseconds, all of one run with one API process."""

    drafts_per_second: float
    patches_per_second: float
    patch_p50_ms: float
    patch_p95_ms: float
    submits_per_second: float
    submit_p95_ms: float
    api_rss_mib: float


async def measure(ground: Ground, *, persons: int, patches: int) -> FormFigures:
    """Every person begins a draft, changes it ``patches`` times, and hands it in."""
    url = ground.postgres.url(DATABASE, migrate.APP)
    await demo.load(url, await demo.missing(url))
    await demo.load_forms(url, await demo.missing_forms(url))
    api = await ground.api()
    tokens = await people.guests((api.port,), persons)
    drafts = [str(uuid4()) for _ in tokens]
    begun = _expect(await load.run(api.port, _begin(drafts, tokens), connections=CONNECTIONS), 201)
    rounds = [
        _expect(await load.run(api.port, _patch(drafts, tokens, number), connections=CONNECTIONS), 200)
        for number in range(patches)
    ]
    handed = iter([people.post(f"/v1/drafts/{d}/submit", {}, t) for d, t in zip(drafts, tokens, strict=True)])
    submitted = _expect(await load.run(api.port, handed, connections=CONNECTIONS, keep=True), 201)
    changed = load.Result([a for one in rounds for a in one.answers], sum(one.seconds for one in rounds))
    return FormFigures(
        drafts_per_second=begun.per_second,
        patches_per_second=changed.per_second,
        patch_p50_ms=changed.percentile_ms(0.5),
        patch_p95_ms=changed.percentile_ms(0.95),
        submits_per_second=submitted.per_second,
        submit_p95_ms=submitted.percentile_ms(0.95),
        api_rss_mib=api.worker_rss_bytes() / 2**20,
    )


def _family() -> dict[str, Any]:
    given = answers("wohnsitz-anmelden")
    return {**given, "landlord": {"how": "owner", "ownership": True}}


def _begin(drafts: list[str], tokens: list[str]) -> Iterator[bytes]:
    family = _family()
    for draft, token in zip(drafts, tokens, strict=True):
        yield people.post("/v1/drafts", {"id": draft, "form": REGISTER, "version": 1, "answers": family}, token)


def _patch(drafts: list[str], tokens: list[str], number: int) -> Iterator[bytes]:
    persons = copy.deepcopy(_family()["persons"])
    persons[0]["givenNames"] = f"Erika {'I' * (number + 1)}"
    body = msgspec.json.encode({"answers": {"persons": persons}})
    for draft, token in zip(drafts, tokens, strict=True):
        headers = {"Authorization": f"Bearer {token}", "If-Match": f'"{number + 1}"'}
        yield load.request("PATCH", f"/v1/drafts/{draft}", headers, body)


def _expect(result: load.Result, status: int) -> load.Result:
    if set(result.statuses()) != {status}:
        raise RuntimeError(f"a measured call failed: {result.statuses()}")
    return result
