"""What the apps below tell, and what it does to the ledger, in the same transaction."""

from concurrent.futures import Future
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import ChatStatus, User
from accounts.signals import chat_chosen
from habits.changes import ScheduleChange
from habits.models import Habit
from habits.signals import schedules_changed
from notifications import ledger
from notifications.models import Chat, Reason, Reminder, State
from tests.conftest import MakeHabit
from tests.notifications.stage import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    TODAY,
    background,
    blocked,
    end_of,
    planned,
    under_way,
)


def test_a_changed_schedule_moves_the_unsent_row(alice: User, make_habit: MakeHabit) -> None:
    habit = make_habit(alice)
    row = planned(habit)
    habit.refresh_from_db()
    previous, previous_due_at = habit.schedule, habit.next_due_at
    habit.time = NOW.time().replace(hour=20)

    change = ScheduleChange(habit, previous, previous_due_at)
    schedules_changed.send(Habit, changes=[change], now=NOW + MINUTE)

    row.refresh_from_db()
    assert row.due_at == NOW.replace(hour=18)


def test_changes_of_many_habits_are_taken_together(alice: User, make_habit: MakeHabit) -> None:
    habits = [make_habit(alice) for _ in range(3)]
    rows = [planned(habit) for habit in habits]
    kept = planned(make_habit(alice))
    changes = []
    for habit in habits:
        changes.append(ScheduleChange(habit, habit.schedule, NOW + DAY))
        habit.starts_on = TODAY + DAY

    schedules_changed.send(Habit, changes=changes, now=NOW + MINUTE)

    assert {end_of(row) for row in rows} == {(State.CANCELLED, Reason.NOT_DUE)}
    assert end_of(kept) == (State.PENDING, "")


def test_a_habit_that_had_no_time_owes_nothing(alice: User, make_habit: MakeHabit) -> None:
    habit = make_habit(alice, is_enjoyed=True, time="07:30")

    schedules_changed.send(Habit, changes=[ScheduleChange(habit, None, None)], now=NOW + HOUR)

    assert not Reminder.objects.exists()


@pytest.mark.parametrize("state", State)
def test_a_deleted_habit_cancels_only_what_is_unsent(
    alice: User, make_habit: MakeHabit, state: State
) -> None:
    habit = make_habit(alice)
    row = planned(habit)
    Reminder.objects.filter(pk=row.pk).update(state=state, reason=Reason.REJECTED)

    habit.delete()

    row.refresh_from_db()
    unsent = state == State.PENDING
    assert row.state == (State.CANCELLED if unsent else state)
    assert row.reason == (Reason.HABIT_DELETED if unsent else Reason.REJECTED)
    assert row.habit is None


def test_a_deletion_that_is_rolled_back_leaves_the_ledger_as_it_was(
    alice: User, make_habit: MakeHabit
) -> None:
    habit = make_habit(alice)
    row = planned(habit)

    with transaction.atomic():
        habit.delete()
        transaction.set_rollback(True)

    assert end_of(row) == (State.PENDING, "")
    assert row.habit_id is not None


def test_a_chosen_chat_shows_what_is_known_of_it(alice: User) -> None:
    Chat.objects.create(chat_id=1001, status=ChatStatus.STOPPED)

    chat_chosen.send(User, user=alice, now=NOW)

    assert alice.chat_status == ChatStatus.STOPPED
    alice.refresh_from_db()
    assert alice.chat_status == ChatStatus.STOPPED


@pytest.mark.django_db(transaction=True)
def test_a_row_that_comes_back_while_its_habit_is_deleted_ends_with_it(
    alice: User, make_habit: MakeHabit
) -> None:
    """Nobody takes a row without a habit: it would wait until its window had passed."""
    habit = make_habit(alice)
    row = planned(habit)
    held = under_way()
    back: list[Future[None]] = []

    def come_back(execute: Any, sql: str, *arguments: Any) -> Any:
        result = execute(sql, *arguments)
        if "FOR UPDATE" in sql and "notifications_reminder" in sql and not back:
            back.append(
                background(lambda: ledger.record_not_delivered(held, NOW + SECOND, "429", NOW))
            )
            blocked(back[0])
        return result

    with connection.execute_wrapper(come_back):
        habit.delete()
    back[0].result(10)

    assert end_of(row) == (State.CANCELLED, Reason.HABIT_DELETED)
