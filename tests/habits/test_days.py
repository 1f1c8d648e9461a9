"""Which dates a habit falls on, and which a pause covers."""

from datetime import date
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from habits.days import LAST_DATE, Days, Pause
from tests.habits.histories import DAY, START, days_strategy, on

MONDAY, THURSDAY, SUNDAY = 0, 3, 6


def first_dates(days: Days, day: date, count: int = 3) -> list[date]:
    return list(islice(days.dates_from(day), count))


def test_every_third_day_counts_from_the_start() -> None:
    days = Days(START, 3)
    assert first_dates(days, START) == [on(0), on(3), on(6)]
    assert first_dates(days, on(1)) == [on(3), on(6), on(9)]
    assert first_dates(days, on(-100)) == [on(0), on(3), on(6)]
    assert [days.is_due_on(on(n)) for n in (-3, 0, 1, 2, 3)] == [False, True, False, False, True]


def test_weekdays_count_from_the_start_on_as_well() -> None:
    days = Days(START, None, frozenset({MONDAY, THURSDAY}))
    assert first_dates(days, START) == [date(2026, 1, 1), date(2026, 1, 5), date(2026, 1, 8)]
    assert first_dates(days, on(1)) == [date(2026, 1, 5), date(2026, 1, 8), date(2026, 1, 12)]
    assert first_dates(days, on(-100)) == [date(2026, 1, 1), date(2026, 1, 5), date(2026, 1, 8)]
    assert not days.is_due_on(date(2025, 12, 29))
    assert not days.is_due_on(date(2026, 1, 4))
    assert days.is_due_on(date(2026, 1, 5))


def test_a_start_between_two_weekdays_waits_for_the_next_one() -> None:
    days = Days(date(2026, 1, 2), None, frozenset({SUNDAY}))
    assert first_dates(days, START, 1) == [date(2026, 1, 4)]


@pytest.mark.parametrize("days", [Days(START, 1), Days(START, None, frozenset(range(7)))])
def test_dates_end_with_the_last_one(days: Days) -> None:
    assert list(days.dates_from(LAST_DATE)) == [LAST_DATE]
    assert list(days.dates_from(date.max)) == []


@pytest.mark.parametrize("every", [0, 8, -1])
def test_a_number_of_days_out_of_range_is_refused(every: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 7"):
        Days(START, every)


@pytest.mark.parametrize("weekday", [-1, 7])
def test_a_weekday_out_of_range_is_refused(weekday: int) -> None:
    with pytest.raises(ValueError, match="from 0 to 6"):
        Days(START, None, frozenset({0, weekday}))


def test_a_schedule_needs_exactly_one_of_both() -> None:
    with pytest.raises(ValueError, match="either"):
        Days(START, None)
    with pytest.raises(ValueError, match="either"):
        Days(START, 1, frozenset({MONDAY}))


@pytest.mark.parametrize(
    ("days", "rate"),
    [
        (Days(START, 1), (1, 1)),
        (Days(START, 3), (1, 3)),
        (Days(START, 7), (1, 7)),
        (Days(START, None, frozenset({MONDAY})), (1, 7)),
        (Days(START, None, frozenset(range(6))), (6, 7)),
        (Days(START, None, frozenset(range(7))), (1, 1)),
    ],
)
def test_the_rate_is_so_many_times_in_so_many_days(days: Days, rate: tuple[int, int]) -> None:
    assert days.rate == rate


@settings(max_examples=100, deadline=None, derandomize=True)
@given(days_strategy(), st.integers(-30, 60).map(on))
def test_the_dates_from_a_day_on_are_those_that_are_due(days: Days, day: date) -> None:
    found = first_dates(days, day, 12)
    tried = [day + n * DAY for n in range((found[-1] - day).days + 1)]
    assert found == [each for each in tried if days.is_due_on(each)]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(days_strategy(), st.integers(-30, 60).map(on))
def test_the_rate_is_how_often_it_is_due_in_the_long_run(days: Days, day: date) -> None:
    times, length = days.rate
    first = max(day, days.starts_on)
    due = [days.is_due_on(first + n * DAY) for n in range(length)]
    assert sum(due) == times


def test_a_pause_covers_both_its_ends() -> None:
    pause = Pause(on(2), on(4))
    assert [pause.covers(on(n)) for n in range(1, 6)] == [False, True, True, True, False]


def test_an_open_pause_covers_all_that_comes() -> None:
    pause = Pause(on(2), None)
    assert [pause.covers(day) for day in (on(1), on(2), date.max)] == [False, True, True]


def test_a_pause_that_ends_before_it_starts_covers_nothing() -> None:
    pause = Pause(on(2), on(1))
    assert not any(pause.covers(on(n)) for n in range(4))
