"""`manage.py reminders`: what it prints, what it changes, and what it refuses."""

from io import StringIO

import pytest
import tzdata
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import User
from habits.models import ZoneRules
from notifications import pacing, totals
from notifications.models import Reason, Reminder, State
from tests.conftest import MakeHabit
from tests.notifications.stage import HOUR, MINUTE, NOW, due, end_of, planned, under_way


def reminders(*arguments: str) -> list[str]:
    """The lines that the command prints, blanks squeezed."""
    output = StringIO()
    call_command("reminders", *arguments, stdout=output)
    return [" ".join(line.split()) for line in output.getvalue().splitlines()]


def end(row: Reminder, state: State, reason: str = "") -> Reminder:
    Reminder.objects.filter(pk=row.pk).update(state=state, reason=reason, ended_at=NOW)
    return row


def test_it_shows_how_the_reminders_stand(alice: User, make_habit: MakeHabit) -> None:
    for reason in (Reason.REJECTED, Reason.REJECTED, Reason.BROKEN):
        end(planned(make_habit(alice)), State.FAILED, reason)
    end(planned(make_habit(alice)), State.CANCELLED, Reason.NOT_DUE)
    end(planned(make_habit(alice)), State.EXPIRED, Reason.TOO_LATE)
    end(planned(make_habit(alice)), State.SENT)
    planned(make_habit(alice))
    under_way()
    oldest = planned(make_habit(alice), NOW - HOUR)
    planned(make_habit(alice))
    pacing.pause_bot(NOW + MINUTE)
    totals.note_tick(NOW - MINUTE, 0.1234)

    assert reminders() == [
        "pending: 2",
        "sending: 1",
        "sent: 1",
        "failed: 3",
        "broken: 1",
        "rejected: 2",
        "cancelled: 1",
        "not_due: 1",
        "expired: 1",
        "too_late: 1",
        f"oldest pending: reminder {oldest.pk} of 2026-07-01, due 2026-07-01 04:30:00+00:00,"
        " has waited 3600 s",
        "lag: 3600 s",
        "bot: paused until 2026-07-01 05:31:00+00:00",
        "last tick: 2026-07-01 05:29:00+00:00, took 0.123 s",
    ]


def test_it_shows_that_nothing_happened_yet(db: None) -> None:
    lines = reminders()

    assert lines[:6] == [f"{state}: 0" for state in State]
    assert lines[6:] == [
        "oldest pending: none",
        "lag: 0 s",
        "bot: not paused",
        "last tick: none yet",
    ]


def test_a_reminder_that_lies_ahead_waits_but_does_not_lag(
    alice: User, make_habit: MakeHabit
) -> None:
    row = planned(make_habit(alice))
    Reminder.objects.update(due_at=NOW + HOUR)

    lines = reminders()

    assert (
        f"oldest pending: reminder {row.pk} of 2026-07-01, due 2026-07-01 06:30:00+00:00" in lines
    )
    assert "lag: 0 s" in lines


def test_requeue_says_what_it_did_and_what_it_left_alone(
    alice: User, make_habit: MakeHabit
) -> None:
    row = end(planned(make_habit(alice)), State.FAILED, Reason.REJECTED)
    end(planned(make_habit(alice), NOW - 3 * HOUR), State.FAILED, Reason.REJECTED)
    orphan = end(planned(make_habit(alice)), State.FAILED, Reason.REJECTED)
    Reminder.objects.filter(pk=orphan.pk).update(habit=None)

    assert reminders("requeue", "--all") == [
        "Requeued: 1",
        "Left alone, past the catch-up window: 1",
        "Left alone, habit deleted: 1",
    ]

    assert end_of(row) == (State.PENDING, "")


def test_requeue_takes_reasons_and_numbers(alice: User, make_habit: MakeHabit) -> None:
    reasons = (Reason.REJECTED, Reason.BROKEN, Reason.AMBIGUOUS, Reason.AMBIGUOUS)
    rows = [end(planned(make_habit(alice)), State.FAILED, reason) for reason in reasons]

    assert reminders("requeue", "--reason", "rejected", "--reason", "broken") == ["Requeued: 2"]
    assert reminders("requeue", "--id", str(rows[2].pk)) == ["Requeued: 1"]

    assert [end_of(row)[0] for row in rows] == ["pending", "pending", "pending", "failed"]


def test_leave_says_how_many(alice: User, make_habit: MakeHabit) -> None:
    row = planned(make_habit(alice))
    Reminder.objects.update(ambiguities=1)

    assert reminders("leave") == ["Ended as failed, ambiguous: 1"]

    assert end_of(row) == (State.FAILED, Reason.AMBIGUOUS)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["requeue"], "Say which failed reminders"),
        (["requeue", "--all", "--reason", "broken"], "Say which failed reminders"),
        (["requeue", "--reason", "brocken"], "No such reason: brocken. One of no_chat, "),
        (["requeue", "--reason", "too_late"], "No such reason: too_late"),
        (["requeue", "--id", "1x"], "invalid int value"),
        (["requeue", "--id", "987654"], "these have not failed: 987654 .no such reminder."),
        (["send"], "invalid choice: 'send'"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    arguments: list[str], named: str, alice: User, make_habit: MakeHabit
) -> None:
    end(planned(make_habit(alice)), State.FAILED, Reason.BROKEN)
    before = list(Reminder.objects.values())

    with pytest.raises(CommandError, match=named):
        reminders(*arguments)

    assert list(Reminder.objects.values()) == before


def test_a_reminder_that_has_not_failed_is_named_with_its_state(
    alice: User, make_habit: MakeHabit
) -> None:
    row = planned(make_habit(alice))

    with pytest.raises(CommandError, match=rf"{row.pk} \(pending\)"):
        reminders("requeue", "--id", str(row.pk))


def test_replan_moves_what_older_or_newer_rules_made(alice: User, make_habit: MakeHabit) -> None:
    habit = due(make_habit(alice), NOW + HOUR)
    ZoneRules.objects.update_or_create(
        pk=ZoneRules.PK, defaults={"version": "2999z", "reached": None}
    )

    assert reminders("replan") == [f"All habits are at the rules of tzdata {tzdata.IANA_VERSION}."]

    habit.refresh_from_db()
    assert habit.next_due_at == NOW
