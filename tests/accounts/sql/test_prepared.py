"""Statements that a connection prepares: once, no more than it keeps, and only where it may.

And anew, where what it has prepared is outdated.
"""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    DataError,
    InternalError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)
from pytest_django import Settings

from accounts.sql import prepared
from backend.postgresql.base import DatabaseWrapper


class BehindAPooler(psycopg2.extensions.connection):
    """What PgBouncer gives: the key for cancelling names no process of the server."""

    def get_backend_pid(self) -> int:
        return super().get_backend_pid() + 1


@pytest.fixture(autouse=True)
def _nothing_prepared(db: None) -> None:
    execute("DEALLOCATE ALL")
    connection.prepared.clear()  # type: ignore[attr-defined]  # backend.postgresql's


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def known() -> list[str]:
    """The names that the connection believes to have prepared; the server agrees."""
    believed: list[str] = list(connection.prepared)  # type: ignore[attr-defined]  # as above
    return believed


def on_the_server() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements ORDER BY prepare_time")
        return [name for (name,) in cursor.fetchall()]


def test_a_statement_is_prepared_once_whatever_its_parameters() -> None:
    for number in (1, 2, 3):
        assert prepared.rows("SELECT %s::int + %s::int", [number, 10]) == [(number + 10,)]

    assert len(on_the_server()) == 1
    assert on_the_server() == known()


def test_another_text_is_another_statement() -> None:
    assert prepared.rows("SELECT %s::int", [1]) == [(1,)]
    assert prepared.rows("SELECT %s::int + 1", [1]) == [(2,)]

    assert len(on_the_server()) == 2


def test_a_pattern_is_planned_with_its_value() -> None:
    for pattern, is_found in (("a%", True), ("b%", False), ("a\\%", False)):
        assert prepared.rows("SELECT 'a%%b' LIKE %s", [pattern]) == [(is_found,)]

    assert on_the_server() == known() == []


def test_a_statement_may_have_no_parameters() -> None:
    for _ in range(2):
        assert prepared.rows("SELECT 1", []) == [(1,)]

    assert len(on_the_server()) == 1


@pytest.mark.parametrize("is_prepared", [True, False])
def test_a_percent_sign_is_written_twice_and_means_one(
    monkeypatch: pytest.MonkeyPatch, *, is_prepared: bool
) -> None:
    if not is_prepared:
        monkeypatch.setattr(connections[DEFAULT_DB_ALIAS], "prepared", None)

    assert prepared.rows("SELECT 'a%%b' = %s, 10 %% 3", ["a%b"]) == [(True, 1)]
    assert prepared.rows("SELECT %s", ["50% of %s"]) == [("50% of %s",)]


def test_the_one_not_used_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "MOST", 2)
    prepared.rows("SELECT 1 + %s", [1])
    prepared.rows("SELECT 2 + %s", [1])
    first, second = known()
    prepared.rows("SELECT 1 + %s", [1])

    prepared.rows("SELECT 3 + %s", [1])

    assert second not in on_the_server()
    assert first in on_the_server()
    assert set(known()) == set(on_the_server())
    assert len(known()) == 2
    assert prepared.rows("SELECT 2 + %s", [1]) == [(3,)]


