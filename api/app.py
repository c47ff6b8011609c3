"""The composition root: settings in, application out. Nothing else in the house builds what it works with."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from litestar import Controller, Litestar
from litestar.di import Provide
from litestar.routes import HTTPRoute

from api import parameters, problems
from api.auth import AUTH_DEPENDENCIES
from api.body import WireRequest
from api.context import Context, open_context
from api.idempotency import COMMAND_DEPENDENCIES
from api.routes import ROUTES
from api.routes.dev_issuer import dev_routes
from backend.settings import Settings, from_environment


def create_app(settings: Settings, routes: Sequence[type[Controller]] = ROUTES) -> Litestar:
    """The application; it connects when its lifespan starts."""

    @asynccontextmanager
    async def run(app: Litestar) -> AsyncGenerator[None]:
        async with open_context(settings) as context:
            app.state["context"] = context
            app.state["callers"] = context.callers
            yield

    async def provide_context() -> Context:
        found: Context = app.state["context"]
        return found

    app = Litestar(
        [*routes, *dev_routes(settings)],
        lifespan=[run],
        dependencies={"context": Provide(provide_context), **AUTH_DEPENDENCIES, **COMMAND_DEPENDENCIES},
        before_request=parameters.check_query,
        request_class=WireRequest,
        request_max_body_size=settings.max_body_bytes,
        exception_handlers=problems.HANDLERS,
        openapi_config=None,
        logging_config=None,
        debug=False,
        pdb_on_exception=False,
    )
    app.state["settings"] = settings
    app.state["parameters"] = parameters.collect(app)
    _resolve_one_by_one(app)
    return app


def create_app_from_environment() -> Litestar:
    """For granian's ``--factory``."""
    return create_app(from_environment())


def _resolve_one_by_one(app: Litestar) -> None:
    """Dependencies of a handler in sequence. Litestar starts a task for each of those that do not need one another;
    ours hardly wait, so the tasks cost more than they bring, and an error would come wrapped in a group."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for _, model in route.route_handler_map.values():
                model.dependency_batches = [{one} for batch in model.dependency_batches for one in batch]
