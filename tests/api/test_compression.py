"""Answers go out in the coding that the client likes best, and the same answer is squeezed once."""

import gzip

import httpx
import pytest

from api.middleware.compression import CODINGS, Coding, Squeezer, choose, zstd

FREE = "/v1/cities/gelsenkirchen/availability"
BODY = b'{"items":[' + b'{"start":"2026-12-01T09:00:00+01:00","free":3},' * 400 + b"null]}"


@pytest.mark.parametrize(
    "header, coding",
    [
        ("", None),
        ("identity", None),
        ("br", None),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0, zstd;q=0.5", "gzip"),
        ("zstd;q=0.5, gzip;q=0.4", "zstd"),
        ("zstd;q=0, gzip", "gzip"),
        ("zstd; q=0 , *", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0.000, zstd;q=0", None),
        ("*", "zstd"),
        ("*;q=0", None),
        ("*;q=0, gzip;q=0.1", "gzip"),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("identity;q=0", None),
        ("gzip;q=nan", None),
        ("gzip;q=2", None),
        ("gzip;q=-1", None),
        ("gzip;q=", None),
        ("gzipped, notzstd", None),
        ("gzip;level=9", "gzip"),
        (";;;,,,=,q=1", None),
        ("gzip" * 10_000, None),
    ],
)
def test_the_largest_weight_wins(header: str, coding: Coding | None) -> None:
    assert choose(header) == coding


@pytest.mark.parametrize("coding", CODINGS)
def test_what_is_squeezed_is_the_same_and_done_once(coding: Coding) -> None:
    squeezer = Squeezer()
    once = squeezer.squeeze(BODY, coding, keep=True)
    assert (zstd.decompress if coding == "zstd" else gzip.decompress)(once) == BODY
    assert len(once) < len(BODY) / 20
    assert squeezer.squeeze(bytes(bytearray(BODY)), coding, keep=True) is once
    assert squeezer.squeeze(BODY, coding, keep=False) is not once, "what is somebody's own is not kept"


def test_what_is_kept_is_bounded() -> None:
    squeezer = Squeezer()
    first = squeezer.squeeze(BODY, "gzip", keep=True)
    for number in range(40):
        squeezer.squeeze(b"%d" % number + b"\0" * 2**20, "gzip", keep=True)
    assert squeezer.squeeze(BODY, "gzip", keep=True) is not first


async def test_a_coding_is_part_of_the_answer_and_not_of_what_it_says(bare: httpx.AsyncClient) -> None:
    plain = await bare.get("/echo/large", headers={"Accept-Encoding": "identity"})
    async with bare.stream("GET", "/echo/large", headers={"Accept-Encoding": "gzip;q=0.5, zstd"}) as small:
        raw = b"".join([piece async for piece in small.aiter_raw()])
    assert small.headers["content-encoding"] == "zstd"
    assert (int(small.headers["content-length"]), small.headers["etag"]) == (len(raw), 'W/"large"')
    assert zstd.decompress(raw) == plain.content
    assert "Accept-Encoding" in small.headers["vary"]
    head = await bare.head("/echo/large", headers={"Accept-Encoding": "zstd"})
    assert (head.headers["content-length"], head.content) == (str(len(raw)), b"")


SMALL = ["/.well-known/jwks.json", f"{FREE}/days?service=fuehrungszeugnis&office=hans-sachs-haus"]
LARGE = ["/openapi.json", "/v1/cities/gelsenkirchen/services", f"{FREE}/slots?service=fuehrungszeugnis&office=erle"]


@pytest.mark.parametrize("accepted", ["identity", "gzip", "zstd"])
@pytest.mark.parametrize("address", [*SMALL, *LARGE])
async def test_what_has_not_changed_says_so_as_the_answer_itself_would(
    api: httpx.AsyncClient, address: str, accepted: str
) -> None:
    """RFC 9110, 15.4.5. A cache that holds the squeezed answer under its weak tag knows it by no strong one."""
    asked = {"Accept-Encoding": accepted}
    whole = await api.get(address, headers=asked)
    assert whole.status_code == 200
    assert whole.headers["etag"].startswith("W/") == (accepted != "identity" and address in LARGE)
    for method in ("GET", "HEAD", "GET"):
        same = await api.request(method, address, headers={**asked, "If-None-Match": whole.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        for name in ("etag", "vary", "cache-control"):
            assert same.headers.get(name) == whole.headers.get(name), name
