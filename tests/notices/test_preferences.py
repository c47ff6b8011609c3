"""Preferences are replaced whole, by whoever saw the newest, and never keep the city's letters from the inbox."""

from uuid import uuid4

import pytest

from backend.db import Database, Principal
from backend.errors import InvalidInput
from backend.notices import preferences
from backend.notices.errors import PreferencesChanged
from backend.notices.kinds import ALWAYS_IN_INBOX, GROUPS
from backend.notices.model import Preference
from tests.notices.people import NOW, city, person


async def test_each_writing_is_a_version_and_an_older_one_is_refused(database: Database) -> None:
    await city(database)
    me = await person(database, "en")
    async with database.transaction(Principal(person_id=me)) as conn:
        assert await preferences.find(conn, me) == Preference(language="en")
        wanted = Preference(push_off=("cases",), quiet_from_minute=1320, quiet_until_minute=360, city_id="here")
        saved = await preferences.save(conn, me, wanted, NOW, district=None, version=0)
        assert (saved.version, saved.push_off, saved.language) == (1, ("cases",), "de")
        with pytest.raises(PreferencesChanged) as refused:
            await preferences.save(conn, me, wanted, NOW, district=None, version=0)
        assert refused.value.details == {"current": {"version": 1}}
        again = await preferences.save(conn, me, Preference(language="de-leicht"), NOW, district=None, version=1)
        assert again == Preference(version=2, language="de-leicht")


async def test_the_inbox_stays_open_for_what_the_city_must_tell(database: Database) -> None:
    await city(database)
    me = await person(database)
    wanted = Preference(inbox_off=GROUPS, city_id="nowhere")
    async with database.transaction(Principal(person_id=me)) as conn:
        with pytest.raises(InvalidInput) as refused:
            await preferences.save(conn, me, wanted, NOW, district="x", version=None)
        pointers = {error["pointer"] for error in refused.value.details["errors"]}
        assert pointers == {f"/kinds/{group}/inbox" for group in ALWAYS_IN_INBOX} | {"/subscriptions/city"}
        kept = await preferences.find(conn, me)
        assert kept.version == 0
        shown = preferences.kinds_shown(Preference(inbox_off=GROUPS))
        assert "appointment.cancelled" in shown
        assert {"announcement.city", "appointment.reminder", "appointment.completed"} & set(shown) == set()


async def test_a_district_is_one_of_its_city(database: Database) -> None:
    await city(database)
    await city(database, "elsewhere")
    me, district = await person(database), uuid4()
    async with database.connection() as conn:
        await conn.execute(
            "INSERT INTO district (id, city_id, level, slug, name) VALUES ($1, 'here', 'quartier', 'north', 'N')",
            district,
        )
    async with database.transaction(Principal(person_id=me)) as conn:
        for named in ("north", str(district)):
            wanted = Preference(city_id="here")
            saved = await preferences.save(conn, me, wanted, NOW, district=named, version=None)
            assert saved.district_id == district
        with pytest.raises(InvalidInput):
            await preferences.save(conn, me, Preference(city_id="elsewhere"), NOW, district="north", version=None)
