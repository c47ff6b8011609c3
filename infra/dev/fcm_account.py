"""The service account of the loopback FCM: a key file like Google's, and what its token endpoint asks of a request."""

import binascii
import json
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from backend.settings import DEVELOPMENT_SECRET_MARK

PROJECT = "wartefrei-loopback"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def write(path: Path, token_uri: str) -> None:
    """Writes a key file with a fresh key, readable by us alone."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip
    email = f"worker@{PROJECT}.iam.gserviceaccount.com"
    account = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": DEVELOPMENT_SECRET_MARK,
        "private_key": pem.decode(),
        "client_email": email,
        "client_id": "1",
        "token_uri": token_uri,
    }
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(json.dumps(account, indent=2), encoding="utf-8")
    new.replace(path)


def fault_of(grant_type: str, assertion: str) -> str:
    """Why a token is refused; the empty string when it is not. The signature is not looked at."""
    if grant_type != _GRANT:
        return "grant_type is not jwt-bearer"
    try:
        payload = assertion.split(".")[1]
        claims: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, binascii.Error):
        return "the assertion is not a JWT"
    # The SDK asks for all of Firebase; ours for messages only.
    scopes = str(claims.get("scope", "")).split()
    if SCOPE not in scopes and "https://www.googleapis.com/auth/firebase" not in scopes:
        return "the scope does not cover messages"
    return ""
