"""Whatever goes wrong, the answer is a problem: typed, translated, without a word of what must not be told."""

import httpx


async def test_an_unknown_address_is_a_problem(bare: httpx.AsyncClient) -> None:
    answer = await bare.get("/v1/nowhere?name=Mustermann")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "http://127.0.0.1:8000/docs/errors/not-found",
        "title": "There is nothing at this address",
        "status": 404,
        "instance": "/v1/nowhere",
        "code": "not-found",
    }
