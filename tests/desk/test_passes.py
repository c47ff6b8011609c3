"""A pass proves itself without a connection, and nothing else passes for one."""

import base64
import io
import json
import re
import struct
import zlib
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import jwt
import msgspec
import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from backend.appointments import passes
from backend.appointments.errors import PassExpired, PassInvalid
from backend.identity.keys import SigningKey, load_keys
from tests.desk.samples import BERLIN, START, appointment

ISSUER = "https://termine.gelsenkirchen.example"
NOW = START - timedelta(days=2)


def new_key() -> SigningKey:
    private = ed25519.Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return load_keys(pem, "EdDSA")[0]


KEY, OTHER = new_key(), new_key()
KEYS = passes.public_keys(msgspec.json.encode({"keys": [OTHER.jwk, KEY.jwk, {"kty": "EC", "kid": "access"}]}))
CLAIMS = passes.claims_of(appointment(), "Bürgercenter Buer", BERLIN, ISSUER)
TOKEN = passes.sign(CLAIMS, KEY)


def test_a_pass_says_where_and_when_and_which() -> None:
    assert passes.verify(TOKEN, KEYS, NOW, issuer=ISSUER) == CLAIMS
    assert CLAIMS.starts_at.isoformat() == "2026-12-03T10:30:00+01:00"
    assert CLAIMS.office.name == "Bürgercenter Buer"
    assert jwt.get_unverified_header(TOKEN) == {"alg": "EdDSA", "kid": KEY.kid, "typ": "wartefrei-pass+jwt"}


def test_it_says_nothing_about_the_person() -> None:
    whole = appointment()
    payload = base64.urlsafe_b64decode(TOKEN.split(".")[1] + "==").decode()
    for private in (whole.name, whole.email, whole.phone, whole.note, str(whole.person_id)):
        assert private is not None
        assert private not in payload


def test_it_is_good_until_the_day_is_over_and_not_longer() -> None:
    midnight = datetime(2026, 12, 4, tzinfo=BERLIN)
    assert passes.verify(TOKEN, KEYS, midnight - timedelta(seconds=1)) == CLAIMS
    with pytest.raises(PassExpired):
        passes.verify(TOKEN, KEYS, midnight)


def test_a_visit_until_midnight_belongs_to_the_day_before() -> None:
    late = appointment(starts_at=datetime(2026, 12, 3, 22, 30, tzinfo=UTC))
    assert passes.claims_of(late, "Buer", BERLIN, ISSUER).exp == datetime(2026, 12, 4, tzinfo=BERLIN).timestamp()


def test_a_reschedule_makes_the_earlier_pass_recognisable() -> None:
    moved = appointment(starts_at=START + timedelta(days=1), sequence=1)
    later = passes.claims_of(moved, "Bürgercenter Buer", BERLIN, ISSUER)
    assert later.revision > CLAIMS.revision


def test_the_same_appointment_makes_the_same_pass() -> None:
    assert passes.sign(CLAIMS, KEY) == TOKEN


@pytest.mark.parametrize(
    "said",
    [
        {"zone": "Mars/Olympus"}, {"zone": "../etc/passwd"}, {"zone": ""}, {"start": 10**15}, {"end": 10**30},
        {"exp": 10**15}, {"start": -(10**15)},
    ],
)  # fmt: skip
def test_what_nobody_could_read_is_no_pass_though_it_is_signed(said: dict[str, object]) -> None:
    strange = jwt.encode(
        {**msgspec.to_builtins(CLAIMS), **said}, KEY.private, "EdDSA", {"kid": KEY.kid, "typ": passes.TYPE}
    )
    with pytest.raises(PassInvalid):
        passes.verify(strange, KEYS, NOW)


def test_every_changed_character_is_found() -> None:
    for position in range(len(TOKEN)):
        changed = TOKEN[:position] + ("A" if TOKEN[position] != "A" else "B") + TOKEN[position + 1 :]
        # The last character of each part holds bits that decoders ignore: such a token says the same.
        try:
            assert passes.verify(changed, KEYS, NOW) == CLAIMS
            assert TOKEN[position + 1 : position + 2] in ("", ".")
        except PassInvalid:
            pass


