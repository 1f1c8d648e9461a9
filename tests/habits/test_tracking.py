"""Saying what became of a date, taking it back, pausing: what is written, and what is kept."""

import datetime
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from habits import progress, statistics, streaks, tracking
from habits import strength as strengths
from habits.changes import Before, save_changed
from habits.history import DayState
from habits.models import (
    CheckIn,
    CheckInSource,
    CheckInStatus,
    Habit,
    PastPause,
    PastSchedule,
    Progress,
)
from habits.records import histories_of, records_of
from habits.weekdays import bits_of
from tests.conftest import MakeHabit

DAY = datetime.timedelta(days=1)
TODAY = datetime.date(2026, 7, 1)
NOW = datetime.datetime(2026, 7, 1, 10, tzinfo=datetime.UTC)
DONE, SKIPPED = CheckInStatus.DONE, CheckInStatus.SKIPPED
API, TELEGRAM = CheckInSource.API, CheckInSource.TELEGRAM

pytestmark = pytest.mark.django_db


def ago(days: int) -> datetime.date:
    return TODAY - days * DAY


def done(habit: Habit, *dates: datetime.date, now: datetime.datetime = NOW) -> None:
    for date in dates:
        tracking.check_in(habit, date, DONE, source=API, now=now)


def everything() -> list[Any]:
    """All that tracking writes: equal before and after a call that changed nothing."""
    models = (CheckIn, PastPause, PastSchedule, Progress, Habit)
    return [list(model.objects.order_by("pk").values()) for model in models]


def codes(error: pytest.ExceptionInfo[ValidationError]) -> dict[str, list[str | None]]:
    return {name: [each.code for each in given] for name, given in error.value.error_dict.items()}


@pytest.fixture
def habit(alice: User, make_habit: MakeHabit) -> Habit:
    """Every day since the beginning of the year."""
    return make_habit(alice)


def test_a_check_in_is_one_row_for_its_date(habit: Habit) -> None:
    row = tracking.check_in(habit, TODAY, DONE, source=TELEGRAM, now=NOW, note=" far ")
    assert list(CheckIn.objects.all()) == [row]
    row.refresh_from_db()
    told = (row.habit, row.date, row.status, row.note, row.source, row.made_at)
    assert told == (habit, TODAY, "done", "far", "telegram", NOW)


def test_saying_the_same_again_changes_nothing(habit: Habit) -> None:
    tracking.check_in(habit, TODAY, DONE, source=API, now=NOW, note="far")
    before = everything()
    later = NOW + datetime.timedelta(hours=1)
    tracking.check_in(habit, TODAY, DONE, source=TELEGRAM, now=later)
    tracking.check_in(habit, TODAY, DONE, source=TELEGRAM, now=later, note="far")
    assert everything() == before


def test_the_other_status_takes_its_place_and_the_note_stays(habit: Habit) -> None:
    first = tracking.check_in(habit, TODAY, DONE, source=API, now=NOW, note="far")
    later = NOW + datetime.timedelta(hours=1)
    second = tracking.check_in(habit, TODAY, SKIPPED, source=TELEGRAM, now=later)
    assert second == first
    second.refresh_from_db()
    told = (second.status, second.note, second.source, second.made_at)
    assert told == ("skipped", "far", "telegram", later)


def test_a_note_can_be_changed_and_taken_away(habit: Habit) -> None:
    for note in ("far", "farther", None):
        tracking.check_in(habit, TODAY, DONE, source=API, now=NOW, note=note)
        assert CheckIn.objects.get().note == note


@pytest.mark.parametrize("note", ["", " ", "a\nb", "x" * 501])
def test_a_note_that_is_no_line_is_refused_and_nothing_is_written(habit: Habit, note: str) -> None:
    before = everything()
    with pytest.raises(ValidationError) as error:
        tracking.check_in(habit, TODAY, DONE, source=API, now=NOW, note=note)
    assert list(codes(error)) == ["note"]
    assert everything() == before


@pytest.mark.parametrize("date", [TODAY + DAY, datetime.date(2025, 12, 31), datetime.date.max])
def test_a_date_ahead_or_before_the_start_is_refused(habit: Habit, date: datetime.date) -> None:
    before = everything()
    with pytest.raises(ValidationError) as error:
        tracking.check_in(habit, date, DONE, source=API, now=NOW)
    assert codes(error) == {"date": ["date_out_of_range"]}
    assert everything() == before


