"""A loopback FCM in the test's own loop, and deliveries to send to it."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import msgspec

from backend.clock import system_now
from backend.notices.model import Platform, TargetKind
from infra.dev.fcm import Answer, Loopback, Script
from notifications.model import Outgoing

SECRETS = {"reason": "Erika Mustermann, erika@example.org, GE-7K4M-92XQ"}


def outgoing(
    *, target: str = "phone", kind: str = "appointment.confirmed", platform: Platform = "android",
    target_kind: TargetKind = "token", expires_in: timedelta | None = timedelta(hours=2), language: str = "de",
) -> Outgoing:  # fmt: skip
    now = system_now()
    return Outgoing(
        id=uuid4(), notice_id=uuid4(), person_id=uuid4(), city_id="gelsenkirchen", kind=kind, subject_id=uuid4(),
        channel="push", platform=platform, device_id=uuid4(), target_kind=target_kind, target=target, language=language,
        data=SECRETS, attempt=1, told_at=now, expires_at=None if expires_in is None else now + expires_in,
        leased_until=now + timedelta(seconds=30),
    )  # fmt: skip


class Scripted:
    """A loopback FCM in this loop, a channel to it, and the account that it uses."""

    def __init__(self, loopback: Loopback, url: str, account: dict[str, Any]) -> None:
        self.loopback, self.url, self.account = loopback, url, account
        self.fetches: list[str] = []

    async def script(self, *answers: Answer, target: str = "*", forever: bool = False) -> None:
        body = msgspec.json.encode(Script(list(answers), target, forever))
        async with aiohttp.ClientSession() as http, http.post(f"{self.url}/script", data=body) as answer:
            assert answer.status == 204

    async def calm(self) -> None:
        async with aiohttp.ClientSession() as http, http.delete(f"{self.url}/script"):
            pass

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(one.body)["message"] for one in self.loopback.received]