def test_what_was_prepared_in_a_transaction_outlives_its_end() -> None:
    with transaction.atomic():
        prepared.rows("SELECT %s::int", [1])
        transaction.set_rollback(True)
    with transaction.atomic():
        assert prepared.rows("SELECT %s::int", [2]) == [(2,)]

    assert len(on_the_server()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_prepares_anew() -> None:
    prepared.rows("SELECT %s::int", [1])
    (name,) = known()

    connection.close()

    assert prepared.rows("SELECT %s::int", [2]) == [(2,)]
    assert on_the_server() == known() == [name]


def test_a_statement_that_cannot_be_prepared_fails_as_any_other_does() -> None:
    with pytest.raises(ProgrammingError, match="nowhere"), transaction.atomic():
        prepared.rows("SELECT 1 FROM nowhere", [])

    assert known() == on_the_server() == []


def test_none_makes_room_where_the_transaction_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server would refuse to forget it: it would have a statement that nobody knows of."""
    monkeypatch.setattr(prepared, "MOST", 1)

    def go_on_after_an_error() -> None:
        with pytest.raises(DataError, match="zero"):
            prepared.rows("SELECT 1 / %s::int", [0])
        prepared.rows("SELECT 2 / %s::int", [1])

    with pytest.raises(InternalError, match="aborted"), transaction.atomic():
        go_on_after_an_error()

    assert len(known()) == 1
    assert known() == on_the_server()


@pytest.fixture
def _names(db: None) -> Iterator[None]:
    execute("CREATE TEMPORARY TABLE names (name varchar(10))")
    execute("INSERT INTO names VALUES ('alice')")
    yield
    execute("DROP TABLE IF EXISTS names")


def alter() -> None:
    execute("ALTER TABLE names ALTER name TYPE varchar(20)")


def make_the_server_forget() -> None:
    execute("DEALLOCATE ALL")


def make_the_connection_forget() -> None:
    connection.prepared.popitem(last=False)  # type: ignore[attr-defined]  # as above


NAMES = "SELECT name FROM names WHERE name = %s"
WAYS = pytest.mark.parametrize(
    "outdate", [alter, make_the_server_forget, make_the_connection_forget]
)


def prepare_two() -> None:
    assert prepared.rows(NAMES, ["alice"]) == [("alice",)]
    assert prepared.rows("SELECT %s::int", [1]) == [(1,)]


@WAYS
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_names")
def test_what_is_outdated_is_prepared_anew_unnoticed(
    outdate: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    prepare_two()
    outdate()

    for _ in range(2):
        prepare_two()

    assert len(known()) == 2
    assert known() == on_the_server()
    assert [each.message.split()[0] for each in caplog.records] == ["statements_prepared_anew"]


@WAYS
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_names")
def test_what_is_outdated_fails_one_transaction_and_no_other(outdate: Callable[[], None]) -> None:
    prepare_two()
    outdate()

    with pytest.raises(DatabaseError), transaction.atomic():
        prepare_two()

    for _ in range(2):
        with transaction.atomic():
            prepare_two()
    assert len(known()) == 2
    assert known() == on_the_server()


@WAYS
@pytest.mark.usefixtures("_names")
def test_a_transaction_goes_on_from_before_what_was_outdated(outdate: Callable[[], None]) -> None:
    prepare_two()
    outdate()

    with pytest.raises(DatabaseError), transaction.atomic():
        prepare_two()

    prepare_two()
    assert len(known()) == 2
    assert known() == on_the_server()


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Iterator[DatabaseWrapper]:
    """Another connection, through which statements go; its options may be changed before."""
    settings: dict[str, Any] = {**connection.settings_dict, "CONN_MAX_AGE": 0}
    settings["OPTIONS"] = {**settings["OPTIONS"]}
    wrapper = DatabaseWrapper(settings, "other")
    monkeypatch.setattr(prepared, "connections", {DEFAULT_DB_ALIAS: wrapper})
    yield wrapper
    wrapper.close()


def prepares(wrapper: DatabaseWrapper) -> bool:
    """Whether that connection prepares what it executes, which works either way."""
    for number in (1, 2):
        assert prepared.rows("SELECT %s::int", [number]) == [(number,)]
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        (count,) = cursor.fetchone()
    assert (wrapper.prepared is not None) == bool(count)
    return bool(count)


def test_a_direct_connection_prepares(other: DatabaseWrapper) -> None:
    assert prepares(other)


def test_a_connection_through_a_pooler_prepares_nothing(other: DatabaseWrapper) -> None:
    other.settings_dict["OPTIONS"]["connection_factory"] = BehindAPooler

    assert not prepares(other)


def test_the_setting_turns_it_off(other: DatabaseWrapper, settings: Settings) -> None:
    settings.PREPARED_STATEMENTS = False

    assert not prepares(other)
