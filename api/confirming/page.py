"""One page for one link: what is asked, two buttons, and what was said. Works without scripts, loads from nowhere else.

A form sends no ``Idempotency-Key``: that a link is answered once makes a second click harmless. Whoever clicks twice,
goes back or opens the link again is shown what was recorded the first time.
"""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import jinja2
import msgspec
from babel.dates import format_datetime
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from api import problems
from api.auth import public
from api.body import WireRequest
from api.context import Context
from api.structs.draft import ZONE
from api.texts import Language, language_of
from backend.catalogue.queries import find_city
from backend.db import Principal
from backend.errors import DomainError
from backend.forms import confirmations, reading
from backend.forms.confirmations import Asked
from backend.forms.errors import ConfirmationUsed

PATH = "/confirm"
_NOBODY = Principal()
_MOST_BYTES, _MOST_NAME = 8_192, 200
_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# Whoever passes links on adds parameters of their own to them.
_LINK = {"secret_path": True, "foreign_query": True}


class Given(msgspec.Struct, frozen=True):
    """What the form says, and what is wrong with it: names of fields."""

    name: str = ""
    answer: str | None = None

    @property
    def faults(self) -> list[str]:
        found = ["name"] if not 0 < len(self.name) <= _MOST_NAME or not self.name.isprintable() else []
        return found + (["answer"] if self.answer not in ("yes", "no") else [])


def _handle(request: Any, error: Exception) -> Response[Any]:
    """A refusal in a few words for people. The common handler knows what it is, and logs it."""
    status = problems.handle(request, error).status_code or 500
    kind = error.kind if isinstance(error, DomainError) else None
    word = "over" if kind == "gone" else "unknown" if kind in ("not_found", "invalid") else "failed"
    language = _language(request, None)
    return _say(language, word, status=status)


_HANDLERS: Any = {Exception: _handle, HTTPException: _handle}


class ConfirmationPageController(Controller):
    """The link that was sent on."""

    path = PATH
    guards = (public,)
    include_in_schema = False
    exception_handlers = _HANDLERS

    @get("/{token:str}", opt=_LINK)
    async def show(
        self,
        request: WireRequest,
        token: FromPath[str],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """What is asked, or what was said."""
        return await _shown(request, context, token, now)

    @post("/{token:str}", opt=_LINK, request_max_body_size=_MOST_BYTES)
    async def answer(
        self,
        request: WireRequest,
        token: FromPath[str],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Once; then back to the page, so that going back or loading anew sends nothing."""
        given = await _read(request)
        if given.faults:
            return await _shown(request, context, token, now, given)
        try:
            async with context.database.transaction(_NOBODY) as conn:
                await confirmations.answer(conn, token, given.name, now, confirmed=given.answer == "yes")
        except ConfirmationUsed:
            pass  # whoever sends it twice is shown what was recorded
        language = _language(request, None)
        return Response(b"", status_code=303, headers={"Location": f"{PATH}/{token}?lang={language}"})


async def _read(request: WireRequest) -> Given:
    """The fields of the form; whatever is no form is an empty one."""
    text = (await request.body()).decode("utf-8", errors="replace")
    try:
        fields = parse_qs(text, max_num_fields=20)
    except ValueError:
        return Given()
    return Given(" ".join(fields.get("name", [""])[0].split()), fields.get("answer", [None])[0])


async def _shown(
    request: WireRequest, context: Context, token: str, now: datetime, given: Given | None = None
) -> Response[Any]:
    async with context.database.transaction(_NOBODY) as conn:
        asked = await confirmations.find_asked(conn, context.forms, token)
        city = await find_city(conn, asked.confirmation.city_id)
    language = _language(request, asked)
    name = city.name if city else asked.confirmation.city_id
    form, one = asked.version.form, asked.confirmation
    title = form.text("form.title", language) or asked.version.row.slug
    state = asked.state(now)
    if state != "pending":
        at = _moment(one.answered_at, language) if one.answered_at else ""
        status = 410 if state == "over" else 200
        return _say(language, state, status=status, city=name, form=title, at=at)
    faults = given.faults if given else []
    values: dict[str, Any] = {
        "city": _words(language)["city"].format(city=name),
        "form": title,
        "title": form.text(f"confirmation.{one.kind}.title", language) or title,
        "text": form.text(f"confirmation.{one.kind}.text", language) or "",
        "blocks": reading.blocks(form, one.shown, language),
        "until": _words(language)["until"].format(until=_moment(one.expires_at, language)),
        "name_hint": _words(language)["name_hint"].format(city=name),
        "name": given.name[:_MOST_NAME] if given else "",
        "faults": faults,
    }
    return _render("asked.html", language, values, status=400 if faults else 200)


def _say(language: Language, word: str, *, status: int, city: str = "", form: str = "", at: str = "") -> Response[Any]:
    words = _words(language)
    said: Mapping[str, str] = words[word]
    values = {
        "city": words["city"].format(city=city) if city else "",
        "form": form,
        "title": said["title"],
        "text": said["text"].format(at=at),
        "mark": word,
    }
    return _render("said.html", language, values, status=status)


def _render(template: str, language: Language, values: Mapping[str, Any], *, status: int) -> Response[Any]:
    body = _environment().get_template(template).render(t=_words(language), language=language, **values)
    headers = {
        "Content-Security-Policy": _CSP,
        "Content-Language": language,
        "Cache-Control": "private, no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }
    return Response(body.encode(), status_code=status, headers=headers, media_type="text/html")


def _language(request: WireRequest, asked: Asked | None) -> Language:
    """As chosen on the page, else as the browser wishes, else as the person who asks."""
    chosen = request.query_params.get("lang") or request.headers.get("accept-language")
    if chosen:
        return language_of(chosen)
    return "en" if asked is not None and asked.confirmation.language == "en" else "de"


def _moment(at: datetime, language: Language) -> str:
    local = at.astimezone(ZoneInfo(ZONE))
    return format_datetime(local, _words(language)["moment"], locale="en_GB" if language == "en" else "de")


@lru_cache(maxsize=2)
def _words(language: Language) -> Mapping[str, Any]:
    found = tomllib.loads(files(__package__ or "").joinpath("texts.toml").read_text(encoding="utf-8"))
    return found[language]


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader(__package__ or ""), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
