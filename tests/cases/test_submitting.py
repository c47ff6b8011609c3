"""Handing in: everything is checked, all or nothing is written, and once."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from litestar import Litestar

from tests.cases.house import Ready, confirm, document, put, ready, submit, submitted
from tests.forms.samples import PARKING, REGISTER, REPORT
from tests.support.cluster import Cluster


async def count(owner_url: str, *tables: str) -> list[int]:
    owner = await asyncpg.connect(owner_url)
    try:
        await owner.execute("SET app.system = 'on'")
        return [await owner.fetchval(f"SELECT count(*) FROM {table}") for table in tables]
    finally:
        await owner.close()


async def test_a_form_with_files_becomes_a_case_at_the_office_of_its_zone(
    app: Litestar, api: httpx.AsyncClient, demo_owner_url: str
) -> None:
    one, case = await submitted(app, api, PARKING, 1)
    assert case["reference"].startswith("GE-")
    assert (case["state"], case["version"], case["title"]) == ("submitted", 1, "Apply for a resident parking permit")
    buer = (await api.get("/v1/cities/gelsenkirchen/offices/rathaus-buer")).json()
    assert case["office"] == buer["id"]
    assert {file["id"] for file in case["documents"]} == {str(one_id) for one_id in one.documents}
    assert case["documents"][0]["sha256"] == "01" * 32
    assert {"pointer": "/vehicle/keeperName", "label": "Name of the keeper", "value": "Beispiel GmbH"} in [
        line for block in case["shown"] for line in block["lines"]
    ]
    gone = await api.get(f"/v1/drafts/{one.draft}", headers=one.person.headers)
    assert (gone.status_code, gone.json()["code"], gone.json()["case"]) == (410, "draft-submitted", case["id"])
    owner = await asyncpg.connect(demo_owner_url)
    try:
        await owner.execute("SET app.system = 'on'")
        assert await owner.fetchval("SELECT answers::text FROM draft WHERE id = $1", one.draft) == "{}"
        kinds = [
            r["kind"] for r in await owner.fetch("SELECT kind FROM notice WHERE person_id = $1", one.person.person_id)
        ]
        assert kinds == ["case.received"]  # the reminder of the draft is gone
        attached = await owner.fetch("SELECT case_id, office_id FROM document WHERE id = ANY ($1)", one.documents)
        assert {(str(r["case_id"]), str(r["office_id"])) for r in attached} == {(case["id"], case["office"])}
        audited = await owner.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'case.submitted'")
        assert audited == 1
    finally:
        await owner.close()
    inbox = (await api.get("/v1/inbox", headers=one.person.headers)).json()["items"]
    assert [item["kind"] for item in inbox] == ["case.received"]
    assert "Bewohnerparkausweis beantragen" in inbox[0]["body"]


async def test_everything_wrong_is_named_at_once_and_nothing_is_written(
    app: Litestar, api: httpx.AsyncClient, demo_owner_url: str
) -> None:
    one = await ready(app, api, PARKING, 2)
    refused = await submit(api, one, language="de")
    assert refused.status_code == 400
    found = {(e["pointer"], e["code"]): e["detail"] for e in refused.json()["errors"]}
    assert set(found) == {
        ("/answers/previousNumber", "required"), ("/answers/applicant/dateOfBirth", "invalid-date"),
        ("/answers/address/houseNumber", "pattern"), ("/answers/vehicle/plate", "pattern"),
        ("/answers/vehicle/weight", "too-large"), ("/answers/vehicle/keeperName", "required"),
        ("/answers/vehicle/keeperConsent", "required"), ("/answers/truth", "not-allowed"),
    }  # fmt: skip
    assert found["/answers/vehicle/weight", "too-large"].endswith("bis 3.500 kg.")
    assert found["/answers/applicant/dateOfBirth", "invalid-date"].startswith("Das ist kein Datum")
    assert await count(demo_owner_url, "case_file", "case_event") == [0, 0]


@pytest.mark.parametrize(
    "state, why",
    [
        ("declared", "not-sent"),
        ("checking", "checking"),
        ("refused", "refused"),
        ("expired", "expired"),
        (None, "not-found"),
    ],
)
async def test_an_unfit_file_is_refused_by_name(
    app: Litestar, api: httpx.AsyncClient, state: Any, why: str, demo_owner_url: str
) -> None:
    one = await ready(app, api)
    other = await ready(app, api)  # whose document is as good as none
    bad = other.documents[0] if state is None else await document(app, one.person, "vehicle-registration", state)
    body = {"answers": {"vehicle": {"registration": [str(one.documents[0]), str(bad)]}}}
    headers = {**one.person.headers, "If-Match": '"1"'}
    assert (await api.patch(f"/v1/drafts/{one.draft}", json=body, headers=headers)).status_code == 200
    refused = await submit(api, one)
    assert (refused.status_code, refused.json()["code"]) == (409, "documents-unfit")
    assert refused.json()["documents"] == [
        {"document": str(bad), "why": why, "pointer": "/answers/vehicle/registration/1"}
    ]
    assert await count(demo_owner_url, "case_file") == [0]


async def test_a_file_is_handed_in_once_and_for_its_purpose(app: Litestar, api: httpx.AsyncClient) -> None:
    first, _ = await submitted(app, api)
    second = await ready(app, api, person=first.person)
    for file, status, code in (
        (first.documents[0], 409, "used"),
        (await document(app, first.person, "photo"), 400, "wrong-purpose"),
    ):
        draft = (await api.get(f"/v1/drafts/{second.draft}", headers=second.person.headers)).json()
        body = {"answers": {"vehicle": {"registration": [str(file)]}}}
        headers = {**second.person.headers, "If-Match": f'"{draft["revision"]}"'}
        await api.patch(f"/v1/drafts/{second.draft}", json=body, headers=headers)
        refused = await submit(api, second)
        assert refused.status_code == status
        assert code in refused.text


async def test_a_hundred_retries_at_once_make_one_case(
    app: Litestar, api: httpx.AsyncClient, demo_owner_url: str
) -> None:
    one = await ready(app, api)
    await check_once(await retry(api, one, 100), demo_owner_url)
    last = await submit(api, one, idempotency="the-same")
    assert last.status_code == 201


async def retry(api: httpx.AsyncClient, one: Ready, times: int) -> list[httpx.Response]:
    """Half of them repeat one request, the others are an app that forgot that it had asked."""
    return await asyncio.gather(*(submit(api, one, idempotency="the-same" if n % 2 else None) for n in range(times)))


async def check_once(sent: list[httpx.Response], owner_url: str) -> None:
    # Whoever waited five seconds for a connection, on a machine that is busy, is told to come again.
    refused = {(answer.status_code, answer.json()["code"]) for answer in sent if answer.status_code != 201}
    assert refused <= {(409, "idempotency-in-flight"), (503, "temporarily-unavailable")}
    assert len({answer.json()["id"] for answer in sent if answer.status_code == 201}) == 1
    tables = ("case_file", "case_event", "notice WHERE kind = 'case.received'", "audit_entry WHERE entity = 'case'")
    assert await count(owner_url, *tables) == [1, 1, 1, 1]


# A draft that does not remember what it became, whoever says so.
FORGETFUL = """
CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF new.case_id IS NOT NULL THEN
    new.case_id := NULL;
    new.answers := old.answers;
  END IF;
  RETURN new;
