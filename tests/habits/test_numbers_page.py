"""`docs/numbers.md` tells the truth: every number on it is computed again from what it says."""

import re
from dataclasses import replace
from datetime import date
from fractions import Fraction
from math import sqrt
from pathlib import Path

import pytest
from django.conf import settings

from habits import streaks
from habits.days import Days, Pause
from habits.history import DayState, History, Mark, PastDays
from habits.statistics import completion_rate, counts
from habits.streaks import Streaks, current_streak, longest_streak
from habits.strength import HALF_LIFE, Formula, explain, strength
from tests.markdown import section, table

PAGE = (Path(settings.BASE_DIR) / "docs" / "numbers.md").read_text()
EXAMPLE = section(PAGE, "Two weeks, worked out")
WORDS = " ".join(EXAMPLE.split())
ROWS = table(EXAMPLE, "date")
SUMMARY = table(EXAMPLE, "number")

EVERY = {"every day": 1, "every 2 days": 2, "every 3 days": 3, "every 7 days": 7}
MARKS = {"done": Mark.DONE, "skipped": Mark.SKIPPED}


def days_of(schedule: str, starts_on: date) -> Days:
    """The schedule that the page means by its words."""
    if schedule == "Mon–Fri":
        return Days(starts_on, None, frozenset(range(5)))
    return Days(starts_on, EVERY[schedule])


def date_of(cell: str) -> date:
    """A date of the example as its first column has it: `Mon 1`."""
    day = date(2026, 6, int(cell.split()[1]))
    assert f"{day:%a}" == cell.split()[0]
    return day


def named(state: DayState) -> str:
    return state.value.replace("_", " ")


def example() -> History:
    """What the table says was decided and said: schedules, pauses and marks."""
    dates = {date_of(row["date"]): row for row in ROWS}
    first, today = min(dates), max(dates)
    days = {day: days_of(row["schedule"], first) for day, row in dates.items()}
    changed = [day for day in dates if day > first and days[day] != days[day - streaks.DAY]]
    return History(
        days[today],
        today,
        {day: MARKS[row["state"]] for day, row in dates.items() if row["state"] in MARKS},
        tuple(PastDays(day, days[day - streaks.DAY]) for day in changed),
        tuple(Pause(day, day) for day, row in dates.items() if row["state"] == "paused"),
    )


HISTORY = example()
PERIOD = (date_of(ROWS[0]["date"]), HISTORY.today)


def test_the_example_is_the_one_that_the_page_tells() -> None:
    assert "every day from Monday, 1 June 2026" in WORDS
    assert f"{PERIOD[0]:%A, %-d %B %Y}" == "Monday, 1 June 2026"
    assert len(ROWS) == HISTORY.today.day == 15
    assert [change.until.day for change in HISTORY.past] == [8]
    assert [pause.starts_on.day for pause in HISTORY.pauses] == [10, 11]


def test_every_cell_of_the_worked_example_is_what_the_functions_give() -> None:
    told = explain(HISTORY, len(ROWS))

    assert len(told.days) == len(ROWS)
    for row, day in zip(ROWS, told.days, strict=True):
        first = date_of(ROWS[0]["date"])
        streak = streaks.advance(Streaks(), HISTORY, until=day.date).current
        assert row == {
            "date": f"{day.date:%a} {day.date.day}",
            "schedule": row["schedule"],
            "state": named(day.state),
            "R": str(day.done),
            "c": "–" if day.completion is None else f"{day.completion:g}",
            "strength before": f"{day.before:.6f}",
            "strength after": f"{day.after:.6f}",
            "streak": str(streak),
        }
        assert day.formula == Formula.of(days_of(row["schedule"], first))


