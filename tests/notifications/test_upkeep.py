"""What an operator does by hand changes the rows that are meant, and no others."""

from collections.abc import Sequence
from typing import Any

import pytest
import time_machine
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import ChatStatus, User
from habits.models import Habit
from notifications import chats, ledger, totals, upkeep
from notifications.delivery import deliver
from notifications.models import Chat, Reason, Reminder, State
from notifications.upkeep import Left, NotFailed, Requeued, Selection, leave_ambiguous, requeue
from tests.conftest import MakeHabit
from tests.fake_bot_api import BLOCKED, FakeBotApi
from tests.notifications.stage import (
    HOUR,
    MINUTE,
    MOMENT,
    NOW,
    Steps,
    background,
    delete,
    edit_profile,
    end_of,
    person,
    planned,
    send_next,
    sent,
    under_way,
)

ALL = Selection()
PENDING = (State.PENDING, "")
REJECTED = (State.FAILED, Reason.REJECTED)


class Failing:
    """Makes rows that failed."""

    def __init__(self, user: User, make_habit: MakeHabit) -> None:
        self.user = user
        self.make_habit = make_habit

    def __call__(self, reason: Reason = Reason.REJECTED, **fields: Any) -> Reminder:
        row = planned(self.make_habit(fields.pop("user", self.user)), fields.pop("at", NOW))
        given = {"state": State.FAILED, "reason": reason, "ended_at": NOW, **fields}
        Reminder.objects.filter(pk=row.pk).update(**given)
        row.refresh_from_db()
        return row


@pytest.fixture
def failed(alice: User, make_habit: MakeHabit) -> Failing:
    return Failing(alice, make_habit)


def snapshot() -> Sequence[object]:
    return list(Reminder.objects.order_by("pk").values())


def test_a_failed_reminder_is_sent_again(
    failed: Failing, api: FakeBotApi, clock: time_machine.Traveller, steps: Steps
) -> None:
    row = failed(attempts=9, breaks=3, chat_slot_at=NOW, not_before=NOW + HOUR)
    clock.shift(MINUTE)

    assert requeue(ALL, NOW + MINUTE) == Requeued(rows=1)

    row.refresh_from_db()
    assert (row.attempts, row.breaks, row.chat_slot_at, row.ended_at) == (0, 0, None, None)
    assert (row.due_at, row.not_before) == (NOW, NOW + MINUTE)
    deliver(steps)
    assert sent(row)
    assert len(api.requests) == 1


def test_requeueing_can_be_told_for_which_reasons_and_which_rows(failed: Failing) -> None:
    reasons = (Reason.REJECTED, Reason.BROKEN, Reason.AMBIGUOUS)
    rejected, broken, ambiguous = (failed(reason) for reason in reasons)

    assert requeue(Selection(frozenset({Reason.BROKEN})), NOW).rows == 1
    assert end_of(broken) == PENDING
    assert requeue(Selection(numbers=frozenset({ambiguous.pk})), NOW).rows == 1
    assert end_of(ambiguous) == PENDING
    assert end_of(rejected) == REJECTED

    chosen = Selection(frozenset({Reason.BROKEN}), frozenset({rejected.pk}))
    assert requeue(chosen, NOW).rows == 0
    assert end_of(rejected) == REJECTED


def test_only_failed_reminders_are_requeued(failed: Failing) -> None:
    for state in set(State) - {State.FAILED}:
        failed(state=state)
    before = snapshot()

    assert requeue(ALL, NOW) == Requeued()

    assert snapshot() == before


def test_a_number_of_no_failed_reminder_stops_all(failed: Failing) -> None:
    row, other = failed(), failed(state=State.SENT)
    before = snapshot()

    with pytest.raises(NotFailed) as raised:
        requeue(Selection(numbers=frozenset({row.pk, other.pk, 987654})), NOW)

    assert raised.value.missing == [987654]
    assert raised.value.others == {other.pk: State.SENT}
    assert snapshot() == before


def test_what_is_past_the_catch_up_window_is_left_alone(failed: Failing) -> None:
    old = failed(at=NOW - 2 * HOUR - MOMENT)
    recent = failed(at=NOW - 2 * HOUR)

    assert requeue(ALL, NOW) == Requeued(rows=1, too_old=1)

    assert end_of(old) == REJECTED
    assert end_of(recent) == PENDING


def test_a_reminder_whose_habit_was_deleted_is_left_alone(failed: Failing) -> None:
    row = failed()
    assert row.habit is not None
    delete(row.habit)

    assert requeue(ALL, NOW) == Requeued(orphans=1)

    assert end_of(row) == REJECTED


def test_a_reminder_with_nobody_to_send_to_is_left_alone(failed: Failing) -> None:
    Chat.objects.create(chat_id=4, status=ChatStatus.STOPPED)
    Chat.objects.create(chat_id=5, status=ChatStatus.UNREACHABLE)
    people = [person(None), person(3, is_active=False), person(4), person(5)]
    rows = [failed(user=user) for user in people]

    assert requeue(ALL, NOW) == Requeued(silent=4)

    assert [end_of(row) for row in rows] == [REJECTED] * 4


