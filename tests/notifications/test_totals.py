"""Totals count each end once and never fall, whatever becomes of the rows."""

import datetime
from collections.abc import Callable
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.db import connection, transaction

from accounts.models import User
from habits.models import Habit
from notifications import ledger, totals
from notifications.bulk import Arrival
from notifications.ledger import end_unsent
from notifications.models import REASONS, LastTick, Reason, Reminder, State, Tally
from notifications.totals import Total
from tests.conftest import MakeHabit
from tests.notifications.stage import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    TODAY,
    background,
    blocked,
    due,
    edit,
    end_of,
    planned,
    under_way,
)

REFUSED = (State.FAILED, Reason.REJECTED)


def total(name: str, reason: str = "") -> int:
    return totals.read()[name, reason]


def ended(
    user: User,
    make_habit: MakeHabit,
    number: int = 1,
    state: State = State.SENT,
    reason: Reason = Reason.NONE,
) -> list[Reminder]:
    """Rows of one habit that came to that end now."""
    habit = make_habit(user)
    return Reminder.objects.bulk_create(
        Reminder(
            habit=habit,
            user=user,
            local_date=TODAY - n * DAY,
            due_at=NOW - n * DAY,
            not_before=NOW,
            state=state,
            reason=reason,
            ended_at=NOW,
        )
        for n in range(number)
    )


def enter_by_edit(habit: Habit) -> None:
    """What is overdue under the old schedule is entered by the edit, and stays owed."""
    edit(due(habit), time="03:00")


def test_every_reason_belongs_to_one_end() -> None:
    listed = [reason for reasons in REASONS.values() for reason in reasons]

    assert sorted([*listed, Reason.NONE]) == sorted(Reason)


def test_an_end_is_in_the_totals_at_once_and_a_tick_does_not_change_them(
    alice: User, make_habit: MakeHabit
) -> None:
    ended(alice, make_habit, 2)
    ended(alice, make_habit, 1, *REFUSED)
    ended(alice, make_habit, 3, State.CANCELLED, Reason.NOT_DUE)
    before = totals.read()
    assert before == {
        (State.SENT, ""): 2,
        REFUSED: 1,
        (State.CANCELLED, Reason.NOT_DUE): 3,
    }

    assert totals.count_ended() == 6
    assert totals.count_ended() == 0

    assert totals.read() == before


def test_totals_outlive_the_rows(alice: User, make_habit: MakeHabit) -> None:
    ended(alice, make_habit, 5)
    totals.count_ended()

    Reminder.objects.all().delete()

    assert total(State.SENT) == 5


def test_rows_are_counted_in_batches(
    alice: User, make_habit: MakeHabit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, "BATCH", 2)
    ended(alice, make_habit, 5)

    assert totals.count_ended() == 5

    assert total(State.SENT) == 5
    assert Tally.objects.count() == 1  # folded


def test_a_tick_counts_no_more_than_it_has_time_for_and_the_next_one_goes_on(
    alice: User, make_habit: MakeHabit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, "BATCH", 2)
    monkeypatch.setattr(totals, "MOST_BATCHES", 2)
    ended(alice, make_habit, 5)

    assert [totals.count_ended() for _ in range(3)] == [4, 1, 0]
    assert total(State.SENT) == 5


