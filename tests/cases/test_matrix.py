"""Every operation by everybody who is not meant: nobody but the owner and the case's clerks gets in."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
from litestar import Litestar

from backend.db import Principal
from tests.cases.house import Ready, document, key, ready, submitted
from tests.forms.samples import REGISTER

Headers = dict[str, str]
DUE = (datetime.now(UTC) + timedelta(days=5)).isoformat()
# Method, address, body. `{draft}` and `{case}` are another person's.
OF_PERSON: list[tuple[str, str, Any]] = [
    ("GET", "/v1/drafts/{draft}", None),
    ("PATCH", "/v1/drafts/{draft}", {"answers": {}}),
    ("DELETE", "/v1/drafts/{draft}", None),
    ("POST", "/v1/drafts/{draft}/migrate", {"dryRun": False}),
    ("POST", "/v1/drafts/{draft}/confirmations", {"kind": "landlord"}),
    ("POST", "/v1/drafts/{draft}/submit", {}),
    ("GET", "/v1/cases/{case}", None),
    ("GET", "/v1/cases/{case}/events", None),
    ("GET", "/v1/cases/{case}/receipt.pdf", None),
    ("POST", "/v1/cases/{case}/answer", {"answers": {}}),
    ("POST", "/v1/cases/{case}/withdraw", {}),
    ("GET", "/v1/uploads/{upload}", None),
    ("POST", "/v1/uploads/{upload}/complete", None),
    ("DELETE", "/v1/uploads/{upload}", None),
    ("GET", "/v1/uploads/{upload}/tus", None),
    ("PATCH", "/v1/uploads/{upload}/tus", None),
    ("DELETE", "/v1/uploads/{upload}/tus", None),
    ("GET", "/v1/documents/{document}", None),
    ("DELETE", "/v1/documents/{document}", None),
    ("GET", "/v1/documents/{document}/content", None),
    ("GET", "/v1/documents/{document}/thumbnail", None),
]
OF_CLERK: list[tuple[str, str, Any]] = [
    ("GET", "/v1/clerk/cases/{case}", None),
    ("POST", "/v1/clerk/cases/{case}/assign", {"assignee": None}),
    ("POST", "/v1/clerk/cases/{case}/request-info", {"message": "?", "fields": ["/zone"], "due": DUE}),
    ("POST", "/v1/clerk/cases/{case}/approve", {}),
    ("POST", "/v1/clerk/cases/{case}/reject", {"reason": "x"}),
    ("POST", "/v1/clerk/cases/{case}/notes", {"text": "x"}),
    ("POST", "/v1/clerk/cases/{case}/decision-documents", {"name": "a.pdf", "size": 3, "sha256": "0" * 64}),
    ("POST", "/v1/clerk/cases/{case}/decision-documents/{document}/complete", None),
    ("GET", "/v1/clerk/documents/{document}", None),
    ("GET", "/v1/clerk/documents/{document}/content", None),
    ("GET", "/v1/clerk/documents/{document}/thumbnail", None),
]
ROOTS = (
    "/v1/drafts", "/v1/cases", "/v1/uploads", "/v1/documents", "/v1/confirmations", "/v1/clerk/cases",
    "/v1/clerk/documents",
)  # fmt: skip
# What names nothing that is somebody's, and what is opened by a secret alone.
OTHERS = {
    *ROOTS, "/v1/uploads/tus", "/v1/confirmations/{token:str}",
}  # fmt: skip
TUS = {
    "Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream",
}  # fmt: skip
GONE = {"draft": "draft-not-found", "case": "case-not-found", "upload": "document-not-found",
        "document": "document-not-found"}  # fmt: skip


def test_the_matrix_has_every_operation(app: Litestar) -> None:
    known = {(method, path) for method, path, _ in OF_PERSON + OF_CLERK}
    there: set[tuple[str, str]] = set()
    for route in app.routes:
        for method in getattr(route, "route_handler_map", {}):
            path = re.sub(r"\{(\w+)_id:uuid\}", r"{\1}", route.path)
            if path.startswith(ROOTS) and path not in OTHERS and method != "OPTIONS":
                there.add((method, path))
    assert there == known


Ids = dict[str, str]
"""Of a draft, a case, an upload and a document, by the names in the addresses."""


def ids(**known: str) -> Ids:
    return {name: known.get(name) or str(uuid4()) for name in GONE}


async def call(api: httpx.AsyncClient, who: Headers, operation: tuple[str, str, Any], named: Ids) -> tuple[int, str]:
    method, path, body = operation
    headers = {
        **who,
        "If-Match": '"1"',
        **(key() if method == "POST" else {}),
        **(TUS if path.endswith("/tus") else {}),
    }
    answer = await api.request(method, path.format(**named), json=body, headers=headers)
    return answer.status_code, answer.json()["code"] if answer.status_code >= 400 else ""


def gone(operation: tuple[str, str, Any]) -> tuple[int, str]:
    """What is said of an id that is not there: of the first in the address."""
    found = re.search(r"{(\w+)}", operation[1])
    assert found is not None
    return 404, GONE[found[1]]


async def test_nobody_else_reads_or_changes_anything(
    app: Litestar, api: httpx.AsyncClient, clerk_headers: Callable[..., Awaitable[Headers]], demo_owner_url: str
) -> None:
    owner, case = await submitted(app, api)  # at hans-sachs-haus
    open_draft: Ready = await ready(app, api, REGISTER, person=owner.person)
    stranger = (await ready(app, api)).person.headers
    # One that the case has taken up, one that waits to be handed in, one that is still to come.
    documents = [
        str(one)
        for one in (
            owner.documents[0],
            await document(app, owner.person, "photo"),
            await document(app, owner.person, "photo", "declared"),
        )
    ]
    known = [ids(draft=open_draft.draft, case=case["id"], upload=one, document=one) for one in documents]
    before = await snapshot(demo_owner_url)
    for named in known:
        for operation in OF_PERSON:
            assert await call(api, stranger, operation, named) == gone(operation), operation
            assert await call(api, {}, operation, named) == (401, "authentication-required"), operation
        for operation in OF_CLERK:
            assert await call(api, {}, operation, named) == (401, "authentication-required"), operation
            assert await call(api, owner.person.headers, operation, named) == (401, "token-invalid"), operation
    for operation in OF_PERSON:  # just as for what does not exist at all
        assert await call(api, stranger, operation, ids()) == gone(operation), operation
    for role, office, city in (
        ("clerk", "rathaus-buer", "gelsenkirchen"),
        ("office_manager", "erle", "gelsenkirchen"),
        ("city_admin", None, "bottrop"),
    ):
        clerk = await clerk_headers(role, office, city)
        for operation in OF_CLERK:
            assert await call(api, clerk, operation, known[0]) == gone(operation), (role, operation)
        for operation in OF_PERSON:
            assert await call(api, clerk, operation, known[0]) == (401, "token-invalid"), (role, operation)
        queue = await api.get("/v1/clerk/cases", headers=clerk)
        assert case["id"] not in queue.text
        foreign = await api.get("/v1/clerk/cases", params={"office": "hans-sachs-haus"}, headers=clerk)
        assert foreign.json()["code"] == "office-not-found"
    # The case's own clerk reads what it has taken up, and nothing else of the person's.
    own = await clerk_headers("clerk", "hans-sachs-haus", "gelsenkirchen")
    for named, status in zip(known, (200, 404, 404), strict=True):
        assert (await call(api, own, ("GET", "/v1/clerk/documents/{document}", None), named))[0] == status
    for path in ("/v1/drafts", "/v1/cases", "/v1/documents"):
        listed = (await api.get(path, headers=stranger)).text
        assert not [one for named in known for one in named.values() if one in listed], path
    assert await snapshot(demo_owner_url) == before


async def snapshot(owner_url: str) -> list[Any]:
    """Everything of drafts and cases, to see that nothing has moved."""
    owner = await asyncpg.connect(owner_url)
    try:
        await owner.execute("SET app.system = 'on'")
        tables = ("draft", "confirmation", "case_file", "case_event", "case_note", "document", "upload")
        return [await owner.fetch(f"SELECT t::text FROM {table} t ORDER BY 1") for table in tables]
    finally:
        await owner.close()


async def test_policies_stand_behind_a_forgotten_predicate(app: Litestar, api: httpx.AsyncClient) -> None:
    owner, case = await submitted(app, api)
    database = app.state["context"].database
    office = case["office"]
    other_office = (await api.get("/v1/cities/gelsenkirchen/offices/erle")).json()["id"]
    eyes = {
        "owner": (Principal(person_id=owner.person.person_id), [1, 1, 1, 0]),
        "stranger": (Principal(person_id=uuid4()), [0, 0, 0, 0]),
        "nobody": (Principal(), [0, 0, 0, 0]),
        "clerk": (Principal(clerk_city_id="gelsenkirchen", clerk_office_ids=(office,)), [0, 1, 1, 1]),
        "other office": (Principal(clerk_city_id="gelsenkirchen", clerk_office_ids=(other_office,)), [0, 0, 0, 0]),
        "other city": (Principal(clerk_city_id="bottrop", clerk_office_ids=(office,)), [0, 0, 0, 0]),
    }
    async with database.transaction(eyes["clerk"][0]) as conn:
        clerk = await conn.fetchval(
            "INSERT INTO clerk (id, issuer, subject, display_name) VALUES ($1, 'x', 'y', 'Z') RETURNING id", uuid4()
        )
        await conn.execute(
            "INSERT INTO case_note (id, city_id, office_id, case_id, clerk_id, at, text)"
            " VALUES ($1, 'gelsenkirchen', $2, $3, $4, now(), 'x')",
            uuid4(), office, case["id"], clerk,
        )  # fmt: skip
    for who, (principal, expected) in eyes.items():
        async with database.transaction(principal) as conn:
            found = [
                await conn.fetchval(f"SELECT count(*) FROM {table}")
                for table in ("draft", "case_file", "case_event", "case_note")
            ]
        assert found == expected, who
