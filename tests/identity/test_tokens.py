"""Our own access tokens: verified once, by any published key, and by nothing else."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from backend.identity.errors import TokenExpired, TokenInvalid
from backend.identity.keys import KeyFault, load_keys, thumbprint
from backend.identity.tokens import AUDIENCE, TokenService
from backend.ids import new_id
from backend.settings import Settings
from infra.dev.keys import development_keys
from tests.identity.issuer import public_jwk

PERSON, SESSION, DEVICE = UUID(int=1), UUID(int=2), UUID(int=3)
MakeSettings = Callable[..., Settings]


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    """No database is asked for a signature."""
    return make_settings("postgresql://unused")


@pytest.fixture
def tokens(settings: Settings) -> TokenService:
    """The service under test."""
    return TokenService(settings)


def forged(tokens: TokenService, now: datetime, *, typ: str = "at+jwt", **claims: object) -> str:
    """A token with our own key, but with other claims than we write."""
    key = tokens.keys[0]
    seconds = int(now.timestamp())
    told = {
        "iss": tokens.issuer, "aud": AUDIENCE, "sub": str(PERSON), "sid": str(SESSION), "did": str(DEVICE),
        "iat": seconds, "exp": seconds + 600, "jti": str(new_id()), **claims,
    }  # fmt: skip
    return jwt.encode(told, key.private, "ES256", headers={"kid": key.kid, "typ": typ})


def test_a_token_says_who_and_for_how_long(tokens: TokenService, settings: Settings, now: datetime) -> None:
    token, expires_at = tokens.issue(PERSON, SESSION, DEVICE, now)
    claims = tokens.verify(token, now)
    assert (claims.sub, claims.sid, claims.did) == (PERSON, SESSION, DEVICE)
    assert expires_at - now == timedelta(seconds=settings.access_token_seconds) == timedelta(minutes=10)
    header = jwt.get_unverified_header(token)
    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": thumbprint(tokens.public_jwks()[0])}


def test_a_token_is_verified_once_and_not_per_request(tokens: TokenService, now: datetime) -> None:
    token, _ = tokens.issue(PERSON, SESSION, DEVICE, now)
    for _ in range(50):
        tokens.verify(token, now)
    assert tokens.verifications == 1


def test_a_remembered_token_expires_all_the_same(tokens: TokenService, now: datetime) -> None:
    token, expires_at = tokens.issue(PERSON, SESSION, DEVICE, now)
    tokens.verify(token, expires_at - timedelta(seconds=1))
    with pytest.raises(TokenExpired):
        tokens.verify(token, expires_at)


def test_expired_is_told_only_of_genuine_tokens(tokens: TokenService, now: datetime) -> None:
    token, expires_at = tokens.issue(PERSON, SESSION, DEVICE, now)
    head, body, _ = token.split(".")
    other, _ = tokens.issue(PERSON, SESSION, UUID(int=9), now)
    with pytest.raises(TokenInvalid):
        tokens.verify(".".join((head, body, other.split(".")[2])), expires_at + timedelta(days=1))


def test_a_second_published_key_verifies_and_the_first_signs(make_settings: MakeSettings, now: datetime) -> None:
    old, new = (development_keys()["token_signing_keys"] for _ in range(2))
    before = TokenService(make_settings("x", token_signing_keys=old))
    during = TokenService(make_settings("x", token_signing_keys=new + old))
    after = TokenService(make_settings("x", token_signing_keys=new))
    token, _ = before.issue(PERSON, SESSION, DEVICE, now)
    assert during.verify(token, now).sub == PERSON
    with pytest.raises(TokenInvalid):
        after.verify(token, now)
    assert after.verify(during.issue(PERSON, SESSION, DEVICE, now)[0], now).sub == PERSON
    assert [key["kid"] for key in during.public_jwks()] == [after.keys[0].kid, before.keys[0].kid]


def test_what_is_published_is_public(tokens: TokenService) -> None:
    (key,) = tokens.public_jwks()
    assert set(key) == {"kty", "crv", "x", "y", "use", "alg", "kid"}
    assert (key["use"], key["alg"]) == ("sig", "ES256")


def test_the_key_id_is_the_thumbprint_of_rfc_8037() -> None:
    known = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert thumbprint({**known, "use": "sig"}) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_keys_of_another_kind_are_refused_at_the_start(make_settings: MakeSettings) -> None:
    keys = development_keys()
    with pytest.raises(KeyFault, match="ES256"):
        TokenService(make_settings("x", token_signing_keys=keys["pass_signing_keys"]))
    with pytest.raises(KeyFault):
        load_keys("not a key", "EdDSA")
    escaped = keys["token_signing_keys"].replace("\n", "\\n")
    assert load_keys(escaped, "ES256")[0].kid == load_keys(keys["token_signing_keys"], "ES256")[0].kid


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"}, {"aud": "elsewhere"}, {"aud": ["wartefrei"]}, {"sub": "not a uuid"},
        {"sid": None}, {"exp": "never"}, {"exp": None}, {"exp": 10**18}, {"exp": 10**400},
    ],
)  # fmt: skip
def test_wrong_claims_are_refused(tokens: TokenService, now: datetime, claims: dict[str, Any]) -> None:
    assert tokens.verify(forged(tokens, now), now).sub == PERSON
    with pytest.raises(TokenInvalid):
        tokens.verify(forged(tokens, now, **claims), now)


@pytest.mark.parametrize("typ", ["JWT", "wartefrei-pass+jwt", ""])
def test_a_token_of_another_type_is_refused(tokens: TokenService, now: datetime, typ: str) -> None:
    with pytest.raises(TokenInvalid):
        tokens.verify(forged(tokens, now, typ=typ), now)


def part(value: object) -> str:
    """A part of a compact token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_token_without_a_signature_is_refused(tokens: TokenService, now: datetime) -> None:
    token, _ = tokens.issue(PERSON, SESSION, DEVICE, now)
    kid, body = tokens.keys[0].kid, token.split(".")[1]
    for alg in ("none", "None", "NONE"):
        with pytest.raises(TokenInvalid):
            tokens.verify(f"{part({'alg': alg, 'kid': kid, 'typ': 'at+jwt'})}.{body}.", now)


