"""What people are called and where they are reached stands in no log, label or error, whatever goes wrong.

An API process, a worker and a PostgreSQL of their own are led through a booking, a letter that bounces with the address
in the relay's answer, a phone that FCM does not know any more, addresses that are none, answers that are refused, and
statements that fail with the row in PostgreSQL's own words. Then everything that any of them has said is searched.
"""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import msgspec
import pytest

from backend.clock import system_now
from infra.dev import migrate
from infra.dev.mail import Script, Sink, serve
from infra.dev.ports import free_port
from infra.dev.postgres import Postgres
from tests.proof.test_race import start_at
from tests.support import town as towns
from tests.support.background import WorkerProcess
from tests.support.fcm import Fcm
from tests.support.servers import ApiProcess, signing_keys
from tests.support.waiting import eventually

NAME, MAIL, PHONE, BORN, NOTE = (
    "Quirin Zwirnhuber",
    "q.zwirn@postfach.example",
    "+49 209 7654321",
    "1961-05-23",
    "Rollator",
)
TARGET = "fcm-ziel-zwirnhuber-0815"
SECRETS = ("Quirin", "wirnhuber", "q.zwirn", "postfach.example", "7654321", "1961-05-23", "Rollator", "fcm-ziel")
"""Parts of these, so that whatever quotes or cuts them is found too; all are made up for this test alone."""
_ECHO = re.compile(r'"instance":"[^"]*"|"pointer":"[^"]*","code":"unknown-field"')
"""The caller's own path, and the caller's own name of a member that there is not: what an error has to point at."""
_TATTLE = """
CREATE FUNCTION tattle() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET log_min_messages = 'panic' AS $$
BEGIN
  RAISE EXCEPTION 'what is said to % of %', NEW.phone, NEW.name;
END $$;
CREATE TRIGGER tattle BEFORE INSERT ON appointment FOR EACH ROW EXECUTE FUNCTION tattle()"""
"""An error whose very message is about somebody: the application hears it, PostgreSQL's own log does not."""


class House:
    """The processes, and what people get to see. ``answers``: every error that the API answered with."""

    def __init__(
        self, owner: "asyncpg.Connection[asyncpg.Record]", town: towns.Town, api: ApiProcess, sink: Sink
    ) -> None:
        self.owner, self.town, self.api, self.sink = owner, town, api, sink
        self.answers: list[str] = []
        self._hour = 8

    async def ask(self, method: str, path: str, body: Any = None, token: str = "", *, raw: bytes | None = None) -> Any:
        """The decoded answer; what is an error is kept whole, with its headers."""
        headers = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        url = f"http://127.0.0.1:{self.api.port}{path}"
        given: dict[str, Any] = {"json": body} if raw is None else {"data": raw}
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, url, headers=headers, **given) as answer,
        ):
            if answer.status >= 400:
                said = _ECHO.sub("", await answer.text())
                self.answers.append(f"{answer.status} {dict(answer.headers)} {said}")
                return answer.status
            return await answer.json() if answer.content_length else None

    async def guest(self) -> str:
        made = await self.ask("POST", "/v1/sessions/guest", {"installationId": str(uuid4())})
        return str(made["accessToken"])

    async def book(self, token: str, mail: str = MAIL, phone: str = PHONE) -> Any:
        """An appointment with everything that may be told; the status where it is refused."""
        self._hour += 1
        services = [{"service": str(self.town.service), "persons": 1}]
        wanted = {
            "office": str(self.town.offices[0]),
            "services": services,
            "start": start_at(self._hour * 60).isoformat(),
        }
        held = await self.ask("POST", "/v1/holds", wanted, token)
        person, contact = {"name": NAME, "dateOfBirth": BORN}, {"email": mail, "phone": phone}
        booking = {"hold": held["id"], "person": person, "contact": contact, "note": NOTE}
        return await self.ask("POST", "/v1/appointments", booking, token)

    async def endings(self) -> set[tuple[str, str | None, str | None]]:
        rows = await self.owner.fetch("SELECT channel, outcome, detail FROM delivery")
        return {(row["channel"], row["outcome"], row["detail"]) for row in rows}