def test_a_reminder_can_be_requeued_once_its_person_gives_the_chat_anew(
    failed: Failing, alice: User
) -> None:
    Chat.objects.create(chat_id=1001)
    chats.mark_unreachable(1001, BLOCKED, NOW)
    row = failed(Reason.CHAT_UNREACHABLE)
    assert requeue(ALL, NOW) == Requeued(silent=1)

    edit_profile(alice, chatId=1001)

    assert requeue(ALL, NOW) == Requeued(rows=1)
    assert end_of(row) == PENDING


def test_an_ambiguous_mark_stays_and_a_second_ambiguity_ends_the_row(failed: Failing) -> None:
    row = failed(Reason.AMBIGUOUS, ambiguities=1)

    requeue(ALL, NOW)

    row.refresh_from_db()
    assert row.ambiguities == 1
    ledger.record_ambiguous(under_way(), "cut off", NOW)
    assert end_of(row) == (State.FAILED, Reason.AMBIGUOUS)
    assert row.ambiguities == 2


@pytest.mark.parametrize("counted_first", [True, False])
def test_a_requeued_reminder_counts_as_failed_and_then_as_what_it_comes_to(
    counted_first: bool, failed: Failing, api: FakeBotApi
) -> None:
    failed()
    if counted_first:
        totals.count_ended()

    requeue(ALL, NOW)
    assert totals.read()[REJECTED] == 1
    assert send_next()

    totals.count_ended()
    assert totals.read()[REJECTED] == totals.read()[State.SENT, ""] == 1


def test_rows_are_requeued_batch_by_batch(failed: Failing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "BATCH", 2)
    rows = [failed() for _ in range(5)]

    assert requeue(ALL, NOW) == Requeued(rows=5)

    assert [end_of(row) for row in rows] == [PENDING] * 5


@pytest.mark.django_db(transaction=True)
def test_a_reminder_or_habit_in_other_hands_is_passed_over(failed: Failing) -> None:
    held, with_held_habit, free = failed(), failed(), failed()

    with transaction.atomic():
        Reminder.objects.select_for_update().get(pk=held.pk)
        Habit.objects.select_for_update().get(reminders=with_held_habit)
        told = background(lambda: requeue(ALL, NOW)).result(10)

    assert told == Requeued(rows=1, busy=2)
    assert [end_of(row) for row in (held, with_held_habit, free)] == [REJECTED, REJECTED, PENDING]


def test_each_requeued_reminder_is_told(
    failed: Failing,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    row = failed(Reason.AMBIGUOUS, ambiguities=1)

    with caplog.at_level("INFO"), django_capture_on_commit_callbacks(execute=True):
        requeue(ALL, NOW)

    (line,) = [each.getMessage() for each in caplog.records]
    assert line == (
        f"reminder_requeued reminder={row.pk} habit={row.habit_id} user={row.user_id}"
        " date=2026-07-01 failed=ambiguous ambiguities=1"
    )


def test_ambiguous_reminders_can_be_left_so_that_nobody_gets_them_twice(
    alice: User,
    make_habit: MakeHabit,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    ambiguous = planned(make_habit(alice))
    ledger.record_ambiguous(under_way(), "cut off", NOW)
    untouched = planned(make_habit(alice))

    with caplog.at_level("INFO"), django_capture_on_commit_callbacks(execute=True):
        assert leave_ambiguous(NOW + MINUTE) == Left(rows=1)

    assert end_of(ambiguous) == (State.FAILED, Reason.AMBIGUOUS)
    assert (ambiguous.ended_at, ambiguous.ambiguities) == (NOW + MINUTE, 1)
    assert end_of(untouched) == PENDING
    assert f"reminder_failed reminder={ambiguous.pk} " in caplog.text
    assert "reason=ambiguous ambiguities=1 cause='left by the operator'" in caplog.text
    assert leave_ambiguous(NOW + MINUTE) == Left()


def test_an_ambiguous_reminder_that_is_being_sent_again_is_not_left(
    alice: User, make_habit: MakeHabit
) -> None:
    row = planned(make_habit(alice))
    ledger.record_ambiguous(under_way(), "cut off", NOW)
    under_way(NOW + MINUTE)

    assert leave_ambiguous(NOW + MINUTE) == Left()

    assert end_of(row) == (State.SENDING, "")


@pytest.mark.django_db(transaction=True)
def test_an_ambiguous_reminder_in_other_hands_is_passed_over(
    alice: User, make_habit: MakeHabit
) -> None:
    row = planned(make_habit(alice))
    ledger.record_ambiguous(under_way(), "cut off", NOW)

    with transaction.atomic():
        Reminder.objects.select_for_update().get(pk=row.pk)
        assert background(lambda: leave_ambiguous(NOW)).result(10) == Left(busy=1)

    assert end_of(row) == PENDING
