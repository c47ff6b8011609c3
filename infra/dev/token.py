"""`make token`: a short-lived token of a running instance's development issuer, alone on standard output."""

import argparse
import asyncio
import sys
from typing import Literal

import msgspec

from backend.catalogue import queries
from backend.clock import system_now
from backend.db import Connection, open_database
from backend.db.pool import SYSTEM
from backend.identity.dev import ensure_dev_clerk, mint_dev_token
from backend.identity.model import Role
from backend.settings import Settings, SettingsError
from infra.dev.instance import InstanceError, settings_of_running, wanted_port

_ROLES: dict[str, Role] = {"clerk": "clerk", "manager": "office_manager", "admin": "city_admin"}
CITY = "gelsenkirchen"


class Wanted(msgspec.Struct, frozen=True):
    """Whose token."""

    role: Literal["citizen", "clerk", "manager", "admin"]
    office: str | None
    """An office's slug; a clerk without one gets the first of the city."""
    city: str | None = None
    """None: the city of the office, or the first demo city where there is no office."""


async def token(settings: Settings, wanted: Wanted) -> str:
    """A token; the clerk's membership is there afterwards. Raises LookupError for an unknown office or city, and for an
    office of which there are several."""
    if wanted.role == "citizen":
        return _mint(settings, "dev-citizen", settings.citizen_oidc_audience)
    database = await open_database(settings.database_url, size=1)
    try:
        async with database.transaction(SYSTEM) as conn:
            city, office = await _place(conn, wanted)
            subject = f"dev-{wanted.role}-{city}" + (f"-{office}" if office else "")
            name = f"Demo {wanted.role.capitalize()}"
            issuer = settings.clerk_oidc_issuer or ""
            await ensure_dev_clerk(conn, subject, name, _ROLES[wanted.role], city, office, issuer=issuer)
    finally:
        await database.close()
    return _mint(settings, subject, settings.clerk_oidc_audience)


async def _place(conn: Connection, wanted: Wanted) -> tuple[str, str | None]:
    """City and office of the membership; an administrator's has no office, and the city of the one that was named."""
    if wanted.office is None:
        city = wanted.city or CITY
        slugs = await _offices(conn, city)
        if not slugs:
            raise LookupError(f"no city {city}; there are: {', '.join(await _cities(conn))}")
        return city, None if wanted.role == "admin" else slugs[0]
    cities = [wanted.city] if wanted.city else await _cities(conn)
    offices = {city: await _offices(conn, city) for city in cities}
    found = [city for city, slugs in offices.items() if wanted.office in slugs]
    if not found:
        known = "; ".join(f"{city}: {', '.join(slugs)}" for city, slugs in offices.items())
        raise LookupError(f"no office {wanted.office}; there are: {known}")
    if len(found) > 1:
        raise LookupError(f"an office {wanted.office} is in {' and in '.join(found)}: say CITY= as well")
    return found[0], None if wanted.role == "admin" else wanted.office


async def _cities(conn: Connection) -> list[str]:
    return sorted(city.id for city in await queries.list_cities(conn))


async def _offices(conn: Connection, city: str) -> list[str]:
    return sorted(office.slug for office in await queries.list_offices(conn, city))


def _mint(settings: Settings, subject: str, audience: str | None) -> str:
    return mint_dev_token(settings, subject, system_now(), audience=audience or "")


def main() -> int:
    """0 and the token, or 1 and the reason on standard error."""
    parser = argparse.ArgumentParser(prog="make token", description=__doc__)
    parser.add_argument("--role", choices=["citizen", *_ROLES], default="citizen")
    parser.add_argument("--office", default="")
    parser.add_argument("--city", default="")
    options = parser.parse_args()
    try:
        settings = settings_of_running(wanted_port())
        wanted = Wanted(options.role, options.office or None, options.city or None)
        print(asyncio.run(token(settings, wanted)))
    except (InstanceError, LookupError, SettingsError) as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
