"""SQL that the ORM writes once, and that is not used for what it was not written for."""

import datetime
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import serializers
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.db.models.sql.compiler import SQLCompiler, SQLInsertCompiler

from accounts.models import User
from accounts.sql import statements
from habits.models import Habit
from tests.conftest import MakeHabit
from tests.habits.conftest import Freeze, freeze  # noqa: F401  # a fixture

pytestmark = pytest.mark.usefixtures("_no_sql_written")

SHAPE = "a shape of this test"


@pytest.fixture
def writings(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Grows each time that the ORM writes SQL."""
    written: list[object] = []
    for compiler in (SQLCompiler, SQLInsertCompiler):
        original = compiler.as_sql

        def as_sql(self: Any, *args: Any, original: Any = original, **options: Any) -> Any:
            written.append(self)
            return original(self, *args, **options)

        monkeypatch.setattr(compiler, "as_sql", as_sql)
    return written


def email_of(pk: int, parameters: list[Any] | None = None) -> list[Any]:
    def build() -> QuerySet[User, Any]:
        return User.objects.filter(pk=pk).values_list("email")

    return statements.rows(SHAPE, build, [pk] if parameters is None else parameters)


def test_the_orm_writes_the_sql_of_a_shape_once(
    alice: User, bob: User, writings: list[object]
) -> None:
    assert email_of(alice.pk) == [(alice.email,)]
    assert len(writings) == 1

    assert email_of(bob.pk) == [(bob.email,)]
    assert email_of(alice.pk) == [(alice.email,)]
    assert len(writings) == 1


def test_other_parameters_than_the_orms_are_not_used(alice: User, bob: User) -> None:
    """A mistake about them costs time; it shows nobody's rows to another."""
    assert email_of(alice.pk, [bob.pk]) == [(alice.email,)]
    assert email_of(alice.pk, [bob.pk, alice.pk]) == [(alice.email,)]
    assert len(statements.STATEMENTS) == 0


def test_parameters_in_another_order_than_the_orms_are_not_used(alice: User) -> None:
    found = statements.rows(
        SHAPE,
        lambda: User.objects.filter(email=alice.email, first_name="Alice").values_list("pk"),
        ["Alice", alice.email],
    )

    assert found == [(alice.pk,)]
    assert len(statements.STATEMENTS) == 0


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
def test_a_number_beyond_a_columns_goes_the_orms_way(alice: User, number: int) -> None:
    for _ in range(2):
        assert email_of(number) == []
        assert email_of(alice.pk) == [(alice.email,)]


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63)])
def test_the_greatest_number_of_a_column_is_looked_for(alice: User, number: int) -> None:
    assert email_of(alice.pk) == [(alice.email,)]
    assert email_of(number) == []


def test_another_database_gets_the_query_itself(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "connection", SimpleNamespace(vendor="sqlite"))

    assert email_of(alice.pk) == [(alice.email,)]
    assert email_of(bob.pk) == [(bob.email,)]
    found = statements.models(
        User, SHAPE, lambda named: User.objects.filter(pk=bob.pk).annotate(**named), [bob.pk], {}
    )
    assert found == [bob]
    assert len(statements.STATEMENTS) == 0


def test_models_are_whole_and_annotated(alice: User, bob: User, writings: list[object]) -> None:
    def read(user: User) -> User:
        (found,) = statements.models(
            User,
            SHAPE,
            lambda named: User.objects.filter(pk=user.pk).annotate(**named).order_by(),
            [user.pk],
            {"length": Length("email")},
        )
        return found

    for user in (alice, bob):
        found = read(user)
        stored = User.objects.filter(pk=user.pk).values().get()
        assert {name: found.__dict__[name] for name in stored} == stored
        assert found.__dict__["length"] == len(user.email)
    assert len(statements.STATEMENTS) == 1
    assert len(writings) == 3  # of which two are the test's own