END $$;
CREATE TRIGGER forgetful BEFORE UPDATE ON draft FOR EACH ROW EXECUTE FUNCTION forget()"""


async def test_control_without_its_guards_the_same_retries_hand_in_twice(
    app: Litestar, api: httpx.AsyncClient, demo_owner_url: str
) -> None:
    one = await ready(app, api, REPORT, 1)
    owner = await asyncpg.connect(demo_owner_url)
    try:
        await owner.execute(FORGETFUL)
        sent = await retry(api, one, 10)
        # The draft has forgotten: the constraint still lets no second case in, but it is not an answer to be proud of.
        assert await count(demo_owner_url, "case_file") == [1]
        with pytest.raises(AssertionError):
            await check_once(sent, demo_owner_url)
        await owner.execute("ALTER TABLE case_file DROP CONSTRAINT case_of_draft")
        await retry(api, one, 10)
        assert (await count(demo_owner_url, "case_file"))[0] > 1
    finally:
        await owner.close()


async def test_killed_after_any_statement_nothing_is_left_and_the_retry_hands_in_once(
    app: Litestar, api: httpx.AsyncClient, demo_owner_url: str
) -> None:
    one = await ready(app, api)
    assert await kill_everywhere(app, api, one, demo_owner_url) > 10


async def kill_everywhere(app: Litestar, api: httpx.AsyncClient, one: Ready, owner_url: str) -> int:
    """The connection dies right after each statement of handing in, one after the other: the n-th in the n-th round."""
    tables = ("case_file", "case_event", "notice WHERE kind = 'case.received'", "document WHERE case_id IS NOT NULL")
    breaker, killed, whole = Breaker(app.state["context"].database.pool), 0, [1, 1, 1, len(one.documents)]
    for n in range(1, 40):
        with breaker.after(n):
            answer = await submit(api, one, idempotency="mine")
        if answer.status_code == 201:
            break
        killed += 1
        assert answer.status_code == 503, answer.text
        # All or nothing; the last death comes after the commit, and only the answer is lost.
        assert await count(owner_url, *tables) in ([0, 0, 0, 0], whole), n
    assert await count(owner_url, *tables) == whole
    return killed


async def test_control_what_is_written_beside_the_transaction_is_found_by_killing(
    app: Litestar, api: httpx.AsyncClient, demo_owner_url: str, demo_name: str, cluster: Cluster
) -> None:
    one = await ready(app, api, REPORT, 1)
    server = await asyncpg.connect(cluster.superuser_url.rpartition("/")[0] + f"/{demo_name}")
    try:
        # A notice on a connection of its own: the kind of shortcut that the transaction forbids.
        await server.execute("CREATE EXTENSION dblink SCHEMA public")
        await server.execute(
            f"""CREATE FUNCTION shortcut() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
              PERFORM public.dblink_exec('{server_of(cluster, demo_name)}', format('INSERT INTO notice (id, city_id,
                person_id, kind, subject_id, dedupe, data, created_at, due_at)
                VALUES (%L, %L, %L, %L, %L, %L, ''{{}}'', now(), now())', gen_random_uuid(),
                new.city_id, new.person_id, 'case.received', new.case_id, gen_random_uuid()));
              RETURN new;
            END $$;
            CREATE TRIGGER shortcut AFTER INSERT ON case_event FOR EACH ROW EXECUTE FUNCTION shortcut()"""
        )
        with pytest.raises(AssertionError):
            await kill_everywhere(app, api, one, demo_owner_url)
        cases, told = await count(demo_owner_url, "case_file", "notice WHERE kind = 'case.received'")
        assert told > cases
    finally:
        await server.close()


def server_of(cluster: Cluster, database: str) -> str:
    """How PostgreSQL reaches itself."""
    at = urlsplit(cluster.superuser_url)
    return f"host={at.hostname} port={at.port} user={at.username} password={at.password} dbname={database}"


async def test_what_the_landlord_confirmed_has_to_be_what_is_handed_in(app: Litestar, api: httpx.AsyncClient) -> None:
    one = await ready(app, api, REGISTER)
    at = ("/confirmations/landlord",)
    assert codes(await submit(api, one)) == [(*at, "not-confirmed")]
    await confirm(api, one, yes=False)
    assert codes(await submit(api, one)) == [(*at, "confirmation-refused")]
    await confirm(api, one)
    draft = (await api.get(f"/v1/drafts/{one.draft}", headers=one.person.headers)).json()
    put(one.answers, "/persons/0/givenNames", "Erika Maria")
    for names, expected in (("Erika Maria", [(*at, "confirmation-outdated")]), ("Erika", [])):
        put(one.answers, "/persons/0/givenNames", names)
        headers = {**one.person.headers, "If-Match": f'"{draft["revision"]}"'}
        body = {"answers": {"persons": one.answers["persons"], "contact": {"phone": "+49 209 1"}}}
        draft = (await api.patch(f"/v1/drafts/{one.draft}", json=body, headers=headers)).json()
        answer = await submit(api, one)
        assert codes(answer) == expected
    assert answer.json()["confirmations"][0]["name"] == "Vera Vermieterin"


def codes(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json().get("errors", [])]


async def test_a_report_goes_to_the_office_of_its_district_without_a_name(
    app: Litestar, api: httpx.AsyncClient
) -> None:
    _, case = await submitted(app, api, REPORT, 1)
    erle = (await api.get("/v1/cities/gelsenkirchen/offices/erle")).json()
    assert case["office"] == erle["id"]


class Breaker:
    """Cuts the pool's connections right after the n-th statement on them, those that it opens meanwhile included."""

    def __init__(self, pool: Any) -> None:
        self._pool, self._left = pool, 0

    def after(self, statements: int) -> "Breaker":
        self._left = statements
        return self

    def __enter__(self) -> None:
        self._listened = [holder._con for holder in self._pool._holders if holder._con is not None]
        for conn in self._listened:
            conn.add_query_logger(self._count)
        self._init, self._pool._init = self._pool._init, self._open

    async def _open(self, conn: Any) -> None:
        if self._init is not None:
            await self._init(conn)
        conn.add_query_logger(self._count)
        self._listened.append(conn)

    def __exit__(self, *_: object) -> None:
        self._pool._init = self._init
        for conn in self._listened:
            if not conn.is_closed():
                conn.remove_query_logger(self._count)

    def _count(self, record: Any) -> None:
        self._left -= 1
        if self._left == 0:
            for conn in self._listened:
                if not conn.is_closed():
                    conn.terminate()
