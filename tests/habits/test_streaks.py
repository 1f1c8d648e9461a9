"""Streaks: by hand, and against a second implementation that looks at each date."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from habits.days import Days, Pause
from habits.history import History, Mark, PastDays
from habits.streaks import Streaks, advance, current_streak, longest_streak
from tests.habits.histories import DAILY, START, histories, lived, marked, on, span, with_marks


def both(history: History) -> tuple[int, int]:
    return current_streak(history), longest_streak(history)


@pytest.mark.parametrize(
    ("text", "current", "longest"),
    [
        (".", 0, 0),
        ("d", 1, 1),
        ("ddd", 3, 3),
        ("ddd.", 3, 3),  # today is still open
        ("ddd..", 0, 3),  # yesterday was missed
        ("ddd.d", 1, 3),
        ("dd.ddd.", 3, 3),
        ("ddd.dd.", 2, 3),
        ("dsd", 2, 2),  # skipped neither ends nor lengthens
        ("dsssd.", 2, 2),
        ("dds", 2, 2),
        ("s", 0, 0),
        ("sss", 0, 0),
        ("d.s", 0, 1),
        ("....d", 1, 1),
    ],
)
def test_a_daily_streak(text: str, current: int, longest: int) -> None:
    assert both(lived(text)) == (current, longest)


@pytest.mark.parametrize(
    ("text", "current"),
    [
        ("d.d.d", 3),
        ("d.d.dd", 3),  # one more than due
        ("d.d..d", 0),  # late is not the same
        (".d.d.d", 0),
        ("d.d.", 2),
        ("ddd.", 2),
    ],
)
def test_only_days_that_are_due_make_a_streak(text: str, current: int) -> None:
    assert current_streak(lived(text, Days(START, 2))) == current


def test_weekdays_make_a_streak_over_the_days_between() -> None:
    monday_and_thursday = Days(START, None, frozenset({0, 3}))
    assert current_streak(lived("d...d..d.", monday_and_thursday)) == 3
    assert current_streak(lived("d......d.", monday_and_thursday)) == 1


def test_a_pause_neither_ends_nor_lengthens() -> None:
    assert both(lived("dd...d.", DAILY, Pause(on(2), on(4)))) == (3, 3)
    assert both(lived("dd...d.", DAILY, Pause(on(2), on(3)))) == (1, 2)
    # What is done in it is no occurrence.
    assert both(lived("ddddd.", DAILY, Pause(on(2), on(3)))) == (3, 3)
    assert both(lived("dd.....", DAILY, Pause(on(2), None))) == (2, 2)


def test_a_change_of_schedule_keeps_the_streak_that_there_was() -> None:
    past = (PastDays(on(3), DAILY),)
    history = History(Days(on(3), 7), on(12), marked("dddd......d"), past)
    assert both(history) == (5, 5)
    # Without it, the daily schedule would have ended on the fifth date.
    assert both(replace(history, past=(), days=DAILY)) == (0, 4)


def test_what_is_done_before_the_start_is_no_occurrence() -> None:
    history = History(DAILY, on(2), marked("ddddd", -2))
    assert both(history) == (3, 3)


def test_what_is_done_ahead_counts_at_once_and_what_is_open_ends_nothing() -> None:
    assert both(History(DAILY, on(2), marked("dddd"))) == (4, 4)
    assert both(History(DAILY, on(2), marked("dd.d"))) == (3, 3)
    assert both(History(DAILY, on(3), marked("dd.d"))) == (1, 2)


def test_a_streak_brought_along_goes_on() -> None:
    history = History(DAILY, on(8), marked("dd.d", 5))
    assert advance(Streaks(3, 4), history, on(4), on(6)) == Streaks(5, 5)
    assert advance(Streaks(3, 4), history, on(4)) == Streaks(1, 5)
    # Nothing is to come.
    assert advance(Streaks(3, 4), history, on(8)) == Streaks(3, 4)


class Counted(dict[date, Mark]):
    """Marks that count how often they are asked for one."""

    asked = 0

    def get(self, *given: Any) -> Any:
        self.asked += 1
        return super().get(*given)


@pytest.mark.parametrize("days", [DAILY, Days(START, None, frozenset({0, 3}))])
def test_centuries_of_pause_or_absence_cost_nothing(days: Days) -> None:
    long_after = date(9000, 1, 1)
    done = dict.fromkeys(days_until(days, on(40)), Mark.DONE)
    marks = Counted({**done, long_after: Mark.DONE})
    away = History(days, long_after, marks)
    assert longest_streak(away) == len(done)
    paused = replace(away, pauses=(Pause(on(41), date(8999, 12, 31)),))
    assert longest_streak(paused) == len(done) + days.is_due_on(long_after)
    assert marks.asked < 3 * len(marks)


def days_until(days: Days, last: date) -> list[date]:
    return [on(n) for n in range((last - START).days + 1) if days.is_due_on(on(n))]


# --- a second implementation ---------------------------------------------------------------------


def by_each_date(history: History) -> Streaks:
    """Every date up to the last, one after the other."""
    current = longest = 0
    for day in span(history):
        if history.is_paused_on(day) or not history.days_on(day).is_due_on(day):
            continue
        mark = history.marks.get(day)
        if mark is Mark.DONE:
            current += 1
            longest = max(longest, current)
        elif mark is None and day < history.today:
            current = 0
    return Streaks(current, longest)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(histories())
def test_streaks_are_those_that_looking_at_each_date_finds(history: History) -> None:
    assert advance(Streaks(), history) == by_each_date(history)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories(), st.integers(-10, 130).map(on))
def test_going_on_from_any_date_needs_only_the_marks_after_it(
    history: History, after: date
) -> None:
    early = advance(Streaks(), history, until=min(after, history.last))
    rest = {day: mark for day, mark in history.marks.items() if day > after}
    assert advance(early, replace(history, marks=rest), after) == by_each_date(history)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories(), st.integers(-10, 130).map(on))
def test_done_instead_of_nothing_or_skipped_never_shortens(history: History, day: date) -> None:
    done = with_marks(history, {day: Mark.DONE})
    for other in (None, Mark.SKIPPED):
        less = with_marks(history, {day: other})
        assert longest_streak(done) >= longest_streak(less)
        assert current_streak(done) >= current_streak(less)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories())
def test_the_order_of_entry_does_not_matter(history: History) -> None:
    backwards = replace(history, marks=dict(reversed(list(history.marks.items()))))
    assert both(backwards) == both(history)
