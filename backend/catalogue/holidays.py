"""Days on which a city's offices are closed by law or by custom."""

import sys
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from importlib.util import find_spec, module_from_spec
from types import MappingProxyType

import holidays as public_holidays

# The first country that is asked for loads those of the whole world, from the package's `__init__`: a third of a second
# and 7 MB in every process. The package without its `__init__` still finds the one that we need.
_COUNTRIES = "holidays.countries"
if _COUNTRIES not in sys.modules and (_spec := find_spec(_COUNTRIES)) is not None:
    sys.modules[_COUNTRIES] = module_from_spec(_spec)


def easter(year: int) -> date:
    """Easter Sunday of a Gregorian year (the "anonymous" algorithm of 1876)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


_MUNICIPAL: dict[str, tuple[str, Callable[[int], date]]] = {
    "weiberfastnacht": ("Weiberfastnacht", lambda year: easter(year) - timedelta(days=52)),
    "rosenmontag": ("Rosenmontag", lambda year: easter(year) - timedelta(days=48)),
    "heiligabend": ("Heiligabend", lambda year: date(year, 12, 24)),
    "silvester": ("Silvester", lambda year: date(year, 12, 31)),
}
MUNICIPAL_HOLIDAYS = frozenset(_MUNICIPAL)
"""Days that a city may close on by custom, as ``city.municipal_holidays`` names them."""

NOWHERE = "ZZ"
"""The state of a city that lies in none, as the sandbox: no law closes its offices. ISO 3166 leaves it to its users."""
STATES = frozenset((*public_holidays.country_holidays("DE", years=2000).subdivisions, NOWHERE))
"""Federal states, as ``city.state`` names them."""


@lru_cache(maxsize=512)
def closed_days(state: str, municipal: tuple[str, ...], year: int) -> Mapping[date, str]:
    """Public holidays of the federal state and the city's own ones in ``year``, with their German names.

    Raises ``KeyError`` for an unknown municipal holiday and ``NotImplementedError`` for an unknown state.
    """
    days: dict[date, str] = {}
    if state != NOWHERE:
        days.update(public_holidays.country_holidays("DE", subdiv=state, years=year, language="de"))
    for name in municipal:
        title, day_in = _MUNICIPAL[name]
        days.setdefault(day_in(year), title)
    return MappingProxyType(days)