def test_the_start_and_the_calendars_date_are_still_in_range(habit: Habit) -> None:
    habit.owner.day_starts_at = datetime.time(3)
    # Half past midnight in Berlin: the person's today is still yesterday.
    night = datetime.datetime(2026, 6, 30, 22, 30, tzinfo=datetime.UTC)
    assert habit.owner.today(night) == ago(1)
    done(habit, habit.starts_on, TODAY, now=night)
    assert CheckIn.objects.count() == 2
    assert records_of([habit], night)[habit.pk].current_streak == 1


def test_undoing_takes_the_row_away_and_answers_it(habit: Habit) -> None:
    row = tracking.check_in(habit, TODAY, DONE, source=API, now=NOW)
    undone = tracking.undo(habit, TODAY, now=NOW)
    assert undone == row
    assert not CheckIn.objects.exists()
    before = everything()
    assert tracking.undo(habit, TODAY, now=NOW) is None
    assert everything() == before


def test_what_is_kept_follows_a_past_that_changes(habit: Habit) -> None:
    done(habit, *(ago(n) for n in range(40) if n != 20))
    assert records_of([habit], NOW)[habit.pk].longest_streak == 20
    done(habit, ago(20))
    assert records_of([habit], NOW)[habit.pk].longest_streak == 40
    tracking.undo(habit, ago(30), now=NOW)
    assert records_of([habit], NOW)[habit.pk].longest_streak == 30


def test_the_tail_holds_all_that_the_strength_looks_back_at(
    alice: User, make_habit: MakeHabit
) -> None:
    weekly = make_habit(alice, periodicity=7)
    done(weekly, ago(5), ago(4))
    # Four days on, two weeks hold both: without them, the habit would weaken.
    assert_numbers(weekly, NOW + 4 * DAY)


def test_a_paused_habit_is_not_due_and_resumes_today(habit: Habit) -> None:
    habit.reschedule(NOW)
    tracking.pause(habit, None, None, now=NOW)
    habit.refresh_from_db()
    assert (habit.paused_from, habit.paused_until, habit.next_due_at) == (TODAY, None, None)
    later = NOW + 3 * DAY
    tracking.resume(habit, now=later)
    habit.refresh_from_db()
    assert (habit.paused_from, habit.paused_until) == (None, None)
    assert habit.next_due_at == datetime.datetime(2026, 7, 5, 5, 30, tzinfo=datetime.UTC)
    rows = PastPause.objects.values_list("habit", "starts_on", "ends_on")
    assert list(rows) == [(habit.pk, TODAY, TODAY + 2 * DAY)]
    before = everything()
    tracking.resume(habit, now=later)
    assert everything() == before


def test_a_pause_taken_back_on_its_first_day_leaves_nothing(habit: Habit) -> None:
    tracking.pause(habit, None, None, now=NOW)
    tracking.resume(habit, now=NOW)
    assert not PastPause.objects.exists()


def test_a_pause_that_ends_is_over_by_itself(habit: Habit) -> None:
    tracking.pause(habit, TODAY, TODAY + DAY, now=NOW)
    habit.refresh_from_db()
    assert habit.next_due_at == datetime.datetime(2026, 7, 3, 5, 30, tzinfo=datetime.UTC)
    before = everything()
    tracking.resume(habit, now=NOW + 2 * DAY)
    assert everything() == before


def test_a_new_pause_keeps_what_has_passed_of_the_one_before(habit: Habit) -> None:
    tracking.pause(habit, TODAY, None, now=NOW)
    later = NOW + 5 * DAY
    tracking.pause(habit, TODAY + 7 * DAY, None, now=later)
    history = histories_of([habit], later)[habit.pk]
    paused = [n for n in range(10) if history.state_on(TODAY + n * DAY) is DayState.PAUSED]
    assert paused == [0, 1, 2, 3, 4, 7, 8, 9]


