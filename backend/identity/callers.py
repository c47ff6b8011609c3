"""From a bearer token to who is asking.

A citizen comes with an access token of ours or with one of the citizens' identity provider; a clerk with one of the
clerks' provider. Signatures are checked once per token; that the session lives and whose it is now is read again every
``RECHECK_SECONDS``, so a logout or a stolen refresh token takes effect in every process within that time. A link to an
identity takes effect at once: its tokens name another person than is remembered, and the database lets nobody act for
the guest any more. A clerk's memberships are read at every request.
"""

from datetime import datetime, timedelta
from uuid import UUID

from backend.db import Database
from backend.identity import queries
from backend.identity.cache import BoundedCache
from backend.identity.console_sessions import ConsoleSessions
from backend.identity.errors import AuthenticationRequired, NoMembership, SessionEnded, TokenInvalid
from backend.identity.jws import read_issuer
from backend.identity.model import Citizen, Clerk
from backend.identity.oidc import Identity, OidcIssuer, open_issuers
from backend.identity.sessions import Sessions
from backend.identity.sign_in import open_sign_in
from backend.identity.tokens import Claims, TokenService
from backend.ids import new_id
from backend.settings import Settings

RECHECK_SECONDS = 60
_REMEMBERED = 20_000


class Callers:
    """Who is asking. One per process and event loop; ``close`` it."""

    def __init__(
        self,
        database: Database,
        tokens: TokenService,
        sessions: Sessions,
        citizens: OidcIssuer | None,
        clerks: OidcIssuer | None,
        settings: Settings,
    ) -> None:
        self.tokens = tokens
        self.sessions = sessions
        self.console = ConsoleSessions(database, settings)
        self.sign_in = open_sign_in(settings, clerks)
        self._database = database
        self._citizens = citizens
        self._clerks = clerks
        self._sessions: BoundedCache[UUID, UUID] = BoundedCache(_REMEMBERED)
        self._people: BoundedCache[tuple[str, str], UUID] = BoundedCache(_REMEMBERED)

    async def citizen(self, token: str | None, now: datetime) -> Citizen:
        """The person a token speaks for; raises the 401 errors of this room."""
        if not token:
            raise AuthenticationRequired
        claims = self.tokens.known(token, now)
        if claims is None and read_issuer(token) == self.tokens.issuer:
            claims = self.tokens.verify(token, now)
        if claims is not None:
            return await self._by_session(claims, now)
        identity = await self.identity(token, now)
        return Citizen(await self._person_of(identity, now))

    async def identity(self, token: str, now: datetime) -> Identity:
        """The citizen's identity that a token of the citizens' provider proves."""
        if self._citizens is None:
            raise TokenInvalid
        return await self._citizens.verify(token, now)

    async def clerk(self, token: str | None, now: datetime) -> Clerk:
        """The clerk a token speaks for, with the memberships of this moment; 403 ``no-membership`` without any."""
        if not token:
            raise AuthenticationRequired
        if self._clerks is None:
            raise TokenInvalid
        identity = await self._clerks.verify(token, now)
        async with self._database.connection() as conn:
            row = await queries.find_clerk(conn, identity.issuer, identity.subject)
        if row is None or not row.memberships:
            raise NoMembership
        return Clerk(row.id, row.display_name, tuple(row.memberships))

    def forget(self, citizen: Citizen) -> None:
        """Reads the session again at its next request: it has just changed."""
        if citizen.session_id is not None:
            self._sessions.drop(citizen.session_id)
        self._people.drop_value(citizen.person_id)

    async def close(self) -> None:
        """Closes the connections to the providers."""
        for issuer in (self._citizens, self._clerks):
            if issuer is not None:
                await issuer.close()
        if self.sign_in is not None:
            await self.sign_in.close()

    async def _by_session(self, claims: Claims, now: datetime) -> Citizen:
        person_id = self._sessions.get(claims.sid, now)
        if person_id is None or person_id != claims.sub:
            async with self._database.connection() as conn:
                found = await queries.find_live_session(conn, claims.sid, now)
            if found is None:
                raise SessionEnded
            person_id = found.id
            self._sessions.put(claims.sid, person_id, now + timedelta(seconds=RECHECK_SECONDS))
        return Citizen(person_id, claims.sid, claims.did)

    async def _person_of(self, identity: Identity, now: datetime) -> UUID:
        key = (identity.issuer, identity.subject)
        person_id = self._people.get(key, now)
        if person_id is None:
            async with self._database.connection() as conn:
                person_id = (await queries.ensure_person(conn, *key, new_id(), now)).id
            self._people.put(key, person_id, now + timedelta(seconds=RECHECK_SECONDS))
        return person_id


def open_callers(database: Database, settings: Settings) -> Callers:
    """The callers of an installation. Raises ``SettingsError`` for providers that cannot be trusted as configured."""
    citizens, clerks = open_issuers(settings)
    tokens = TokenService(settings)
    return Callers(database, tokens, Sessions(database, tokens, settings), citizens, clerks, settings)
