"""The whole way of an application with curl and a client of tus alone, over lines that are cut at every step.

Real processes: the API, the checker, clamd, the store. Each thing that is asked for is first lost on its way, then done
while its answer is lost, and then heard; in the end everything has happened once.
"""

import random
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pypdfium2
import pytest
from PIL import Image

from backend.clock import system_now
from infra.dev.ports import free_port
from tests.documents import corpus
from tests.forms.samples import REGISTER, answers
from tests.proof.newcomer import Heard, Newcomer, declared
from tests.support.background import CheckerProcess
from tests.support.clamd import PROGRAM, ClamdProcess
from tests.support.instance import clerks, settings_of
from tests.support.servers import ApiProcess
from tests.support.waiting import eventually
from tests.tus.proxy import BadNetwork

PAPER = corpus.pdf(2)


def photo(seed: int) -> bytes:
    """As a phone takes them: large, and with the place."""
    noise = random.Random(seed).randbytes(1200 * 900 * 3)
    return corpus.photo(of=Image.frombytes("RGB", (1200, 900), noise))


async def clean(who: Newcomer, token: str, document: str) -> dict[str, Any]:
    """The document, once it is checked."""
    found: list[dict[str, Any]] = []

    async def checked() -> bool:
        found[:] = [(await who.ask(token, "GET", f"/v1/documents/{document}")).json]
        return found[0]["state"] in ("clean", "refused")

    await eventually(checked, 30)
    assert found[0]["scannedBy"].startswith("ClamAV"), found[0]
    return found[0]


async def fill_in(who: Newcomer, token: str) -> str:
    """A draft that is complete but for its files; its id. A change whose answer was lost shows in the 412."""
    given = {**answers("wohnsitz-anmelden"), "landlord": {"how": "upload"}}
    draft = str(uuid4())
    begun = await who.ask(token, "POST", "/v1/drafts", {"id": draft, "form": REGISTER, "version": 1})
    assert (begun.status, begun.json["revision"]) == (201, 1), begun
    for revision, names in ((1, ("moveIn", "newHome", "district", "persons")), (2, tuple(given))):
        body = {"answers": {name: given[name] for name in names}}
        changed = await who.ask(token, "PATCH", f"/v1/drafts/{draft}", body, match=revision)
        assert (changed.status, changed.json["current"]["revision"]) == (412, revision + 1)
    return draft


async def send_paper(who: Newcomer, token: str) -> str:
    """By presigned PUT: the second PUT arrived and nobody heard of it, the third is told that it is there."""
    upload = (await who.ask(token, "POST", "/v1/uploads", declared("a.pdf", PAPER, "residence-confirmation"))).json
    assert await who.put(upload["put"]["url"], upload["put"]["headers"], PAPER) == 412
    done = await who.ask(token, "POST", f"/v1/uploads/{upload['id']}/complete")
    assert done.status == 200, done
    return upload["id"]


async def send_photo(who: Newcomer, token: str, seed: int, cuts: tuple[int, ...]) -> str:
    """By tus."""
    data = photo(seed)
    upload = (await who.ask(token, "POST", "/v1/uploads", declared("photo.jpg", data, "identity"))).json
    offsets = await who.resume(token, upload["tus"], data, cuts)
    assert offsets == sorted(offsets) and len({*offsets}) >= len(cuts) < len(offsets), offsets
    return upload["id"]


async def decide(who: Newcomer, tokens: dict[str, str], case: str, action: str, role: str, **body: Any) -> Heard:
    """A clerk's step, from the version that they see."""
    path = f"/v1/clerk/cases/{case}"
    seen = (await who.ask(tokens[role], "GET", path)).json
    return await who.ask(tokens[role], "POST", f"{path}/{action}", body, match=seen["version"])


