"""Statements that PostgreSQL plans once for each connection, as a plan takes it about as long as
the rows of a page do. Where the connection prepares nothing they run as they are.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

MOST = 100
"""Statements that one connection keeps; each takes the server some 20 to 50 KB."""


def rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """What a statement answers, with `%s` for its parameters, whose places tell their types.

    PostgreSQL only.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]  # itself: `connection` asks anew for each word
    # What a lost connection had prepared is unknown to the one that takes its place.
    database.close_if_health_check_failed()
    database.ensure_connection()
    if database.prepared is not None:
        name = _prepared(database, sql, len(parameters))
        # PostgreSQL takes no empty brackets.
        values = f" ({', '.join(['%s'] * len(parameters))})" if parameters else ""
        sql = f"EXECUTE {name}{values}"
    with database.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _prepared(database: Any, sql: str, count: int) -> str:
    """The name under which this connection has prepared the statement."""
    name, known = _name(sql), database.prepared
    if name in known:
        known.move_to_end(name)
        return name
    with database.wrap_database_errors, database.connection.cursor() as cursor:
        if len(known) >= MOST:
            oldest = next(iter(known))
            cursor.execute(f"DEALLOCATE {oldest}")
            del known[oldest]
        numbered = sql % tuple(f"${number}" for number in range(1, count + 1))
        cursor.execute(f"PREPARE {name} AS {numbered}")
    known[name] = None
    return name


@lru_cache(maxsize=1000)
def _name(sql: str) -> str:
    """The same text has the same name everywhere, so that no name can stand for another one."""
    return f"s_{hashlib.sha256(sql.encode()).hexdigest()[:32]}"