def test_a_pause_of_the_past_changes_numbers_and_no_plan(habit: Habit) -> None:
    done(habit, *(ago(n) for n in range(40) if not 10 <= n < 20))
    due = Habit.objects.values_list("next_due_at", "paused_from").get()
    tracking.pause(habit, ago(19), ago(15), now=NOW)
    tracking.pause(habit, ago(14), ago(10), now=NOW)
    assert Habit.objects.values_list("next_due_at", "paused_from").get() == due
    assert records_of([habit], NOW)[habit.pk].current_streak == 30
    # What touches becomes one.
    assert PastPause.objects.values_list("starts_on", "ends_on").get() == (ago(19), ago(10))


TEN_YEARS_AND_A_DAY = 3654


@pytest.mark.parametrize(
    ("first", "last", "problems"),
    [
        (TODAY, ago(1), {"until": ["pause_ends_before_start"]}),
        (ago(TEN_YEARS_AND_A_DAY), None, {"from": ["pause_out_of_range"]}),
        (None, ago(-TEN_YEARS_AND_A_DAY), {"until": ["pause_out_of_range"]}),
        (datetime.date.min, None, {"from": ["pause_out_of_range"]}),
        (None, datetime.date.max, {"until": ["pause_out_of_range"]}),
    ],
)
def test_a_pause_that_makes_no_sense_is_refused(
    habit: Habit,
    first: datetime.date | None,
    last: datetime.date | None,
    problems: dict[str, list[str]],
) -> None:
    tracking.pause(habit, TODAY, None, now=NOW)
    before = everything()
    with pytest.raises(ValidationError) as error:
        tracking.pause(habit, first, last, now=NOW)
    assert codes(error) == problems
    assert everything() == before


@pytest.mark.parametrize("back", [0, 1, 2])
def test_a_pause_is_ended_also_where_today_has_gone_back(habit: Habit, back: int) -> None:
    """Whoever flies over the date line lives a date twice."""
    tracking.pause(habit, ago(1), None, now=NOW)
    tracking.resume(habit, now=NOW + DAY)
    tracking.pause(habit, TODAY + 2 * DAY, None, now=NOW + 2 * DAY)
    tracking.resume(habit, now=NOW + 3 * DAY)
    now, today = NOW + (3 - back) * DAY, TODAY + (3 - back) * DAY
    before = histories_of([habit], now)[habit.pk]
    tracking.resume(habit, now=now)
    history = histories_of([habit], now)[habit.pk]
    assert not any(history.is_paused_on(today + n * DAY) for n in range(5))
    past = [today - n * DAY for n in range(1, 8)]
    assert [*map(history.is_paused_on, past)] == [*map(before.is_paused_on, past)]
    assert_numbers(habit, now)


def change(habit: Habit, now: datetime.datetime = NOW, **fields: Any) -> None:
    before = Before.of(habit)
    for name, value in fields.items():
        setattr(habit, name, value)
    save_changed(habit, before, now)


def test_a_changed_schedule_does_not_rewrite_the_past(habit: Habit) -> None:
    done(habit, *(ago(n) for n in range(8)))
    change(habit, periodicity=None, weekdays=bits_of({0}))
    history = histories_of([habit], NOW)[habit.pk]
    assert [history.state_on(ago(n)) for n in (8, 1)] == [DayState.MISSED, DayState.DONE]
    # A Wednesday, Monday and Tuesday: from today on only Mondays are due.
    states = [history.state_on(TODAY + n * DAY) for n in (1, 5, 6)]
    assert states == [DayState.NOT_DUE, DayState.DUE, DayState.NOT_DUE]
    assert records_of([habit], NOW)[habit.pk].current_streak == 7


def test_of_several_changes_on_one_day_the_first_keeps_the_past(habit: Habit) -> None:
    change(habit, periodicity=2)
    change(habit, periodicity=3)
    row = PastSchedule.objects.get()
    assert (row.until, row.periodicity, row.weekdays) == (TODAY, 1, None)
    change(habit, NOW + DAY, periodicity=None, weekdays=1)
    assert [row.periodicity for row in PastSchedule.objects.order_by("until")] == [1, 3]


