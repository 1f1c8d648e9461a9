"""A kept connection is looked at before each request, and asked only where there is a reason.

It outlives migrations.
"""

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.db import close_old_connections, connection
from django.db.backends.postgresql.base import DatabaseWrapper as DjangoDatabaseWrapper

from accounts.models import User
from habits.models import Habit
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import CREATE, USEFUL

pytestmark = pytest.mark.django_db(transaction=True)

OWN = "{ habits { edges { node { action } } } }"


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Grows each time that Django asks a server whether the connection works."""
    asked: list[object] = []
    original = DjangoDatabaseWrapper.is_usable

    def is_usable(self: DjangoDatabaseWrapper) -> bool:
        asked.append(self)
        return original(self)

    monkeypatch.setattr(DjangoDatabaseWrapper, "is_usable", is_usable)
    return asked


def pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (found,) = cursor.fetchone()
    return int(found)


@pytest.fixture
def terminate() -> Iterator[object]:
    """Ends the server's side of this thread's connection, which is idle."""
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    other = psycopg2.connect(**parameters)
    other.autocommit = True

    def end() -> None:
        ended = pid()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])
            assert cursor.fetchone() == (True,)

    yield end
    other.close()


def test_a_live_connection_is_not_asked(
    as_alice: Caller, alice: User, make_habit: MakeHabit, questions: list[object]
) -> None:
    make_habit(alice)
    before = pid()
    for _ in range(3):
        close_old_connections()
        assert len(as_alice.data(OWN)["edges"]) == 1

    assert questions == []
    assert pid() == before


@pytest.mark.parametrize("is_known", [True, False])
def test_a_request_is_answered_though_the_server_has_ended_the_connection(
    as_alice: Caller,
    alice: User,
    make_habit: MakeHabit,
    terminate: object,
    questions: list[object],
    caplog: pytest.LogCaptureFixture,
    *,
    is_known: bool,
) -> None:
    """Whether or not that had prepared the statement, and without a second try."""
    caplog.set_level("DEBUG", "backend.execution")
    make_habit(alice)
    if is_known:
        as_alice.data(OWN)
    before = pid()
    terminate()  # type: ignore[operator]  # a function

    close_old_connections()

    assert len(as_alice.data(OWN)["edges"]) == 1
    assert pid() != before
    assert len(questions) == 1
    assert [each.message for each in caplog.records if "started_over" in each.message] == []


@pytest.mark.usefixtures("alice")
def test_a_change_is_made_though_the_server_has_ended_the_connection(
    as_alice: Caller, alice: User, terminate: object
) -> None:
    terminate()  # type: ignore[operator]  # a function

    close_old_connections()

    assert as_alice.data(CREATE, input=USEFUL)["__typename"] == "Habit"
    assert alice.habits.count() == 1


@pytest.fixture
def alter() -> Iterator[object]:
    """Widens a column of people and one of habits, as a migration would."""

    fields: list[Any] = [User._meta.get_field("first_name"), Habit._meta.get_field("action")]

    def multiply(factor: int) -> None:
        for field in fields:
            table, length = field.model._meta.db_table, field.max_length * factor
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE {table} ALTER {field.column} TYPE varchar({length})")

    yield lambda: multiply(2)
    multiply(1)


ME = "{ me { firstName } }"


@pytest.mark.usefixtures("compiled")
def test_a_migration_is_not_noticed_by_those_who_read(
    as_alice: Caller,
    alice: User,
    make_habit: MakeHabit,
    alter: object,
    caplog: pytest.LogCaptureFixture,
) -> None:
    make_habit(alice)
    before = pid(), as_alice.data(ME), as_alice.data(OWN)
    alter()  # type: ignore[operator]  # a function

    assert (pid(), as_alice.data(ME), as_alice.data(OWN)) == before
    assert [each.message for each in caplog.records if "started_over" in each.message] == []


@pytest.mark.usefixtures("compiled")
def test_a_migration_fails_one_change_of_a_connection_at_the_most(
    as_alice: Caller, alice: User, alter: object
) -> None:
    """Whose transaction is undone."""
    as_alice.data(CREATE, input=USEFUL)
    before = pid()
    alter()  # type: ignore[operator]  # a function

    assert as_alice.error_code(CREATE, input=USEFUL) == "INTERNAL_SERVER_ERROR"
    assert alice.habits.count() == 1
    for _ in range(2):
        assert as_alice.data(CREATE, input=USEFUL)["__typename"] == "Habit"
    assert alice.habits.count() == 3
    assert pid() == before


def test_a_closed_connection_is_not_usable() -> None:
    connection.ensure_connection()
    assert connection.is_usable()

    connection.connection.close()

    assert not connection.is_usable()
    connection.close()
    assert not connection.is_usable()
    assert pid()
