"""What became of each date."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings

from habits.days import LAST_DATE, Days, Pause
from habits.history import DayState, History, Mark, PastDays
from habits.progress import kept
from tests.habits.histories import DAILY, DAY, START, histories, lived, on, span, with_marks

DUE, DONE, SKIPPED, MISSED, PAUSED, NOT_DUE = DayState


def states(history: History, first: int, last: int) -> list[DayState]:
    return [history.state_on(on(n)) for n in range(first, last + 1)]


def test_a_daily_habit_is_done_skipped_missed_and_due_today() -> None:
    history = lived("ds..")
    assert states(history, -1, 5) == [NOT_DUE, DONE, SKIPPED, MISSED, DUE, DUE, DUE]


def test_every_second_day_is_not_due_on_the_others() -> None:
    history = lived("d....", Days(START, 2))
    assert states(history, 0, 6) == [DONE, NOT_DUE, MISSED, NOT_DUE, DUE, NOT_DUE, DUE]


@pytest.mark.parametrize(("mark", "state"), [("d", DONE), ("s", SKIPPED)])
def test_a_mark_wins_over_a_pause_over_a_day_that_is_not_due_and_over_the_future(
    mark: str, state: DayState
) -> None:
    history = lived(f".{mark}.{mark}.", Days(START, 2), Pause(on(3), on(4)))
    assert states(history, 0, 4) == [MISSED, state, MISSED, state, PAUSED]
    ahead = with_marks(history, {on(7): Mark(state.value)})
    assert states(ahead, 5, 7) == [NOT_DUE, DUE, state]


def test_a_pause_wins_over_what_is_due_or_not_in_the_past_and_ahead() -> None:
    history = lived(".....", Days(START, 2), Pause(on(1), on(2)), Pause(on(4), None))
    assert states(history, 0, 6) == [MISSED, PAUSED, PAUSED, NOT_DUE, PAUSED, PAUSED, PAUSED]


def test_a_change_of_schedule_does_not_rewrite_what_was_before() -> None:
    past = (PastDays(on(2), DAILY), PastDays(on(4), Days(on(2), 7)))
    history = History(Days(on(-1), 3), on(6), {}, past)
    assert states(history, -1, 8) == [
        *(NOT_DUE, MISSED, MISSED),  # daily
        *(MISSED, NOT_DUE),  # weekly from the third date on
        *(NOT_DUE, MISSED, NOT_DUE, NOT_DUE, DUE),  # every third, counted from before all that
    ]
    assert history.days_on(on(1)) == DAILY
    assert history.days_on(on(2)) == Days(on(2), 7)
    assert history.days_on(on(4)) == Days(on(-1), 3)


def test_the_last_of_several_changes_on_one_day_is_the_one_that_stays() -> None:
    past = (PastDays(on(2), DAILY), PastDays(on(2), Days(START, 7)))
    history = History(Days(START, 2), on(4), {}, past)
    assert history.days_on(on(1)) == DAILY
    assert history.days_on(on(2)) == Days(START, 2)
    assert [(each.first, each.last) for each in history.spans(on(0), on(4))] == [
        (on(0), on(1)),
        (on(2), on(4)),
    ]


def test_spans_reach_to_the_ends_of_the_calendar() -> None:
    history = History(DAILY, START, {}, (), (Pause(date.min, on(-1)), Pause(on(5), date.max)))
    (before, between, after) = history.spans(date.min, date.max)
    assert (before.first, before.last, before.paused) == (date.min, on(-1), True)
    assert (between.first, between.last, between.paused) == (START, on(4), False)
    assert (after.first, after.last, after.paused) == (on(5), date.max, True)


def test_occurrences_end_with_the_last_date_there_is() -> None:
    history = History(DAILY, START, {})
    assert list(history.occurrences(LAST_DATE - DAY, date.max)) == [LAST_DATE - DAY, LAST_DATE]


def test_an_empty_period_has_no_spans_and_no_states() -> None:
    history = lived("d.d", DAILY, Pause(on(1), on(1)))
    assert list(history.spans(on(2), on(1))) == []
    assert list(history.states(on(2), on(1))) == []


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories())
def test_a_date_goes_by_the_first_schedule_that_ends_after_it_and_any_pause(
    history: History,
) -> None:
    for day in span(history):
        ahead = [each.days for each in history.past if day < each.until]
        assert history.days_on(day) == [*ahead, history.days][0]
        assert history.is_paused_on(day) == any(each.covers(day) for each in history.pauses)


class Seen(tuple[Pause, ...]):
    """Pauses that count how often somebody goes through them."""

    times = 0

    def __iter__(self) -> Iterator[Pause]:
        self.times += 1
        return super().__iter__()


def test_a_thousand_pauses_are_looked_through_once() -> None:
    """Whoever pauses every other day for years makes nobody wait."""
    pauses = Seen(Pause(on(2 * n), on(2 * n)) for n in range(1000))
    marks = {on(4 * n + 1): Mark.DONE for n in range(500)}
    known = kept(History(DAILY, on(2003), marks, (), pauses))
    assert (known.streak, known.longest_streak) == (0, 1)
    assert pauses.times == 1


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories())
def test_spans_cut_the_dates_into_pieces_that_are_all_alike(history: History) -> None:
    dates = span(history)
    pieces = list(history.spans(dates[0], dates[-1]))
    seen = [
        (each.first + n * DAY, each.days, each.paused)
        for each in pieces
        for n in range((each.last - each.first).days + 1)
    ]
    assert seen == [(day, history.days_on(day), history.is_paused_on(day)) for day in dates]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories())
def test_states_and_occurrences_are_those_of_each_date(history: History) -> None:
    dates = span(history)
    assert list(history.states(dates[0], dates[-1])) == [
        (day, history.state_on(day)) for day in dates
    ]
    bare = replace(history, marks={})
    assert list(history.occurrences(dates[0], dates[-1])) == [
        day for day in dates if bare.state_on(day) in {DUE, MISSED}
    ]
