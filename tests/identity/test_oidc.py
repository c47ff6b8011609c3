"""Tokens of a configured provider: its keys are fetched over real HTTP, rarely, and only its own tokens count."""

import asyncio
import base64
import hashlib
import hmac
import warnings
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.warnings import InsecureKeyLengthWarning

from backend.identity.errors import IssuerUnavailable, TokenExpired, TokenInvalid
from backend.identity.jwks import RemoteKeys
from backend.identity.oidc import OidcIssuer
from tests.identity.issuer import AUDIENCE, Issuer, public_jwk
from tests.identity.test_tokens import part

COOLDOWN, MAX_AGE = timedelta(seconds=30), timedelta(seconds=3600)


@pytest.fixture
async def provider(issuer: Issuer) -> AsyncIterator[OidcIssuer]:
    """The verifier of the provider's tokens."""
    keys = RemoteKeys(issuer.url, cooldown_seconds=30, max_age_seconds=3600)
    found = OidcIssuer(issuer.url, AUDIENCE, keys)
    yield found
    await found.close()


async def test_a_genuine_token_proves_an_identity(provider: OidcIssuer, issuer: Issuer, now: datetime) -> None:
    identity = await provider.verify(issuer.token(now), now)
    assert (identity.issuer, identity.subject) == (issuer.url, "subject-1")


async def test_every_allowed_algorithm_verifies(provider: OidcIssuer, issuer: Issuer, now: datetime) -> None:
    issuer.keys["rsa"] = rsa.generate_private_key(65537, 2048)
    issuer.keys["ed"] = ed25519.Ed25519PrivateKey.generate()
    issuer.more.append(public_jwk(issuer.keys["rsa"], "pss", alg="PS256"))
    issuer.keys["pss"] = issuer.keys["rsa"]
    for kid, alg in (("one", "ES256"), ("rsa", "RS256"), ("pss", "PS256"), ("ed", "EdDSA")):
        assert await provider.verify(issuer.token(now, kid=kid, alg=alg), now)


async def test_keys_are_fetched_once(provider: OidcIssuer, issuer: Issuer, now: datetime) -> None:
    for number in range(5):
        await provider.verify(issuer.token(now, sub=f"subject-{number}"), now)
    assert (issuer.discoveries, issuer.fetches) == (1, 1)


async def test_a_slow_provider_is_asked_once_however_many_wait(
    provider: OidcIssuer, issuer: Issuer, now: datetime
) -> None:
    issuer.delay_seconds = 0.2
    tokens = [issuer.token(now, sub=f"subject-{number}") for number in range(20)]
    found = await asyncio.gather(*(provider.verify(token, now) for token in tokens))
    assert {identity.subject for identity in found} == {f"subject-{number}" for number in range(20)}
    assert issuer.fetches == 1


async def test_a_waiter_that_gives_up_takes_nobody_along(provider: OidcIssuer, issuer: Issuer, now: datetime) -> None:
    issuer.delay_seconds = 0.2
    first = asyncio.create_task(provider.verify(issuer.token(now), now))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(provider.verify(issuer.token(now, sub="patient"), now))
    await asyncio.sleep(0.01)
    first.cancel()
    assert (await second).subject == "patient"


async def test_a_new_key_is_found_after_the_cooldown(provider: OidcIssuer, issuer: Issuer, now: datetime) -> None:
    await provider.verify(issuer.token(now), now)
    issuer.keys = {"two": ec.generate_private_key(ec.SECP256R1())}
    with pytest.raises(TokenInvalid):
        await provider.verify(issuer.token(now, kid="two"), now + COOLDOWN - timedelta(seconds=1))
    assert issuer.fetches == 1
    later = now + COOLDOWN
    assert await provider.verify(issuer.token(later, kid="two"), later)
    assert issuer.fetches == 2


async def test_a_flood_of_unknown_keys_is_one_fetch_per_cooldown(
    provider: OidcIssuer, issuer: Issuer, now: datetime
) -> None:
    await provider.verify(issuer.token(now), now)
    for number in range(100):
        issuer.keys[f"made-up-{number}"] = ec.generate_private_key(ec.SECP256R1())
    flood = [issuer.token(now, kid=kid) for kid in issuer.keys if kid != "one"]
    issuer.keys = {"one": issuer.keys["one"]}
    for at in (now + timedelta(seconds=1), now + COOLDOWN, now + COOLDOWN + timedelta(seconds=1)):
        for result in await asyncio.gather(*(provider.verify(t, at) for t in flood), return_exceptions=True):
            assert isinstance(result, TokenInvalid)
    assert issuer.fetches == 2


