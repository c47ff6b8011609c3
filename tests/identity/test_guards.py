"""A guard lets through whom it names and nobody else; the handler then knows who it is."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import uuid4

import httpx
import pytest
from litestar import Controller, get
from litestar.di import NamedDependency

from api.app import create_app
from api.auth import citizen, city_admin, clerk, office_manager, public
from api.routes.sessions import SessionsController
from backend.clock import system_now
from backend.db import Database
from backend.identity import Citizen, Clerk, Role
from backend.identity.dev import ensure_dev_clerk, mint_dev_token
from backend.identity.oidc import dev_issuer
from backend.settings import Settings
from tests.api.conftest import running
from tests.identity.conftest import CLERKS
from tests.identity.town import Town


class Doors(Controller):
    """One door for each guard."""

    path = "/doors"

    @get("/public", guards=[public])
    async def anyone(self, optional_citizen: NamedDependency[Citizen | None]) -> str:
        """Whoever it is."""
        return "nobody" if optional_citizen is None else str(optional_citizen.person_id)

    @get("/citizen", guards=[citizen])
    async def person(self, caller: NamedDependency[Citizen]) -> str:
        """The person."""
        return str(caller.person_id)

    @get("/clerk", guards=[clerk])
    async def any_clerk(self, clerk: NamedDependency[Clerk]) -> str:
        """The clerk."""
        return clerk.display_name

    @get("/office_manager", guards=[office_manager])
    async def manager(self, clerk: NamedDependency[Clerk]) -> str:
        """The manager."""
        return clerk.display_name

    @get("/city_admin", guards=[city_admin])
    async def admin(self, clerk: NamedDependency[Clerk]) -> str:
        """The admin."""
        return clerk.display_name

    @get("/mistaken", guards=[public])
    async def mistaken(self, clerk: NamedDependency[Clerk]) -> str:
        """Asks for a clerk behind the wrong guard."""
        return clerk.display_name


@pytest.fixture
def now() -> datetime:
    """These tests run by the real clock, as the application does."""
    return system_now()


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that has doors."""
    async with running(create_app(settings, [SessionsController, Doors])) as client:
        yield client


async def come(api: httpx.AsyncClient, door: str, token: str | None) -> tuple[int, str]:
    """What the door answers: the status, and the problem's code or who was let in."""
    answer = await api.get(f"/doors/{door}", headers={"Authorization": f"Bearer {token}"} if token else {})
    return answer.status_code, answer.text if answer.status_code == 200 else answer.json()["code"]


async def guest(api: httpx.AsyncClient) -> dict[str, str]:
    """A new guest."""
    headers = {"Idempotency-Key": uuid4().hex}
    answer = await api.post("/v1/sessions/guest", json={"installationId": uuid4().hex}, headers=headers)
    found: dict[str, str] = answer.json()
    return found


@pytest.mark.parametrize("door", ["citizen", "clerk", "office_manager", "city_admin"])
async def test_no_guard_lets_anyone_in_without_a_token(api: httpx.AsyncClient, door: str) -> None:
    assert await come(api, door, None) == (401, "authentication-required")
    assert await come(api, door, "rubbish") == (401, "token-invalid")


async def test_a_person_passes_where_people_may(api: httpx.AsyncClient) -> None:
    session = await guest(api)
    for door in ("public", "citizen"):
        assert await come(api, door, session["accessToken"]) == (200, session["personId"])
    for door in ("clerk", "office_manager", "city_admin"):
        assert await come(api, door, session["accessToken"]) == (401, "token-invalid")


async def test_a_public_door_needs_no_token_and_believes_no_false_one(api: httpx.AsyncClient) -> None:
    assert await come(api, "public", None) == (200, "nobody")
    assert await come(api, "public", "rubbish") == (401, "token-invalid")


@pytest.mark.parametrize(
    "role, office, passes", [("clerk", "north", 1), ("office_manager", "north", 2), ("city_admin", None, 3)]
)
async def test_a_role_passes_its_own_door_and_the_lower_ones(
    api: httpx.AsyncClient,
    database: Database,
    settings: Settings,
    town: Town,
    now: datetime,
    role: Role,
    office: str | None,
    passes: int,
) -> None:
    async with database.connection() as conn:
        await ensure_dev_clerk(conn, "anna", "Anna A.", role, "here", office, issuer=dev_issuer(settings))
    token = mint_dev_token(settings, "anna", now, audience=CLERKS)
    answers = [await come(api, door, token) for door in ("clerk", "office_manager", "city_admin")]
    assert answers == [(200, "Anna A.")] * passes + [(403, "role-insufficient")] * (3 - passes)
    assert await come(api, "citizen", token) == (401, "token-invalid")


async def test_an_account_without_a_membership_passes_nowhere(
    api: httpx.AsyncClient, settings: Settings, now: datetime
) -> None:
    token = mint_dev_token(settings, "nobody", now, audience=CLERKS)
    for door in ("clerk", "office_manager", "city_admin"):
        assert await come(api, door, token) == (403, "no-membership")


async def test_a_handler_behind_the_wrong_guard_gets_nobody(api: httpx.AsyncClient) -> None:
    assert await come(api, "mistaken", None) == (401, "authentication-required")


async def test_two_authorization_headers_are_none(api: httpx.AsyncClient) -> None:
    token = (await guest(api))["accessToken"]
    given = [(b"authorization", f"Bearer {token}".encode())] * 2
    answer = await api.get("/doors/citizen", headers=given)
    assert (answer.status_code, answer.json()["code"]) == (401, "token-invalid")
