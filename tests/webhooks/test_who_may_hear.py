"""What waits for a client that may not hear of it any more."""

import pytest

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