@pytest.mark.parametrize("back", [0, 1, 2])
def test_a_change_counts_from_today_also_where_today_has_gone_back(habit: Habit, back: int) -> None:
    """Whoever flies over the date line lives a date twice."""
    for ahead, every in enumerate((2, 3, 4)):
        change(habit, NOW + ahead * DAY, periodicity=every)
    now, today = NOW + (2 - back) * DAY, TODAY + (2 - back) * DAY
    past = [histories_of([habit], now)[habit.pk].days_on(today - n * DAY) for n in (1, 2, 3)]
    change(habit, now, periodicity=5)
    history = histories_of([habit], now)[habit.pk]
    assert [history.days_on(today - n * DAY) for n in (1, 2, 3)] == past
    assert [history.days_on(today + n * DAY) for n in range(3)] == [habit.days] * 3


def test_a_change_that_leaves_the_days_alone_keeps_nothing(habit: Habit) -> None:
    change(habit, time=datetime.time(9), place="the yard")
    assert not PastSchedule.objects.exists()


def test_a_moved_start_drops_no_check_in(habit: Habit) -> None:
    done(habit, ago(3), ago(2))
    change(habit, starts_on=TODAY + DAY)
    assert CheckIn.objects.count() == 2
    history = histories_of([habit], NOW)[habit.pk]
    assert history.state_on(ago(1)) is DayState.MISSED
    assert history.state_on(TODAY) is DayState.NOT_DUE


# --- every life ----------------------------------------------------------------------------------


ACTIONS = st.one_of(
    st.tuples(st.sampled_from([DONE, SKIPPED, None]), st.integers(0, 45)),
    st.tuples(st.just("pause"), st.integers(-4, 30), st.none() | st.integers(-10, 30)),
    st.just(("resume",)),
    st.tuples(st.just("every"), st.integers(1, 7)),
    st.tuples(st.just("weekdays"), st.integers(1, 127)),
    st.tuples(st.just("start"), st.integers(-5, 60)),
    st.tuples(st.just("days_pass"), st.integers(1, 20)),
)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(ACTIONS, min_size=5, max_size=40))
def test_whatever_is_done_the_record_tells_the_numbers_of_the_whole_history(
    habit: Habit, actions: list[tuple[Any, ...]]
) -> None:
    CheckIn.objects.all().delete()
    Progress.objects.all().delete()
    PastPause.objects.all().delete()
    PastSchedule.objects.all().delete()
    habit.periodicity, habit.weekdays, habit.starts_on = 1, None, datetime.date(2026, 1, 1)
    habit.paused_from = habit.paused_until = None
    habit.save()
    now = NOW
    for action, *values in actions:
        live(habit, action, values, now)
        if action == "days_pass":
            now += values[0] * DAY
        assert_numbers(habit, now)


def live(habit: Habit, action: Any, values: list[Any], now: datetime.datetime) -> None:
    today = habit.owner.today(now)
    if action in {DONE, SKIPPED, None}:
        date = max(today - values[0] * DAY, min(habit.starts_on, today))
        if action is None:
            tracking.undo(habit, date, now=now)
        elif habit.starts_on <= today:
            tracking.check_in(habit, date, action, source=API, now=now)
    elif action == "pause":
        first = today - values[0] * DAY
        last = None if values[1] is None else max(first, first + values[1] * DAY)
        tracking.pause(habit, first, last, now=now)
    elif action == "resume":
        tracking.resume(habit, now=now)
    elif action == "every":
        change(habit, now, periodicity=values[0], weekdays=None)
    elif action == "weekdays":
        change(habit, now, periodicity=None, weekdays=values[0])
    elif action == "start":
        change(habit, now, starts_on=today - values[0] * DAY)


def assert_numbers(habit: Habit, now: datetime.datetime) -> None:
    whole = histories_of([habit], now)[habit.pk]
    record = records_of([habit], now)[habit.pk]
    assert len(record.tail.marks) <= 16 + 21
    assert record.current_streak == streaks.current_streak(whole)
    assert record.longest_streak == streaks.longest_streak(whole)
    assert record.strength == pytest.approx(strengths.strength(whole), abs=1e-12)
    assert record.today_state is whole.state_on(whole.today)
    assert record.kept == progress.Kept() or record.kept.settled_on is not None
    period = whole.today - 30 * DAY, whole.today
    part = histories_of([habit], now, *period)[habit.pk]
    assert statistics.counts(part, *period) == statistics.counts(whole, *period)
    assert statistics.completion_rate(part, *period) == statistics.completion_rate(
        replace(whole), *period
    )