@pytest.mark.skipif(PROGRAM is None, reason="there is no clamd on this machine: apt-get install clamav-daemon")
async def test_an_application_with_a_photo_over_lines_that_are_cut_at_every_step(
    demo_url: str, demo_owner_url: str, object_store: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    clamd = ClamdProcess(tmp_path_factory.mktemp("clamd") / "own")
    port, store_port = free_port(), int(object_store["s3_endpoint_url"].rpartition(":")[2])
    async with BadNetwork(port) as line, BadNetwork(store_port) as store_line:
        settings, environment = await settings_of(
            demo_url, object_store, PUBLIC_URL=f"http://127.0.0.1:{line.port}", CLAMD_ADDRESS=clamd.address,
            S3_PUBLIC_ENDPOINT_URL=f"http://127.0.0.1:{store_line.port}", UPLOAD_LEASE_SECONDS="1.5", RATE_LIMITS="off",
        )  # fmt: skip
        api, checker = ApiProcess(environment, port=port), CheckerProcess(environment)
        try:
            clamd.start()
            await api.start()
            await checker.start()
            who, tokens = Newcomer(line, store_line), await clerks(settings)
            session = (await who.ask(None, "POST", "/v1/sessions/guest", {"installationId": str(uuid4())})).json
            token: str = session["accessToken"]

            draft = await fill_in(who, token)
            paper = await send_paper(who, token)
            first = await send_photo(who, token, 1, (300, 200_000, 250_000))
            for document in (paper, first):
                assert (await clean(who, token, document))["state"] == "clean"
            named = {"answers": {"landlord": {"confirmation": [paper]}, "identity": [first]}}
            await who.ask(token, "PATCH", f"/v1/drafts/{draft}", named, match=3)

            case = (await who.ask(token, "POST", f"/v1/drafts/{draft}/submit", {})).json
            asked = await decide(
                who, tokens, case["id"], "request-info", "clerk", message="Das Foto ist unscharf.",
                fields=["/identity"], due=(system_now() + timedelta(days=10)).isoformat(),
            )  # fmt: skip
            assert (asked.status, asked.headers["idempotent-replayed"]) == (200, "true"), asked
            better = await send_photo(who, token, 2, (300_000,))
            assert (await clean(who, token, better))["state"] == "clean"
            assert not corpus.place_in(await who.fetch(token, f"/v1/documents/{better}/content"))
            answered = await who.ask(
                token, "POST", f"/v1/cases/{case['id']}/answer", {"answers": {"identity": [better]}}
            )
            assert answered.json["state"] == "in_review", answered
            await decide(who, tokens, case["id"], "approve", "clerk")
            approved = await decide(who, tokens, case["id"], "approve", "manager", reason="Willkommen.")
            assert approved.json["state"] == "approved", approved

            receipt = await who.ask(token, "GET", case["receipt"])
            await check_receipt(receipt.body, case["reference"], [photo(1), photo(2), PAPER])
            assert who.cuts > 30
            assert 'wartefrei_document_checks_total{outcome="clean"} 3.0' in await checker.metrics()
        finally:
            api.stop()
            clamd.stop()
            if checker.process is not None:
                await checker.stop()
    await check_once(demo_owner_url, session["personId"])


async def check_receipt(content: bytes, reference: str, files: list[bytes]) -> None:
    """It says what was handed in, file by file."""
    pdf: Any = pypdfium2.PdfDocument(content)
    text = "".join(page.get_textpage().get_text_range() for page in pdf).replace("\r\n", "")
    pdf.close()
    assert text.count(reference) >= 2
    assert all(declared("", data, "")["sha256"] in text for data in files)


async def check_once(owner_url: str, person: str) -> None:
    """Nothing is lost, and nothing is there twice."""
    owner = await asyncpg.connect(owner_url)
    try:
        await owner.execute("SET app.system = 'on'")
        tables = ("draft", "case_file", "document", "person")
        assert [await owner.fetchval(f"SELECT count(*) FROM {t}") for t in tables] == [1, 1, 3, 1]
        events = [row["kind"] for row in await owner.fetch("SELECT kind FROM case_event ORDER BY version")]
        assert events == ["submitted", "info_requested", "answered", "proposed", "approved"]
        told = Counter(row["kind"] for row in await owner.fetch("SELECT kind FROM notice WHERE person_id = $1", person))
        assert told == {"case.received": 1, "case.info_requested": 1, "case.approved": 1}
    finally:
        await owner.close()
