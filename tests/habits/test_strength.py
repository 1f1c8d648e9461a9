"""Strength: Loop's published values, laws that hold for every life, and a second implementation.

The values named as Loop's stand in the tests of its scores (github.com/iSoron/uhabits, `ScoreTest`
and `ScoreListTest`), which give six decimals.
"""

from bisect import bisect_right
from dataclasses import replace
from datetime import date, timedelta
from math import sqrt

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from habits.days import Days, Pause
from habits.history import DayState, History, Mark, PastDays
from habits.strength import LOOK_BACK, Formula, advance, curve, explain, strength
from tests.habits.histories import (
    DAILY,
    DAY,
    START,
    histories,
    lived,
    marked,
    on,
    span,
    with_marks,
)

WEEKLY = Days(START, 7)


def weekdays(count: int) -> Days:
    return Days(START, None, frozenset(range(count)))


def close(value: float) -> object:
    return pytest.approx(value, abs=1e-6)


def as_of_each_day(text: str, days: Days = DAILY) -> list[float]:
    """The strength at the end of each day, each as of that day."""
    return [strength(lived(text[: n + 1], days)) for n in range(len(text))]


# --- Loop's values -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("every", "before", "completion", "after"),
    [
        (1, 0, 1, 0.051922),
        (1, 0.5, 1, 0.525961),
        (1, 0.75, 1, 0.762981),
        (1, 0, 0, 0),
        (1, 0.5, 0, 0.474039),
        (1, 0.75, 0, 0.711058),
        (3, 0, 1, 0.030314),
        (3, 0.5, 1, 0.515157),
        (3, 0.75, 1, 0.757578),
        (3, 0.5, 0, 0.484842),
    ],
)
def test_a_single_day_gives_what_loop_gives(
    every: int, before: float, completion: float, after: float
) -> None:
    assert Formula.of(Days(START, every)).next(before, completion) == close(after)


DAILY_VALUES = """
    0.051922 0.101149 0.147820 0.192067 0.234017 0.273788 0.311495 0.347244 0.381137 0.413270
    0.443734 0.472617 0.500000 0.525961 0.550574 0.573910 0.596033 0.617008 0.636894 0.655747
"""


@pytest.mark.parametrize("days", [DAILY, weekdays(7)])
def test_twenty_days_done_give_what_loop_gives(days: Days) -> None:
    assert as_of_each_day("d" * 20, days) == [close(float(each)) for each in DAILY_VALUES.split()]


def test_skipped_days_give_what_loop_gives() -> None:
    done = [float(each) for each in DAILY_VALUES.split()]
    for skipped in (8, 9, 14):
        done.insert(skipped, done[skipped - 1])
    values = as_of_each_day("ddddddddssddddsddddd")
    assert values == [close(each) for each in done[:20]]
    assert values[-1] == close(0.596033)


def test_a_skipped_day_before_missed_ones_gives_what_loop_gives() -> None:
    values = [0.051922, 0.051922, 0.049226, 0.046670, 0.044247, 0.041949]
    assert as_of_each_day("ds....") == [close(each) for each in values]


def test_two_days_done_under_another_schedule_give_what_loop_gives() -> None:
    assert strength(lived("dd")) == close(0.101149)
    assert strength(lived("dd", Days(START, 2))) == close(0.054816)


@pytest.mark.parametrize(
    ("week", "times", "limit"),
    [
        ("dd.....", 3, 2 / 3),
        ("dd.....", 4, 1 / 2),
        # By hand: the window of 14 days holds 2 of 14 and 6 of 12.
        ("d......", 7, 1 / 7),
        ("d..d..d", 6, 1 / 2),
    ],
)
def test_less_than_planned_converges_to_its_share(week: str, times: int, limit: float) -> None:
    # A daily window of one day goes up and down about its limit by what a day moves.
    spread = 0.025 if times == 7 else 1e-6
    assert strength(lived(week * 100, weekdays(times))) == pytest.approx(limit, abs=spread)


def test_a_week_kept_on_other_days_converges_to_one() -> None:
    assert strength(lived("d......" + "......d" + "d......" * 98, WEEKLY)) == close(1)
    assert strength(lived(("d......" + "......d") * 50, WEEKLY)) == pytest.approx(1, abs=1e-3)


def test_a_daily_habit_done_or_skipped_always_converges_to_one() -> None:
    assert strength(lived("dddddss" * 100)) == close(1)


def test_a_skipped_day_is_missing_in_the_window_of_other_habits() -> None:
    # As in Loop: five of the six that a week wants, whatever the two days off were.
    assert strength(lived("dddddss" * 100, weekdays(6))) == close(5 / 6)


def test_a_perfect_habit_is_strong_in_reasonable_time() -> None:
    assert strength(lived("d" * 90)) > 0.99
    assert strength(lived("d......" * 38 + "d", WEEKLY)) > 0.99


