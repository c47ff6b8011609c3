"""Announcements: what the city tells everybody, a district or a topic's subscribers, seen before as phones show it."""

from typing import Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.auth import office_manager
from api.body import WireRequest
from api.console.errors_page import PAGE_HANDLERS
from api.console.offices import SEEN
from api.console.rendering import Seen, render
from api.context import Context
from backend.catalogue.queries import list_districts
from backend.notices.kinds import ANNOUNCEMENT
from backend.notices.texting import push_text

_LANGUAGES = {"de": "Deutsch", "en": "English", "deLeicht": "Leichte Sprache"}
"""By the names that the API's ``texts`` have."""
_TEXTS = {"deLeicht": "de-leicht"}
"""How our own texts call a language that the API calls otherwise."""


class AnnouncementsController(Controller):
    """The page; what was told comes from the API, and what is to be told goes to it."""

    include_in_schema = False
    exception_handlers = PAGE_HANDLERS
    dependencies = SEEN

    @get("/console/announcements/{office:str}", guards=[office_manager])
    async def show(
        self,
        request: WireRequest,
        seen: NamedDependency[Seen],
        context: NamedDependency[Context],
    ) -> Response[Any]:
        """For the city of the office."""
        seen.clerk.require_city(seen.office.city_id, "office_manager")
        async with context.database.connection() as conn:
            districts = await list_districts(conn, seen.office.city_id)
        pushes = {name: push_text(ANNOUNCEMENT, _TEXTS.get(name, name)) for name in _LANGUAGES}
        data = {
            **seen.data,
            "districts": {one.slug: one.name for one in districts},
            "languages": _LANGUAGES,
            "pushes": {name: {"title": title, "body": body} for name, (title, body) in pushes.items()},
        }
        return render(
            request,
            "announcements.html",
            seen=seen,
            screen="announcements",
            data=data,
            languages=_LANGUAGES,
            districts=sorted(districts, key=lambda one: (one.level != "stadtbezirk", one.name)),
        )
