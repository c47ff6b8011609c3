"""Cases: what was handed in at an office, with its answers beside its documents, and what clerks make of it."""

from typing import Any, get_args

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.auth import clerk as clerk_guard
from api.body import WireRequest
from api.console.errors_page import PAGE_HANDLERS
from api.console.offices import SEEN
from api.console.rendering import Seen, language_for, render
from api.context import Context
from backend.cases.model import State
from backend.cases.queries import list_colleagues


class CasesController(Controller):
    """The page; cases come from the API, and a stream says when to look again."""

    include_in_schema = False
    exception_handlers = PAGE_HANDLERS
    dependencies = SEEN

    @get("/console/cases/{office:str}", guards=[clerk_guard])
    async def show(
        self,
        request: WireRequest,
        seen: NamedDependency[Seen],
        context: NamedDependency[Context],
    ) -> Response[Any]:
        """Names no case: whoever opens one is recorded where it is read."""
        language = language_for(request)
        async with context.database.transaction(seen.clerk.principal_for(seen.office.id)) as conn:
            colleagues = await list_colleagues(conn, seen.office.city_id, seen.office.id)
            offered = await context.forms.offered(conn, seen.office.city_id)
        titles = [(str(one.row.form_id), one.form.text("form.title", language) or one.row.slug) for one in offered]
        data = {
            **seen.data,
            "me": str(seen.clerk.clerk_id),
            "clerks": [{"id": str(one.id), "name": one.name} for one in colleagues],
        }
        settings = context.settings
        return render(
            request,
            "cases.html",
            seen=seen,
            screen="cases",
            data=data,
            store=settings.s3_public_endpoint_url or settings.s3_endpoint_url,
            states=get_args(State),
            forms=sorted(titles, key=lambda one: one[1]),
            colleagues=[one for one in colleagues if one.id != seen.clerk.clerk_id],
        )
