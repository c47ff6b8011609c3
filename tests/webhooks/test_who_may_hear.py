"""What waits for a client that may not hear of it any more."""

from datetime import timedelta

import pytest

from backend.clock import system_now
from backend.notices import service as notices
from backend.webhooks import sending
from backend.webhooks.model import Parcel, Tried
from tests.notifications.people import phone, rows, told
from tests.support.waiting import eventually
from tests.webhooks.conftest import House
from tests.webhooks.receiver import Receiver, saying
from tests.webhooks.test_telling import log_is


@pytest.mark.parametrize("change", ["disabled_at = now()", "scopes = '{app}'", "cities = '{bottrop}'"])
async def test_who_may_not_hear_any_more_is_not_told_what_waits(house: House, receiver: Receiver, change: str) -> None:
    made = await house.endpoint(receiver.url)
    owner = await house.client("gelsenkirchen")
    other = await house.endpoint(receiver.url, owner=owner)
    receiver.answer = saying(503)

    async def others() -> list[tuple[str | None, list[str]]]:
        return await house.log(other.endpoint.id, owner)

    async def both_failed() -> bool:
        return await others() == await house.log(made.endpoint.id) == [(None, ["http-503"])]

    async def other_is_told() -> bool:
        return await others() == [("delivered", ["http-503", "ok"])]

    await told(house.database, await phone(house.database))
    async with house.working():
        await eventually(both_failed)
        await rows(house.database, f"UPDATE client SET {change} WHERE id = $1 RETURNING id", house.owner.client_id)
        receiver.answer = saying(204)
        await house.make_due()
        await eventually(other_is_told)
        assert await house.log(made.endpoint.id) == [(None, ["http-503"])]
        await rows(
            house.database,
            "UPDATE client SET disabled_at = NULL, scopes = '{webhooks}', cities = '{gelsenkirchen}' RETURNING id",
        )
        await eventually(log_is(house, made.endpoint.id, ("delivered", ["http-503", "ok"])))


async def test_one_client_with_many_slow_endpoints_keeps_no_other_waiting(house: House) -> None:
    for n in range(10):
        await house.endpoint(f"http://127.0.0.1:9/{n}")
    other = await house.endpoint("http://127.0.0.1:9/other", owner=await house.client("gelsenkirchen"))
    person, now = await phone(house.database), system_now()
    for _ in range(20):
        await told(house.database, person)
    later = system_now()
    await notices.spread_notices(house.database, house.settings, later, 100)

    async def claim(limit: int) -> tuple[list[Parcel], list[Parcel]]:
        """Those of the client with ten endpoints, and the other's."""
        found = await sending.claim(house.database, later, lease=timedelta(seconds=30), limit=limit)
        of_other = [one for one in found if one.endpoint_id == other.endpoint.id]
        return [one for one in found if one not in of_other], of_other

    few, of_other = await claim(6)
    assert (len(few), len(of_other)) == (3, 3), "in turn"
    many, of_other = await claim(1_000)
    assert (len(many), len(of_other)) == (sending.MOST_OF_A_CLIENT - 3, 5)
    assert await claim(1_000) == ([], [])
    arrived = Tried(
        parcel=few[0], ending="delivered", due_at=now, at=now, milliseconds=9_000, status=204, code="ok", answer="",
        gone=False, counted=True,
    )  # fmt: skip
    await sending.settle(house.database, house.settings, [arrived], later)
    assert [len(some) for some in await claim(1_000)] == [1, 0]
