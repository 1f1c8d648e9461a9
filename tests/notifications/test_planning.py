"""Every occurrence becomes exactly one row, whatever crashes, doubles or stood still."""

import datetime
import threading
from concurrent.futures import Future
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from habits.models import Habit
from notifications import ledger, planning
from notifications.delivery import deliver
from notifications.models import Reminder, State
from notifications.planning import plan_due
from tests.conftest import MakeHabit
from tests.fake_bot_api import FakeBotApi
from tests.notifications.stage import (
    DAY,
    HOUR,
    MINUTE,
    MOMENT,
    NOW,
    TODAY,
    Steps,
    background,
    due,
    end_of,
    person,
    planned,
    states,
)


def occurrences() -> list[tuple[int | None, datetime.date]]:
    return sorted(Reminder.objects.values_list("habit_id", "local_date"))


def test_a_due_habit_gets_a_row_and_waits_for_its_next_occurrence(
    alice: User, make_habit: MakeHabit
) -> None:
    habit = due(make_habit(alice, periodicity=3, starts_on=TODAY))

    assert plan_due(NOW) == 1

    row = habit.reminders.get()
    assert (row.user, row.local_date, row.state) == (alice, TODAY, State.PENDING)
    assert row.due_at == row.not_before == NOW
    habit.refresh_from_db()
    assert habit.next_due_at == NOW + 3 * DAY


def test_a_habit_of_weekdays_waits_for_the_next_of_them(alice: User, make_habit: MakeHabit) -> None:
    """NOW is on a Wednesday."""
    on_mondays_and_wednesdays = {"periodicity": None, "weekdays": 0b101}
    habit = due(make_habit(alice, **on_mondays_and_wednesdays))

    plan_due(NOW + 7 * DAY)

    dates = [TODAY, TODAY + 5 * DAY, TODAY + 7 * DAY]
    assert occurrences() == [(habit.pk, date) for date in dates]
    habit.refresh_from_db()
    assert habit.next_due_at == NOW + 12 * DAY


def test_a_paused_habit_gets_no_rows_and_waits_for_the_end_of_its_pause(
    alice: User, make_habit: MakeHabit
) -> None:
    rest = {"paused_from": TODAY + DAY, "paused_until": TODAY + 3 * DAY}
    habit = due(make_habit(alice, **rest))
    forever = due(make_habit(alice, paused_from=TODAY + DAY))

    plan_due(NOW + 4 * DAY)

    assert occurrences() == [
        *((habit.pk, date) for date in (TODAY, TODAY + 4 * DAY)),
        (forever.pk, TODAY),
    ]
    forever.refresh_from_db()
    assert forever.next_due_at is None


def test_a_habit_that_is_due_later_gets_no_row(alice: User, make_habit: MakeHabit) -> None:
    due(make_habit(alice))

    assert plan_due(NOW - MOMENT) == 0

    assert not Reminder.objects.exists()


def test_a_doubled_tick_adds_nothing(alice: User, make_habit: MakeHabit) -> None:
    habit = due(make_habit(alice))
    plan_due(NOW)

    assert plan_due(NOW) == 0

    assert occurrences() == [(habit.pk, TODAY)]


def test_an_occurrence_that_has_its_row_keeps_it(alice: User, make_habit: MakeHabit) -> None:
    """As when the clock went back, or a backup brought an older `next_due_at`."""
    habit = make_habit(alice)
    Reminder.objects.filter(pk=planned(habit).pk).update(state=State.SENT)

    due(habit)
    plan_due(NOW)

    assert occurrences() == [(habit.pk, TODAY)]
    assert states() == [State.SENT]


def test_a_cancelled_row_opens_again_when_its_date_is_due_again(
    alice: User, make_habit: MakeHabit
) -> None:
    habit, other = make_habit(alice, periodicity=7, starts_on=TODAY), make_habit(alice)
    again, not_due, others = planned(habit), planned(habit, NOW + DAY), planned(other)
    Reminder.objects.update(state=State.CANCELLED, reason="not_due")

    due(habit)
    due(other, NOW + DAY)
    plan_due(NOW + DAY)

    assert end_of(again) == (State.PENDING, "")
    assert end_of(not_due) == end_of(others) == (State.CANCELLED, "not_due")


