"""Texts for people: German and English. English titles stand in the code, German ones in ``errors.de.toml`` by slug.

What the page of each error says stands in ``errors.pages.toml``, in both languages.
"""

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from backend.errors import DomainError

Language = Literal["de", "en"]


@lru_cache(maxsize=1)
def german() -> dict[str, dict[str, str]]:
    """Every German text by slug: ``title``, perhaps ``detail``. ``fields`` holds those of single fields by code."""
    return tomllib.loads(files(__name__).joinpath("errors.de.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def explained() -> dict[str, Any]:
    """What the pages of errors say: by slug, by ``status`` where a slug says nothing, of ``members`` and ``retry``."""
    return tomllib.loads(files(__name__).joinpath("errors.pages.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=512)
def language_of(accept: str | None) -> Language:
    """The better of our two languages for an ``Accept-Language`` header; English without a wish."""
    best: tuple[float, Language] = (0.0, "en")
    for part in (accept or "")[:500].split(","):
        tag, _, weight = part.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        if primary in ("de", "en"):
            try:
                quality = float(weight.strip().removeprefix("q=")) if weight.strip() else 1.0
            except ValueError:
                continue
            if quality > best[0]:
                best = (quality, "de" if primary == "de" else "en")
    return best[1]


def clerks_language(accept: str | None) -> Language:
    """The same for clerks: German without a wish."""
    return language_of(accept or "de")


@lru_cache(maxsize=512)
def _happened(slug: str, language: Language) -> str:
    text: str = explained()[slug]["happened"][language]
    return text.replace("`", "")  # pages set members and headers as code; here it is read as it stands


def title(error: DomainError, language: Language) -> str:
    """The constant title of the error's kind."""
    return german().get(error.slug, {}).get("title", error.title) if language == "de" else error.title


def detail(error: DomainError, language: Language) -> str:
    """What this occurrence adds (in German what is written for the slug), else what the page of the error says has
    happened: every problem has some, as the stated standard wants it.
    """
    own = german().get(error.slug, {}).get("detail") if language == "de" else error.detail
    return own or _happened(error.slug, language)


def field(fault: dict[str, Any], language: Language) -> dict[str, Any]:
    """One invalid field with its text in ``language``: its own, else that of its code where there is one."""
    own: dict[str, str] = fault.get("texts", {})
    fault = {name: value for name, value in fault.items() if name != "texts"}
    if language in own:
        return {**fault, "detail": own[language]}
    if language == "en":
        return fault
    return {**fault, "detail": german().get("fields", {}).get(fault["code"], fault["detail"])}
