"""Signing keys for development: made here, marked, and refused by production."""

import base64
import secrets

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from backend.settings import DEVELOPMENT_SECRET_MARK


def development_keys() -> dict[str, str]:
    """Fresh values for the settings that hold keys, and for the console's secret at the development issuer."""
    return {
        "token_signing_keys": _pem(ec.generate_private_key(ec.SECP256R1())),
        "pass_signing_keys": _pem(ed25519.Ed25519PrivateKey.generate()),
        "dev_issuer_keys": _pem(ec.generate_private_key(ec.SECP256R1())),
        "clerk_oidc_client_secret": f"{DEVELOPMENT_SECRET_MARK}-{secrets.token_urlsafe(24)}",
        "client_secrets": f"{DEVELOPMENT_SECRET_MARK}-{base64.b64encode(secrets.token_bytes(32)).decode()}",
    }


def _pem(key: PrivateKeyTypes) -> str:
    block = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
    # Text before a PEM block is a remark (RFC 7468); this one is what production looks for.
    return f"{DEVELOPMENT_SECRET_MARK}\n{block}"
