"""One file per room: In and Out Structs and a Controller with short handlers."""

from litestar import Controller

from api.routes.availability import AvailabilityController
from api.routes.catalogue import CatalogueController
from api.routes.dev_issuer import dev_routes
from api.routes.keys import KeysController
from api.routes.me import MeController
from api.routes.sessions import SessionsController

ROUTES: list[type[Controller]] = [
    AvailabilityController,
    CatalogueController,
    KeysController,
    MeController,
    SessionsController,
]

__all__ = ["ROUTES", "dev_routes"]
