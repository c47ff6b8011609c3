"""What handlers work with: one Context per process and event loop, built when the application starts."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
from litestar import Litestar

from api.first_screen import FirstScreens
from api.middleware.answers import Answers
from api.streams import Streams
from backend.appointments.booking import RecentHolds
from backend.appointments.hot_calls import HotCalls
from backend.availability.engine import Engine
from backend.clients import Clients, Keyring
from backend.clock import system_now
from backend.db import Database, open_database
from backend.desk.feed import Feed
from backend.documents.receiving import Receiver
from backend.documents.store import ObjectStore
from backend.forms.versions import Versions
from backend.identity import Callers, open_callers
from backend.identity.keys import load_keys
from backend.identity.tokens import TokenService
from backend.limits import Limiter
from backend.notices.bell import Bell
from backend.settings import Settings


class Context(msgspec.Struct):
    """Injected as ``context``."""

    settings: Settings
    database: Database
    engine: Engine
    hot_calls: HotCalls
    recent_holds: RecentHolds
    callers: Callers
    keyring: Keyring
    clients: Clients
    tokens: TokenService
    limiter: Limiter
    answers: Answers
    first_screens: FirstScreens
    feed: Feed
    streams: Streams
    bell: Bell
    store: ObjectStore
    receiver: Receiver
    forms: Versions
    ready_at: float = 0.0
    """The monotonic second at which the process was last found ready."""

    def changed(self, *watched: UUID) -> None:
        """After the commit of a change that somebody is told of: wakes who watches, and the workers."""
        self.feed.tell(*watched)
        self.bell.ring()


@asynccontextmanager
async def open_context(settings: Settings) -> AsyncGenerator[Context]:
    """Connects to everything; closes it in reverse when the block ends."""
    async with AsyncExitStack() as stack:
        database = await open_database(
            settings.database_url,
            size=settings.database_pool_size,
            statement_timeout_seconds=settings.database_statement_timeout_seconds,
        )
        stack.push_async_callback(database.close)
        feed = Feed(database, settings.database_url)
        stack.push_async_callback(feed.close)
        bell = Bell(database)
        stack.push_async_callback(bell.close)
        load_keys(settings.pass_signing_keys, "EdDSA")  # what is none is found now, and not by the first pass
        callers = open_callers(database, settings)
        stack.push_async_callback(callers.close)
        keyring = Keyring(settings)
        store = ObjectStore(settings)
        stack.push_async_callback(store.close)
        yield Context(
            settings=settings,
            database=database,
            engine=Engine(database, settings),
            hot_calls=HotCalls(database),
            recent_holds=RecentHolds(),
            callers=callers,
            keyring=keyring,
            clients=Clients(database, keyring),
            tokens=callers.tokens,
            limiter=Limiter(database),
            answers=Answers(),
            first_screens=FirstScreens(database, settings),
            feed=feed,
            streams=Streams(settings),
            bell=bell,
            store=store,
            receiver=Receiver(database, store, settings, system_now),
            forms=Versions(),
        )


def context_of(app: "Litestar | Any") -> Context:
    """The running application's context."""
    found: Context = app.state["context"]
    return found
