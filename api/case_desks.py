"""What handlers of cases share: on the clerk's side of the desk, and on the person's."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from litestar import Response
from litestar.di import NamedDependency, Provide

from api.body import WireRequest
from api.context import Context
from api.idempotency import Command
from api.structs.case import CaseOut, ClerkCaseOut, case_out, clerk_case_out, clerks_in
from api.texts import Language, clerks_language, language_of
from api.wire import expected_version
from backend.cases import desk, queries, service
from backend.cases.model import Case
from backend.db import Connection, Principal
from backend.forms.errors import RevisionMissing
from backend.identity import Citizen, Clerk

Who = TypeVar("Who", Citizen, Clerk)
OfClerk = Callable[[Connection, Principal, int], Awaitable[Case]]
"""A clerk's change from the version that was seen."""
OfPerson = Callable[[Connection, int | None], Awaitable[Case]]


class _Side(Generic[Who]):
    def __init__(self, request: WireRequest, who: Who, context: Context, now: datetime) -> None:
        self.request, self.who, self.context, self.now = request, who, context, now
        self.forms = context.forms

    def told(self, done: list[Case], answer: Response[bytes]) -> Any:
        """The answer, once whoever watches is told."""
        for case in done:
            self.context.feed.tell(case.office_id, case.id)
            answer.headers["ETag"] = f'"{case.version}"'
        return answer


class ClerksSide(_Side[Clerk]):
    """Injected as ``desk``: the clerk, and what is to be done with a case of their offices."""

    @property
    def language(self) -> Language:
        return clerks_language(self.request.headers.get("accept-language"))

    @property
    def clerk_id(self) -> UUID:
        return self.who.clerk_id

    async def principal_of(self, case_id: UUID) -> Principal:
        """With whose eyes the clerk sees the case; raises CaseNotFound."""
        return await desk.principal_of(self.context.database, self.who, case_id)

    async def change(self, command: Command, case_id: UUID, step: OfClerk) -> Any:
        """One change, from the version that ``If-Match`` names."""
        version = expected_version(self.request)
        if version is None:
            raise RevisionMissing
        principal = await self.principal_of(case_id)
        done: list[Case] = []

        async def work(conn: Connection) -> ClerkCaseOut:
            case = await step(conn, principal, version)
            done.append(case)
            return await self.shown(conn, case)

        return self.told(done, await command.run(principal, work, status=200))

    async def shown(self, conn: Connection, case: Case) -> ClerkCaseOut:
        """The case with everything about it."""
        its = await service.version_of(conn, self.forms, case)
        events = await queries.list_events(conn, case.id)
        names = await queries.list_clerk_names(conn, clerks_in(case, events))
        return clerk_case_out(case, its, self.language, names, await queries.list_notes(conn, case.id), events)


class PersonsSide(_Side[Citizen]):
    """Injected as ``own``: the person, and what they do with their cases."""

    async def change(self, command: Command, step: OfPerson, *, status: int = 200, within: str | None = None) -> Any:
        """One change, from the version that ``If-Match`` names where there is one; ``within`` as of ``Command.run``."""
        language, version = self.language, expected_version(self.request)
        done: list[Case] = []

        async def work(conn: Connection) -> CaseOut:
            case = await step(conn, version)
            done.append(case)
            return case_out(case, await service.version_of(conn, self.forms, case), language)

        return self.told(done, await command.run(self.who.principal, work, status=status, within=within))

    @property
    def language(self) -> Language:
        return language_of(self.request.headers.get("accept-language"))


async def _clerks(
    request: WireRequest,
    clerk: NamedDependency[Clerk],
    context: NamedDependency[Context],
    now: NamedDependency[datetime],
) -> ClerksSide:
    return ClerksSide(request, clerk, context, now)


async def _persons(
    request: WireRequest,
    caller: NamedDependency[Citizen],
    context: NamedDependency[Context],
    now: NamedDependency[datetime],
) -> PersonsSide:
    return PersonsSide(request, caller, context, now)


CLERKS_SIDE: dict[str, Provide] = {"desk": Provide(_clerks)}
PERSONS_SIDE: dict[str, Provide] = {"own": Provide(_persons)}
