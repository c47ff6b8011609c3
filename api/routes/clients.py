"""What a client may ask by its key alone."""

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.auth import client as client_guard
from api.body import WireRequest
from api.declared import raises
from api.structs.client import CallerOut
from api.wire import respond
from backend.clients import Caller


class ClientsController(Controller):
    """The client that asks."""

    path = "/v1/clients/current"
    tags = ("Clients",)
    guards = (client_guard,)

    @get("/", operation_id="readClient", opt=raises(), summary="Who this key stands for")
    async def read(self, request: WireRequest, client: NamedDependency[Caller]) -> Response[CallerOut]:
        """A cheap way to see whether a key is good, in which cities, and until when."""
        found = CallerOut(
            id=client.client_id, name=client.name, environment=client.environment, cities=client.cities,
            scopes=client.scopes, key_expires_at=client.expires_at,
        )  # fmt: skip
        return respond(request, found)
