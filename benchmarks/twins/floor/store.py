"""One connection a thread, and what is asked through it: each statement is sent as text."""

import os
import threading
from collections.abc import Sequence
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812  # psycopg2's name of a class

from benchmarks.twins.floor import statements
from benchmarks.twins.floor.answers import Row
from benchmarks.twins.floor.statements import FIRST
from benchmarks.twins.floor.tokens import Account, Unauthenticated


class Store:
    """The user check is a statement of its own, which comes first."""

    def __init__(self) -> None:
        self._local = threading.local()

    @property
    def connection(self) -> Connection:
        found: Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = psycopg2.connect(os.environ["DATABASE_URL"])
            found.autocommit = True
            self.prepare(found)
            self._local.connection = found
        return found

    def prepare(self, connection: Connection) -> None:
        """What a new connection needs before it is asked anything."""

    def rows(self, name: str, *parameters: Any) -> Sequence[Row]:
        """What the statement of that name answers."""
        with self.connection.cursor() as cursor:
            cursor.execute(getattr(statements, name), parameters)
            return cursor.fetchall()

    def person(self, account: Account, *, for_change: bool = False) -> Row:
        """The live person's zone and start of the day, locked for a change."""
        found = self.rows("PERSON_FOR_CHANGE" if for_change else "PERSON", *account)
        if not found:
            raise Unauthenticated
        return found[0]

    def my_page(self, account: Account, after: int | None, size: int) -> Sequence[Row]:
        self.person(account)
        return self.rows("MY_PAGE", account[0], FIRST if after is None else after, size)

    def public_page(self, account: Account, after: int | None, size: int) -> Sequence[Row]:
        self.person(account)
        return self.rows("PUBLIC_PAGE", FIRST if after is None else after, size)

    def person_with_count(self, account: Account) -> tuple[Row, int]:
        """The locked person, and how many habits they have."""
        person = self.person(account, for_change=True)
        return person, self.rows("COUNT", account[0])[0][0]
