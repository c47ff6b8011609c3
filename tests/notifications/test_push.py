"""Pushes against the loopback FCM, in the same loop: what is sent, and what each answer means."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend.clock import system_now
from backend.notices.model import Platform
from backend.settings import Settings
from infra.dev.fcm import Answer
from notifications.channels.credentials import AccessTokens
from notifications.channels.message import MOST_BYTES, encode
from notifications.channels.push import AccountError, PushChannel, open_push
from notifications.model import SENT, Outcome
from tests.notifications.scripted import SECRETS, Scripted, outgoing
from tests.support.waiting import eventually


async def test_a_message_says_kind_and_notice_and_a_generic_text(push: PushChannel, fcm: Scripted) -> None:
    one, other = outgoing(), outgoing(platform="ios", target_kind="fid", target="f" * 22, language="en")
    assert [await push.send(one), await push.send(other)] == [SENT, SENT]
    android, ios = fcm.messages
    assert (android["token"], ios["fid"]) == ("phone", "f" * 22)
    assert android["data"] == {"notice": str(one.notice_id), "kind": one.kind}
    assert android["notification"]["title"] == "Termin bestätigt"
    assert ios["notification"]["title"] == "Appointment confirmed"
    assert android["android"]["collapse_key"] == android["android"]["notification"]["tag"] == str(one.notice_id)
    assert ios["apns"]["headers"]["apns-collapse-id"] == str(other.notice_id)
    assert 7190 <= int(android["android"]["ttl"].removesuffix("s")) <= 7200
    assert other.expires_at is not None
    assert int(ios["apns"]["headers"]["apns-expiration"]) == int(other.expires_at.timestamp())
    assert fcm.fetches == ["done"]
    for sent in fcm.loopback.received:
        words = [one.person_id, one.subject_id, other.person_id, other.subject_id, *SECRETS["reason"].split()]
        assert [word for word in words if str(word).encode() in sent.body] == []


@pytest.mark.parametrize(
    "kind, hours, android, apns",
    [
        ("appointment.called", 1, "high", "10"),
        ("waiting.offer", 48, "high", "10"),
        ("appointment.cancelled", 3, "high", "10"),
        ("appointment.cancelled", 48, "normal", "5"),
        ("appointment.confirmed", 1, "normal", "5"),
        ("announcement", 1, "normal", "5"),
    ],
)
def test_only_what_cannot_wait_wakes_a_phone(kind: str, hours: int, android: str, apns: str) -> None:
    def message(platform: Platform) -> dict[str, Any]:
        one = outgoing(kind=kind, platform=platform, expires_in=timedelta(hours=hours))
        found: dict[str, Any] = json.loads(encode(one, system_now()))["message"]
        return found

    assert message("android")["android"]["priority"] == android
    assert message("ios")["apns"]["headers"]["apns-priority"] == apns
    assert message("web")["webpush"]["headers"]["Urgency"] == android


def test_a_repeat_has_the_same_keys_and_never_outlives_its_appointment() -> None:
    one = outgoing(expires_in=timedelta(minutes=10))
    assert one.expires_at is not None
    first = json.loads(encode(one, one.told_at))["message"]
    later = json.loads(encode(one, one.expires_at - timedelta(seconds=30)))["message"]
    assert later["android"].pop("ttl") == "30s"
    assert first["android"].pop("ttl") == "600s"
    assert first == later
    for_ever = outgoing(expires_in=None)
    worth = json.loads(encode(for_ever, for_ever.told_at))["message"]["android"]["ttl"]
    assert worth == "259200s", "as long as its kind is worth it"


async def test_what_is_too_large_for_fcm_is_refused_before_it_is_sent(push: PushChannel, fcm: Scripted) -> None:
    with pytest.raises(ValueError, match="bytes"):
        encode(outgoing(target="x" * MOST_BYTES), system_now())
    assert await push.send(outgoing(target="x" * MOST_BYTES)) == Outcome(result="permanent", code="INVALID_ARGUMENT")
    assert fcm.messages == []


@pytest.mark.parametrize(
    "answer, outcome",
    [
        (Answer(error="UNREGISTERED"), Outcome(result="target_gone", code="UNREGISTERED")),
        (Answer(error="INVALID_ARGUMENT"), Outcome(result="permanent", code="INVALID_ARGUMENT")),
        (
            Answer(error="SENDER_ID_MISMATCH"),
            Outcome(result="transient", code="SENDER_ID_MISMATCH", trouble="refused"),
        ),
        (
            Answer(error="THIRD_PARTY_AUTH_ERROR"),
            Outcome(result="transient", code="THIRD_PARTY_AUTH_ERROR", trouble="misconfigured"),
        ),
        (
            Answer(error="QUOTA_EXCEEDED", retry_after=7),
            Outcome(result="transient", code="QUOTA_EXCEEDED", retry_after_seconds=7.0, trouble="unavailable"),
        ),
        (
            Answer(error="UNAVAILABLE", retry_after=3),
            Outcome(result="transient", code="UNAVAILABLE", retry_after_seconds=3.0, trouble="unavailable"),
        ),
        (Answer(error="UNAVAILABLE"), Outcome(result="transient", code="UNAVAILABLE", trouble="unavailable")),
        (Answer(error="INTERNAL"), Outcome(result="transient", code="INTERNAL", trouble="unavailable")),
        (Answer(drop=True), Outcome(result="transient", code="no-connection", trouble="unavailable")),
        (Answer(hang=True), Outcome(result="transient", code="timeout", trouble="unavailable")),
        (Answer(delay_seconds=0.2), SENT),
    ],
    ids=str,
)
async def test_what_an_answer_means(push: PushChannel, fcm: Scripted, answer: Answer, outcome: Outcome) -> None:
    await fcm.script(answer, target="phone")
    assert await push.send(outgoing()) == outcome
    await fcm.calm()
    assert await push.send(outgoing()) == SENT


async def test_a_404_that_is_not_fcms_own_says_nothing_about_the_device(
    fcm: Scripted, make_settings: Callable[..., Settings]
) -> None:
    settings = make_settings("postgresql://unused", fcm_url=fcm.url)
    wrong = {**fcm.account, "project_id": "another"}
    channel = PushChannel(settings, wrong, AccessTokens(wrong))
    assert await channel.send(outgoing()) == Outcome(result="transient", code="HTTP_404", trouble="misconfigured")
    await channel.close()


async def test_a_token_that_fcm_does_not_accept_is_renewed_once(push: PushChannel, fcm: Scripted) -> None:
    assert await push.send(outgoing()) == SENT
    fcm.loopback.tokens.clear()
    assert await asyncio.gather(*(push.send(outgoing()) for _ in range(20))) == [SENT] * 20
    assert fcm.fetches == ["done", "done"]
    await fcm.script(Answer(error="UNAUTHENTICATED"), forever=True)
    assert await push.send(outgoing()) == Outcome(result="transient", code="HTTP_401", trouble="misconfigured")
    assert fcm.loopback.token_requests == 3


async def test_a_token_is_fetched_by_one_for_all_and_renewed_while_the_old_one_serves(fcm: Scripted) -> None:
    fcm.loopback.token_seconds = 8  # half of it is ahead of its end
    tokens = AccessTokens(fcm.account, fcm.fetches.append)
    first = set(await asyncio.gather(*(tokens.current() for _ in range(50))))
    assert len(first) == 1
    assert None not in first
    assert fcm.loopback.token_requests == 1
    await fcm.script(Answer(hang=True), target="token")

    async def asked_again() -> bool:
        assert {await tokens.current() for _ in range(10)} == first
        return fcm.loopback.token_requests == 2

    await eventually(asked_again)
    assert {await tokens.current() for _ in range(10)} == first, "the old token serves while the new one is fetched"
    assert fcm.fetches == ["done"], "nobody waited for it"
    await fcm.calm()

    async def renewed() -> bool:
        return {await tokens.current()} != first

    await eventually(renewed)
    assert fcm.loopback.token_requests == 2
    await tokens.close()


async def test_without_a_token_nothing_is_ready_and_the_loop_goes_on(push: PushChannel, fcm: Scripted) -> None:
    await fcm.script(Answer(hang=True), target="token", forever=True)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.05)
            ticks += 1

    ticking = asyncio.create_task(tick())
    begun = time.monotonic()
    async with asyncio.timeout(60):
        assert not await push.ready()
    waited, ticked = time.monotonic() - begun, ticks
    assert waited > 4, "it waits for the token"
    assert ticked >= 10, "the loop stood still"
    assert await push.send(outgoing()) == Outcome(result="breaker", code="no-token")
    ticking.cancel()
    assert fcm.messages == []
    await fcm.calm()
    await eventually(push.ready)
    assert await push.send(outgoing()) == SENT


@pytest.mark.parametrize(
    "content, reason",
    [("{", "not a service account"), ('{"project_id": "x"}', "not a service account"), ("{}", "no project_id")],
)
def test_an_account_that_cannot_be_used_is_named_before_anything_starts(
    tmp_path: Path, make_settings: Callable[..., Settings], content: str, reason: str
) -> None:
    file = tmp_path / "account.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(AccountError, match=reason):
        open_push(make_settings("postgresql://x", fcm_service_account_file=str(file)), print)
    with pytest.raises(AccountError, match="cannot be read"):
        open_push(make_settings("postgresql://x", fcm_service_account_file=str(tmp_path / "none")), print)


async def test_a_dead_target_of_the_sandbox_is_gone_without_a_question(push: PushChannel, fcm: Scripted) -> None:
    real = outgoing(target="sandbox-dead-1")
    gone = msgspec.structs.replace(real, city_id="sandbox")
    assert await push.send(gone) == Outcome(result="target_gone", code="UNREGISTERED")
    assert fcm.messages == []
    assert await push.send(real) == SENT, "in a city the value means nothing"
