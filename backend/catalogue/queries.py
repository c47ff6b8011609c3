"""One typed function per statement of ``queries.sql``. Reading needs no principal: the catalogue is public."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.catalogue.model import (
    Actor,
    City,
    CityState,
    Closure,
    Counter,
    District,
    Key,
    LiveAppointment,
    Offer,
    Office,
    OfficeRules,
    OpeningHours,
    RulesRow,
    Service,
    SpecialOpening,
)
from backend.db import Connection, load
from backend.ids import new_id

STATEMENTS = load(__package__ or "")


async def load_office_rules(conn: Connection, office_id: UUID) -> OfficeRules | None:
    """A consistent snapshot in one round trip; None for an unknown office. A retired office has no counters."""
    row = await STATEMENTS.optional(conn, "load_office_rules", RulesRow, office_id)
    if row is None:
        return None
    return OfficeRules(
        office=row.office,
        city=row.city,
        version=row.office.rules_version,
        counters=row.counters,
        services={service.id: service for service in row.services},
        specials=row.specials,
        closures=row.closures,
    )


async def load_city(conn: Connection, city_id: str) -> CityState | None:
    return await STATEMENTS.optional(conn, "load_city", CityState, city_id)


async def list_cities(conn: Connection) -> list[City]:
    return await STATEMENTS.all(conn, "list_cities", City)


async def find_city(conn: Connection, city_id: str) -> City | None:
    return await STATEMENTS.optional(conn, "find_city", City, city_id)


async def list_districts(conn: Connection, city_id: str) -> list[District]:
    return await STATEMENTS.all(conn, "list_districts", District, city_id)


async def find_office(conn: Connection, city_id: str, id_or_slug: str) -> Office | None:
    return await STATEMENTS.optional(conn, "find_office", Office, city_id, id_or_slug)


async def list_offices(conn: Connection, city_id: str, service_id: UUID | None = None) -> list[Office]:
    """By name; with ``service_id`` only those with a public counter that offers it."""
    if service_id is None:
        return await STATEMENTS.all(conn, "list_offices", Office, city_id)
    return await STATEMENTS.all(conn, "list_offices_with_service", Office, city_id, service_id)


async def find_service(conn: Connection, city_id: str, id_or_slug: str) -> Service | None:
    return await STATEMENTS.optional(conn, "find_service", Service, city_id, id_or_slug)


async def list_services(conn: Connection, city_id: str) -> list[Service]:
    return await STATEMENTS.all(conn, "list_services", Service, city_id)


async def find_counter(conn: Connection, counter_id: UUID) -> Counter | None:
    return await STATEMENTS.optional(conn, "find_counter", Counter, counter_id)


async def find_closure(conn: Connection, closure_id: UUID) -> Closure | None:
    return await STATEMENTS.optional(conn, "find_closure", Closure, closure_id)


async def list_live_appointments(conn: Connection, office_ids: Sequence[UUID], now: datetime) -> list[LiveAppointment]:
    """Live appointments of the offices that have not ended, as far as the principal sees them."""
    return await STATEMENTS.all(conn, "list_live_appointments", LiveAppointment, office_ids, now)


async def lock_city(conn: Connection, city_id: str) -> None:
    await STATEMENTS.run(conn, "lock_city", city_id)


async def lock_offices(conn: Connection, office_ids: Sequence[UUID]) -> None:
    """Exclusively, one after the other in order of their ids, until the transaction ends."""
    for office_id in sorted(office_ids):
        await STATEMENTS.run(conn, "lock_office", office_id)


async def save_city(conn: Connection, city: City) -> None:
    await STATEMENTS.run(
        conn, "save_city", city.id, city.name, city.ags, city.state, city.zone, city.reference_prefix,
        city.municipal_holidays, city.notice, city.facts,
    )  # fmt: skip


async def save_district(conn: Connection, district: District) -> int:
    """How many rows were saved: none where the id belongs to another city. Likewise below."""
    return await STATEMENTS.run(conn, "save_district", *msgspec.structs.astuple(district))


async def remove_district(conn: Connection, district_id: UUID) -> None:
    await STATEMENTS.run(conn, "remove_district", district_id)


async def save_office(conn: Connection, office: Office) -> int:
    return await STATEMENTS.run(
        conn, "save_office", office.id, office.city_id, office.slug, office.name, office.district_id, office.street,
        office.postcode, office.town, office.latitude, office.longitude, office.zone, office.grid_minutes,
        office.lead_minutes, office.horizon_days, office.buffer_minutes, office.release_minute, office.accessibility,
        office.texts, office.facts, office.retired,
    )  # fmt: skip


async def save_service(conn: Connection, service: Service) -> int:
    return await STATEMENTS.run(
        conn, "save_service", service.id, service.city_id, service.slug, service.leika, service.category,
        service.minutes, service.max_persons, service.confirmation, service.fee, service.texts, service.documents,
        service.max_live_per_person, service.facts, service.retired,
    )  # fmt: skip


async def save_counter(conn: Connection, counter: Counter) -> int:
    return await STATEMENTS.run(conn, "save_counter", *msgspec.structs.astuple(counter))


async def add_offer(conn: Connection, city_id: str, offer: Offer) -> None:
    await STATEMENTS.run(conn, "add_offer", city_id, offer.counter_id, offer.service_id)


async def remove_offer(conn: Connection, offer: Offer) -> None:
    await STATEMENTS.run(conn, "remove_offer", offer.counter_id, offer.service_id)


async def add_hours(conn: Connection, hours: OpeningHours) -> None:
    await STATEMENTS.run(conn, "add_hours", *msgspec.structs.astuple(hours))


async def remove_hours(conn: Connection, hours_id: UUID) -> None:
    await STATEMENTS.run(conn, "remove_hours", hours_id)


async def add_special(conn: Connection, special: SpecialOpening) -> None:
    await STATEMENTS.run(conn, "add_special", *msgspec.structs.astuple(special))


async def remove_special(conn: Connection, special_id: UUID) -> None:
    await STATEMENTS.run(conn, "remove_special", special_id)


async def add_closure(conn: Connection, closure: Closure) -> None:
    await STATEMENTS.run(conn, "add_closure", *msgspec.structs.astuple(closure))


async def remove_closure(conn: Connection, closure_id: UUID) -> int:
    """0 where someone else was faster."""
    return await STATEMENTS.run(conn, "remove_closure", closure_id)


async def bump_rules(conn: Connection, office_id: UUID) -> None:
    await STATEMENTS.run(conn, "bump_rules", office_id)


async def bump_days(conn: Connection, office_id: UUID, first: date, last: date) -> None:
    """Both days included; the last statement of its transaction, offices in order of their ids."""
    await STATEMENTS.run(conn, "bump_days", office_id, first, last)


async def add_audit_entry(
    conn: Connection,
    actor: Actor,
    at: datetime,
    action: str,
    *,
    city_id: str,
    entity: str,
    entity_id: str,
    detail: dict[str, Any],
) -> None:
    await STATEMENTS.run(
        conn, "add_audit_entry", new_id(), city_id, at, actor.kind, actor.id, action, entity, entity_id, detail
    )


async def list_office_ids(conn: Connection, city_id: str) -> list[UUID]:
    return [key.id for key in await STATEMENTS.all(conn, "list_office_ids", Key, city_id)]
