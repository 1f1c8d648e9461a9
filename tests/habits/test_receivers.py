"""What a change of the owner means for habits."""

import datetime
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from habits.changes import ScheduleChange
from habits.days import Days
from habits.models import Habit
from habits.recurrence import Schedule, next_due
from habits.signals import schedules_changed
from tests.conftest import MakeHabit
from tests.habits.conftest import (
    CREATE,
    UPDATE,
    UPDATE_PROFILE,
    USEFUL,
    CallAt,
    id_of,
    queries_of,
    row,
)

NOW = "2026-06-30T12:00:00Z"


@pytest.fixture
def heard() -> Iterator[list[tuple[list[ScheduleChange], datetime.datetime]]]:
    """The changes that the reminders are told of, call by call."""
    calls: list[tuple[list[ScheduleChange], datetime.datetime]] = []

    def listen(changes: list[ScheduleChange], now: datetime.datetime, **_signal: Any) -> None:
        calls.append((changes, now))

    schedules_changed.connect(listen)
    yield calls
    schedules_changed.disconnect(listen)


Heard = list[tuple[list[ScheduleChange], datetime.datetime]]


def test_a_new_zone_keeps_local_times_and_tells_what_stood_before(
    call_at: CallAt, alice: User, make_habit: MakeHabit, heard: Heard
) -> None:
    overdue = datetime.datetime(2026, 6, 30, 5, 30, tzinfo=datetime.UTC)
    habit = make_habit(alice, periodicity=None, next_due_at=overdue)
    make_habit(alice, is_enjoyed=True)
    call_at(NOW, alice).data(UPDATE_PROFILE, input={"timeZone": "America/New_York"})
    ((changes, now),) = heard
    (change,) = changes
    assert now == datetime.datetime.fromisoformat(NOW)
    assert change.habit == habit
    assert change.previous == Schedule(
        ZoneInfo("Europe/Berlin"), datetime.time(7, 30), Days(datetime.date(2026, 1, 1), 1)
    )
    assert change.previous_due_at == overdue
    assert row(habit)["time"] == datetime.time(7, 30)
    due = datetime.datetime(2026, 7, 1, 11, 30, tzinfo=datetime.UTC)
    assert row(habit)["next_due_at"] == change.habit.next_due_at == due


def test_the_same_zone_again_moves_nothing(
    call_at: CallAt, alice: User, make_habit: MakeHabit, heard: Heard
) -> None:
    overdue = datetime.datetime(2026, 6, 30, 5, 30, tzinfo=datetime.UTC)
    habit = make_habit(alice, next_due_at=overdue)
    call_at(NOW, alice).data(UPDATE_PROFILE, input={"timeZone": "Europe/Berlin"})
    assert heard == []
    assert row(habit)["next_due_at"] == overdue


def test_nobody_elses_habits_move(
    call_at: CallAt, alice: User, bob: User, make_habit: MakeHabit
) -> None:
    due = datetime.datetime(2026, 7, 1, 5, 30, tzinfo=datetime.UTC)
    theirs = make_habit(bob, next_due_at=due)
    call_at(NOW, alice).data(UPDATE_PROFILE, input={"timeZone": "Asia/Tokyo"})
    assert row(theirs)["next_due_at"] == due


def test_a_refused_zone_moves_nothing(
    call_at: CallAt, alice: User, make_habit: MakeHabit, heard: Heard
) -> None:
    due = datetime.datetime(2026, 7, 1, 5, 30, tzinfo=datetime.UTC)
    habit = make_habit(alice, next_due_at=due)
    change = {"timeZone": "Europe/Atlantis"}
    answer = call_at(NOW, alice).data(UPDATE_PROFILE, input=change)
    assert answer["__typename"] == "OperationInfo"
    assert heard == []
    assert row(habit)["next_due_at"] == due


def test_a_new_zone_costs_the_same_for_many_habits(
    call_at: CallAt, alice: User, make_habit: MakeHabit
) -> None:
    as_alice = call_at(NOW, alice)
    make_habit(alice, next_due_at=datetime.datetime(2026, 7, 1, 5, 30, tzinfo=datetime.UTC))
    one = len(queries_of(as_alice, UPDATE_PROFILE, input={"timeZone": "Asia/Tokyo"}))
    for _ in range(30):
        make_habit(alice, next_due_at=Habit.objects.latest("pk").next_due_at)
    many = len(queries_of(as_alice, UPDATE_PROFILE, input={"timeZone": "Asia/Seoul"}))
    assert many == one


def test_a_new_zone_moves_each_habit_to_its_own_moment_in_few_statements(
    call_at: CallAt, alice: User, make_habit: MakeHabit
) -> None:
    as_alice = call_at(NOW, alice)
    now = datetime.datetime.fromisoformat(NOW)
    habits = [
        make_habit(alice, time=datetime.time(hour, hour), periodicity=hour % 7 + 1)
        for hour in range(24)
    ]
    for habit in habits:
        habit.reschedule(now)
        habit.save()

    queries = queries_of(as_alice, UPDATE_PROFILE, input={"timeZone": "America/New_York"})

    assert sum("UPDATE" in sql and "next_due_at" in sql.split("WHERE")[0] for sql in queries) < 12
    for habit in habits:
        moved = Habit.objects.get(pk=habit.pk)
        assert moved.schedule is not None
        assert moved.schedule.zone == ZoneInfo("America/New_York")
        assert moved.next_due_at == next_due(now, moved.schedule)


def test_the_reminders_hear_of_a_changed_schedule_and_of_no_other_change(
    call_at: CallAt, alice: User, heard: Heard
) -> None:
    as_alice = call_at(NOW, alice)
    made = as_alice.data(CREATE, input=USEFUL)
    as_alice.data(UPDATE, input={"id": made["id"], "action": "run", "duration": 5})
    as_alice.data(UPDATE, input={"id": made["id"], "time": "07:30"})
    assert as_alice.problems(UPDATE, input={"id": made["id"], "time": None})
    assert heard == []
    as_alice.data(UPDATE, input={"id": made["id"], "time": "21:00"})
    ((changes, _now),) = heard
    (change,) = changes
    habit = Habit.objects.get()
    assert made["id"] == id_of(habit)
    assert change.habit == habit
    assert change.habit.schedule == habit.schedule
    assert change.previous is not None
    assert change.previous.time == datetime.time(7, 30)
    assert change.previous_due_at == datetime.datetime(2026, 7, 1, 5, 30, tzinfo=datetime.UTC)
