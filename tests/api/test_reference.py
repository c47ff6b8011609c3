"""The operations for people: a light list, and pages that leave nothing of the document out."""

import json
import re
from html import escape, unescape
from typing import Any

import httpx

from api import guide
from api.docs import reference

Json = dict[str, Any]
LIGHT_BYTES = 60_000
"""Of the list, before compression; it was 853,000 when every operation was told on it."""
PAGE_BYTES = 150_000


def operations(document: Json) -> dict[str, tuple[str, str, Json]]:
    return {
        said["operationId"]: (path, method, said)
        for path, item in document["paths"].items()
        for method, said in item.items()
        if said.get("tags")  # those of the tests have none
    }


async def test_the_list_is_light_and_leads_to_every_operation(bare: httpx.AsyncClient) -> None:
    document: Json = (await bare.get("/openapi.json")).json()
    page = await bare.get("/docs", headers={"Accept-Encoding": "identity"})
    assert len(page.content) < LIGHT_BYTES
    pages: dict[str, str] = {}
    for name, (path, method, said) in operations(document).items():
        row = re.search(f'<li id="{name}"><a href="(/docs/operations/[a-z-]+)#{name}">(.*?)</li>', page.text)
        assert row is not None, f"{name}: an old address leads to the list, and its row leads on"
        assert f">{method.upper()}<" in row[2] and path in row[2].replace("<wbr>", "")
        if row[1] not in pages:
            answer = await bare.get(row[1], headers={"Accept-Encoding": "identity"})
            assert len(answer.content) < PAGE_BYTES, row[1]
            pages[row[1]] = answer.text
        told = pages[row[1]].partition(f'<div id="{name}">')[2].partition("</details>")[0]
        assert missing(document, said, told) == [], name
    for tag in document["tags"]:
        assert f'id="{reference.anchor(tag["name"])}"' in page.text
    assert 'id="authentication"' in page.text
    assert all(f'<a href="/docs/guide/{name}">' in page.text for name in guide.ORDER)
    assert (await bare.get("/docs/operations/nothing")).status_code == 404


async def test_a_command_to_copy_has_the_headers_that_are_owed(bare: httpx.AsyncClient) -> None:
    page = unescape((await bare.get("/docs/operations/forms")).text)
    change = page.partition('<div id="changeDraft">')[2].partition("</pre>")[0]
    assert "-H 'If-Match: \"3\"'" in change and "Idempotency-Key" not in change
    withdraw = page.partition('<div id="withdrawCase">')[2].partition("</pre>")[0]
    assert "If-Match" not in withdraw and "Idempotency-Key: $(uuid)" in withdraw
    assert "<code>uuid</code>" in page and '<a href="/docs/guide/first-booking#what-you-need">' in page
    page = unescape((await bare.get("/docs/operations/webhooks")).text)
    add = page.partition('<div id="addWebhook">')[2].partition("</pre>")[0]
    assert '-H "Client-Key: $CLIENT_KEY"' in add and "Authorization" not in add


def missing(document: Json, said: Json, told: str) -> list[str]:
    """What the document says of an operation and its page does not."""
    wanted = [*said["responses"]]
    for parameter in said.get("parameters", []):
        whole = parameter
        if "$ref" in parameter:
            whole = document["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[-1]]
        wanted.append(f"<code>{whole['name']}</code>")
    bodies = said.get("requestBody", {}).get("content", {}).values()
    wanted += [escape(json.dumps(media["example"], indent=2, ensure_ascii=False)) for media in bodies]
    for status, answer in said["responses"].items():
        if status >= "400":
            whole = answer
            if "$ref" in answer:
                whole = document["components"]["responses"][answer["$ref"].rsplit("/", 1)[-1]]
            codes = [code for media in whole["content"].values() for code in media.get("examples", {})]
            wanted += [f"/docs/errors/{code}" for code in codes]
    return [part for part in wanted if part not in told]


async def test_an_operation_leads_to_where_the_guide_shows_it(bare: httpx.AsyncClient) -> None:
    page = (await bare.get("/docs/operations/appointments")).text
    told = page.partition('<div id="holdPlace">')[2].partition("</details>")[0]
    assert '<a href="/docs/guide/first-booking#3-hold-it">First booking in five minutes: 3 Hold it</a>' in told
    inbox = (await bare.get("/docs/operations/notices")).text
    marking = inbox.partition('<div id="markInboxRead">')[2].partition("</details>")[0]
    guides = re.findall(r'href="(/docs/guide/[^"]+)"', marking)
    assert guides == ["/docs/guide/inbox#reading"], "an address with a word in it is no address with an id"


def test_a_tag_of_many_operations_is_divided_by_collection() -> None:
    def said(name: str) -> Json:
        return {"operationId": name, "tags": ["Many"], "responses": {}}

    many = {f"/v1/many/{'ab'[n % 2]}/{n}": {"get": said(f"read{n}")} for n in range(21)}
    document: Json = {"tags": [{"name": "Many"}], "paths": many}
    found = reference.groups(document)
    assert [(one.name, one.title, len(one.operations)) for one in found] == [
        ("many-a", "Many: a", 11),
        ("many-b", "Many: b", 10),
    ]
    assert found[0].operations[0].address == "/docs/operations/many-a#read0"
    del many["/v1/many/a/0"]
    assert [one.name for one in reference.groups(document)] == ["many"]
    assert unescape(reference.anchor("Waiting list")) == "waiting-list"
