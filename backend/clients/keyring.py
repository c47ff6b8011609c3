"""The installation's secrets for clients: they hash keys, and close what has to be read again.

Whoever reads the database alone can neither use a key nor forge a webhook. The first secret works, all of them are
tried, so that one can be replaced: put the new one first, and drop the old one when nothing was made with it any more.
"""

import base64
import binascii
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backend.clients.errors import ClientsOff
from backend.settings import DEVELOPMENT_SECRET_MARK, Settings, SettingsError

_LEAST_BYTES = 32
_NONCE_BYTES = 12


class Keyring:
    """Raises SettingsError for secrets that are too short or not base64."""

    def __init__(self, settings: Settings) -> None:
        secrets = [_secret(part) for part in settings.client_secrets.split(",") if part.strip()]
        self._hashing = [hmac.digest(secret, b"client-key", "sha256") for secret in secrets]
        self._sealing = [AESGCM(hmac.digest(secret, b"sealed", "sha256")) for secret in secrets]

    def hash(self, key: str) -> bytes:
        """What is stored of a key. Fast, since a key is 256 random bits; keyed, so that a copied table is no use."""
        if not self._hashing:
            raise ClientsOff
        return hmac.digest(self._hashing[0], key.encode(), "sha256")

    def fits(self, key: str, stored: bytes) -> bool:
        """Whether ``stored`` is the hash of ``key``, in a time that does not depend on how much of it is right."""
        digests = [hmac.digest(secret, key.encode(), "sha256") for secret in self._hashing]
        return sum(hmac.compare_digest(digest, stored) for digest in digests) > 0

    def seal(self, content: bytes, purpose: bytes) -> bytes:
        """Closed for everybody without the secret; opens for the same ``purpose`` only."""
        if not self._sealing:
            raise ClientsOff
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._sealing[0].encrypt(nonce, content, purpose)

    def open(self, sealed: bytes, purpose: bytes) -> bytes:
        """What was sealed; raises LookupError where none of the secrets fits."""
        for cipher in self._sealing:
            try:
                return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose)
            except InvalidTag:
                continue
        raise LookupError("sealed with a secret that CLIENT_SECRETS does not hold any more")


def _secret(text: str) -> bytes:
    # Development secrets carry a mark in front, which production looks for.
    try:
        found = base64.b64decode(text.strip().removeprefix(f"{DEVELOPMENT_SECRET_MARK}-"), validate=True)
    except binascii.Error as error:
        raise SettingsError("CLIENT_SECRETS must be base64") from error
    if len(found) < _LEAST_BYTES:
        raise SettingsError(f"each of CLIENT_SECRETS must have {_LEAST_BYTES} bytes")
    return hashlib.sha256(found).digest()
