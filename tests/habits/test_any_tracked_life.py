"""Whatever is called on whatever days, the API tells the numbers of the history that was lived."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import time_machine
from django.db import transaction
from graphql_jwt.shortcuts import get_token
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from habits import statistics, streaks, strength
from habits.days import Days, Pause
from habits.history import History, Mark, PastDays
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import CHECK_IN, NUMBERS, PAUSE, RESUME, UNDO, UPDATE, id_of

DAY = datetime.timedelta(days=1)
START = datetime.date(2026, 3, 1)
"""Four weeks before clocks go forward in Berlin."""

READ = f"""
    query ($id: ID!, $from: Date!, $to: Date!) {{ habit(id: $id) {{
        {NUMBERS}
        checkIns(from: $from, to: $to) {{ date status }}
        statistics(from: $from, to: $to) {{
            currentStreak longestStreak strength completionRate
            due done skipped missed paused notDue calendar {{ date state }}
        }}
        explainStrength(days: 20) {{ strength contributions {{ date state completion after }} }}
    }} }}
"""


@dataclass
class Lived:
    """What happened, written down as plainly as can be."""

    today: datetime.date
    days: Days = field(default_factory=lambda: Days(START, 1))
    marks: dict[datetime.date, Mark] = field(default_factory=dict)
    past: list[PastDays] = field(default_factory=list)
    rested: set[datetime.date] = field(default_factory=set)
    pause: Pause | None = None

    def change_schedule(self, days: Days) -> None:
        if days != self.days and all(each.until < self.today for each in self.past):
            self.past.append(PastDays(self.today, self.days))
        self.days = days

    def rest(self, first: datetime.date, last: datetime.date | None) -> None:
        if last is not None and last < self.today:
            self.rested |= set(dates(first, last))
            return
        self._keep_rested()
        self.pause = Pause(first, last)

    def resume(self) -> None:
        self._keep_rested()
        self.pause = None

    def _keep_rested(self) -> None:
        if self.pause is not None:
            last = self.pause.ends_on or self.today
            self.rested |= set(dates(self.pause.starts_on, min(last, self.today - DAY)))

    @property
    def history(self) -> History:
        pauses = (*(Pause(day, day) for day in self.rested), *([self.pause] if self.pause else []))
        return History(self.days, self.today, self.marks, tuple(self.past), pauses)


def dates(first: datetime.date, last: datetime.date) -> Iterator[datetime.date]:
    while first <= last:
        yield first
        first += DAY


STEPS = st.tuples(
    st.sampled_from(["done"] * 5 + ["skip", "undo", "pause", "resume", "change", "move"]),
    st.integers(-12, 3),
    st.integers(1, 7),
    st.sampled_from([0, 0, 0, 1, 1, 1, 2, 5, 30]),
)
"""What is called, about how many days from today, a number, and how many days pass before."""


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, max_size=25))
def test_the_numbers_are_those_of_the_life(
    alice: User, make_habit: MakeHabit, steps: list[tuple[str, int, int, int]]
) -> None:
    with transaction.atomic():
        live(alice, make_habit, steps)
        transaction.set_rollback(True)


def live(alice: User, make_habit: MakeHabit, steps: list[tuple[str, int, int, int]]) -> None:
    id_, lived = id_of(make_habit(alice, starts_on=START)), Lived(START + 20 * DAY)
    for what, offset, number, passed in steps:
        lived.today += passed * DAY
        with time_machine.travel(f"{lived.today}T12:00:00Z", tick=False):
            caller = Caller(get_token(alice))
            act(caller, id_, lived, what, offset, number)
            compare(caller, id_, lived)


def act(caller: Caller, id_: str, lived: Lived, what: str, offset: int, number: int) -> None:
    date = lived.today + offset * DAY
    problems: set[Any] = set()
    match what:
        case "done" | "skip":
            mark = Mark.DONE if what == "done" else Mark.SKIPPED
            given = {"habitId": id_, "date": str(date), "status": mark.name}
            problems = caller.problems(CHECK_IN, input=given)
            if not lived.days.starts_on <= date <= lived.today:
                assert problems == {("date", "date_out_of_range")}
                return
            lived.marks[date] = mark
        case "undo":
            problems = caller.problems(UNDO, input={"habitId": id_, "date": str(date)})
            lived.marks.pop(date, None)
        case "pause":
            last = None if number == 7 else date + number * DAY
            pause = {"id": id_, "from": str(date), "until": last and str(last)}
            problems = caller.problems(PAUSE, input=pause)
            lived.rest(date, last)
        case "resume":
            problems = caller.problems(RESUME, id=id_)
            lived.resume()
        case "change":
            problems = caller.problems(UPDATE, input={"id": id_, "periodicity": number})
            lived.change_schedule(Days(lived.days.starts_on, number))
        case "move":
            problems = caller.problems(UPDATE, input={"id": id_, "startsOn": str(date)})
            lived.change_schedule(Days(date, lived.days.every))
    assert problems == set()


def compare(caller: Caller, id_: str, lived: Lived) -> None:
    history, today = lived.history, lived.today
    first, last = today - 40 * DAY, today + 10 * DAY
    shown = caller.data(READ, id=id_, **{"from": str(first), "to": str(last)})
    numbers = {
        "currentStreak": streaks.current_streak(history),
        "longestStreak": streaks.longest_streak(history),
    }
    told, explained = shown["statistics"], shown["explainStrength"]
    for each in (shown, told):
        assert {name: each[name] for name in numbers} == numbers
    for each in (shown, told, explained):
        assert abs(each["strength"] - strength.strength(history)) < 1e-12
    assert shown["todayState"] == history.state_on(today).name
    assert shown["isPaused"] == history.is_paused_on(today)
    stands = lived.pause if lived.pause and (lived.pause.ends_on or today) >= today else None
    assert shown["pausedFrom"] == (stands and str(stands.starts_on))
    assert shown["pausedUntil"] == (stands and stands.ends_on and str(stands.ends_on))
    assert [(each["date"], each["status"]) for each in shown["checkIns"]] == [
        (str(day), mark.name) for day, mark in sorted(history.marks.items()) if first <= day <= last
    ]
    assert told["completionRate"] == statistics.completion_rate(history, first, last)
    assert [(each["date"], each["state"]) for each in told["calendar"]] == [
        (str(day), state.name) for day, state in statistics.calendar(history, first, last)
    ]
    names = {"due", "done", "skipped", "missed", "paused", "notDue"}
    counted = statistics.counts(history, first, last)
    assert {name: told[name] for name in names} == {
        name: counted[state]
        for state in counted
        for name in names
        if name.upper() == state.name.replace("_", "")
    }
    assert [(each["date"], each["state"]) for each in explained["contributions"]] == [
        (str(day.date), day.state.name) for day in strength.explain(history, 20).days
    ]
