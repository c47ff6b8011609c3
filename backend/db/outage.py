"""Which exceptions mean that the database cannot answer at this moment, as opposed to a fault of ours."""

import asyncpg

OUTAGES: tuple[type[BaseException], ...] = (
    ConnectionError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,  # the pool is closing, or a connection died in the midst of a statement
    asyncpg.InternalClientError,  # the same, between two of a connection's states
    asyncpg.TooManyConnectionsError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.QueryCanceledError,  # statement_timeout
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby, in the moment of a switch-over
    asyncpg.InsufficientResourcesError,
)
_FAULTS = (asyncpg.DataError,)  # asyncpg's client-side DataError is an InterfaceError as well


def is_outage(error: BaseException) -> bool:
    """True when trying again in a moment may well succeed."""
    if isinstance(error, (*_FAULTS, asyncpg.UnsupportedClientFeatureError)):
        return False
    return isinstance(error, OUTAGES)
