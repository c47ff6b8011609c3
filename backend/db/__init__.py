"""PostgreSQL: the pool, principals, typed statements."""

from backend.db.pool import Connection, Database, Principal, open_database
from backend.db.statements import Statements, load

__all__ = ["Connection", "Database", "Principal", "Statements", "load", "open_database"]
