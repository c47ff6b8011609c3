"""An office's rules, as the engine of availability gets them."""

from datetime import date
from uuid import UUID

from backend.catalogue import queries
from backend.catalogue.calendar import openings
from backend.catalogue.comparison import rules_by_office
from backend.db import Database

HANS_SACHS_HAUS = UUID("0193a000-0003-7000-8000-000000000001")


async def test_the_demo_office_comes_whole(demo: Database) -> None:
    async with demo.connection() as conn:
        rules = await queries.load_office_rules(conn, HANS_SACHS_HAUS)
    assert rules is not None
    assert [c.slug for c in rules.counters][:2] == ["schalter-1", "schalter-2"]
    assert [c.slug for c in rules.counters if c.staff_only] == ["information-1", "information-2"]
    assert len(rules.counters) == 19
    assert len(rules.services) == 20
    assert rules.office.release_minute == 8 * 60 + 15
    assert rules.city.municipal_holidays == ("weiberfastnacht", "rosenmontag")
    thursday = openings(rules, rules.counters[0], date(2026, 11, 26))
    assert [(o.isoformat(), c.isoformat()) for o, c in thursday] == [
        ("2026-11-26T07:00:00+00:00", "2026-11-26T17:00:00+00:00")
    ]


async def test_an_unknown_office_has_no_rules(demo: Database) -> None:
    async with demo.connection() as conn:
        assert await queries.load_office_rules(conn, UUID(int=7)) is None


async def test_the_state_of_a_city_gives_the_same_rules_as_the_snapshot(demo: Database) -> None:
    """Stranding judges by the first, bookings by the second: they must not drift apart."""
    async with demo.connection() as conn:
        state = await queries.load_city(conn, "gelsenkirchen")
        assert state is not None
        for office_id, rules in rules_by_office(state).items():
            loaded = await queries.load_office_rules(conn, office_id)
            assert loaded is not None
            assert loaded.counters == rules.counters
            assert set(loaded.services) == set(rules.services)
            assert (loaded.specials, loaded.closures) == (rules.specials, rules.closures)
