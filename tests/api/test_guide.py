"""Every request of the guide is run against a running instance, and answers as the guide shows."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from api import guide
from infra.dev.ports import free_port
from tests.api.guide_shell import (
    Instance,
    Whole,
    blocks,
    differences,
    instance,
    kind_of,
    meanwhile,
    pasting,
    run,
    whole,
    wrong,
)  # fmt: skip

__all__ = ["instance", "meanwhile", "pasting", "whole"]
_ASSIGNED = re.compile(r"(?:^|; |\()\s*([A-Z][A-Z_]*)=", re.MULTILINE)
_DEFINED = re.compile(r"^([a-z_]+)\(\) \{.*?(?:^\}| \}(?: #.*)?)$", re.MULTILINE | re.DOTALL)


@pytest.mark.xdist_group("guide")
@pytest.mark.parametrize("name", guide.ORDER)
@pytest.mark.usefixtures("meanwhile")
def test_every_request_of_the_guide_answers_as_it_says(name: str, instance: Instance, tmp_path: Path) -> None:
    printed = run(name, instance, tmp_path)
    for block, output in zip(blocks(name), printed, strict=True):
        assert wrong(block, output) == [], output


@pytest.mark.xdist_group("guide")
def test_pages_may_be_pasted_one_after_the_other(whole: list[Whole]) -> None:
    found = [
        f"{one.page}: {fault}\n{one.block.shell}{one.printed}"
        for one in whole
        for fault in wrong(one.block, one.printed)
    ]
    assert found == [], "\n".join(found)


@pytest.mark.xdist_group("guide")
def test_a_name_means_the_same_on_every_page(whole: list[Whole]) -> None:
    ours = {name for one in whole for name in _ASSIGNED.findall(one.block.shell)}
    assert {"TOKEN", "FREE", "HOLD", "IDEMPOTENCY_KEY", "TEST_KEY", "SERVER_KEY"} <= ours
    kinds: dict[str, dict[str, str]] = {}
    for one in whole:
        for name, value in one.left.items():
            if name in ours and value:
                kinds.setdefault(name, {}).setdefault(kind_of(value), one.page)
    assert {name: found for name, found in kinds.items() if len(found) > 1} == {}
    functions: dict[str, dict[str, str]] = {}
    for one in whole:
        for found in _DEFINED.finditer(one.block.shell):
            functions.setdefault(found[1], {}).setdefault(found[0], one.page)
    assert "book" in functions
    assert {name: list(found.values()) for name, found in functions.items() if len(found) > 1} == {}


def test_two_meanings_of_a_name_are_told_apart() -> None:
    values = ["wfk_test_a", "wfk_live_a", "2026-12-01", "2026-12-01T08:00:00Z", '{"items": []}', '{"id": 1}', "12"]
    assert len({kind_of(value) for value in values}) == len(values)
    assert kind_of("01985f3c-7a10-7c3e-9d21-5b0a4f6e8c11") == kind_of("5b0c1f5e-6a4b-4e0e-9d3e-0a6f0f1f7a11") == "an id"


def test_a_page_that_promises_something_else_is_found() -> None:
    found = {"status": 409, "items": [{"id": "x"}], "count": 1}
    assert list(differences({"status": 409, "items": [{"id": "y"}]}, found)) == []
    wrong = {"status": 404, "items": [{"name": "x"}], "count": "1", "more": 1}
    assert len(list(differences(wrong, found))) == 4


def test_the_receiver_of_webhooks_takes_what_is_signed_and_refuses_the_rest(tmp_path: Path) -> None:
    page = guide.find("webhooks")
    assert page is not None
    (verifying,) = re.findall(r"^```python\n(.*?)^```$", page.text, re.MULTILINE | re.DOTALL)
    (receiver,) = re.findall(r"^cat >\$FOLDER/receiver.py <<'END'\n(.*?)^END$", page.text, re.MULTILINE | re.DOTALL)
    secret, body = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", b'{"type": "webhook.test"}'
    now = datetime.now(UTC)
    signature = Webhook(secret).sign("msg_1", now, body.decode())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    names: dict[str, Any] = {"SECRET": secret, "body": body.decode(), "headers": headers}
    exec(verifying, names)  # noqa: S102 - the guide's own words
    assert names["event"] == {"type": "webhook.test"}

    port = free_port()
    (tmp_path / "receiver.py").write_text(receiver.replace("9000", str(port)), encoding="utf-8")
    started = subprocess.Popen(
        [sys.executable, "receiver.py"], cwd=tmp_path, env={"SECRET": secret}, stdout=subprocess.PIPE, text=True
    )
    try:
        address = f"http://127.0.0.1:{port}/hook"
        with httpx.Client(transport=httpx.HTTPTransport(retries=20)) as client:
            assert client.post(address, content=body, headers=headers).status_code == 204
            assert client.post(address, content=body + b" ", headers=headers).status_code == 401
            old = {**headers, "webhook-timestamp": "1"}
            assert client.post(address, content=body, headers=old).status_code == 401
    finally:
        started.terminate()
        printed, _ = started.communicate()
    assert printed.splitlines() == [f"signed {body.decode()}", "refused", "refused"]
