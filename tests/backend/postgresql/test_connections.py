"""A kept connection is looked at before each request, and asked only where there is a reason."""

from collections.abc import Iterator

import psycopg2
import pytest
from django.db import close_old_connections, connection
from django.db.backends.postgresql.base import DatabaseWrapper as DjangoDatabaseWrapper

from accounts.models import User
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
    assert [each.message for each in caplog.records if "starts_over" in each.message] == []


@pytest.mark.usefixtures("alice")
def test_a_change_is_made_though_the_server_has_ended_the_connection(
    as_alice: Caller, alice: User, terminate: object
) -> None:
    terminate()  # type: ignore[operator]  # a function

    close_old_connections()

    assert as_alice.data(CREATE, input=USEFUL)["__typename"] == "Habit"
    assert alice.habits.count() == 1


def test_a_closed_connection_is_not_usable() -> None:
    connection.ensure_connection()
    assert connection.is_usable()

    connection.connection.close()

    assert not connection.is_usable()
    connection.close()
    assert not connection.is_usable()
    assert pid()
