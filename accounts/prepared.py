"""Statements that PostgreSQL plans once for each connection, as a plan takes it about as long as
the rows of a page do. Where the connection prepares nothing they run as they are.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.db import connection

MOST = 100
"""Statements that one connection keeps; each takes the server some 20 to 50 KB."""


def rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """What a statement answers, with `%s` for its parameters, whose places tell their types.

    PostgreSQL only.
    """
    # What a lost connection had prepared is unknown to the one that takes its place.
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    if connection.prepared is not None:  # type: ignore[attr-defined]  # backend.postgresql's
        name = _prepared(sql, len(parameters))
        # PostgreSQL takes no empty brackets.
        values = f" ({', '.join(['%s'] * len(parameters))})" if parameters else ""
        sql = f"EXECUTE {name}{values}"
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _prepared(sql: str, count: int) -> str:
    """The name under which this connection has prepared the statement."""
    # The same text has the same name everywhere, so that no name can stand for another statement.
    name = f"s_{hashlib.sha256(sql.encode()).hexdigest()[:32]}"
    known = connection.prepared  # type: ignore[attr-defined]  # as above
    if name in known:
        known.move_to_end(name)
        return name
    with connection.connection.cursor() as cursor:
        if len(known) >= MOST:
            oldest, _ = known.popitem(last=False)
            cursor.execute(f"DEALLOCATE {oldest}")
        numbered = sql % tuple(f"${number}" for number in range(1, count + 1))
        cursor.execute(f"PREPARE {name} AS {numbered}")
    known[name] = None
    return name
