"""The loopback FCM is as strict as the real one."""

import json
from base64 import urlsafe_b64encode

import aiohttp

from notifications.channels.push import PushChannel
from tests.notifications.scripted import Scripted
from tests.support.leaks import leaks


async def test_the_loopback_says_no_where_fcm_does(push: PushChannel, fcm: Scripted) -> None:
    assert await push.ready()
    [token] = fcm.loopback.tokens
    url = f"{fcm.url}/v1/projects/{fcm.loopback.project}/messages:send"
    cases: list[tuple[bytes, int, str]] = [
        (b"{", 400, "Invalid JSON"),
        (b'{"message": {"token": "a", "tokn": "b"}}', 400, "Unknown name \"tokn\" at 'message'"),
        (b'{"message": {"token": "a", "fid": "b"}}', 400, "Recipient"),
        (b'{"message": {"data": {"a": "b"}}}', 400, "Recipient"),
        (b'{"message": {"token": "a", "data": {"a": 1}}}', 400, "TYPE_STRING"),
        (b'{"message": {"token": "a", "data": {"from": "b"}}}', 400, "data payload key"),
        (b'{"message": {"token": "a", "android": {"ttl": "5"}}}', 400, "ttl"),
        (b'{"message": {"token": "a", "data": {"a": "' + b"x" * 4100 + b'"}}}', 400, "too big"),
        (b'{"message": {"token": "a"}}', 200, "messages/"),
    ]
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:
        for body, status, words in cases:
            async with http.post(url, data=body) as answer:
                text = (await answer.read()).decode().replace('\\"', '"')
                assert answer.status == status, text
                assert words in text
        async with http.post(url.replace("loopback", "another"), data=cases[-1][0]) as answer:
            assert answer.status == 404
        async with http.post(url, data=cases[-1][0], headers={"Authorization": "Bearer other"}) as answer:
            assert answer.status == 401
        async with http.post(f"{fcm.url}/token", data={"grant_type": "password"}) as answer:
            assert answer.status == 400


def test_what_the_run_looks_for_is_found_wherever_it_stands() -> None:
    def request(body: str, path: str = "/v1/projects/x/messages:send", **headers: str) -> str:
        return json.dumps({"path": path, "headers": {"Authorization": "Bearer Erika", **headers}, "body": body})

    claims = urlsafe_b64encode(b'{"iss": "worker@x.iam.gserviceaccount.com", "sub": "Erika"}').decode().rstrip("=")
    assert leaks([request('{"message": {"token": "a"}}'), request(f"assertion=e30.{claims}.x", "/token")]) == [
        "/token: Erika"
    ]
    for said in ("Erika", "frau%40stadt.de", "a@b.de", "GE-7K4M-92XQ"):
        assert len(leaks([request(said)])) == 1, said
        assert len(leaks([request("", path=f"/token?x={said}")])) == 1, said
        assert len(leaks([request("", **{"X-Name": said})])) == 1, said
