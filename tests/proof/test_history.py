"""Clients book, move and cancel while API processes are killed with -9 and PostgreSQL crashes and comes back."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx

from backend.clock import instant
from tests.proof import history
from tests.proof.conftest import Arena
from tests.proof.history import Kind, Operation, Outcome
from tests.support.town import Town

CLIENTS, SECONDS = 24, 20.0
BERLIN = ZoneInfo("Europe/Berlin")


class Client:
    """One citizen on a bad network: repeats what got no answer with the same key, on any process, a few times."""

    def __init__(self, number: int, arena: Arena, town: Town, http: httpx.AsyncClient, log: list[Operation]) -> None:
        self.number, self.arena, self.town, self.http, self.log = number, arena, town, http, log
        self.random = random.Random(number)
        self.token = ""
        self.appointment: UUID | None = None

    async def live(self, is_over: Callable[[], bool]) -> None:
        while not self.token:
            _, answer, _ = await self.ask("/v1/sessions/guest", {"installationId": f"history-{uuid4()}"})
            self.token = answer.get("accessToken", "")
        while not is_over():
            await self.step()

    async def step(self) -> None:
        if self.appointment is None:
            held = await self.hold()
            if held is not None:
                await self.book(held)
        elif self.random.random() < 0.5:
            held = await self.hold()
            if held is not None:
                await self.record("reschedule", f"/v1/appointments/{self.appointment}/reschedule", {"hold": held})
        else:
            outcome = await self.record("cancel", f"/v1/appointments/{self.appointment}/cancel", {})
            if outcome != "unknown":
                self.appointment = None

    async def hold(self) -> str | None:
        day = (datetime.now(BERLIN) + timedelta(days=3)).date()
        start = instant(day, 8 * 60 + 15 * self.random.randrange(12), BERLIN)
        services = [{"service": str(self.town.service), "persons": 1}]
        wanted = {"office": str(self.town.offices[0]), "services": services, "start": start.isoformat()}
        outcome, answer, key = await self.ask("/v1/holds", wanted)
        self.log.append(Operation(self.number, "hold", key, outcome, None, start))
        if answer.get("code") == "hold-exists":  # an earlier hold whose answer never came
            return str(answer["hold"])
        return str(answer["id"]) if outcome == "ok" else None

    async def book(self, held: str) -> None:
        wanted = {"hold": held, "person": {"name": f"Client {self.number}"}, "contact": {}}
        outcome, answer, key = await self.ask("/v1/appointments", wanted)
        booked = UUID(str(answer["id"])) if outcome == "ok" else None
        self.log.append(Operation(self.number, "book", key, outcome, booked))
        self.appointment = booked
        if outcome == "unknown":  # it may have happened: look, as an app would
            self.appointment = await self.find_live()

    async def find_live(self) -> UUID | None:
        for _ in range(40):
            try:
                answer = await self.http.get(
                    self.url("/v1/appointments"), headers={"Authorization": f"Bearer {self.token}"}
                )
            except httpx.HTTPError:
                await asyncio.sleep(0.25)
                continue
            if answer.status_code == 200:
                live = [a["id"] for a in answer.json()["items"] if a["state"] == "confirmed"]
                return UUID(live[0]) if live else None
            await asyncio.sleep(0.25)
        return None

    async def record(self, kind: Kind, path: str, wanted: dict[str, str]) -> Outcome:
        outcome, _, key = await self.ask(path, wanted)
        self.log.append(Operation(self.number, kind, key, outcome, self.appointment))
        return outcome

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.random.choice(self.arena.ports)}{path}"

    async def ask(self, path: str, wanted: object) -> tuple[Outcome, dict[str, object], str]:
        key = str(uuid4())
        headers = {"Idempotency-Key": key} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        for _ in range(self.random.choice((1, 6))):  # half of the clients give up at once, half insist
            try:
                answer = await self.http.post(self.url(path), json=wanted, headers=headers)
            except httpx.HTTPError:
                await asyncio.sleep(0.2)
                continue
            busy = answer.status_code == 409 and answer.json().get("code") == "idempotency-in-flight"
            if answer.status_code < 500 and not busy:
                return ("ok" if answer.status_code < 300 else "refused"), answer.json(), key
            await asyncio.sleep(0.2)
        return "unknown", {}, key


async def test_no_promise_is_broken_while_processes_die(durable_arena: Arena) -> None:
    arena = durable_arena
    town = await arena.town(counters=2)
    log: list[Operation] = []
    begun = asyncio.get_running_loop().time()

    def is_over() -> bool:
        passed = asyncio.get_running_loop().time() - begun
        return passed > SECONDS and (is_much(log) or passed > 6 * SECONDS)  # a machine may be slow

    async with httpx.AsyncClient(timeout=5) as http:
        clients = [Client(number, arena, town, http, log) for number in range(CLIENTS)]
        killer = asyncio.create_task(disturb(arena))
        await asyncio.gather(*(client.live(is_over) for client in clients))
        deaths = await killer
    end = history.read_end(await arena.reconnect_owner())
    seen = Counter((op.kind, op.outcome) for op in log)
    assert history.faults(log, await end) == []
    assert deaths == {"api": 4, "postgres": 2}
    assert is_much(log), seen
    assert sum(count for (_, outcome), count in seen.items() if outcome == "unknown") > 0, "nothing was disturbed"


def is_much(log: list[Operation]) -> bool:
    """Whether enough has happened for what follows to be told of it."""
    done = Counter(op.kind for op in log if op.outcome == "ok")
    return done["book"] > 50 and done["cancel"] > 10 and done["reschedule"] > 5


async def disturb(arena: Arena) -> Counter[str]:
    deaths: Counter[str] = Counter()
    for victim in ("api", "api", "postgres", "api", "postgres", "api"):
        await asyncio.sleep(1.5)
        if victim == "api":
            api = arena.apis[deaths["api"] % len(arena.apis)]
            api.kill()
            await api.start()
        else:
            await asyncio.to_thread(arena.crash_postgres)
        deaths[victim] += 1
    return deaths