def forged(header: dict[str, object], key: object, alg: str | None) -> str:
    claims = msgspec.to_builtins(CLAIMS)
    return jwt.encode(claims, key, alg, headers=header)  # pyright: ignore[reportArgumentType] # forgeries are ill-typed


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b.c",
        "🙂.🙂.🙂",
        "." * 9000,
        TOKEN + "." + TOKEN,
        forged({"typ": passes.TYPE, "kid": KEY.kid}, None, None),
        forged({"typ": passes.TYPE, "kid": KEY.kid}, "a secret that is long enough for it" * 2, "HS256"),
        forged({"typ": passes.TYPE, "kid": KEY.kid}, OTHER.private, "EdDSA"),
        forged({"typ": passes.TYPE}, KEY.private, "EdDSA"),
        forged({"typ": passes.TYPE, "kid": "unknown"}, KEY.private, "EdDSA"),
        forged({"typ": "at+jwt", "kid": KEY.kid}, KEY.private, "EdDSA"),
        forged({"typ": "JWT", "kid": KEY.kid}, KEY.private, "EdDSA"),
        forged({"kid": KEY.kid}, KEY.private, "EdDSA"),
        forged({"typ": passes.TYPE, "kid": "mine", "jwk": new_key().jwk}, KEY.private, "EdDSA"),
        jwt.encode({"jti": "x"}, KEY.private, "EdDSA", headers={"kid": KEY.kid, "typ": passes.TYPE}),
    ],
    ids=range(15),
)
def test_what_is_no_pass_is_refused(token: str) -> None:
    with pytest.raises(PassInvalid):
        passes.verify(token, KEYS, NOW)


def test_the_public_key_is_no_secret_to_sign_with() -> None:
    signing_input = TOKEN.rsplit(".", 1)[0].split(".")[1]
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": KEY.kid, "typ": passes.TYPE}).encode())
    with pytest.raises(PassInvalid):
        passes.verify(f"{header.rstrip(b'=').decode()}.{signing_input}.AAAA", KEYS, NOW)


def test_a_pass_of_another_installation_is_refused() -> None:
    with pytest.raises(PassInvalid):
        passes.verify(TOKEN, KEYS, NOW, issuer="https://termine.bottrop.example")


@pytest.mark.parametrize("jwks", [b"", b"[]", b'{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "x", "x": "AA"}]}'])
def test_keys_that_cannot_be_read_are_refused(jwks: bytes) -> None:
    with pytest.raises(PassInvalid):
        passes.public_keys(jwks)


def pixels(png: bytes) -> tuple[bytearray, int]:
    """Grey values of a one-bit greyscale or palette PNG, as segno writes them, and the width."""
    width, _, depth, _ = struct.unpack(">IIBB", png[16:26])
    assert depth == 1
    body, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        body += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += length + 12
    raw, stride = zlib.decompress(body), (width + 7) // 8
    found, line = bytearray(), bytes(stride)
    for row in range(len(raw) // (stride + 1)):
        kind, stored = raw[row * (stride + 1)], raw[row * (stride + 1) + 1 : (row + 1) * (stride + 1)]
        assert kind in (0, 2)  # as it is, or the difference to the line above
        line = stored if kind == 0 else bytes(a + b & 255 for a, b in zip(stored, line, strict=True))
        found += bytes(255 * (line[x // 8] >> 7 - x % 8 & 1) for x in range(width))
    return found, width


def decoded(grey: bytearray, width: int) -> str:
    image = memoryview(grey).cast("B", (len(grey) // width, width))
    (code,) = zxingcpp.read_barcodes(image)
    return code.text


def test_the_picture_is_read_by_an_independent_decoder() -> None:
    grey, width = pixels(passes.qr_png(TOKEN))
    assert decoded(grey, width) == TOKEN
    assert 600 <= width <= 900


def test_it_is_read_upside_down_too() -> None:
    grey, width = pixels(passes.qr_png(TOKEN))
    assert decoded(bytearray(reversed(grey)), width) == TOKEN


def test_the_drawing_shows_the_same_code() -> None:
    drawing = ET.parse(io.BytesIO(passes.qr_svg(TOKEN))).getroot()  # noqa: S314 # our own drawing
    paths = [e.get("d", "") for e in drawing.iter("{http://www.w3.org/2000/svg}path")]
    side = int(drawing.get("width", "0")) // 4
    assert decoded(*rasterised(paths[-1], side)) == TOKEN


def rasterised(path: str, side: int) -> tuple[bytearray, int]:
    """Draws segno's path (``M`` and ``m`` move, ``h`` draws one module's height) with four pixels a module."""
    grey, width = bytearray(b"\xff" * (side * side * 16)), side * 4
    x = y = 0.0
    for command, numbers in steps(path):
        if command in "Mm":
            x, y = (numbers[0], numbers[1]) if command == "M" else (x + numbers[0], y + numbers[1])
        else:
            assert command == "h"
            for row in range(int(y) * 4, int(y) * 4 + 4):
                start = row * width + int(x) * 4
                grey[start : start + int(numbers[0]) * 4] = bytes(int(numbers[0]) * 4)
            x += numbers[0]
    return grey, width


def steps(path: str) -> list[tuple[str, list[float]]]:
    return [(c, [float(n) for n in re.findall(r"-?[\d.]+", rest)]) for c, rest in re.findall(r"([Mmh])([^Mmh]*)", path)]