def test_shapes_with_and_without_annotations_are_two(alice: User) -> None:
    def read(annotations: dict[str, Any], parameters: list[Any]) -> User:
        (found,) = statements.models(
            User,
            SHAPE,
            lambda named: User.objects.filter(pk=alice.pk).annotate(**named).order_by(),
            parameters,
            annotations,
        )
        return found

    assert not hasattr(read({}, [alice.pk]), "length")
    assert read({"length": Length("email")}, [alice.pk]).__dict__["length"] == len(alice.email)
    assert not hasattr(read({}, [alice.pk]), "length")


MOMENT = "2026-03-02T12:00:00.123456Z"

HABITS: dict[str, Callable[[Habit], dict[str, Any]]] = {
    "a useful one": lambda _tea: {},
    "an enjoyed one": lambda _tea: {"is_enjoyed": True, "is_public": True, "periodicity": None},
    "a rewarded one": lambda tea: {"related_habit": tea, "weekdays": 5, "periodicity": None},
    "one with odd texts": lambda _tea: {"action": "50% 'of' \"$1\" %s \\ ß", "place": "ИЖ"},
    "a copy": lambda tea: {"adopted_from": tea, "duration": 120},
    "a paused one": lambda _tea: {
        "paused_from": datetime.date(2026, 3, 1),
        "paused_until": datetime.date(2026, 3, 9),
        "next_due_at": datetime.datetime(2026, 3, 10, 7, 30, tzinfo=datetime.UTC),
    },
    "one with a number": lambda _tea: {"pk": 10**9},
}


@pytest.mark.parametrize("what", HABITS)
def test_an_insert_writes_what_the_orm_would(
    alice: User,
    make_habit: MakeHabit,
    freeze: Freeze,  # noqa: F811  # a fixture
    monkeypatch: pytest.MonkeyPatch,
    writings: list[object],
    what: str,
) -> None:
    tea = make_habit(alice, is_enjoyed=True)
    freeze(MOMENT)
    rows = []
    for vendor in ("postgresql", "another's"):
        with monkeypatch.context() as patched:
            patched.setattr("habits.models.habit.connection", SimpleNamespace(vendor=vendor))
            habit = make_habit(alice, **HABITS[what](tea))
        stored = Habit.objects.filter(pk=habit.pk).values().get()
        assert {name: getattr(habit, name) for name in stored if name != "time"} == {
            name: value for name, value in stored.items() if name != "time"
        }
        assert not habit._state.adding
        rows.append({name: value for name, value in stored.items() if name != "id"})
        Habit.objects.filter(pk=habit.pk).delete()
    assert rows[0] == rows[1]
    assert writings


def test_an_inserts_sql_is_written_once(
    alice: User, make_habit: MakeHabit, writings: list[object]
) -> None:
    make_habit(alice)
    del writings[:]

    second = make_habit(alice, action="run")

    assert writings == []
    assert second.pk
    assert Habit.objects.get(pk=second.pk).action == "run"


def test_a_row_that_is_loaded_keeps_its_times(alice: User, make_habit: MakeHabit) -> None:
    """`loaddata` saves as it is told, `auto_now` or not."""
    habit = make_habit(alice)
    long_ago = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    Habit.objects.update(created_at=long_ago, updated_at=long_ago)
    dumped = serializers.serialize("json", Habit.objects.all())
    Habit.objects.all().delete()

    for loaded in serializers.deserialize("json", dumped):
        loaded.save()

    assert Habit.objects.filter(pk=habit.pk, created_at=long_ago, updated_at=long_ago).exists()


@pytest.mark.django_db
def test_shapes_are_bounded() -> None:
    for number in range(int(statements.STATEMENTS.maxsize) + 10):
        statements.rows(
            ("bounded", number), lambda: User.objects.filter(pk=1).values_list("pk"), [1]
        )

    assert len(statements.STATEMENTS) == statements.STATEMENTS.maxsize
    assert connection.vendor == "postgresql"
