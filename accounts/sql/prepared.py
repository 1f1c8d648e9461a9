"""Statements that PostgreSQL plans once for each connection, as a plan takes it about as long as
the rows of a page do. Where the connection prepares nothing they run as they are.

So does one with a pattern. A plan that is kept is made for any values: it would read rows in their
order until enough of them match, where an index has the few that begin as a rare pattern does.
"""

import hashlib
import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, Error, connections

logger = logging.getLogger(__name__)

MOST = 100
"""Statements that one connection keeps; each takes the server some 20 to 50 KB."""

PATTERN = " LIKE "
"""In the SQL of a search; the plan for it depends on what is sought."""

OUTDATED = {
    "0A000": "a column that a statement reads has another type by now",
    "26000": "somebody has told the server to forget the statement",
    "42P05": "the server has the statement, unknown to the connection",
}
"""The errors, by SQLSTATE, of a connection whose statements have to be prepared anew."""


def rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """What a statement answers, with `%s` for its parameters, whose places tell their types.

    PostgreSQL only. What was prepared may be outdated, by a migration for one: outside of a
    transaction nobody notices; one in a transaction fails, as that has ended it, but only once.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]  # itself: `connection` asks anew for each word
    # What a lost connection had prepared is unknown to the one that takes its place.
    database.close_if_health_check_failed()
    database.ensure_connection()
    if database.prepared is None or PATTERN in sql:
        return _fetched(database, sql, parameters)
    try:
        return _executed(database, sql, parameters)
    except Error as error:
        if getattr(error.__cause__, "pgcode", None) not in OUTDATED:
            raise
        logger.warning("statements_prepared_anew cause=%r", error)
        database.prepared.clear()
        if not database.get_autocommit():
            raise
    return _executed(database, sql, parameters)


def _executed(database: Any, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    name = _prepared(database, sql, len(parameters))
    # PostgreSQL takes no empty brackets.
    values = f" ({', '.join(['%s'] * len(parameters))})" if parameters else ""
    return _fetched(database, f"EXECUTE {name}{values}", parameters)


def _fetched(database: Any, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
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
        if not known:
            # A new connection has none, but one that was told to forget them still has them.
            cursor.execute("DEALLOCATE ALL")
        elif len(known) >= MOST:
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
