"""What ended long ago leaves the ledger, and nothing else does."""

import datetime

import pytest
from django.db import transaction
from pytest_django import Settings

from accounts.models import User
from notifications import retention, totals
from notifications.models import Reminder, State
from tests.conftest import MakeHabit
from tests.notifications.stage import DAY, HOUR, MOMENT, NOW, TODAY, background

OLD = NOW - 90 * DAY - MOMENT
ENDS = (State.SENT, State.FAILED, State.CANCELLED, State.EXPIRED)


@pytest.fixture
def row(alice: User, make_habit: MakeHabit) -> "Make":
    return Make(alice, make_habit)


class Make:
    """Makes rows of one habit, each of another date."""

    def __init__(self, user: User, make_habit: MakeHabit) -> None:
        self.user = user
        self.habit = make_habit(user)
        self.made = 0

    def __call__(
        self,
        ended_at: datetime.datetime | None = OLD,
        state: State = State.SENT,
        due_at: datetime.datetime | None = None,
        *,
        is_counted: bool = True,
    ) -> Reminder:
        self.made += 1
        due = due_at or ended_at or OLD
        return Reminder.objects.create(
            habit=self.habit,
            user=self.user,
            local_date=TODAY - self.made * DAY,
            due_at=due,
            not_before=due,
            state=state,
            ended_at=ended_at,
            is_counted=is_counted,
        )


@pytest.mark.parametrize("state", ENDS)
def test_a_row_that_ended_before_the_retention_goes_however_it_ended(
    row: Make, state: State
) -> None:
    row(state=state)
    kept = row(OLD + MOMENT, state)

    assert retention.prune(NOW) == 1

    assert list(Reminder.objects.all()) == [kept]


@pytest.mark.parametrize("state", [State.PENDING, State.SENDING])
def test_a_row_that_has_not_ended_stays_however_old(row: Make, state: State) -> None:
    row(None, state)

    assert retention.prune(NOW) == 0
    assert Reminder.objects.count() == 1


def test_a_row_stays_until_it_is_in_the_totals(row: Make) -> None:
    row(is_counted=False)

    assert retention.prune(NOW) == 0
    totals.count_ended()
    assert retention.prune(NOW) == 1

    assert totals.read()[State.SENT, ""] == 1


def test_a_row_whose_end_a_wrong_clock_wrote_into_the_past_stays(row: Make) -> None:
    row(ended_at=OLD, due_at=NOW - HOUR)

    assert retention.prune(NOW) == 0


def test_a_row_stays_for_the_catch_up_window_whatever_the_retention(
    row: Make, settings: Settings
) -> None:
    """A failed one can be requeued until then."""
    settings.REMINDER_RETENTION = 3 * DAY
    settings.REMINDER_CATCH_UP = 7 * DAY
    row(NOW - 7 * DAY)
    row(NOW - 7 * DAY - MOMENT)

    assert retention.prune(NOW) == 1


def test_the_shortest_retention_keeps_a_date_from_coming_back(
    row: Make, settings: Settings
) -> None:
    """A person's today goes back by two dates at most, so three days are enough."""
    settings.REMINDER_RETENTION = 3 * DAY
    kept = row(NOW - 3 * DAY)
    row(NOW - 3 * DAY - MOMENT)

    assert retention.prune(NOW) == 1
    assert list(Reminder.objects.all()) == [kept]


def test_a_tick_prunes_no_more_than_some_batches_and_the_next_one_goes_on(
    row: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "MOST_BATCHES", 2)
    for _ in range(5):
        row()

    assert [retention.prune(NOW) for _ in range(3)] == [4, 1, 0]


@pytest.mark.django_db(transaction=True)
def test_pruning_waits_for_nobody(row: Make) -> None:
    held, _free = row(), row()

    with transaction.atomic():
        list(Reminder.objects.filter(pk=held.pk).select_for_update())
        assert background(lambda: retention.prune(NOW)).result(10) == 1

    assert list(Reminder.objects.all()) == [held]


def test_one_line_says_how_many_rows_went(row: Make, caplog: pytest.LogCaptureFixture) -> None:
    for state in (State.SENT, State.SENT, State.EXPIRED):
        row(state=state)

    with caplog.at_level("INFO"):
        retention.prune(NOW)
        retention.prune(NOW)

    (line,) = [each.getMessage() for each in caplog.records]
    assert line == "reminders_pruned rows=3 expired=1 sent=2 before=2026-04-02T05:30:00+00:00"
