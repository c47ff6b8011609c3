"""Signing keys: PEM in, key id (RFC 7638 thumbprint) and public JWK out."""

import base64
import hashlib
import json
import re
from typing import Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.+?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)


class KeyFault(Exception):
    """A configured key cannot be used; the message names the kind wanted, never the key."""


class SigningKey(msgspec.Struct, frozen=True):
    """One private key with what the world may know of it: ``kid``, ``alg`` and ``jwk``."""

    kid: str
    alg: Literal["ES256", "EdDSA"]
    private: PrivateKey
    jwk: dict[str, str]

    def secret(self) -> bytes:
        """The private key as bytes, for deriving other keys from it; never to be stored or shown."""
        return self.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def load_keys(pems: str, alg: Literal["ES256", "EdDSA"]) -> tuple[SigningKey, ...]:
    """Every private key of ``pems`` in order, text between them ignored. ``KeyFault`` if none or of a wrong kind."""
    # Environment files that cannot hold newlines carry them as the two characters \n.
    blocks: list[str] = _PEM.findall(pems.replace("\\n", "\n"))
    if not blocks:
        raise KeyFault(f"no PEM private key for {alg}")
    return tuple(_signing_key(block, alg) for block in blocks)


def thumbprint(jwk: dict[str, str]) -> str:
    """RFC 7638: SHA-256 over the required members in lexicographic order, base64url."""
    required = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}[jwk["kty"]]
    canonical = json.dumps({name: jwk[name] for name in required}, separators=(",", ":"), sort_keys=True)
    return base64url(hashlib.sha256(canonical.encode()).digest())


def base64url(data: bytes) -> str:
    """Base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _signing_key(pem: str, alg: Literal["ES256", "EdDSA"]) -> SigningKey:
    try:
        private = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise KeyFault(f"a PEM private key for {alg} cannot be read") from error
    if alg == "ES256" and isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, ec.SECP256R1):
        numbers = private.public_key().public_numbers()
        jwk = {"kty": "EC", "crv": "P-256", "x": _coordinate(numbers.x), "y": _coordinate(numbers.y)}
    elif alg == "EdDSA" and isinstance(private, ed25519.Ed25519PrivateKey):
        raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": base64url(raw)}
    else:
        raise KeyFault(f"a PEM private key is not of the kind that {alg} needs")
    kid = thumbprint(jwk)
    return SigningKey(kid, alg, private, {**jwk, "use": "sig", "alg": alg, "kid": kid})


def _coordinate(number: int) -> str:
    return base64url(number.to_bytes(32, "big"))
