"""Statements that PostgreSQL plans once for each connection.

A plan takes it about as long as the rows of a page. `PREPARED_STATEMENTS=off` runs every statement
as it is: behind a pooler such as PgBouncer in transaction mode a connection's next statement may
reach another server process, which has prepared nothing. Where that shows, it is turned off by
itself, for this process.
"""

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import OperationalError, ProgrammingError, connection
from psycopg2.errors import DuplicatePreparedStatement, InvalidSqlStatementName

logger = logging.getLogger(__name__)

MOST = 100
"""Statements that one connection keeps; each takes the server some 20 to 50 KB."""


OF_ANOTHER_CONNECTION = (InvalidSqlStatementName, DuplicatePreparedStatement)
"""What is said where the statement was prepared on another connection of the pooler's."""


class _Switch:
    """Whether statements are prepared, as far as this process has seen."""

    is_on = True


def rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a SELECT with `%s` for its parameters. PostgreSQL only."""
    # In a transaction an error would end it; there is no second try.
    if settings.PREPARED_STATEMENTS and _Switch.is_on and not connection.in_atomic_block:
        name = f"s_{hashlib.sha256(sql.encode()).hexdigest()[:32]}"
        try:
            _prepare(name, sql, len(parameters))
            places = ", ".join(["%s"] * len(parameters))
            return _fetch(f"EXECUTE {name} ({places})", parameters)
        except (OperationalError, ProgrammingError) as error:
            if not isinstance(error.__cause__, OF_ANOTHER_CONNECTION):
                raise
            _Switch.is_on = False
            logger.warning("prepared_statements_off cause=%r", str(error))
    return _fetch(sql, parameters)


def _prepare(name: str, sql: str, count: int) -> None:
    """Prepares the statement, unless this connection has; it forgets the one not used longest."""
    connection.ensure_connection()
    raw = connection.connection
    known: OrderedDict[str, None]
    if getattr(connection, "prepared_on", None) is not raw:
        connection.prepared_on, connection.prepared = raw, OrderedDict()  # type: ignore[attr-defined]
    known = connection.prepared  # type: ignore[attr-defined]
    if name in known:
        known.move_to_end(name)
        return
    with raw.cursor() as cursor:
        if len(known) >= MOST:
            oldest, _ = known.popitem(last=False)
            cursor.execute(f"DEALLOCATE {oldest}")
        numbered = sql % tuple(f"${number}" for number in range(1, count + 1))
        cursor.execute(f"PREPARE {name} AS {numbered}")
    known[name] = None


def _fetch(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
