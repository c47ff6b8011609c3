"""From what a request names (ids or slugs) to what the engine works with."""

from collections.abc import Sequence
from uuid import UUID

from backend.availability.model import Wanted
from backend.catalogue import queries as catalogue
from backend.catalogue.errors import CityNotFound, OfficeNotFound
from backend.db import Connection
from backend.errors import FieldError, InvalidInput


async def find_office(conn: Connection, city_id: str, id_or_slug: str) -> UUID:
    """The office's id; raises OfficeNotFound, or CityNotFound where there is not even a city."""
    office = await catalogue.find_office(conn, city_id, id_or_slug)
    if office is not None:
        return office.id
    if await catalogue.find_city(conn, city_id) is None:
        raise CityNotFound
    raise OfficeNotFound


def persons_of(named: str) -> int:
    """For how many persons ``ID[:persons]`` is; raises InvalidInput for a number that is none."""
    _, colon, persons = named.partition(":")
    if not colon:
        return 1
    if persons.isascii() and persons.isdigit() and 1 <= int(persons[:4]) <= 99:
        return int(persons)
    raise InvalidInput([FieldError("service", "invalid", "Write the number of persons after a colon, as in ID:2")])


async def wanted_of(conn: Connection, city_id: str, named: Sequence[str]) -> tuple[Wanted, ...]:
    """Each ``ID[:persons]``, an id or a slug; raises CityNotFound, or InvalidInput with every fault."""
    known = await catalogue.list_services(conn, city_id)
    if not known and await catalogue.find_city(conn, city_id) is None:
        raise CityNotFound
    ids = {name: service.id for service in known for name in (service.slug, str(service.id))}
    found: list[Wanted] = []
    faults: list[FieldError] = []
    for text in named:
        name = text.partition(":")[0].lower()
        try:
            if name not in ids:
                raise InvalidInput([FieldError("service", "unknown", "The city has no such service")])
            found.append(Wanted(ids[name], persons_of(text)))
        except InvalidInput as fault:
            faults += fault.faults
    if faults:
        raise InvalidInput(faults)
    return tuple(found)