def test_a_habit_that_waits_without_a_time_is_not_planned_again(
    alice: User, make_habit: MakeHabit
) -> None:
    habit = due(make_habit(alice, is_enjoyed=True))

    assert plan_due(NOW) == 1

    assert not Reminder.objects.exists()
    habit.refresh_from_db()
    assert habit.next_due_at is None


def test_a_local_date_is_the_owners_not_the_servers(bob: User, make_habit: MakeHabit) -> None:
    bob.time_zone = "Pacific/Auckland"
    bob.save()
    habit = make_habit(bob, time="07:30")
    habit.reschedule(NOW)
    habit.save()
    assert habit.next_due_at == NOW.replace(hour=19)

    row = planned(habit, NOW.replace(hour=19))

    assert row.local_date == TODAY + DAY


def test_a_time_that_a_zone_skips_is_planned_once(alice: User, make_habit: MakeHabit) -> None:
    gap = datetime.datetime(2027, 3, 28, 1, 0, tzinfo=datetime.UTC)
    habit = due(make_habit(alice, time="02:30"), gap - DAY + 30 * MINUTE)

    plan_due(gap - DAY + HOUR)
    for minutes in range(0, 180, 20):
        plan_due(gap - HOUR + minutes * MINUTE)

    date = datetime.date(2027, 3, 28)
    assert occurrences() == [(habit.pk, date - DAY), (habit.pk, date)]
    assert habit.reminders.get(local_date=date).due_at == gap


def test_a_time_that_comes_twice_is_planned_once(alice: User, make_habit: MakeHabit) -> None:
    first = datetime.datetime(2026, 10, 25, 0, 30, tzinfo=datetime.UTC)
    habit = due(make_habit(alice, time="02:30"), first)

    for minutes in range(0, 180, 20):
        plan_due(first + minutes * MINUTE)

    assert occurrences() == [(habit.pk, datetime.date(2026, 10, 25))]


def test_everything_that_is_due_is_planned_whatever_a_batch_holds(
    alice: User, make_habit: MakeHabit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "BATCH", 3)
    habits = [due(make_habit(alice)) for _ in range(10)]

    assert plan_due(NOW) == 10

    assert occurrences() == [(habit.pk, TODAY) for habit in habits]


def test_a_scheduler_that_was_down_for_days_enters_each_missed_occurrence(
    alice: User, make_habit: MakeHabit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "BATCH", 2)
    daily = [due(make_habit(alice)) for _ in range(3)]
    other = due(make_habit(alice, periodicity=2, starts_on=TODAY))

    plan_due(NOW + 5 * DAY + HOUR)

    every_day = [TODAY + n * DAY for n in range(6)]
    assert occurrences() == sorted(
        [(habit.pk, date) for habit in daily for date in every_day]
        + [(other.pk, date) for date in every_day[::2]]
    )
    for habit in daily:
        habit.refresh_from_db()
        assert habit.next_due_at == NOW + 6 * DAY


@pytest.mark.usefixtures("alice")
def test_after_an_outage_the_late_are_sent_oldest_first_and_the_too_late_expire(
    make_habit: MakeHabit, api: FakeBotApi, clock: time_machine.Traveller, steps: Steps
) -> None:
    back = NOW + 2 * DAY
    clock.move_to(back)
    for number, hours in enumerate((30, 3, 1, 0.5, 1.5, 2.01, 1.99), start=1):
        at = back - hours * HOUR
        local = f"{at:%H:%M}"
        due(make_habit(person(number), time=local, periodicity=7, starts_on=at.date()), at)

    plan_due(back)
    ledger.expire_late(back)
    deliver(steps)

    assert [request.chat_id for request in api.requests] == [7, 5, 3, 4]
    assert states() == [State.EXPIRED] * 3 + [State.SENT] * 4
    expired = Reminder.objects.filter(state=State.EXPIRED)
    assert set(expired.values_list("reason", flat=True)) == {"too_late"}


