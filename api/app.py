"""The composition root: settings in, application out. Nothing else in the house builds what it works with."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from litestar import Controller, Litestar
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.routes import HTTPRoute

from api import parameters, problems
from api.auth import AUTH_DEPENDENCIES
from api.body import WireRequest
from api.citizen.app import CitizenController
from api.confirming.page import ConfirmationPageController
from api.console.errors_page import handle_unrouted
from api.console.screens import SCREENS
from api.context import Context, open_context
from api.docs.changes import ChangesController
from api.docs.guide import CollectionController, GuideController
from api.docs.overview import DocsController
from api.docs.written import Writer
from api.health import HealthController
from api.idempotency import COMMAND_DEPENDENCIES
from api.middleware.app_versions import AppVersions
from api.middleware.client_keys import Gate
from api.middleware.frame import Frame
from api.middleware.key_edge import KeyEdge
from api.middleware.limits import Limits
from api.middleware.metrics import Metrics, MetricsListener
from api.middleware.origins import Origins
from api.middleware.remembered import FromMemory
from api.middleware.short_way import ShortWay
from api.openapi import document as openapi
from api.routes import ROUTES
from api.routes.dev_issuer import dev_routes
from api.tus.edge import TusEdge
from api.well_known import WellKnownController
from backend import garbage, logs
from backend.settings import Settings, from_environment


def create_app(settings: Settings, routes: Sequence[type[Controller]] = ROUTES, *, short_way: bool = True) -> Litestar:
    """The application; it connects when its lifespan starts. ``short_way=False`` sends everything the long way."""
    metrics, apps = Metrics(), AppVersions(settings)

    @asynccontextmanager
    async def run(app: Litestar) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            context = await stack.enter_async_context(open_context(settings))
            app.state["context"] = context
            if settings.rate_limits == "on":
                frame.limits = Limits(settings, context.limiter)
            frame.gate = app.state["gate"] = Gate(settings, context.clients, context.callers.console)
            metrics.watch(context.database)
            if settings.metrics_port is not None:
                stack.callback(MetricsListener(metrics, settings.metrics_port).close)
            yield

    async def provide_context() -> Context:
        found: Context = app.state["context"]
        return found

    async def before(request: Any) -> None:
        await parameters.check_query(request)
        apps.check(request)
        if frame.limits is not None:
            await frame.limits.check_caller(request.scope)

    dependencies = {"context": Provide(provide_context), **AUTH_DEPENDENCIES, **COMMAND_DEPENDENCIES}
    origins = [origin.strip() for origin in settings.cors_origins.split(",") if origin.strip()]
    app = Litestar(
        [
            HealthController,
            DocsController,
            GuideController,
            CollectionController,
            ChangesController,
            WellKnownController,
            CitizenController,
            ConfirmationPageController,
            *routes,
            *SCREENS,
            *dev_routes(settings),
        ],
        lifespan=[run],
        dependencies=dependencies,
        before_request=before,
        request_class=WireRequest,
        request_max_body_size=settings.max_body_bytes,
        exception_handlers={**problems.HANDLERS, NotFoundException: handle_unrouted},
        openapi_config=None,
        logging_config=None,
        debug=False,
        pdb_on_exception=False,
    )
    app.state["settings"] = settings
    app.state["openapi"] = lambda: openapi.document([HealthController, *routes], dependencies, settings)
    app.state["writer"] = Writer(app.state["openapi"], settings)
    app.state["parameters"] = parameters.collect(app)
    _resolve_one_by_one(app)
    routed = ShortWay(app.asgi_handler, app, before) if short_way else app.asgi_handler
    frame = Frame(FromMemory(KeyEdge(routed, app), app, apps), settings, metrics)
    app.asgi_handler = Origins(TusEdge(frame), origins) if origins else TusEdge(frame)
    return app


def create_app_from_environment() -> Litestar:
    """For granian's ``--factory``."""
    settings = from_environment()
    logs.configure(settings.log_level)
    app = create_app(settings)
    app.on_startup.append(garbage.settle)
    return app


def _resolve_one_by_one(app: Litestar) -> None:
    """Dependencies of a handler in sequence. Litestar starts a task for each of those that do not need one another;
    ours hardly wait, so the tasks cost more than they bring, and an error would come wrapped in a group.
    """
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for _, model in route.route_handler_map.values():
                model.dependency_batches = [{one} for batch in model.dependency_batches for one in batch]
