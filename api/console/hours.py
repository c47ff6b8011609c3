"""Hours and closures of an office, and its screens: for those who manage it."""

from typing import Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.auth import office_manager
from api.body import WireRequest
from api.console.errors_page import PAGE_HANDLERS
from api.console.offices import SEEN
from api.console.rendering import Seen, render
from api.context import Context


class HoursController(Controller):
    """The page; hours and closures come from the API, and go back to it."""

    include_in_schema = False
    exception_handlers = PAGE_HANDLERS
    dependencies = SEEN

    @get("/console/hours/{office:str}", guards=[office_manager])
    async def show(
        self,
        request: WireRequest,
        seen: NamedDependency[Seen],
        context: NamedDependency[Context],
    ) -> Response[Any]:
        """The week of every counter."""
        seen.clerk.require(seen.office.id, "office_manager")
        rules = await context.engine.rules(seen.office.id)
        data = {
            **seen.data,
            "counters": [{"id": str(c.id), "name": c.name, "staffOnly": c.staff_only} for c in rules.counters],
        }
        return render(request, "hours.html", seen=seen, screen="hours", data=data)