async def ended(house: House, channel: str, outcome: str, detail: str) -> None:
    async def there() -> bool:
        return (channel, outcome, detail) in await house.endings()

    await eventually(there, 30)


async def test_nothing_of_anybody_is_said_anywhere(tmp_path_factory: pytest.TempPathFactory, fcm: Fcm) -> None:
    folder = tmp_path_factory.mktemp("silence")
    postgres, sink, relay, metrics = Postgres(folder / "pg", durable=False), Sink(), free_port(), free_port()
    postgres.directory.mkdir()
    postgres.start()
    name = "wartefrei"
    await migrate.prepare(postgres.url("postgres"), postgres.url(name, migrate.OWNER), name, postgres.password)
    owner = await asyncpg.connect(postgres.url(name))
    environment = {
        **signing_keys(), **fcm.environment, "MODE": "embedded", "DATABASE_URL": postgres.url(name, migrate.APP),
        "LOG_LEVEL": "debug", "RATE_LIMITS": "off", "NOTICE_POLL_SECONDS": "0.2", "MAIL_HOST": "127.0.0.1",
        "MAIL_PORT": str(relay), "MAIL_SECURITY": "plaintext", "MAIL_FROM": "amt@stadt.example",
        "METRICS_PORT": str(metrics),
    }  # fmt: skip
    api, worker = (
        ApiProcess(environment, output=folder / "api.log"),
        WorkerProcess(environment, output=folder / "worker.log"),
    )
    server = await serve(sink, relay)
    try:
        house = House(owner, await towns.build(owner, counters=1, horizon_days=60), api, sink)
        await api.start()
        await worker.start(60)
        await _letters(house)
        await _phones(house, fcm)
        await _refused(house)
        await _broken(house)
        said = {
            "the API's log": (folder / "api.log").read_text("utf-8"),
            "the worker's log": (folder / "worker.log").read_text("utf-8"),
            "PostgreSQL's log": postgres.log.read_text("utf-8"),
            "the worker's metrics": await worker.metrics(),
            "the API's metrics": await _read(f"http://127.0.0.1:{metrics}/metrics"),
            "errors": "\n".join(house.answers),
            "what operators are shown": str(await house.endings())
            + str([tuple(row) for row in await owner.fetch("SELECT * FROM schedule")]),
        }
    finally:
        await owner.close()
        api.stop()
        worker.kill()
        server.close()
        postgres.stop()
    # Each of them has told of what went wrong, so it was there to be found.
    assert "UniqueViolationError" in said["the API's log"]
    assert "CheckViolationError" in said["the API's log"]
    assert "RaiseError" in said["the API's log"]
    assert "ValidationError" in said["the worker's log"]
    assert said["PostgreSQL's log"].count("ERROR:") >= 2
    assert "appointment_mail_once" in said["PostgreSQL's log"]
    assert 'outcome="target_gone"' in said["the worker's metrics"]
    assert len([one for one in house.answers if one.startswith("500")]) == 3
    found = [
        f"{where}: {line[-700:]}"
        for where, text in said.items()
        for line in text.splitlines()
        if any(secret.lower() in line.lower() for secret in (*SECRETS, *map(quote, SECRETS)))
    ]
    assert found == []


async def _letters(house: House) -> None:
    """A bounce that names whom it is about; an address that is none; a letter that cannot be made."""
    house.sink.follow(Script("recipient", [f"550 5.1.1 <{MAIL}>: {NAME} is unknown here"]))
    booked = await house.book(await house.guest())
    await ended(house, "mail", "dropped", "SMTP_550")
    house.sink.follow(Script("content", [f"554 5.7.1 letter to {MAIL} refused"]))
    await house.book(await house.guest())
    await ended(house, "mail", "dead", "SMTP_554")
    # An address that the API would not take now, but an older version did.
    await house.owner.execute("UPDATE appointment SET email = $2 WHERE id = $1", UUID(booked["id"]), f"<{MAIL}>")
    await _tell(house, booked, "odd", {})
    await ended(house, "mail", "dropped", "bad-address")
    await house.owner.execute("UPDATE appointment SET email = $2 WHERE id = $1", UUID(booked["id"]), MAIL)
    await _tell(house, booked, "broken", {"until": f"{NAME} <{MAIL}>"})

    async def stumbled() -> bool:
        return await house.owner.fetchval(
            "SELECT EXISTS (SELECT FROM delivery d JOIN notice n ON n.id = d.notice_id"
            " WHERE n.dedupe = 'broken' AND d.attempts > 0 AND d.leased_until IS NULL)"
        )

    await eventually(stumbled, 30)


