"""Whatever a reminder comes to stands in the log, in one line without anybody's words in it."""

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import ChatStatus, User
from habits import tracking
from habits.models import CheckInSource, CheckInStatus, Habit
from notifications import ledger, upkeep
from notifications.models import Chat, Reason, Reminder, State
from tests.conftest import MakeHabit
from tests.fake_bot_api import FakeBotApi, forbidden
from tests.notifications.stage import (
    HOUR,
    MINUTE,
    NOW,
    TODAY,
    TOKEN,
    delete,
    edit,
    person,
    planned,
    send_next,
    under_way,
)

WORDS = {"action": "canary-action", "place": "canary-place", "reward": "canary-reward"}


def test_each_end_is_told_by_its_state_and_no_line_holds_a_persons_words(
    alice: User,
    make_habit: MakeHabit,
    api: FakeBotApi,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def row(owner: User = alice) -> Reminder:
        return planned(make_habit(owner, **WORDS))

    def chat(number: int, status: ChatStatus) -> User:
        Chat.objects.create(chat_id=number, status=status)
        return person(number)

    def with_habit(reminder: Reminder) -> Habit:
        assert reminder.habit is not None
        return reminder.habit

    ends: dict[tuple[str, str], int] = {}
    with caplog.at_level("DEBUG"), django_capture_on_commit_callbacks(execute=True):
        row()
        assert send_next()
        for owner in (
            person(None),
            person(2, is_active=False),
            chat(3, ChatStatus.STOPPED),
            chat(4, ChatStatus.UNREACHABLE),
        ):
            row(owner)
            assert send_next()
        row(person(5))
        api.next(forbidden())
        assert send_next()
        ledger.put_back_broken(_broken(row(person(6))), NOW, NOW)
        delete(with_habit(row()))
        habit = with_habit(row())
        edit(habit, startsOn="2026-07-09")
        done = with_habit(row(person(8)))
        tracking.check_in(
            done, TODAY, CheckInStatus.DONE, source=CheckInSource.API, now=NOW, note="canary-note"
        )
        assert send_next()
        planned(make_habit(alice, **WORDS), NOW - 3 * HOUR)
        ledger.expire_late(NOW)
        ambiguous = row(person(7))
        ledger.record_ambiguous(under_way(), "cut off", NOW)
        upkeep.leave_ambiguous(NOW)
        ends = {(r.state, r.reason): r.pk for r in Reminder.objects.all()}
        assert ambiguous.pk in ends.values()

    assert ends.keys() == {
        (State.SENT, ""),
        (State.FAILED, Reason.NO_CHAT),
        (State.FAILED, Reason.CHAT_STOPPED),
        (State.FAILED, Reason.CHAT_UNREACHABLE),
        (State.FAILED, Reason.BROKEN),
        (State.FAILED, Reason.AMBIGUOUS),
        (State.CANCELLED, Reason.ACCOUNT_DISABLED),
        (State.CANCELLED, Reason.HABIT_DELETED),
        (State.CANCELLED, Reason.NOT_DUE),
        (State.CANCELLED, Reason.CHECKED_IN),
        (State.EXPIRED, Reason.TOO_LATE),
    }
    lines = [record.getMessage() for record in caplog.records]
    for row_ in Reminder.objects.all():
        told = [
            line
            for line in lines
            if line.startswith(f"reminder_{row_.state} reminder={row_.pk} ")
            and (f"reason={row_.reason}" in line or not row_.reason)
        ]
        assert len(told) == 1, (row_.state, row_.reason, told)
    text = "\n".join(lines)
    assert "canary" not in text
    assert TOKEN not in text


def _broken(row: Reminder) -> Reminder:
    row.breaks = ledger.MAX_BREAKS - 1
    return row


@pytest.mark.parametrize("outcome", ["not_delivered", "ambiguous"])
def test_a_row_that_is_cancelled_as_its_habit_went_during_the_send_is_told_as_such(
    outcome: str,
    alice: User,
    make_habit: MakeHabit,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    row = planned(make_habit(alice))
    held = under_way()
    Reminder.objects.update(habit=None)

    with caplog.at_level("INFO"), django_capture_on_commit_callbacks(execute=True):
        if outcome == "ambiguous":
            ledger.record_ambiguous(held, "cut off", NOW)
        else:
            ledger.record_not_delivered(held, NOW + MINUTE, "refused", NOW)

    row.refresh_from_db()
    assert (row.state, row.reason) == (State.CANCELLED, Reason.HABIT_DELETED)
    events = [line.getMessage().split()[0] for line in caplog.records]
    assert events == ["reminder_ambiguous"] * (outcome == "ambiguous") + ["reminder_cancelled"]
    assert "reason=habit_deleted" in caplog.records[-1].getMessage()
