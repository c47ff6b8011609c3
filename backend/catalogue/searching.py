"""Finding services by words and offices by place. Pure."""

import unicodedata

from backend.catalogue.model import Service, Texts
from backend.errors import FieldError, InvalidInput


def folded(text: str) -> str:
    """The text for comparing: small letters without accents; ``ß`` is ``ss``, and ``ä`` is ``a``."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def matches(service: Service, words: str) -> bool:
    """Whether each of the words is found in the service's names and descriptions (any language), slug or LeiKa key."""
    texts = [value for language in service.texts.values() for value in language.values()]
    haystack = folded(" ".join([*texts, service.slug, service.leika or ""]))
    return all(word in haystack for word in folded(words).split())


def sort_key(service: Service, language: str) -> tuple[str, str]:
    """By name as people expect it in a list, then by slug, so that no two are equal."""
    return folded(in_language(service.texts, language).get("name", "")), service.slug


def in_language(texts: dict[str, Texts], language: str) -> Texts:
    """Name and description in ``language``, each in German where it is missing."""
    return {**texts.get("de", {}), **texts.get(language, {})}


def point(text: str) -> tuple[float, float]:
    """``latitude,longitude`` in degrees, as the parameter ``near`` has them; raises InvalidInput."""
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        latitude = longitude = float("nan")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise InvalidInput([FieldError("near", "invalid-coordinates", "Write latitude,longitude in degrees")])
    return latitude, longitude
