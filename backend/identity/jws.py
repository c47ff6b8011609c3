"""Signed tokens at the lowest level: compact JWS in, verified payload bytes out, every doubt a ``TokenInvalid``."""

from typing import Any, TypeVar

import jwt
import msgspec
from jwt.api_jws import PyJWS
from jwt.utils import base64url_decode

from backend.identity.errors import TokenInvalid
from backend.identity.keys import SigningKey

MAX_TOKEN_BYTES = 8192
_jws = PyJWS()
T = TypeVar("T")


class Header(msgspec.Struct, frozen=True):
    """What is read of a token's header before its signature is known to be good: only how to check it.

    Members that bring a key along (``jwk``, ``jku``, ``x5u``, ``x5c``) are not even read.
    """

    alg: str
    kid: str | None = None
    typ: str | None = None


class _Claimed(msgspec.Struct, frozen=True):
    iss: str


def read_header(token: str) -> Header:
    """The header, unverified."""
    return _decode(token, 0, Header)


def read_issuer(token: str) -> str:
    """Who the token claims to be from, unverified: good only for choosing the keys to check it with."""
    return _decode(token, 1, _Claimed).iss


def open_jws(token: str, key: jwt.PyJWK, alg: str) -> bytes:
    """The payload of a token signed by ``key`` with ``alg`` and nothing else."""
    if len(token) > MAX_TOKEN_BYTES:
        raise TokenInvalid
    try:
        opened = _jws.decode_complete(token, key, algorithms=[alg])
    except jwt.PyJWTError as error:
        raise TokenInvalid from error
    payload: bytes = opened["payload"]
    return payload


def encode(claims: dict[str, Any], key: SigningKey, typ: str) -> str:
    """A compact JWS of ``claims`` with ``kid`` and ``typ`` in its header."""
    return jwt.encode(claims, key.private, key.alg, headers={"kid": key.kid, "typ": typ})


def _decode(token: str, part: int, into: type[T]) -> T:
    parts = token.split(".")
    if len(token) > MAX_TOKEN_BYTES or len(parts) != 3:
        raise TokenInvalid
    try:
        return msgspec.json.decode(base64url_decode(parts[part]), type=into)
    except (ValueError, RecursionError) as error:  # msgspec's and binascii's errors are ValueErrors
        raise TokenInvalid from error