async def _tell(house: House, booked: Any, dedupe: str, data: dict[str, str]) -> None:
    """A notice of a clerk's about the appointment."""
    row = await house.owner.fetchrow("SELECT person_id FROM appointment WHERE id = $1", UUID(booked["id"]))
    assert row is not None
    given = _json({"by": "clerk", "startsAt": booked["start"], **data})
    await house.owner.execute(
        "SELECT tell($1, $2, $3, 'appointment.no_show', $4, $5, $6::text::jsonb, now(), now(), $7)",
        uuid4(), towns.CITY, row["person_id"], UUID(booked["id"]), dedupe, given, system_now() + timedelta(hours=1),
    )  # fmt: skip


async def _phones(house: House, fcm: Fcm) -> None:
    """A target that FCM has forgotten."""
    token = await house.guest()
    device = {"fcmToken": TARGET, "platform": "android", "language": "de"}
    await house.ask("PUT", f"/v1/devices/{uuid4()}", device, token)
    await fcm.script({"error": "UNREGISTERED"}, target=TARGET)
    await house.book(token)
    await ended(house, "push", "dropped", "UNREGISTERED")


async def _refused(house: House) -> None:
    """Input that is not valid, in every place where input can stand."""
    token = await house.guest()
    hold = {"hold": str(uuid4()), "person": {"name": NAME}}
    for contact in ({"email": f"{NAME} {MAIL}"}, {"phone": f"{PHONE} {NAME}"}, {MAIL: NAME}, {"email": [MAIL]}):
        assert await house.ask("POST", "/v1/appointments", {**hold, "contact": contact}, token) in (400, 422)
    for raw in (f'{{"hold": "{MAIL}"'.encode(), f'"{MAIL}"'.encode(), f"{{{NAME}}}".encode()):
        assert await house.ask("POST", "/v1/appointments", token=token, raw=raw) in (400, 422)
    strange = quote(f"{NAME}<{MAIL}>")
    for path in (
        f"/v1/appointments/{strange}",
        f"/v1/{strange}",
        f"/v1/offices?city={strange}",
        f"/v1/sync?since={strange}",
    ):
        await house.ask("GET", path, token=token)
    assert await house.ask("GET", "/v1/appointments", token=f"{MAIL}.{TARGET}.x") == 401
    bad = {"fcmToken": f"{TARGET} {NAME}", "platform": MAIL, "language": NAME}
    assert await house.ask("PUT", f"/v1/devices/{uuid4()}", bad, token) in (400, 422)


async def _broken(house: House) -> None:
    """A handler falls over what PostgreSQL refuses, and PostgreSQL has a lot to say about the row."""
    await house.owner.execute("UPDATE appointment SET email = id || '@x.example' WHERE email IS NOT NULL")
    await house.owner.execute(
        f"UPDATE appointment SET email = '{MAIL}' WHERE id = (SELECT id FROM appointment LIMIT 1)"
    )
    await house.owner.execute("CREATE UNIQUE INDEX appointment_mail_once ON appointment (email)")
    assert await house.book(await house.guest()) == 500
    await house.owner.execute(f"ALTER TABLE appointment ADD CONSTRAINT odd CHECK (phone <> '{PHONE} 1') NOT VALID")
    assert await house.book(await house.guest(), "z@x.example", f"{PHONE} 1") == 500
    await house.owner.execute(_TATTLE)
    assert await house.book(await house.guest(), "y@x.example") == 500
    # Of the application PostgreSQL keeps silent by itself, for row-level security; of whoever is above that not.
    with pytest.raises(asyncpg.UniqueViolationError, match=MAIL):
        await house.owner.execute("UPDATE appointment SET email = $1", MAIL)


async def _read(url: str) -> str:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return await answer.text()


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