def test_the_public_key_is_no_shared_secret(tokens: TokenService, now: datetime) -> None:
    """HS256 with our public key as the secret, in each form in which someone might have it."""
    key = tokens.keys[0]
    body = forged(tokens, now).split(".")[1]
    public = key.private.public_key()
    for secret in (
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(key.jwk).encode(),
    ):
        signed = f"{part({'alg': 'HS256', 'kid': key.kid, 'typ': 'at+jwt'})}.{body}"
        tag = base64.urlsafe_b64encode(hmac.digest(secret, signed.encode(), hashlib.sha256)).rstrip(b"=").decode()
        with pytest.raises(TokenInvalid):
            tokens.verify(f"{signed}.{tag}", now)


def test_a_key_in_the_header_is_not_believed(tokens: TokenService, now: datetime) -> None:
    own = ec.generate_private_key(ec.SECP256R1())
    body = json.loads(base64.urlsafe_b64decode(forged(tokens, now).split(".")[1] + "=="))
    for kid in (tokens.keys[0].kid, "mine", None):
        headers = {"jwk": public_jwk(own, "mine"), "jku": "http://127.0.0.1/keys", "typ": "at+jwt", "kid": kid}
        token = jwt.encode(body, own, "ES256", headers={k: v for k, v in headers.items() if v is not None})
        with pytest.raises(TokenInvalid):
            tokens.verify(token, now)


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c", "a.b.c.d", "....", "é.é.é", "e30.e30.e30", "[" * 9000])
def test_rubbish_is_refused(tokens: TokenService, now: datetime, token: str) -> None:
    with pytest.raises(TokenInvalid):
        tokens.verify(token, now)


def test_a_deeply_nested_header_is_refused(tokens: TokenService, now: datetime) -> None:
    nested = base64.urlsafe_b64encode(b'{"alg":' + b"[" * 3000).rstrip(b"=").decode()
    with pytest.raises(TokenInvalid):
        tokens.verify(f"{nested}.e30.e30", now)


def test_a_key_is_not_shown_by_its_representation(tokens: TokenService) -> None:
    pem = tokens.keys[0].private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    assert pem.splitlines()[1] not in repr(tokens.keys[0])