def test_the_sum_that_the_page_writes_out_is_right_and_that_of_its_day() -> None:
    words = re.search(r"(0\.\d+) × (0\.\d+) \+ (0\.\d) × \(1 − (0\.\d+)\) = (0\.\d+)", EXAMPLE)
    assert words is not None
    before, m, c, again, after = words.groups()
    (row,) = (row for row in ROWS if row["strength before"] == before and row["c"] == c)

    assert m == again == f"{Formula.of(HISTORY.days_on(date_of(row['date']))).multiplier:.6f}"
    assert after == row["strength after"]
    assert after == f"{float(before) * float(m) + float(c) * (1 - float(m)):.6f}"


COLUMNS = {
    "on the 15th, open": HISTORY,
    "once it is done": replace(HISTORY, marks={**HISTORY.marks, HISTORY.today: Mark.DONE}),
    "if it is skipped instead": replace(
        HISTORY, marks={**HISTORY.marks, HISTORY.today: Mark.SKIPPED}
    ),
}


def numbers(history: History) -> dict[str, str]:
    """The numbers of the example's dates, as the page prints them."""
    return {
        "current streak": str(current_streak(history)),
        "longest streak": str(longest_streak(history)),
        "strength": f"{strength(history):.6f}",
        "completion rate": f"{completion_rate(history, *PERIOD):.6f}",
        **{named(state): str(n) for state, n in counts(history, *PERIOD).items()},
    }


@pytest.mark.parametrize("column", COLUMNS)
def test_the_numbers_of_the_worked_example_are_what_the_functions_give(column: str) -> None:
    said = {row["number"]: row[column] for row in SUMMARY}

    assert said == numbers(COLUMNS[column])


def test_the_completion_rate_is_explained_with_its_own_numbers() -> None:
    due = [day for day, _ in HISTORY.states(*PERIOD) if HISTORY.days_on(day).is_due_on(day)]
    states = [HISTORY.state_on(day) for day in due]
    skipped, paused, opened = (
        states.count(each) for each in (DayState.SKIPPED, DayState.PAUSED, DayState.DUE)
    )
    left, done = len(due) - skipped - paused - opened, states.count(DayState.DONE)

    assert (
        f"{len(due)} dates were due; without {skipped} skipped, {paused} paused and {opened} open "
        f"they are {left}, of which {done} were done, and {done}/{left} is {done / left:.6f}."
    ) in WORDS
    assert completion_rate(HISTORY, *PERIOD) == done / left


@pytest.mark.parametrize("row", table(PAGE, "schedule", "f"), ids=lambda row: row["schedule"])
def test_every_schedule_has_the_formula_that_the_page_gives(row: dict[str, str]) -> None:
    days = days_of(row["schedule"], date(2026, 6, 1))
    formula = Formula.of(days)
    times, length = days.rate

    assert row == {
        "schedule": row["schedule"],
        "f": f"{times}/{length}",
        "N": str(formula.target),
        "D": str(formula.window),
        "m": f"{formula.multiplier:.6f}",
        "half-life in days": f"{HALF_LIFE / sqrt(Fraction(times, length)):.1f}",
    }


LOOPS = table(PAGE, "schedule", "strength before")
"""What the tests of Loop's scores publish (github.com/iSoron/uhabits), all of which is quoted."""


def test_the_page_quotes_loops_values() -> None:
    assert {row["strength after"] for row in LOOPS} == {
        *("0.051922", "0.525961", "0.474039", "0.655747", "0.030314"),
    }


@pytest.mark.parametrize("row", LOOPS, ids=lambda row: row["strength after"])
def test_loops_values_come_out_as_the_page_says(row: dict[str, str]) -> None:
    formula = Formula.of(days_of(row["schedule"], date(2026, 6, 1)))
    value = float(row["strength before"])
    for _ in range(int(row["for so many days"])):
        value = formula.next(value, float(row["c"]))

    # Loop gives six decimals.
    assert value == pytest.approx(float(row["strength after"]), abs=1e-6)


def test_every_state_has_its_line() -> None:
    assert {row["state"] for row in table(PAGE, "state")} == {named(state) for state in DayState}
