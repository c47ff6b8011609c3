"""How many drafts one person may have, to the last one."""

import asyncio
from uuid import uuid4

import asyncpg
import httpx
import pytest
from litestar import Litestar

from backend.clock import system_now
from backend.db import Principal
from backend.forms.queries import count_drafts, lock_drafts_of
from tests.forms.samples import REPORT
from tests.forms.test_drafts_routes import Guest, Idem, begin


async def test_a_hundred_drafts_are_a_hundred_whoever_begins_at_the_same_moment(
    app: Litestar, api: httpx.AsyncClient, guest: Guest, idem: Idem, demo_owner_url: str
) -> None:
    who = await guest()
    one = await begin(api, who)
    owner = await asyncpg.connect(demo_owner_url)
    try:
        await owner.execute("SET app.system = 'on'")
        await owner.execute(
            "INSERT INTO draft (id, city_id, form_id, version, person_id, language, answers, created_at, updated_at,"
            " expires_at) SELECT gen_random_uuid(), city_id, form_id, version, person_id, language, answers,"
            " created_at, updated_at, expires_at FROM draft, generate_series(1, 95) WHERE id = $1", one["id"],
        )  # fmt: skip
        bodies = [{"id": str(uuid4()), "form": REPORT, "version": 1} for _ in range(20)]
        sent = await asyncio.gather(*(api.post("/v1/drafts", json=b, headers={**who, **idem()}) for b in bodies))
        assert sorted(answer.status_code for answer in sent) == [201] * 4 + [409] * 16
        assert {answer.json()["code"] for answer in sent if answer.status_code == 409} == {"draft-limit"}
        assert await owner.fetchval("SELECT count(*) FROM draft") == 100
        # The control: counted without waiting for each other, two at one moment both pass.
        await owner.execute("DELETE FROM draft WHERE id = $1", one["id"])
        database, person = app.state["context"].database, await owner.fetchval("SELECT person_id FROM draft LIMIT 1")
        principal = Principal(person_id=person)
        async with database.transaction(principal) as first, database.transaction(principal) as second:
            assert [await count_drafts(conn, person, system_now()) for conn in (first, second)] == [99, 99]
        async with database.transaction(principal) as first:
            await lock_drafts_of(first, person)
            async with database.transaction(principal) as second:
                await second.execute("SET LOCAL lock_timeout = '50ms'")
                with pytest.raises(asyncpg.LockNotAvailableError):
                    await lock_drafts_of(second, person)
    finally:
        await owner.close()