# --- days that are not like the others -----------------------------------------------------------


def test_nothing_done_is_no_strength() -> None:
    assert strength(lived("..s..")) == 0


def test_today_while_open_counts_as_not_done() -> None:
    assert strength(lived("ddd.")) == close(0.147820 * 0.948077)


def test_what_is_done_on_another_day_than_the_due_one_counts() -> None:
    assert strength(lived("d.d.....", WEEKLY)) == strength(lived("d.d.....", weekdays(1)))
    assert strength(lived("d.d.....", WEEKLY)) > strength(lived("d.......", WEEKLY))


def test_what_is_done_before_the_start_counts_and_after_today_does_not() -> None:
    late = History(Days(on(3), 1), on(1), marked("dd"))
    assert strength(late) == close(0.101149)
    ahead = History(DAILY, on(1), marked("dddd"))
    assert strength(ahead) == close(0.101149)


def test_each_day_goes_by_the_schedule_that_stood_then() -> None:
    history = History(WEEKLY, on(2), marked("d.d"), (PastDays(on(2), DAILY),))
    weekly = 0.5 ** (sqrt(1 / 7) / 13)
    daily = 0.5 ** (1 / 13)
    # Two in the last fortnight are as many as a weekly habit wants.
    assert strength(history) == close((1 - daily) * daily * weekly + (1 - weekly))


@pytest.mark.parametrize("mark", ["s", "."])
def test_a_skipped_or_paused_day_leaves_it_alone_while_the_window_slides(mark: str) -> None:
    idle = lived("d" + mark * 13, WEEKLY, Pause(on(1), on(13)))
    assert strength(idle) == strength(lived("d", WEEKLY))
    # The fourteenth day after has lost the one that was done: nothing is completed any more.
    after = replace(idle, today=on(14))
    assert strength(after) == close(strength(idle) * Formula.of(WEEKLY).multiplier)


def test_done_in_a_pause_counts_in_the_window_only() -> None:
    pause = Pause(on(1), on(2))
    assert strength(lived("ddd", WEEKLY, pause)) == strength(lived("d..", WEEKLY, pause))
    assert strength(lived("ddd.", WEEKLY, pause)) > strength(lived("d...", WEEKLY, pause))
    assert strength(lived("ddd.", DAILY, pause)) == strength(lived("d...", DAILY, pause))


def test_centuries_of_pause_or_absence_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0

    def counted(days: list[int], day: int) -> int:
        nonlocal looked
        looked += 1
        return bisect_right(days, day)

    monkeypatch.setattr("habits.strength.bisect_right", counted)
    away = replace(lived("d" * 40), today=date(9000, 1, 1))
    assert strength(away) == 0
    paused = replace(away, pauses=(Pause(on(40), None),))
    assert strength(paused) == strength(lived("d" * 40))
    assert looked < 1000


def test_forty_half_lives_leave_less_than_a_billionth_of_a_thousandth() -> None:
    for every in range(1, 8):
        firm = lived("d" * 400, Days(START, every))
        half_lives = timedelta(days=int(40 * 13 * sqrt(every)) + 14)
        assert 0 < strength(replace(firm, today=firm.today + half_lives)) < 1e-12


# --- explained -----------------------------------------------------------------------------------


def test_an_explanation_shows_the_last_days_and_their_inputs() -> None:
    history = lived("d.ds..", WEEKLY, Pause(on(4), on(4)))
    told = explain(history, 4)
    assert told.rate == (1, 7)
    assert told.formula == Formula(2, 14, 0.5 ** (sqrt(1 / 7) / 13))
    assert [each.date for each in told.days] == [on(2), on(3), on(4), on(5)]
    assert [each.state for each in told.days] == [
        *(DayState.DONE, DayState.SKIPPED),
        *(DayState.PAUSED, DayState.NOT_DUE),
    ]
    assert [each.done for each in told.days] == [2, 2, 2, 2]
    assert [each.completion for each in told.days] == [1, None, None, 1]
    assert told.days[1].before == told.days[2].after == told.days[0].after
    assert told.strength == told.days[-1].after == strength(history)


def test_an_explanation_names_the_formula_of_each_day() -> None:
    history = History(WEEKLY, on(2), marked("d.d"), (PastDays(on(2), DAILY),))
    told = explain(history, 3)
    assert [each.formula.window for each in told.days] == [1, 1, 14]
    assert told.formula.window == 14


def test_an_explanation_of_no_days_is_the_strength() -> None:
    assert explain(lived("ddd"), 0).strength == strength(lived("ddd"))
    assert explain(lived("ddd"), 0).days == ()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories(), st.integers(1, 60))
