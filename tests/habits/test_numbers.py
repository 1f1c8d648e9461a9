"""The numbers of a habit, as the schema tells them."""

import datetime
from typing import Any

import pytest

from accounts.models import User
from habits import streaks, strength
from habits.days import Days
from habits.history import History, Mark
from habits.models import Habit
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import (
    CHECK_IN,
    CREATE,
    DELETE,
    EXPLAIN,
    NUMBERS,
    STATISTICS,
    UPDATE,
    USEFUL,
    CallAt,
    id_of,
    nodes,
)

NOON = "2026-06-30T10:00:00Z"
START = datetime.date(2026, 6, 1)
DAY = datetime.timedelta(days=1)
TODAY = datetime.date(2026, 6, 30)
LIFE = "ddd.dddsddddd.ddddddddssdd.ddd"
"""What was said from START to TODAY: done, skipped, nothing."""

SHOW = f"query ($id: ID!) {{ habit(id: $id) {{ {NUMBERS} }} }}"


@pytest.fixture
def habit(alice: User, make_habit: MakeHabit) -> Habit:
    return make_habit(alice, starts_on=START)


@pytest.fixture
def at_noon(call_at: CallAt, alice: User, habit: Habit) -> Caller:
    caller = call_at(NOON, alice)
    for date, mark in marks().items():
        given = {"habitId": id_of(habit), "date": str(date), "status": mark.name}
        assert caller.problems(CHECK_IN, input=given) == set()
    return caller


def marks() -> dict[datetime.date, Mark]:
    letters = {"d": Mark.DONE, "s": Mark.SKIPPED}
    return {START + n * DAY: letters[each] for n, each in enumerate(LIFE) if each in letters}


def lived() -> History:
    return History(Days(START, 1), TODAY, marks())


def statistics(caller: Caller, habit: Habit, first: str, last: str) -> Any:
    return caller.data(STATISTICS, id=id_of(habit), **{"from": first, "to": last})["statistics"]


def test_a_new_habit_has_done_nothing(as_alice: Caller) -> None:
    made = as_alice.data(CREATE, input=USEFUL)
    assert as_alice.data(SHOW, id=made["id"]) == {
        "todayState": "DUE",
        "currentStreak": 0,
        "longestStreak": 0,
        "strength": 0.0,
        "isPaused": False,
        "pausedFrom": None,
        "pausedUntil": None,
    }


def test_the_numbers_are_those_of_the_history(at_noon: Caller, habit: Habit) -> None:
    shown = at_noon.data(SHOW, id=id_of(habit))
    assert shown["todayState"] == "DONE"
    assert shown["currentStreak"] == streaks.current_streak(lived()) == 3
    assert shown["longestStreak"] == streaks.longest_streak(lived()) == 10
    assert shown["strength"] == pytest.approx(strength.strength(lived()), abs=1e-12)


def test_statistics_tell_a_period(at_noon: Caller, habit: Habit) -> None:
    found = statistics(at_noon, habit, "2026-06-20", "2026-07-02")
    states = [day.pop("state") for day in found["calendar"]]
    letters = {"D": "DONE", "S": "SKIPPED", "M": "MISSED", "U": "DUE"}
    assert states == [letters[each] for each in "DDDSSDDMDDDUU"]
    assert [day["date"] for day in found.pop("calendar")] == [
        str(datetime.date(2026, 6, 20) + n * DAY) for n in range(13)
    ]
    assert found.pop("strength") == pytest.approx(strength.strength(lived()), abs=1e-12)
    assert found == {
        "from": "2026-06-20",
        "to": "2026-07-02",
        "currentStreak": 3,
        "longestStreak": 10,
        "completionRate": pytest.approx(8 / 9),
        "due": 2,
        "done": 8,
        "skipped": 2,
        "missed": 1,
        "paused": 0,
        "notDue": 0,
    }


def test_a_period_without_due_dates_has_no_rate(at_noon: Caller, habit: Habit) -> None:
    found = statistics(at_noon, habit, "2026-05-01", "2026-05-03")
    assert (found["completionRate"], found["notDue"]) == (None, 3)


