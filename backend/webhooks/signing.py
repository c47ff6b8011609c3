"""Signatures of Standard Webhooks (https://www.standardwebhooks.com), version 1. Pure."""

import base64
import hmac
import os
from collections.abc import Sequence
from datetime import datetime

_SECRET_BYTES = 32
_PREFIX = "whsec_"


def new_secret() -> bytes:
    """A fresh one."""
    return os.urandom(_SECRET_BYTES)


def show(secret: bytes) -> str:
    """As the libraries of receivers take it."""
    return _PREFIX + base64.b64encode(secret).decode()


def headers(message_id: str, at: datetime, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """The three headers. One signature for each secret: during a rotation a receiver knows either."""
    seconds = str(int(at.timestamp()))
    signed = b".".join((message_id.encode(), seconds.encode(), body))
    signatures = (base64.b64encode(hmac.digest(secret, signed, "sha256")).decode() for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
