"""Clerks: a token of their provider, memberships of this moment, and no office beyond them."""

from datetime import datetime, timedelta

import pytest

from backend.db import Database
from backend.identity import Callers, Clerk, Role
from backend.identity.dev import ensure_dev_clerk, mint_dev_token
from backend.identity.errors import (
    AuthenticationRequired,
    NoMembership,
    OfficeNotYours,
    RoleInsufficient,
    TokenExpired,
    TokenInvalid,
)
from backend.identity.oidc import dev_issuer
from backend.settings import Settings
from tests.identity.conftest import CLERKS
from tests.identity.issuer import AUDIENCE, Issuer
from tests.identity.phone import guest
from tests.identity.town import Town


async def employ(
    database: Database, settings: Settings, role: Role, city: str, office: str | None, subject: str = "anna"
) -> None:
    """Gives the account a membership."""
    async with database.connection() as conn:
        await ensure_dev_clerk(conn, subject, "Anna A.", role, city, office, issuer=dev_issuer(settings))


async def sign_in(callers: Callers, settings: Settings, now: datetime, subject: str = "anna") -> Clerk:
    """The clerk of the account's token."""
    return await callers.clerk(mint_dev_token(settings, subject, now, audience=CLERKS), now)


async def test_a_clerk_reaches_the_own_office_only(
    callers: Callers, database: Database, settings: Settings, town: Town, now: datetime
) -> None:
    await employ(database, settings, "clerk", "here", "north")
    clerk = await sign_in(callers, settings, now)
    assert clerk.display_name == "Anna A."
    principal = clerk.principal_for(town.north)
    assert (principal.clerk_city_id, principal.clerk_office_ids) == ("here", (town.north,))
    for office in (town.south, town.abroad):
        with pytest.raises(OfficeNotYours):
            clerk.principal_for(office)
    with pytest.raises(OfficeNotYours):
        clerk.require_city("there", "clerk")


async def test_roles_reach_as_far_as_they_say(
    callers: Callers, database: Database, settings: Settings, town: Town, now: datetime
) -> None:
    await employ(database, settings, "office_manager", "here", "north")
    await employ(database, settings, "clerk", "here", "south")
    clerk = await sign_in(callers, settings, now)
    assert clerk.require(town.north, "office_manager").role == "office_manager"
    with pytest.raises(RoleInsufficient):
        clerk.require(town.south, "office_manager")
    with pytest.raises(RoleInsufficient):
        clerk.require_city("here")
    assert (clerk.has("office_manager"), clerk.has("city_admin")) == (True, False)
    assert clerk.principal_in("here").clerk_office_ids == tuple(sorted((town.north, town.south)))


async def test_an_admin_reaches_every_office_of_the_city_and_none_of_the_next(
    callers: Callers, database: Database, settings: Settings, town: Town, now: datetime
) -> None:
    await employ(database, settings, "city_admin", "here", None)
    clerk = await sign_in(callers, settings, now)
    for office in (town.north, town.south):
        assert clerk.require(office, "city_admin").city_id == "here"
    assert clerk.require_city("here").role == "city_admin"
    with pytest.raises(OfficeNotYours):
        clerk.require(town.abroad)
    with pytest.raises(OfficeNotYours):
        clerk.require_city("there")


async def test_memberships_are_those_of_this_moment(
    callers: Callers, database: Database, settings: Settings, town: Town, now: datetime
) -> None:
    await employ(database, settings, "clerk", "here", "north")
    token = mint_dev_token(settings, "anna", now, audience=CLERKS)
    assert (await callers.clerk(token, now)).memberships
    async with database.connection() as conn:
        await conn.execute("DELETE FROM clerk_membership")
    with pytest.raises(NoMembership):
        await callers.clerk(token, now)


async def test_an_unknown_account_has_no_membership(callers: Callers, settings: Settings, now: datetime) -> None:
    with pytest.raises(NoMembership):
        await sign_in(callers, settings, now, "nobody")


async def test_the_same_subject_of_another_issuer_is_another_clerk(
    callers: Callers, database: Database, settings: Settings, town: Town, now: datetime
) -> None:
    async with database.connection() as conn:
        await ensure_dev_clerk(conn, "anna", "Anna B.", "clerk", "here", "north", issuer="https://elsewhere.example")
    with pytest.raises(NoMembership):
        await sign_in(callers, settings, now)


async def test_citizens_tokens_are_no_clerks(
    callers: Callers, database: Database, settings: Settings, town: Town, issuer: Issuer, now: datetime
) -> None:
    await employ(database, settings, "clerk", "here", "north")
    session = await guest(callers, now)
    wrong_audience = mint_dev_token(settings, "anna", now, audience=AUDIENCE)
    for token in (session.access_token, issuer.token(now, sub="anna"), wrong_audience):
        with pytest.raises(TokenInvalid):
            await callers.clerk(token, now)
    for nothing in (None, ""):
        with pytest.raises(AuthenticationRequired):
            await callers.clerk(nothing, now)


async def test_a_clerks_token_expires(callers: Callers, settings: Settings, now: datetime) -> None:
    token = mint_dev_token(settings, "anna", now, audience=CLERKS, lifetime=timedelta(minutes=5))
    with pytest.raises(TokenExpired):
        await callers.clerk(token, now + timedelta(minutes=5))


async def test_a_development_clerk_keeps_its_id_and_gets_the_new_role(
    database: Database, settings: Settings, town: Town
) -> None:
    issuer = dev_issuer(settings)
    async with database.connection() as conn:
        first = await ensure_dev_clerk(conn, "anna", "Anna", "clerk", "here", "north", issuer=issuer)
        second = await ensure_dev_clerk(conn, "anna", "Anna", "office_manager", "here", "north", issuer=issuer)
        assert first == second
        assert await conn.fetchval("SELECT string_agg(role, ',') FROM clerk_membership") == "office_manager"
        with pytest.raises(LookupError):
            await ensure_dev_clerk(conn, "anna", "Anna", "clerk", "here", "nowhere", issuer=issuer)
