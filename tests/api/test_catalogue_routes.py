"""The public catalogue: what there is, in which language, in which order, and when it need not be sent again."""

import httpx
import pytest

OFFICES = "/v1/cities/gelsenkirchen/offices"
SERVICES = "/v1/cities/gelsenkirchen/services"


async def test_both_cities_are_listed_by_name(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/cities")
    assert answer.status_code == 200
    assert [c["id"] for c in answer.json()["items"]] == ["bottrop", "gelsenkirchen"]
    assert answer.json()["next"] is None


async def test_a_city_tells_its_facts_and_that_hours_are_illustrative(api: httpx.AsyncClient) -> None:
    city = (await api.get("/v1/cities/gelsenkirchen", headers={"Accept-Language": "en"})).json()
    assert city["ags"] == "05513000"
    assert city["facts"]["population"] == 265885
    assert city["facts"]["nuts"] == "DEA32"
    assert "illustrative" in city["notice"]
    assert len(city["facts"]["rules"]) == 7


@pytest.mark.parametrize(
    "path,code",
    [
        ("/v1/cities/atlantis", "city-not-found"),
        ("/v1/cities/atlantis/offices", "city-not-found"),
        ("/v1/cities/atlantis/services", "city-not-found"),
        ("/v1/cities/atlantis/districts", "city-not-found"),
        (f"{OFFICES}/nowhere", "office-not-found"),
        (f"{SERVICES}/nothing", "service-not-found"),
        (f"{OFFICES}?service=nothing", "service-not-found"),
    ],
)
async def test_what_does_not_exist_is_named(api: httpx.AsyncClient, path: str, code: str) -> None:
    answer = await api.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, code)


async def test_a_nul_is_refused_and_not_a_failure(api: httpx.AsyncClient) -> None:
    for path in ("/v1/cities/%00", f"{OFFICES}/%00", f"{OFFICES}?service=%00", f"{SERVICES}?q=%00"):
        assert (await api.get(path)).status_code in (200, 400, 404), path


async def test_an_office_of_another_city_is_not_found(api: httpx.AsyncClient) -> None:
    office = (await api.get("/v1/cities/bottrop/offices/rathaus")).json()
    assert (await api.get(f"{OFFICES}/{office['id']}")).status_code == 404
    assert (await api.get(f"{OFFICES}/rathaus")).status_code == 404


async def test_districts_are_a_tree(api: httpx.AsyncClient) -> None:
    items = (await api.get("/v1/cities/gelsenkirchen/districts")).json()["items"]
    assert [d["name"].removeprefix("Gelsenkirchen-") for d in items] == ["Mitte", "Nord", "Ost", "Süd", "West"]
    middle = items[0]
    assert middle["level"] == "stadtbezirk"
    assert middle["facts"]["population"] == 88711
    assert {p["slug"] for p in middle["parts"]} >= {"altstadt", "schalke-nord", "hessler", "bulmke-huellen"}
    assert sum(len(d["parts"]) for d in items) == 18


async def test_all_services_come_with_key_fee_and_documents(api: httpx.AsyncClient) -> None:
    items = (await api.get(SERVICES, headers={"Accept-Language": "de"})).json()["items"]
    assert len(items) == 20
    card = next(s for s in items if s["slug"] == "personalausweis")
    assert (card["leika"], card["minutes"], card["maxPersons"]) == ("99008001000000", 15, 2)
    assert card["fee"] == "46,00 €; unter 24 Jahren 27,60 €"
    assert len(card["documents"]) == 2
    assert {s["slug"] for s in items if s["confirmation"] == "clerk"} == {"eheschliessung", "einbuergerung"}
    names = [s["name"] for s in items]
    assert names.index("Auskunftssperre") < names.index("EU-Parkausweis für Menschen mit Behinderung")


async def test_the_language_is_chosen_and_named(api: httpx.AsyncClient) -> None:
    german = await api.get(f"{SERVICES}/reisepass", headers={"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"})
    english = await api.get(f"{SERVICES}/reisepass", headers={"Accept-Language": "en"})
    assert (german.json()["name"], english.json()["name"]) == ("Reisepass beantragen", "Apply for a passport")
    assert (german.headers["content-language"], english.headers["content-language"]) == ("de", "en")
    assert "Accept-Language" in german.headers["vary"]
    assert german.headers["etag"] != english.headers["etag"]


