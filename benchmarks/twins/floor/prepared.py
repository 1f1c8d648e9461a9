"""The floor's floor: prepared statements, into which the user check is folded.

Whether a token is live, and the page, are one round trip; no row at all is a dead token. The size
of a page is part of the statement: without it PostgreSQL plans for a tenth of the table.
"""

from collections.abc import Sequence
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812  # psycopg2's name of a class

from benchmarks.twins.floor import statements
from benchmarks.twins.floor.answers import OWN, PUBLIC, Row
from benchmarks.twins.floor.statements import FIRST, LIVE
from benchmarks.twins.floor.store import Store
from benchmarks.twins.floor.tokens import Account, Unauthenticated

ROWS = 21
"""Of a page of 20, and one more that tells whether the list goes on."""

MY_PAGE = f"""SELECT page.* FROM accounts_user LEFT JOIN LATERAL (
    SELECT {OWN} FROM habits_habit h LEFT JOIN habits_habit r ON r.id = h.related_habit_id
    WHERE h.owner_id = accounts_user.id AND h.id < %s ORDER BY h.id DESC LIMIT {ROWS}
    ) AS page ON true WHERE accounts_user.{LIVE}"""  # noqa: S608  # no outside text
PUBLIC_PAGE = f"""SELECT page.* FROM accounts_user LEFT JOIN LATERAL (
    SELECT {PUBLIC} FROM habits_habit h
    LEFT JOIN habits_habit r ON r.id = h.related_habit_id AND r.is_public
    WHERE h.is_public AND h.id < %s ORDER BY h.id DESC LIMIT {ROWS}
    ) AS page ON true WHERE accounts_user.{LIVE}"""  # noqa: S608  # no outside text
PERSON_WITH_COUNT = f"""SELECT time_zone, day_starts_at,
    (SELECT count(*) FROM habits_habit WHERE owner_id = accounts_user.id)
    FROM accounts_user WHERE {LIVE} FOR NO KEY UPDATE"""  # noqa: S608  # no outside text

PREPARED = {
    "MY_PAGE": (MY_PAGE, "bigint, bigint, int"),
    "PUBLIC_PAGE": (PUBLIC_PAGE, "bigint, bigint, int"),
    "PERSON_WITH_COUNT": (PERSON_WITH_COUNT, "bigint, int"),
    "RELATED": (statements.RELATED, "bigint"),
    "INSERT": (
        statements.INSERT,
        "bigint, text, text, time, int, int, int, date, text, bigint, boolean, boolean,"
        " timestamptz, text, text, timestamptz, timestamptz",
    ),
    "PERSON": (statements.PERSON, "bigint, int"),
    "HABITS": (statements.HABITS, "bigint"),
    "PROGRESS": (statements.PROGRESS, "bigint[]"),
    "CHECK_INS": (statements.CHECK_INS, "bigint[], date"),
    "PAST_SCHEDULES": (statements.PAST_SCHEDULES, "bigint[], date"),
    "PAST_PAUSES": (statements.PAST_PAUSES, "bigint[], date"),
}
"""Each statement with the types of its parameters."""


class PreparedStore(Store):
    """Two round trips for a new habit, one for a page."""

    def prepare(self, connection: Connection) -> None:
        with connection.cursor() as cursor:
            for name, (sql, types) in PREPARED.items():
                first, *rest = sql.split("%s")
                numbered = first + "".join(f"${n}{part}" for n, part in enumerate(rest, 1))
                cursor.execute(f"PREPARE {name} ({types}) AS {numbered}")

    def rows(self, name: str, *parameters: Any) -> Sequence[Row]:
        with self.connection.cursor() as cursor:
            places = ", ".join(["%s"] * len(parameters))
            cursor.execute(f"EXECUTE {name} ({places})", parameters)
            return cursor.fetchall()

    def my_page(self, account: Account, after: int | None, size: int) -> Sequence[Row]:
        return self._page("MY_PAGE", account, after, size)

    def public_page(self, account: Account, after: int | None, size: int) -> Sequence[Row]:
        return self._page("PUBLIC_PAGE", account, after, size)

    def _page(self, name: str, account: Account, after: int | None, size: int) -> Sequence[Row]:
        if size != ROWS:
            raise ValueError(f"only pages of {ROWS - 1} are prepared")
        found = self.rows(name, FIRST if after is None else after, *account)
        if not found:
            raise Unauthenticated
        # A live person and an empty page are one row of nothing.
        return [row for row in found if row[0] is not None]

    def person_with_count(self, account: Account) -> tuple[Row, int]:
        found = self.rows("PERSON_WITH_COUNT", *account)
        if not found:
            raise Unauthenticated
        *person, count = found[0]
        return person, count
