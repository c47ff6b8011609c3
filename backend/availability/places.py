"""How far offices are. Pure."""

from math import asin, cos, radians, sin, sqrt

from backend.catalogue.model import Office

Point = tuple[float, float]
"""Latitude and longitude in degrees."""
_EARTH_RADIUS_METRES = 6_371_000


def distance(point: Point, office: Office) -> int | None:
    """Metres from ``point`` as the crow flies; None where the office's place is unknown."""
    if office.latitude is None or office.longitude is None:
        return None
    (lat1, lon1), (lat2, lon2) = (map(radians, pair) for pair in (point, (office.latitude, office.longitude)))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return round(2 * _EARTH_RADIUS_METRES * asin(sqrt(half)))
