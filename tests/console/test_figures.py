"""Figures are what the rows say, for those who manage the office; a screen's key opens calls, and nothing elsewhere."""

import csv
import hashlib
import io

import asyncpg
import httpx
import pytest

from backend.clock import system_now
from tests.browser import day
from tests.console.conftest import sign_in


def read_table(answer: httpx.Response, delimiter: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=delimiter))


def number(german: str) -> float:
    return float(german.replace(",", "."))


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
    rows = read_table(answer, ";")
    found = {(row["Kennzahl"], row["Tag"]): number(row["Wert"]) for row in rows if row["Tag"]}
    today = house.today.isoformat()
    assert found["Aufgerufen", today] == 3
    assert found["Wartezeit, Mitte", today] == 3
    assert (found["Bedient", today], found["Nicht erschienen", today]) == (3, 1)
    assert found["Abgesagt, abgelehnt oder verfallen", today] == 1
    assert found["Nächste freie Zeit in", today] == 2
    booked = sum(number(row["Wert"]) for row in rows if row["Kennzahl"] == "Gebucht")
    assert booked == 4 * 15
    other = str(house.services["reisepass"][0])
    only = await client.get(f"{address}/csv", params={"service": other})
    assert "Aufgerufen" not in only.text and "Nächste freie Zeit in" in only.text
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


@pytest.mark.parametrize("language, first, waited", [
    ("de", "Kennzahl;Tag;Uhrzeit (Stunde);Wert;Einheit", "Wartezeit, Mitte;{};;2,5;Minuten"),
    ("en", "Figure,Day,Hour,Value,Unit", '"Waiting time, median",{},,2.5,minutes'),
])  # fmt: skip
async def test_the_table_is_in_the_readers_language_as_their_spreadsheet_wants_it(
    client: httpx.AsyncClient, owner: "asyncpg.Connection[asyncpg.Record]", language: str, first: str, waited: str
) -> None:
    house = await day.open_today(owner)
    now = int((system_now() - house.at(0)).total_seconds() // 60)
    for counter, waited_minutes in enumerate((2, 3)):
        await day.add(owner, house, counter, now - 90, "completed", minutes=15, waited=waited_minutes)
    await sign_in(client, "demo-brandt")
    answer = await client.get(f"/console/figures/{house.slug}/csv", headers={"Accept-Language": language})
    assert answer.content.startswith(b"\xef\xbb\xbf")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == first
    assert waited.format(house.today.isoformat()) in lines


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
