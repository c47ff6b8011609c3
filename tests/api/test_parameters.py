"""What stands behind the question mark: every fault of it at once, under the name of its parameter."""

from collections.abc import Awaitable, Callable

import httpx

GuestMaker = Callable[[], Awaitable[dict[str, str]]]
CITY = "gelsenkirchen"


async def test_faults_of_what_parameters_say_come_with_all_others(api: httpx.AsyncClient, guest: GuestMaker) -> None:
    headers = await guest()
    where = f"/v1/cities/{CITY}/availability"
    for address, expected in {
        f"{where}/slots?service=personalausweis:0&office=x&date=2026-13-01": {"service", "date"},
        f"{where}/slots?service=personalausweis:0&office=x&fields=colour": {"service", "fields"},
        f"{where}/slots?service=personalausweis:0": {"service", "office"},
        f"{where}/earliest?service=personalausweis:x&near=99,200&limit=0": {"service", "near", "limit"},
        "/v1/appointments?cursor=!&limit=0&fields=colour&state=open": {"cursor", "limit", "fields", "state"},
        f"/v1/cities/{CITY}/offices?near=here&fields=colour": {"near", "fields"},
        "/v1/inbox?since=!&limit=0": {"since", "limit"},
    }.items():
        answer = await api.get(address, headers=headers)
        assert answer.status_code == 400
        assert {fault["pointer"] for fault in answer.json()["errors"]} == expected, address


async def test_a_fault_of_a_parameter_is_told_by_its_name(api: httpx.AsyncClient) -> None:
    office = "hans-sachs-haus"
    for services in ("personalausweis:9", "personalausweis&service=personalausweis"):
        for address in (f"slots?office={office}&service={services}", f"earliest?service={services}"):
            answer = await api.get(f"/v1/cities/{CITY}/availability/{address}")
            assert [fault["pointer"] for fault in answer.json()["errors"]] == ["service"], address