@pytest.mark.django_db(transaction=True)
def test_a_kill_between_the_mark_and_the_total_changes_nothing(
    alice: User, make_habit: MakeHabit, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(alice, make_habit, 3)

    def die(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(totals, "_write", die)
        with pytest.raises(KeyboardInterrupt):
            totals.count_ended()

    assert not Reminder.objects.filter(is_counted=True).exists()
    assert totals.count_ended() == 3
    assert total(State.SENT) == 3


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_count_nothing_twice_and_wait_for_nobody(
    alice: User, make_habit: MakeHabit
) -> None:
    first, *_others = ended(alice, make_habit, 3)
    Tally.objects.bulk_create([Tally(name=State.SENT, value=1) for _ in range(2)])

    with transaction.atomic():
        list(Reminder.objects.filter(pk=first.pk).select_for_update())
        list(Tally.objects.select_for_update())
        assert background(totals.count_ended).result(10) == 2
    assert background(totals.count_ended).result(10) == 1

    assert total(State.SENT) == 5


@pytest.mark.django_db(transaction=True)
def test_ends_are_read_once_while_a_tick_counts_them(alice: User, make_habit: MakeHabit) -> None:
    ended(alice, make_habit, 3)

    with transaction.atomic():
        totals.count_ended()
        assert background(lambda: total(State.SENT)).result(10) == 3
    assert total(State.SENT) == 3


def test_an_end_that_was_stamped_long_before_it_was_committed_counts(
    alice: User, make_habit: MakeHabit, clock: time_machine.Traveller
) -> None:
    """By a slow sender, or by a host whose clock is wrong."""
    clock.shift(HOUR)
    totals.count_ended()
    for moment in (NOW - 9 * DAY, NOW + 9 * DAY):
        end_unsent(planned(make_habit(alice)), State.CANCELLED, Reason.NOT_DUE, moment)

    totals.count_ended()

    assert total(State.CANCELLED, Reason.NOT_DUE) == 2


@pytest.mark.parametrize("enter", [planned, enter_by_edit])
@pytest.mark.parametrize("counted_first", [True, False])
def test_a_cancelled_row_that_opens_again_counts_for_both_its_ends(
    counted_first: bool,
    enter: Callable[[Habit], object],
    alice: User,
    make_habit: MakeHabit,
) -> None:
    habit = make_habit(alice)
    row = planned(habit)
    end_unsent(row, State.CANCELLED, Reason.NOT_DUE, NOW)
    if counted_first:
        totals.count_ended()

    enter(habit)
    assert end_of(row) == (State.PENDING, "")
    assert total(State.CANCELLED, Reason.NOT_DUE) == 1
    ledger.record_sent([Arrival(under_way(), 1, NOW)])

    totals.count_ended()
    assert total(State.SENT) == total(State.CANCELLED, Reason.NOT_DUE) == 1
    assert total(Total.PLANNED) == 1


@pytest.mark.parametrize("counted_first", [True, False])
def test_totals_do_not_fall_when_an_account_is_deleted(
    counted_first: bool, alice: User, bob: User, make_habit: MakeHabit
) -> None:
    ended(alice, make_habit, 2)
    ended(bob, make_habit, 1)
    planned(make_habit(alice))
    if counted_first:
        totals.count_ended()

    alice.delete()

    assert Reminder.objects.count() == 1
    expected = {(State.SENT, ""): 3, (Total.PLANNED, ""): 1}
    assert totals.read() == expected
    totals.count_ended()
    assert totals.read() == expected


@pytest.mark.django_db(transaction=True)
def test_no_row_ends_unseen_while_its_account_is_deleted(
    alice: User, make_habit: MakeHabit
) -> None:
    row = planned(make_habit(alice))
    held = under_way()

    with transaction.atomic():
        totals.count_first(Reminder.objects.filter(user=alice))
        outcome = background(lambda: ledger.record_sent([Arrival(held, 1, NOW)]))
        assert blocked(outcome)
        Reminder.objects.filter(pk=row.pk).delete()
    outcome.result(10)

    assert total(State.SENT) == 0


@pytest.mark.parametrize("enter", [planned, enter_by_edit])
def test_each_row_that_is_planned_counts_once(
    enter: Callable[[Habit], object], alice: User, make_habit: MakeHabit
) -> None:
    habit = make_habit(alice)
    for _ in range(2):
        enter(habit)
        habit.time = datetime.time(7, 30)
        habit.save()
    assert total(Total.PLANNED) == 1

    enter(make_habit(alice))
    assert total(Total.PLANNED) == 2


def test_each_ambiguous_send_counts(alice: User, make_habit: MakeHabit) -> None:
    planned(make_habit(alice))
    for sends in (1, 2):
        ledger.record_ambiguous(under_way(NOW + sends * MINUTE), "cut off", NOW)
        assert total(Total.AMBIGUOUS) == sends

    assert total(State.FAILED, Reason.AMBIGUOUS) == 1


def test_an_outcome_that_comes_too_late_counts_as_nothing(
    alice: User, make_habit: MakeHabit
) -> None:
    planned(make_habit(alice))
    held = under_way()
    Reminder.objects.update(token=99)

    ledger.record_ambiguous(held, "cut off", NOW)

    assert total(Total.AMBIGUOUS) == 0


def test_ticks_add_up(db: None) -> None:
    totals.note_tick(NOW, 0.25)
    totals.note_tick(NOW + MINUTE, 1.5)

    assert total(Total.TICKS) == 2
    assert total(Total.TICK_MICROSECONDS) == 1_750_000
    tick = LastTick.objects.get()
    assert (tick.ended_at, tick.seconds) == (NOW + MINUTE, 1.5)


def test_the_migration_counts_what_the_ledger_held_before(
    alice: User, make_habit: MakeHabit
) -> None:
    ended(alice, make_habit, 2)
    ended(alice, make_habit, 1, State.FAILED, Reason.AMBIGUOUS)
    Reminder.objects.filter(state=State.FAILED).update(ambiguities=2)
    row = planned(make_habit(alice))
    Tally.objects.all().delete()
    Reminder.objects.update(is_counted=True)  # the column's first default

    import_module("notifications.migrations.0003_totals").count(apps, connection)

    assert totals.read() == {
        (State.SENT, ""): 2,
        (State.FAILED, Reason.AMBIGUOUS): 1,
        (Total.PLANNED, ""): 4,
        (Total.AMBIGUOUS, ""): 2,
    }
    assert list(Reminder.objects.filter(is_counted=False)) == [row]
