"""Figures are what the rows say, for those who manage the office; a screen's key opens calls, and nothing elsewhere."""

import csv
import hashlib
import io

import asyncpg
import httpx

from backend.clock import system_now
from tests.browser import day
from tests.console.conftest import sign_in


async def test_figures_are_what_happened(
    client: httpx.AsyncClient, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    house = await day.open_today(owner)
    now = int((system_now() - house.at(0)).total_seconds() // 60)
    # Waited from the booked time on: came before it, called three minutes after it.
    for counter in range(3):
        await day.add(owner, house, counter, now - 90, "completed", minutes=15)
    await day.add(owner, house, 4, now - 90, "no_show", minutes=15)
    await day.add(owner, house, 5, now - 90, "cancelled", minutes=15)
    await owner.execute(
        "INSERT INTO lead_time SELECT $1, $2, id, $3, 2880 FROM service WHERE slug = 'reisepass' AND city_id = $1",
        day.CITY,
        house.office_id,
        house.today,
    )
    await sign_in(client, "demo-kowalski")
    address = f"/console/figures/{house.slug}"
    assert (await client.get(address)).status_code == 403
    client.cookies.clear()
    await sign_in(client, "demo-brandt")
    page = await client.get(address)
    assert page.status_code == 200 and "<svg" in page.text and "<table" in page.text
    answer = await client.get(f"{address}/csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    found = {(row["figure"], row["day"]): float(row["value"]) for row in rows if row["day"]}
    today = house.today.isoformat()
    assert found["people called", today] == 3
    assert found["waiting, median", today] == 3
    assert (found["completed", today], found["no-show", today]) == (3, 1)
    assert found["cancelled, rejected or expired", today] == 1
    assert found["next free place", today] == 2
    booked = sum(float(row["value"]) for row in rows if row["figure"] == "booked")
    assert booked == 4 * 15
    other = str(house.services["reisepass"][0])
    only = await client.get(f"{address}/csv", params={"service": other})
    assert "people called" not in only.text and "next free place" in only.text
    # As the form sends it: an empty service means all of them.
    whole = await client.get(f"{address}?from={today}&until={today}&service=")
    assert whole.status_code == 200 and "<svg class" in whole.text
    # Days that cannot be shown stay in the form, which says what is wrong with them.
    for since, until in (("2020-01-01", "2026-01-01"), ("2026-02-01", "2026-01-01")):
        wrong = await client.get(f"{address}?from={since}&until={until}&service=")
        assert wrong.status_code == 400
        assert f'value="{since}"' in wrong.text and 'role="alert"' in wrong.text
    assert (await client.get(f"{address}?until=0001-01-01")).status_code == 200
    assert (await client.get(f"{address}/csv?from=2020-01-01&until=2026-01-01")).status_code == 400
    strange = await client.get(f"{address}?service=all")
    assert strange.status_code == 400 and "<code>invalid-input</code>" in strange.text
    assert (await client.get("/console/figures/rathaus-buer")).status_code == 404


async def test_a_screens_key_opens_its_office_until_it_is_ended(client: httpx.AsyncClient) -> None:
    seat, _ = await sign_in(client, "demo-brandt")
    key = "k" * 43
    body = {"name": "Eingang", "keyHash": hashlib.sha256(key.encode()).hexdigest()}
    path = "/console/displays/hans-sachs-haus"
    made = await client.post(path, json=body, headers=seat.headers(**{"Idempotency-Key": "one"}))
    for _ in range(2):
        made = await client.post(path, json=body, headers=seat.headers(**{"Idempotency-Key": "one"}))
        assert made.status_code == 201, made.text
    assert [one["name"] for one in (await client.get(path)).json()["items"]] == ["Eingang"]
    client.cookies.clear()

    async def opens(office: str, shown: str) -> int:
        address = f"/console/display/{office}/calls"
        async with client.stream("GET", address, headers={"X-Display-Key": shown}) as stream:
            return stream.status_code

    assert await opens("hans-sachs-haus", key) == 200
    assert await opens("rathaus-buer", key) == 404
    assert await opens("hans-sachs-haus", "x" * 43) == 404
    await sign_in(client, "demo-brandt")
    ended = await client.delete(f"{path}/{made.json()['id']}", headers=seat.headers())
    assert ended.status_code == 403  # another session's token
    seat, _ = await sign_in(client, "demo-brandt")
    assert (await client.delete(f"{path}/{made.json()['id']}", headers=seat.headers())).status_code == 200
    assert await opens("hans-sachs-haus", key) == 404
