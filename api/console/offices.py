"""The way to an office: whoever opens the console lands at the one they looked at last, or at their first."""

from typing import Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from api.auth import clerk as clerk_guard
from api.body import WireRequest
from api.console import cookies
from api.console.errors_page import PAGE_HANDLERS
from api.console.rendering import Seen
from api.context import Context
from backend.desk import scope
from backend.desk.scope import offices_of
from backend.identity import Clerk
from backend.identity.errors import NoMembership


class OfficesController(Controller):
    """The console's front door."""

    include_in_schema = False
    exception_handlers = PAGE_HANDLERS

    @get("/console", guards=[clerk_guard])
    async def enter(
        self, request: WireRequest, context: NamedDependency[Context], clerk: NamedDependency[Clerk]
    ) -> Response[Any]:
        """To today."""
        offices = await offices_of(context.database, clerk)
        if not offices:
            raise NoMembership
        liked = cookies.liking(request, "office")
        slug = liked if liked in {office.slug for office in offices} else offices[0].slug
        return Response(b"", status_code=303, headers={"Location": f"/console/today/{slug}"})


async def seen_at(context: NamedDependency[Context], clerk: NamedDependency[Clerk], office: FromPath[str]) -> Seen:
    """The office of the address, and the others to switch to; raises OfficeNotYours."""
    found, _ = await scope.office_of(context.database, clerk, office)
    return Seen(clerk, await offices_of(context.database, clerk), found)


SEEN = {"seen": Provide(seen_at)}
"""For the pages of one office: injected as ``seen``."""