def test_an_explanation_adds_up(history: History, last_days: int) -> None:
    told = explain(history, last_days)
    assert told.strength == pytest.approx(strength(history), abs=1e-12)
    assert [each.date for each in told.days] == [
        history.today - n * DAY for n in reversed(range(last_days))
    ]
    value = told.days[0].before
    for each in told.days:
        assert each.before == value
        assert each.state == history.state_on(each.date)
        if each.completion is None:
            assert each.after == each.before
        else:
            m = each.formula.multiplier
            assert each.completion == min(1, each.done / each.formula.target)
            assert each.after == pytest.approx(value * m + each.completion * (1 - m), abs=1e-12)
        value = each.after
    assert value == told.strength


# --- as a curve ----------------------------------------------------------------------------------


def test_a_curve_says_the_strength_at_the_end_of_each_day() -> None:
    daily = [float(each) for each in DAILY_VALUES.split()]
    told = curve(lived("d" * 20), on(-2), on(4))
    assert told == [
        (on(-2), 0),
        (on(-1), 0),
        *((on(n), close(daily[n])) for n in range(5)),
    ]
    assert curve(lived("d" * 20), on(5), on(4)) == []


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories(), st.integers(-10, 130).map(on))
def test_a_curve_is_the_strength_as_of_each_day(history: History, first: date) -> None:
    told = curve(history, first, history.today)
    count = (history.today - first).days + 1
    assert [day for day, _ in told] == [first + n * DAY for n in range(count)]
    for day, value in told:
        assert value == pytest.approx(strength(replace(history, today=day)), abs=1e-12)


# --- every life ----------------------------------------------------------------------------------


def by_each_day(history: History) -> float:
    """Every date up to today, one after the other."""
    score = 0.0
    for day in span(history):
        if day > history.today:
            break
        days = history.days_on(day)
        if days.every:
            times, length = 1, days.every
        elif len(days.weekdays) == 7:
            times, length = 1, 1
        else:
            times, length = len(days.weekdays), 7
        m = 0.5 ** ((times / length) ** 0.5 / 13)
        if times != length:
            times, length = 2 * times, 2 * length
        window = [history.marks.get(day - n * DAY) for n in range(length)]
        if window[0] is Mark.SKIPPED or history.is_paused_on(day):
            continue
        score = score * m + min(1, window.count(Mark.DONE) / times) * (1 - m)
    return score


@settings(max_examples=200, deadline=None, derandomize=True)
@given(histories())
def test_strength_is_that_which_looking_at_each_day_finds(history: History) -> None:
    value = strength(history)
    assert value == pytest.approx(by_each_day(history), abs=1e-12)
    assert 0 <= value <= 1


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories(), st.integers(-10, 130).map(on))
def test_going_on_from_any_date_needs_only_the_marks_of_the_last_days(
    history: History, after: date
) -> None:
    assume(after < history.today)
    value = advance(0.0, history, until=after)
    recent = {day: mark for day, mark in history.marks.items() if day >= after - LOOK_BACK}
    gone_on = advance(value, replace(history, marks=recent), after)
    assert gone_on == pytest.approx(strength(history), abs=1e-12)


@pytest.mark.parametrize("days", [WEEKLY, weekdays(3)])
def test_going_on_needs_all_of_the_last_days(days: Days) -> None:
    history = History(days, on(13), marked("d"))
    assert on(12) - LOOK_BACK == on(0)
    assert advance(0.0, history, after=on(12)) > 0


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories(), st.integers(-10, 130).map(on))
def test_done_instead_of_nothing_never_weakens(history: History, day: date) -> None:
    nothing = with_marks(history, {day: None})
    done = with_marks(history, {day: Mark.DONE})
    assert strength(done) >= strength(nothing) - 1e-12


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories(), st.integers(-10, 130).map(on))
def test_done_instead_of_skipped_never_weakens_a_daily_habit(history: History, day: date) -> None:
    daily = replace(history, days=DAILY, past=())
    skipped = with_marks(daily, {day: Mark.SKIPPED})
    done = with_marks(daily, {day: Mark.DONE})
    assert strength(done) >= strength(skipped) - 1e-12


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories())
def test_a_skipped_day_leaves_the_strength_where_it_was(history: History) -> None:
    before = strength(replace(history, today=history.today - DAY))
    skipped = with_marks(history, {history.today: Mark.SKIPPED})
    assert strength(skipped) == pytest.approx(before, abs=1e-12)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories())
def test_the_order_of_entry_does_not_matter(history: History) -> None:
    backwards = replace(history, marks=dict(reversed(list(history.marks.items()))))
    assert strength(backwards) == strength(history)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(histories())
def test_all_seven_weekdays_are_daily(history: History) -> None:
    seven = replace(history, days=weekdays(7), past=())
    assert strength(seven) == strength(replace(history, days=DAILY, past=()))
