"""Signing keys for API processes of tests and benchmarks: made once per process, never used elsewhere."""

from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


@cache
def environment() -> dict[str, str]:
    """The settings that hold keys, as environment variables: tokens, passes and the development issuer."""
    return {
        "TOKEN_SIGNING_KEYS": _pem(ec.generate_private_key(ec.SECP256R1())),
        "PASS_SIGNING_KEYS": _pem(ed25519.Ed25519PrivateKey.generate()),
        "DEV_ISSUER_KEYS": _pem(ec.generate_private_key(ec.SECP256R1())),
    }


def _pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
