"""What is kept beside a habit gives the numbers of its whole history."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from habits import progress, streaks
from habits import strength as strengths
from habits.days import Pause
from habits.history import History, Mark
from habits.progress import MARGIN, Kept, kept, settle, tail_from
from tests.habits.histories import DAY, histories, lived, on, with_marks


def tail_of(history: History, known: Kept) -> History:
    """`history` with only the marks that are read beside what is kept."""
    recent = {day: mark for day, mark in history.marks.items() if day >= tail_from(known)}
    return replace(history, marks=recent)


def assert_the_same(known: Kept, history: History) -> None:
    """The numbers from `known` and the tail are those of the whole `history`."""
    tail = tail_of(history, known)
    assert progress.current_streak(known, tail) == streaks.current_streak(history)
    assert progress.longest_streak(known, tail) == streaks.longest_streak(history)
    exact = strengths.strength(history)
    assert progress.strength(known, tail) == pytest.approx(exact, abs=1e-12)


def test_it_is_kept_up_to_some_days_before_today() -> None:
    history = lived("dd.dddd")
    assert kept(history) == Kept(
        streak=1,
        longest_streak=2,
        strength=strengths.strength(lived("dd.d")),
        settled_on=history.today - MARGIN,
    )


def test_nothing_kept_needs_the_whole_history() -> None:
    assert tail_from(Kept()) == date.min
    assert_the_same(Kept(), lived("dd.ddd."))


def test_a_tail_holds_a_few_marks_however_long_the_history_is() -> None:
    history = lived("d" * 3650)
    assert len(tail_of(history, kept(history)).marks) == 16


def test_a_habit_written_on_its_first_day_is_read_ever_after() -> None:
    history = lived("d")
    for later in (0, 1, 2, 30, 3650):
        assert_the_same(kept(history), replace(history, today=on(later)))


def test_settling_twice_on_one_day_changes_nothing() -> None:
    history = lived("dd.dddd")
    known = kept(history)
    assert settle(known, tail_of(history, known)) is known


def test_today_may_go_back_by_two_dates() -> None:
    history = lived("dddd.ddd")
    for back in range(3):
        assert_the_same(kept(history), replace(history, today=history.today - back * DAY))


@pytest.mark.parametrize("text", ["d" * 40, "dddd.ddsd" * 5])
def test_long_absence_and_long_pauses_are_read_exactly(text: str) -> None:
    history = lived(text)
    away = replace(history, today=date(9000, 1, 1))
    assert_the_same(kept(history), away)
    for pause in (Pause(on(len(text)), None), Pause(on(len(text)), date(8999, 12, 31))):
        assert_the_same(kept(history), replace(away, pauses=(pause,)))


def test_a_pause_of_decades_keeps_the_streak() -> None:
    history = lived("ddd")
    paused = replace(history, today=date(2080, 1, 1), pauses=(Pause(on(3), None),))
    assert progress.current_streak(kept(history), tail_of(paused, kept(history))) == 3


@settings(max_examples=200, deadline=None, derandomize=True)
@given(histories(), st.integers(0, 140).map(on))
def test_whatever_day_it_has_become_the_numbers_are_those_of_the_whole_history(
    history: History, written: date
) -> None:
    # Back by two dates, or on by any number: what is kept was written on another day.
    assume(history.today >= written - 2 * DAY)
    known = kept(replace(history, today=written))
    assert_the_same(known, history)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories(), st.lists(st.integers(0, 140).map(on), max_size=4))
def test_what_is_kept_can_be_carried_on_from_tails_alone(
    history: History, writes: list[date]
) -> None:
    known = Kept()
    for written in sorted(writes):
        then = replace(history, today=written)
        known = settle(known, tail_of(then, known))
        whole = kept(then)
        assert known == replace(whole, strength=known.strength)
        assert known.strength == pytest.approx(whole.strength, abs=1e-12)
    last = max([history.today, *writes])
    assert_the_same(known, replace(history, today=last))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    histories(),
    st.lists(st.tuples(st.integers(1, 20), st.sampled_from([None, *Mark])), max_size=12),
)
def test_a_mark_after_the_settled_date_is_read_without_keeping_anew(
    history: History, later: list[tuple[int, Mark | None]]
) -> None:
    known = kept(history)
    assert known.settled_on is not None
    changed = with_marks(history, {known.settled_on + n * DAY: mark for n, mark in later})
    for days in (0, 1, 30):
        assert_the_same(known, replace(changed, today=history.today + days * DAY))


def test_a_changed_past_needs_keeping_anew() -> None:
    history = lived("ddd.ddddddd")
    filled = with_marks(history, {on(3): Mark.DONE})
    assert_the_same(kept(filled), filled)
    stale = progress.longest_streak(kept(history), tail_of(filled, kept(history)))
    assert (stale, streaks.longest_streak(filled)) == (7, 11)