def test_a_period_has_up_to_366_days(at_noon: Caller, habit: Habit) -> None:
    found = statistics(at_noon, habit, "2025-06-30", "2026-06-30")
    assert len(found["calendar"]) == 366
    for first, last in (("2025-06-29", "2026-06-30"), ("2026-06-30", "2026-06-29")):
        answer = at_noon.call(STATISTICS, id=id_of(habit), **{"from": first, "to": last})
        (error,) = answer["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}
        assert "`statistics` goes over 1 to 366 days" in error["message"]


def test_the_calendar_reaches_from_its_first_date_to_its_last(
    at_noon: Caller, habit: Habit
) -> None:
    for date in ("0001-01-01", "9999-12-31"):
        (day,) = statistics(at_noon, habit, date, date)["calendar"]
        assert day["date"] == date


def test_a_strength_is_explained_by_what_its_formula_takes(at_noon: Caller, habit: Habit) -> None:
    shown = at_noon.data(EXPLAIN, id=id_of(habit), days=12)
    told = shown["explainStrength"]
    days = told.pop("contributions")

    assert told.pop("strength") == pytest.approx(shown["strength"], abs=1e-12)
    multiplier = told.pop("multiplier")
    assert multiplier == pytest.approx(0.5 ** (1 / 13))
    assert told == {"times": 1, "days": 1, "target": 1, "window": 1}
    assert [day["date"] for day in days] == [str(TODAY - n * DAY) for n in range(12)][::-1]
    for day, following in zip(days, [*days[1:], None], strict=True):
        if day["completion"] is None:
            assert (day["state"], day["after"]) == ("SKIPPED", day["before"])
        else:
            assert day["completion"] == day["doneInWindow"] == int(day["state"] == "DONE")
            gained = day["completion"] * (1 - multiplier)
            assert day["after"] == pytest.approx(day["before"] * multiplier + gained)
        assert day["after"] == (following["before"] if following else shown["strength"])


def test_thirty_days_are_explained_unless_the_call_says_how_many(
    at_noon: Caller, habit: Habit
) -> None:
    bare = EXPLAIN.replace("(days: $days)", "").replace(", $days: Int", "")
    for document, given, count in (
        (bare, {}, 30),
        (EXPLAIN, {"days": None}, 30),
        (EXPLAIN, {"days": 90}, 90),
    ):
        told = at_noon.data(document, id=id_of(habit), **given)["explainStrength"]
        assert len(told["contributions"]) == count


@pytest.mark.parametrize("days", [0, -1, 91])
def test_1_to_90_days_are_explained(at_noon: Caller, habit: Habit, days: int) -> None:
    (error,) = at_noon.call(EXPLAIN, id=id_of(habit), days=days)["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["message"] == f"`explainStrength` goes over 1 to 90 days; `days` is {days}."


def test_a_changed_schedule_leaves_the_past_its_judgement(
    call_at: CallAt, alice: User, habit: Habit, at_noon: Caller
) -> None:
    before = statistics(at_noon, habit, "2026-06-01", "2026-06-29")
    change = {"id": id_of(habit), "periodicity": 3, "startsOn": "2026-06-30"}
    assert at_noon.problems(UPDATE, input=change) == set()

    after = statistics(at_noon, habit, "2026-06-01", "2026-06-29")
    assert after["calendar"] == before["calendar"]
    assert after["completionRate"] == before["completionRate"]
    ahead = statistics(at_noon, habit, "2026-06-30", "2026-07-03")
    assert [day["state"] for day in ahead["calendar"]] == ["DONE", "NOT_DUE", "NOT_DUE", "DUE"]
    later = call_at("2026-07-02T10:00:00Z", alice).data(SHOW, id=id_of(habit))
    assert (later["todayState"], later["currentStreak"]) == ("NOT_DUE", 3)


def test_a_mutations_answer_tells_what_is_thereafter(at_noon: Caller, habit: Habit) -> None:
    document = """mutation ($id: ID!) {
        a: undoCheckIn(input: {habitId: $id}) { ... on Habit { currentStreak todayState } }
        b: undoCheckIn(input: {habitId: $id, date: "2026-06-29"}) { ... on Habit { currentStreak } }
        c: checkIn(input: {habitId: $id, date: "2026-06-27"}) {
            ... on CheckIn { habit { currentStreak checkIns(from: "2026-06-27") { date } } }
        }
        d: checkIn(input: {habitId: $id}) { ... on CheckIn { habit { currentStreak todayState } } }
    }"""
    answer = at_noon.call(document, id=id_of(habit))["data"]
    assert answer == {
        "a": {"currentStreak": 2, "todayState": "DUE"},
        "b": {"currentStreak": 0},
        "c": {
            "habit": {
                "currentStreak": 0,
                "checkIns": [{"date": "2026-06-27"}, {"date": "2026-06-28"}],
            }
        },
        "d": {"habit": {"currentStreak": 1, "todayState": "DONE"}},
    }


def test_a_deleted_habit_is_answered_without_its_check_ins(at_noon: Caller, habit: Habit) -> None:
    document = DELETE.replace("nextDueAt", f"nextDueAt {NUMBERS} checkIns {{ date }}")
    answer = at_noon.data(document, id=id_of(habit))
    assert answer["id"] == id_of(habit)
    assert (answer["currentStreak"], answer["checkIns"]) == (0, [])


def test_a_list_tells_the_numbers_of_each_habit_and_its_reward(
    at_noon: Caller, habit: Habit, alice: User, make_habit: MakeHabit
) -> None:
    tea = make_habit(alice, action="tea", is_enjoyed=True)
    make_habit(alice, action="run", related_habit=tea)
    assert at_noon.problems(CHECK_IN, input={"habitId": id_of(tea)}) == set()
    document = """{ habits { edges { node {
        action currentStreak checkIns(to: "2026-06-30", from: "2026-06-28") { date }
        relatedHabit { action currentStreak todayState }
    } } } }"""
    assert nodes(at_noon.data(document)) == [
        {
            "action": "run",
            "currentStreak": 0,
            "checkIns": [],
            "relatedHabit": {"action": "tea", "currentStreak": 1, "todayState": "DONE"},
        },
        {
            "action": "tea",
            "currentStreak": 1,
            "checkIns": [{"date": "2026-06-30"}],
            "relatedHabit": None,
        },
        {
            "action": "walk",
            "currentStreak": 3,
            "checkIns": [{"date": f"2026-06-{day}"} for day in (28, 29, 30)],
            "relatedHabit": None,
        },
    ]