@pytest.mark.parametrize(
    "query,slugs",
    [
        ("fuhrungs", ["fuehrungszeugnis"]),
        ("PASSPORT temporary", ["vorlaeufiger-reisepass"]),
        ("99059001104000", ["eheschliessung"]),
        ("nichts dergleichen", []),
        ("%", []),
    ],
)
async def test_services_are_found_by_words(api: httpx.AsyncClient, query: str, slugs: list[str]) -> None:
    answer = await api.get(SERVICES, params={"q": query})
    assert [s["slug"] for s in answer.json()["items"]] == slugs


async def test_services_are_found_by_category(api: httpx.AsyncClient) -> None:
    answer = await api.get(SERVICES, params={"category": "mobility"})
    assert {s["slug"] for s in answer.json()["items"]} == {
        "bewohnerparkausweis", "eu-parkausweis", "internationaler-fuehrerschein"
    }  # fmt: skip


async def test_pages_of_services_hold_each_once(api: httpx.AsyncClient) -> None:
    seen: list[str] = []
    address = f"{SERVICES}?limit=7"
    for _ in range(3):
        answer = await api.get(address)
        seen += [s["slug"] for s in answer.json()["items"]]
        if answer.json()["next"] is None:
            assert "link" not in answer.headers
            break
        address = answer.headers["link"].partition(">")[0].removeprefix("<")
    assert len(seen) == len(set(seen)) == 20


async def test_a_made_up_cursor_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.get(SERVICES, params={"cursor": "zzzz"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "cursor")


async def test_offices_come_by_name_or_nearest_first(api: httpx.AsyncClient) -> None:
    by_name = (await api.get(OFFICES)).json()["items"]
    assert [o["slug"] for o in by_name] == ["erle", "hans-sachs-haus", "rathaus-buer", "schloss-horst"]
    assert {o["metres"] for o in by_name} == {None}
    near = (await api.get(OFFICES, params={"near": "51.5422,7.0236"})).json()["items"]
    assert near[0]["slug"] == "schloss-horst"
    assert near[0]["metres"] == 0
    assert [o["metres"] for o in near] == sorted(o["metres"] for o in near)


@pytest.mark.parametrize("near", ["here", "51.5", "91,7", "51.5,7.1,3", "nan,nan", ""])
async def test_a_place_that_is_none_is_refused(api: httpx.AsyncClient, near: str) -> None:
    answer = await api.get(OFFICES, params={"near": near})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "near")


async def test_only_offices_that_offer_the_service_to_citizens(api: httpx.AsyncClient) -> None:
    found = (await api.get(OFFICES, params={"service": "eheschliessung"})).json()["items"]
    assert [o["slug"] for o in found] == ["hans-sachs-haus", "rathaus-buer"]


async def test_an_office_is_found_by_slug_and_id_with_its_hours(api: httpx.AsyncClient) -> None:
    office = (await api.get(f"{OFFICES}/hans-sachs-haus")).json()
    assert (await api.get(f"{OFFICES}/{office['id']}")).json() == office
    assert (await api.get(f"{OFFICES}/{office['id'].upper()}")).json() == office
    assert office["release"] == "08:15"
    assert {"weekday": 4, "opens": "08:00", "closes": "18:00"}.items() <= office["openingHours"][3].items()
    assert office["openingHours"][-1]["everyWeeks"] == 2
    assert len(office["services"]) == 20
    assert "2015" in office["facts"]["note"]


async def test_what_the_client_has_is_not_sent_again(api: httpx.AsyncClient) -> None:
    for path in ("/v1/cities", "/v1/cities/gelsenkirchen", SERVICES, OFFICES, f"{OFFICES}/erle"):
        first = await api.get(path)
        again = await api.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
        assert again.headers["etag"].removeprefix("W/") == first.headers["etag"].removeprefix("W/")
        assert first.headers["cache-control"].startswith("public")


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "q=" + "a" * 101, "unknown=1"])
async def test_parameters_out_of_bounds_are_refused(api: httpx.AsyncClient, query: str) -> None:
    answer = await api.get(f"{SERVICES}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input")
    assert answer.json()["errors"][0]["pointer"] == query.partition("=")[0]
