"""What a key looks like, and in which cities it is good. Pure.

``wfk_live_<id><secret><checksum>``: a prefix that scanners of secrets can look for, the environment, the key's id (22
characters of base 62), 256 random bits (43) and a CRC-32 of everything before it (6). What a scanner finds is ours
beyond doubt, and what somebody mistyped is refused without asking the database.
"""

import re
import zlib
from uuid import UUID

import msgspec

from backend.clients.errors import ClientKeyNotForCity, ClientKeyRequired
from backend.clients.model import Caller, Environment

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_ID, _SECRET, _CHECK = 22, 43, 6
SECRET_BYTES = 32
PATTERN = rf"wfk_(live|test)_[0-9A-Za-z]{{{_ID + _SECRET + _CHECK}}}"
"""For scanners of secrets."""
_KEY = re.compile(PATTERN)
SANDBOX = "sandbox"
"""A city of this id, or of one that begins with it and a dash, is a sandbox; no other city is."""


class KeyParts(msgspec.Struct, frozen=True):
    """What a key says of itself, before anybody has looked whether it is true."""

    environment: Environment
    id: UUID


def write_key(environment: Environment, key_id: UUID, secret: bytes) -> str:
    """The key's text."""
    body = f"wfk_{environment}_{_encode(key_id.int, _ID)}{_encode(int.from_bytes(secret, 'big'), _SECRET)}"
    return body + _checksum(body)


def read_key(text: str) -> KeyParts | None:
    """The parts of a well-formed key; None for everything else."""
    match = _KEY.fullmatch(text)
    if match is None or _checksum(text[:-_CHECK]) != text[-_CHECK:]:
        return None
    start = len("wfk_live_")
    number = _decode(text[start : start + _ID])
    return KeyParts("live" if match[1] == "live" else "test", UUID(int=number)) if number < 1 << 128 else None


def is_sandbox(city_id: str) -> bool:
    """Whether the city is one in which nothing is real."""
    return city_id == SANDBOX or city_id.startswith(f"{SANDBOX}-")


def admit(caller: Caller | None, city_id: str, *, required: bool) -> None:
    """Lets a request into a city, or raises ClientKeyRequired, ClientKeyNotForCity. ``required``: the city wants a key.

    This alone keeps test keys out of real cities, and everybody else out of a sandbox.
    """
    sandbox = is_sandbox(city_id)
    if caller is None:
        if sandbox or required:
            raise ClientKeyRequired
        return
    if sandbox != (caller.environment == "test") or not (sandbox or city_id in caller.cities):
        raise ClientKeyNotForCity


def _encode(number: int, length: int) -> str:
    found = ""
    while number:
        number, rest = divmod(number, 62)
        found = _ALPHABET[rest] + found
    return found.rjust(length, "0")


def _decode(text: str) -> int:
    number = 0
    for character in text:
        number = number * 62 + _VALUES[character]
    return number


def _checksum(body: str) -> str:
    return _encode(zlib.crc32(body.encode()), _CHECK)