async def test_known_keys_stay_good_while_the_provider_fails(
    provider: OidcIssuer, issuer: Issuer, now: datetime
) -> None:
    await provider.verify(issuer.token(now), now)
    issuer.down = True
    later = now + MAX_AGE + timedelta(seconds=1)
    assert await provider.verify(issuer.token(later), later)
    assert issuer.discoveries == 2
    again = later + timedelta(seconds=1)
    assert await provider.verify(issuer.token(again, sub="another"), again)
    assert issuer.discoveries == 2, "a provider in trouble is left alone for the cool-down"


async def test_a_withdrawn_key_is_forgotten_after_the_maximum_age(
    provider: OidcIssuer, issuer: Issuer, now: datetime
) -> None:
    await provider.verify(issuer.token(now), now)
    later = now + MAX_AGE
    token = issuer.token(later)
    issuer.keys = {"two": ec.generate_private_key(ec.SECP256R1())}
    with pytest.raises(TokenInvalid):
        await provider.verify(token, later)


async def test_a_remembered_token_does_not_outlive_a_withdrawn_key(
    provider: OidcIssuer, issuer: Issuer, now: datetime
) -> None:
    token = issuer.token(now, exp=int((now + timedelta(days=1)).timestamp()))
    await provider.verify(token, now)
    issuer.keys = {"two": ec.generate_private_key(ec.SECP256R1())}
    with pytest.raises(TokenInvalid):
        await provider.verify(token, now + MAX_AGE)


async def test_without_any_keys_it_is_the_provider_that_is_unavailable(
    provider: OidcIssuer, issuer: Issuer, now: datetime
) -> None:
    issuer.down = True
    for _ in range(3):
        with pytest.raises(IssuerUnavailable):
            await provider.verify(issuer.token(now), now)
    assert issuer.discoveries == 1
    issuer.down = False
    assert await provider.verify(issuer.token(now), now + COOLDOWN)


@pytest.mark.parametrize(
    "fault",
    [
        {"says_issuer": "https://elsewhere.example"},
        {"jwks_uri": "file:///etc/passwd"},
        {"body": b"not json"},
        {"body": b'{"keys": 1}'},
        {"body": b'{"keys": [' + b" " * 300_000 + b"]}"},
        {"body": b"[" * 100_000},
    ],
)
async def test_a_provider_that_answers_wrongly_counts_as_unavailable(
    provider: OidcIssuer, issuer: Issuer, now: datetime, fault: dict[str, Any]
) -> None:
    for name, value in fault.items():
        setattr(issuer, name, value)
    with pytest.raises(IssuerUnavailable):
        await provider.verify(issuer.token(now), now)


async def test_a_redirect_is_not_followed(provider: OidcIssuer, issuer: Issuer, now: datetime) -> None:
    issuer.jwks_uri = f"{issuer.url}/moved"
    with pytest.raises(IssuerUnavailable):
        await provider.verify(issuer.token(now), now)
    assert issuer.fetches == 0


async def test_keys_that_cannot_be_used_are_passed_over(provider: OidcIssuer, issuer: Issuer, now: datetime) -> None:
    encryption, weak = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 1024)  # noqa: S505
    other = ec.generate_private_key(ec.SECP256R1())
    issuer.more += [
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
        {"kty": "EC", "kid": "broken", "crv": "P-256", "x": "!", "y": "!"},
        {"no": "type"},
        public_jwk(encryption, "encryption", use="enc"),
        public_jwk(weak, "weak"),
        public_jwk(other, "other-alg", alg="ES384"),
    ]
    assert await provider.verify(issuer.token(now), now)
    issuer.keys |= {"encryption": encryption, "weak": weak, "other-alg": other}
    for kid, alg in (("encryption", "ES256"), ("weak", "RS256"), ("other-alg", "ES256")):
        with warnings.catch_warnings(action="ignore", category=InsecureKeyLengthWarning):
            token = issuer.token(now, kid=kid, alg=alg)
        with pytest.raises(TokenInvalid):
            await provider.verify(token, now)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"}, {"iss": None}, {"aud": "elsewhere"}, {"aud": []}, {"aud": None},
        {"aud": {"citizens-of-tests": 1}}, {"sub": ""}, {"sub": "s" * 256}, {"sub": None}, {"exp": None},
        {"exp": "soon"}, {"nbf": 1_900_000_000}, {"typ": "ID"}, {"typ": "Refresh"},
    ],
)  # fmt: skip
async def test_wrong_claims_are_refused(
    provider: OidcIssuer, issuer: Issuer, now: datetime, claims: dict[str, Any]
) -> None:
    with pytest.raises(TokenInvalid):
        await provider.verify(issuer.token(now, **claims), now)


