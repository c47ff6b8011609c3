"""Figures of an office as plots over time, each with its table, and as CSV: for those who manage it."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.auth import office_manager
from api.body import WireRequest
from api.console import charts
from api.console.errors_page import PAGE_HANDLERS
from api.console.figures_table import csv_of
from api.console.offices import SEEN
from api.console.rendering import Seen, language_for, render, texts
from api.console.today import services_of
from api.context import Context
from backend.catalogue.model import OfficeRules
from backend.clock import local_day
from backend.errors import FieldError, InvalidInput
from backend.figures import service as figures
from backend.figures.model import Figures, Wish

From = Annotated[date | None, QueryParameter(name="from")]
Until = Annotated[date | None, QueryParameter(name="until")]
Service = Annotated[
    str | None, QueryParameter(name="service", pattern=r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?\Z")
]
"""An id; empty for all of them, which is how a form says so."""
_USUAL_DAYS = 28
_MOST_DAYS = 366


class FiguresController(Controller):
    """Nothing on these pages leads to a person."""

    include_in_schema = False
    exception_handlers = PAGE_HANDLERS
    dependencies = SEEN

    @get("/console/figures/{office:str}", guards=[office_manager])
    async def show(
        self,
        request: WireRequest,
        seen: NamedDependency[Seen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        since: From = None,
        until: Until = None,
        chosen: Service = None,
    ) -> Response[Any]:
        """The last four weeks, unless other days are asked for. Days that cannot be shown stay in the form."""
        language = language_for(request)
        words = texts(language)["figures"]
        rules = await context.engine.rules(seen.office.id)
        wish, can_be_shown = _wish((since, until), local_day(now, rules.zone))
        found = await _read(context, seen, rules, wish, chosen, now) if can_be_shown else None
        return render(
            request,
            "figures.html",
            status=400 if found is None else 200,
            seen=seen,
            screen="figures",
            wish=wish,
            services=services_of(rules, language),
            chosen=chosen or "",
            problem=words["too_far"] if found is None else None,
            plots=[] if found is None else _plots(found, wish, words, language),
            totals=[] if found is None else _totals(found, words, language),
        )

    @get("/console/figures/{office:str}/csv", guards=[office_manager])
    async def table(
        self,
        request: WireRequest,
        seen: NamedDependency[Seen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
        since: From = None,
        until: Until = None,
        chosen: Service = None,
    ) -> Response[bytes]:
        """In the language of the page, as its spreadsheets want it."""
        rules = await context.engine.rules(seen.office.id)
        wish, can_be_shown = _wish((since, until), local_day(now, rules.zone))
        if not can_be_shown:
            raise InvalidInput([FieldError("until", "too-far", "At most a year, and its end after its beginning")])
        found = await _read(context, seen, rules, wish, chosen, now)
        name = f"{seen.office.slug}-{wish.first}-{wish.last}.csv"
        language = language_for(request)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Language": language}
        return Response(csv_of(found, language), headers=headers, media_type="text/csv")


def _wish(days: tuple[date | None, date | None], today: date) -> tuple[Wish, bool]:
    """The days asked for, and whether they can be shown: a year at most, ending after its beginning, none far ahead."""
    last = days[1] or today
    usual = date.fromordinal(max(1, last.toordinal() - _USUAL_DAYS + 1))
    wish = Wish(days[0] or usual, last)
    return wish, 0 <= (wish.last - wish.first).days < _MOST_DAYS and wish.last <= today + timedelta(days=_MOST_DAYS)


async def _read(
    context: Context, seen: Seen, rules: OfficeRules, wish: Wish, service: str | None, now: datetime
) -> Figures:
    principal = seen.clerk.principal_for(seen.office.id, "office_manager")
    async with context.database.transaction(principal) as conn:
        return await figures.read(conn, rules, wish, UUID(service) if service else None, now)


def _plots(found: Figures, wish: Wish, words: Any, language: str) -> list[charts.Plot]:
    span = (wish.first, wish.last)
    absent = [(d.day, 100 * d.no_show / (d.completed + d.no_show)) for d in found.outcomes if d.completed + d.no_show]
    return [
        charts.over_days(
            words["waiting"],
            words["minutes"],
            span,
            [
                (words["median"], [(d.day, d.median) for d in found.waiting]),
                (words["worst_tenth"], [(d.day, d.worst_tenth) for d in found.waiting]),
            ],
            language,
        ),
        charts.over_days(words["absent"], "%", span, [(words["absent"], absent)], language),
        charts.over_hours(words["used"], "%", [(h.hour, 100 * h.share) for h in found.hours], language),
        charts.over_days(
            words["lead"], words["days"], span, [(words["lead"], [(d.day, d.days) for d in found.lead])], language
        ),
    ]


def _totals(found: Figures, words: Any, language: str) -> list[tuple[str, str]]:
    completed, absent = sum(d.completed for d in found.outcomes), sum(d.no_show for d in found.outcomes)
    people = sum(d.people for d in found.waiting)
    booked, opened = sum(h.booked_minutes for h in found.hours), sum(h.open_minutes for h in found.hours)
    waited = sum(d.median * d.people for d in found.waiting)
    return [
        (words["served"], str(completed)),
        (words["median"], f"{charts.number(waited / people, language)} {words['minutes']}" if people else "–"),
        (words["absent"], _percent(absent, completed + absent, language)),
        (words["used"], _percent(booked, opened, language)),
        (words["lead"], f"{charts.number(found.lead[-1].days, language)} {words['days']}" if found.lead else "–"),
    ]


def _percent(part: float, whole: float, language: str) -> str:
    return f"{charts.number(100 * part / whole, language)} %" if whole else "–"
