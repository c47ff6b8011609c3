"""The reference that people read out at the desk or on the phone: ``GE-7K4M-92XZ``.

Seven random characters and a check character over 31 symbols, none of which looks like another (no 0/O, no 1/I/L).
31 is prime: a weighted sum modulo 31 that must be 0 finds every wrong character and every swap of two neighbours.
"""

import re
import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
# Powers of 3, a primitive root of 31: no weight is 0, no two neighbours are equal. The check character weighs 1.
_WEIGHTS = tuple(pow(3, 7 - position, 31) for position in range(8))
_POWERS = tuple(31**position for position in range(7))
_SHAPE = re.compile(r"([A-Z]{1,3})([0-9A-Z]{8})")


def new_reference(prefix: str) -> str:
    """A fresh reference of the city with ``prefix``; that it is the only one of its kind is for the database to say."""
    number = secrets.randbelow(31**7)
    digits = "".join(ALPHABET[number // power % 31] for power in _POWERS)
    weighted = sum(weight * _VALUE[symbol] for weight, symbol in zip(_WEIGHTS, digits, strict=False))
    return _written(prefix, digits + ALPHABET[-weighted % 31])


def normalise(text: str) -> str | None:
    """``text`` as a reference is written, whatever its case, spaces and dashes; None if it cannot be one."""
    found = _SHAPE.fullmatch(re.sub(r"[\s–—_./-]", "", text).upper())
    if found is None or not _checks(found[2]):
        return None
    return _written(found[1], found[2])


def _checks(symbols: str) -> bool:
    try:
        return sum(weight * _VALUE[symbol] for weight, symbol in zip(_WEIGHTS, symbols, strict=True)) % 31 == 0
    except KeyError:
        return False


def _written(prefix: str, symbols: str) -> str:
    return f"{prefix}-{symbols[:4]}-{symbols[4:]}"