async def test_a_token_of_another_issuer_asks_for_no_keys(provider: OidcIssuer, issuer: Issuer, now: datetime) -> None:
    with pytest.raises(TokenInvalid):
        await provider.verify(issuer.token(now, iss="https://elsewhere.example"), now)
    assert issuer.discoveries == 0


async def test_an_audience_may_be_one_of_several(provider: OidcIssuer, issuer: Issuer, now: datetime) -> None:
    assert await provider.verify(issuer.token(now, aud=["account", AUDIENCE], typ="Bearer"), now)


@pytest.mark.parametrize("typ", ["", "wartefrei-pass+jwt", "logout+jwt", "dpop+jwt"])
async def test_a_token_of_another_type_is_refused(
    provider: OidcIssuer, issuer: Issuer, now: datetime, typ: str
) -> None:
    with pytest.raises(TokenInvalid):
        await provider.verify(issuer.token(now, header_typ=typ), now)


async def test_an_expired_token_is_told_so_only_if_genuine(provider: OidcIssuer, issuer: Issuer, now: datetime) -> None:
    token = issuer.token(now, exp=int(now.timestamp()))
    with pytest.raises(TokenExpired):
        await provider.verify(token, now)
    issuer.keys["one"] = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(TokenInvalid):
        await provider.verify(issuer.token(now, exp=int(now.timestamp())), now)


async def test_a_remembered_token_expires_all_the_same(provider: OidcIssuer, issuer: Issuer, now: datetime) -> None:
    token = issuer.token(now)
    await provider.verify(token, now)
    with pytest.raises(TokenExpired):
        await provider.verify(token, now + timedelta(minutes=5))


async def test_the_public_key_is_no_shared_secret(provider: OidcIssuer, issuer: Issuer, now: datetime) -> None:
    pem = issuer.keys["one"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    body = issuer.token(now).split(".")[1]
    signed = f"{part({'alg': 'HS256', 'kid': 'one', 'typ': 'JWT'})}.{body}"
    tag = base64.urlsafe_b64encode(hmac.digest(pem, signed.encode(), hashlib.sha256)).rstrip(b"=").decode()
    with pytest.raises(TokenInvalid):
        await provider.verify(f"{signed}.{tag}", now)
    with pytest.raises(TokenInvalid):
        await provider.verify(f"{part({'alg': 'none', 'kid': 'one', 'typ': 'JWT'})}.{body}.", now)
    assert issuer.fetches == 0, "no key is even asked for"


async def test_a_key_is_good_for_its_own_algorithm_only(provider: OidcIssuer, issuer: Issuer, now: datetime) -> None:
    """An RSA key under a kid that the provider publishes as elliptic, and the other way round."""
    issuer.keys["rsa"] = rsa.generate_private_key(65537, 2048)
    await provider.verify(issuer.token(now, kid="rsa", alg="RS256"), now)
    token = jwt.encode(
        {"iss": issuer.url, "aud": AUDIENCE, "sub": "s", "exp": int(now.timestamp()) + 60},
        issuer.keys["rsa"],
        "RS256",
        headers={"kid": "one", "typ": "JWT"},
    )
    with pytest.raises(TokenInvalid):
        await provider.verify(token, now)


async def test_a_key_in_the_header_is_not_believed(provider: OidcIssuer, issuer: Issuer, now: datetime) -> None:
    own = ec.generate_private_key(ec.SECP256R1())
    for kid in ("one", "mine"):
        token = jwt.encode(
            {"iss": issuer.url, "aud": AUDIENCE, "sub": "s", "exp": int(now.timestamp()) + 60},
            own,
            "ES256",
            headers={"kid": kid, "typ": "JWT", "jwk": public_jwk(own, kid), "jku": issuer.url},
        )
        with pytest.raises(TokenInvalid):
            await provider.verify(token, now)
