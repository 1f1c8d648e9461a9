"""What the numbers of a habit have to be, from the rows that are there."""

import datetime
from typing import Any

from django.utils import timezone

from accounts.models import User
from habits import statistics, streaks, strength
from habits.days import Pause
from habits.history import History, Mark, PastDays
from habits.models import Habit, PastSchedule
from tests.isolation.world import Rows

Row = dict[str, Any]
DERIVED = frozenset(
    {
        *("todayState", "currentStreak", "longestStreak", "strength", "isPaused"),
        *("pausedFrom", "pausedUntil", "checkIns", "statistics", "explainStrength"),
    }
)
"""The fields of `Habit` that no column stands for alone."""

TRACKED = ("CheckIn", "PastSchedule", "PastPause", "Progress")
"""The tables of what belongs to a habit, by which they go with it."""


def without_tracked(rows: Rows) -> Rows:
    """The rows of which a deleted habit's numbers come: nothing was said about it."""
    return {table: {} if table in TRACKED else of_table for table, of_table in rows.items()}


def assert_numbers(node: dict[str, Any], row: Row, rows: Rows) -> None:
    """`node` is a `Habit` of an answer, `row` its row."""
    history = _history(row, rows)
    until = row["paused_until"]
    stands = row["paused_from"] and (until is None or until >= history.today)
    numbers = {
        "todayState": history.state_on(history.today).name,
        "currentStreak": streaks.current_streak(history),
        "longestStreak": streaks.longest_streak(history),
        "isPaused": history.is_paused_on(history.today),
        "pausedFrom": str(row["paused_from"]) if stands else None,
        "pausedUntil": str(until) if stands and until else None,
    }
    given = {name: node[name] for name in numbers if name in node}
    assert given == {name: numbers[name] for name in given}
    if "strength" in node:
        assert abs(node["strength"] - strength.strength(history)) < 1e-12
    if "statistics" in node:
        days = node["statistics"]["calendar"]
        first, last = (datetime.date.fromisoformat(days[n]["date"]) for n in (0, -1))
        states = [(str(day), state.name) for day, state in history.states(first, last)]
        assert [(day["date"], day["state"]) for day in days] == states
        assert node["statistics"]["done"] == [state for _, state in states].count("DONE")
        rate = statistics.completion_rate(history, first, last)
        assert node["statistics"]["completionRate"] == rate
    if "explainStrength" in node:
        assert abs(node["explainStrength"]["strength"] - strength.strength(history)) < 1e-12
        assert node["explainStrength"]["contributions"][-1]["date"] == str(history.today)
    if "checkIns" in node:
        dates = [each["date"] for each in node["checkIns"]]
        assert dates == sorted(str(day) for day in history.marks if day.month <= 3)


def assert_today(value: dict[str, Any], owner_pk: int, rows: Rows) -> None:
    """`value` is the `today` of that person."""
    assert value["date"] == str(_today(owner_pk, rows))
    due = []
    for pk, row in rows["Habit"].items():
        history = _history(row, rows)
        falls = history.days_on(history.today).is_due_on(history.today)
        if row["owner_id"] == owner_pk and falls and not history.is_paused_on(history.today):
            due.append((row["time"] is None, row["time"] or datetime.time.min, pk))
    actions = [rows["Habit"][pk]["action"] for _, _, pk in sorted(due)]
    assert value["totalCount"] == len(actions)
    shown = value["occurrences"]
    assert [each["habit"]["action"] for each in shown] == actions[: len(shown)]
    assert len(shown) == min(len(actions), MOST_SHOWN)


MOST_SHOWN = 9
"""Occurrences that a document of `tests.isolation.contract` asks for."""


def _today(owner_pk: int, rows: Rows) -> datetime.date:
    return User(**rows["User"][owner_pk]).today(timezone.now())


def _history(row: Row, rows: Rows) -> History:
    habit = Habit(**row)

    def of(table: str) -> list[Row]:
        return [each for each in rows[table].values() if each["habit_id"] == row["id"]]

    schedules = sorted(of("PastSchedule"), key=lambda each: each["until"])
    return History(
        habit.days,
        _today(row["owner_id"], rows),
        {each["date"]: Mark(each["status"]) for each in of("CheckIn")},
        tuple(PastDays(each["until"], PastSchedule(**each).days) for each in schedules),
        (
            *(Pause(each["starts_on"], each["ends_on"]) for each in of("PastPause")),
            *([habit.pause] if habit.pause else []),
        ),
    )
