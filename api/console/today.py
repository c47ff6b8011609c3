"""Today: the day of an office at every counter, requests on top, and who is in the house."""

from datetime import date, datetime
from typing import Annotated, Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.auth import clerk as clerk_guard
from api.body import WireRequest
from api.console.errors_page import PAGE_HANDLERS
from api.console.offices import SEEN
from api.console.rendering import Seen, language_for, render
from api.context import Context
from api.texts import Language
from backend.catalogue.model import OfficeRules
from backend.clock import local_day

Day = Annotated[date | None, QueryParameter(name="date")]


class TodayController(Controller):
    """The page; its day comes from the API, as a stream."""

    include_in_schema = False
    exception_handlers = PAGE_HANDLERS
    dependencies = SEEN

    @get("/console/today/{office:str}", guards=[clerk_guard])
    async def show(
        self,
        request: WireRequest,
        seen: NamedDependency[Seen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        on: Day = None,
    ) -> Response[Any]:
        """Names nobody: whoever looks at the day is recorded where the day is read."""
        rules = await context.engine.rules(seen.office.id)
        today = local_day(now, rules.zone)
        data = {
            **seen.data,
            "today": today.isoformat(),
            "date": (on or today).isoformat(),
            "services": services_of(rules, language_for(request)),
            "counters": [{"id": str(one.id), "name": one.name} for one in rules.counters],
        }
        return render(request, "today.html", seen=seen, screen="today", data=data)


def services_of(rules: OfficeRules, language: Language) -> list[dict[str, Any]]:
    """What the office's counters offer, by name."""
    offered = {service_id for counter in rules.counters for service_id in counter.service_ids}
    found = [
        {
            "id": str(one.id),
            "name": one.texts.get(language, one.texts["de"])["name"],
            "minutes": one.minutes,
            "maxPersons": one.max_persons,
        }
        for one in rules.services.values()
        if one.id in offered and not one.retired
    ]
    return sorted(found, key=lambda one: str(one["name"]))
