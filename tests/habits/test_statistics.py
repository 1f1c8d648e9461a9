"""What a period amounts to."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from habits.days import Days, Pause
from habits.history import DayState, History, Mark
from habits.statistics import calendar, completion_rate, counts
from tests.habits.histories import DAILY, DAY, START, histories, lived, on

DUE, DONE, SKIPPED, MISSED, PAUSED, NOT_DUE = DayState


def rate(text: str, days: Days = DAILY, *pauses: Pause) -> float | None:
    """The completion rate of the whole of a life, and of as long again."""
    return completion_rate(lived(text, days, *pauses), START, on(2 * len(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dddd", 1),
        ("dd.d", 3 / 4),
        ("d.s.d", 2 / 4),  # skipped is not asked for
        ("...d", 1 / 4),
        ("ddd.", 1),  # today is not over
        ("d..", 1 / 2),
        ("..", 0),
        (".", None),
        ("ss.", None),
    ],
)
def test_the_rate_is_what_was_done_of_what_was_asked_for(text: str, expected: float | None) -> None:
    assert rate(text) == expected


def test_only_due_dates_count() -> None:
    assert rate("dddd.", Days(START, 2)) == 1
    assert rate(".ddd.", Days(START, 2)) == 1 / 2


def test_paused_dates_do_not_count_whatever_is_done_on_them() -> None:
    assert rate("d...d", DAILY, Pause(on(1), on(2))) == 2 / 3
    assert rate("dd..d", DAILY, Pause(on(1), on(2))) == 2 / 3
    assert rate("ds..d", DAILY, Pause(on(1), on(2))) == 2 / 3
    assert rate("....", DAILY, Pause(on(0), None)) is None


def test_only_the_period_counts() -> None:
    history = lived("dd..dd.")
    assert completion_rate(history, on(1), on(2)) == 1 / 2
    assert completion_rate(history, on(6), on(6)) is None
    assert completion_rate(history, on(7), on(20)) is None
    assert completion_rate(history, on(2), on(1)) is None


def test_the_calendar_reaches_into_the_future() -> None:
    history = lived("ds..", DAILY, Pause(on(5), on(5)))
    assert calendar(history, on(-1), on(6)) == [
        (on(-1), NOT_DUE),
        (on(0), DONE),
        (on(1), SKIPPED),
        (on(2), MISSED),
        (on(3), DUE),
        (on(4), DUE),
        (on(5), PAUSED),
        (on(6), DUE),
    ]


def test_counts_name_every_state() -> None:
    history = lived("dsd.", DAILY)
    assert counts(history, on(0), on(3)) == {
        DUE: 1,
        DONE: 2,
        SKIPPED: 1,
        MISSED: 0,
        PAUSED: 0,
        NOT_DUE: 0,
    }


# --- a second implementation ---------------------------------------------------------------------


def by_each_date(history: History, dates: list[date]) -> float | None:
    due = [
        history.marks.get(day)
        for day in dates
        if history.days_on(day).is_due_on(day)
        and not history.is_paused_on(day)
        and (day < history.today or day in history.marks)
    ]
    wanted = len(due) - due.count(Mark.SKIPPED)
    return due.count(Mark.DONE) / wanted if wanted else None


@settings(max_examples=150, deadline=None, derandomize=True)
@given(histories(), st.integers(-30, 130).map(on), st.integers(0, 60))
def test_the_numbers_are_those_that_looking_at_each_date_finds(
    history: History, first: date, length: int
) -> None:
    dates = [first + n * DAY for n in range(length + 1)]
    found = completion_rate(history, first, dates[-1])
    assert found == by_each_date(history, dates)
    assert found is None or 0 <= found <= 1
    states = [history.state_on(day) for day in dates]
    assert calendar(history, first, dates[-1]) == list(zip(dates, states, strict=True))
    assert Counter(counts(history, first, dates[-1])) == Counter(states)