@pytest.mark.parametrize("habits", [0, 200])
def test_an_idle_tick_costs_the_same_whatever_waits_for_later(
    habits: int,
    alice: User,
    make_habit: MakeHabit,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    template = make_habit(alice)
    Habit.objects.bulk_create(
        Habit(**{**values, "id": None, "next_due_at": NOW + DAY, "owner": alice})
        for values in [{f.name: getattr(template, f.name) for f in Habit._meta.fields}] * habits
    )

    with django_assert_num_queries(8):  # two savepoints and their releases among them
        ledger.free_expired_leases(NOW)
        plan_due(NOW)
        ledger.expire_late(NOW)


def test_habits_of_one_minute_are_planned_by_a_handful_of_statements(
    alice: User, make_habit: MakeHabit
) -> None:
    def cost(habits: int) -> int:
        for _ in range(habits):
            due(make_habit(alice))
        with CaptureQueriesContext(connection) as statements:
            assert plan_due(NOW) == habits
        return len(statements)

    assert cost(1) == cost(50)


def test_a_crash_in_the_middle_of_planning_leaves_nothing_half_written(
    alice: User, make_habit: MakeHabit, monkeypatch: pytest.MonkeyPatch
) -> None:
    habits = [due(make_habit(alice)) for _ in range(3)]
    enter = planning._enter

    def enter_and_crash(*arguments: Any) -> None:
        enter(*arguments)
        assert Reminder.objects.count() == 3
        raise RuntimeError("kill -9")

    monkeypatch.setattr(planning, "_enter", enter_and_crash)
    with pytest.raises(RuntimeError, match="kill -9"):
        plan_due(NOW)

    assert not Reminder.objects.exists()
    assert set(Habit.objects.values_list("next_due_at", flat=True)) == {NOW}

    monkeypatch.undo()
    plan_due(NOW)
    assert occurrences() == [(habit.pk, TODAY) for habit in habits]


@pytest.mark.django_db(transaction=True)
def test_a_planner_passes_over_what_another_one_holds(alice: User, make_habit: MakeHabit) -> None:
    held, free = due(make_habit(alice)), due(make_habit(alice))

    with transaction.atomic():
        Habit.objects.select_for_update().get(pk=held.pk)
        assert background(lambda: plan_due(NOW)).result(10) == 1
        assert occurrences() == [(free.pk, TODAY)]

    assert plan_due(NOW) == 1
    assert occurrences() == [(held.pk, TODAY), (free.pk, TODAY)]


@pytest.mark.django_db(transaction=True)
def test_planners_at_once_enter_each_occurrence_once_and_share_the_work(
    alice: User, make_habit: MakeHabit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "BATCH", 7)
    habits = [due(make_habit(alice)) for _ in range(60)]
    start = threading.Barrier(4)

    def plan() -> int:
        start.wait(10)
        return plan_due(NOW + DAY)

    planners: list[Future[int]] = [background(plan) for _ in range(4)]
    moved = [planner.result(30) for planner in planners]

    # Whatever was passed over as the last ones stopped is due at the next tick.
    moved.append(plan_due(NOW + DAY))
    assert sum(moved) == 120
    assert occurrences() == sorted((h.pk, date) for h in habits for date in (TODAY, TODAY + DAY))
    assert set(Habit.objects.values_list("next_due_at", flat=True)) == {NOW + 2 * DAY}


@pytest.mark.django_db(transaction=True)
def test_a_habit_that_is_being_edited_is_planned_once_the_edit_is_done(
    alice: User, make_habit: MakeHabit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not a minute later, with the next tick."""
    habit = due(make_habit(alice))
    looked, edited = threading.Event(), threading.Event()

    def pause(_seconds: float) -> None:
        looked.set()
        assert edited.wait(10)

    monkeypatch.setattr("notifications.planning.time.sleep", pause)
    with transaction.atomic():
        Habit.objects.select_for_update().get(pk=habit.pk)
        planner = background(lambda: plan_due(NOW))
        assert looked.wait(10)
    edited.set()

    assert planner.result(10) == 1
    assert occurrences() == [(habit.pk, TODAY)]


def test_the_planned_instant_is_the_zones_own(alice: User, make_habit: MakeHabit) -> None:
    habit = make_habit(alice)
    habit.reschedule(NOW - MOMENT)

    row = planned(habit)

    assert row.due_at.astimezone(ZoneInfo("Europe/Berlin")).time() == datetime.time(7, 30)
