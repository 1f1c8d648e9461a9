"""Changing a habit: null clears or is refused, absent keeps, and the schedule follows."""

import datetime
from typing import Any

import pytest

from accounts.models import User
from habits.models import Habit
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import (
    CREATE,
    ENJOYED,
    HABIT,
    UPDATE,
    UPDATE_PROFILE,
    USEFUL,
    CallAt,
    all_rows,
    id_of,
    row,
)


@pytest.fixture
def habit(alice: User, make_habit: MakeHabit) -> Habit:
    return make_habit(alice)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("action", "run"),
        ("place", "the beach"),
        ("time", "21:15"),
        ("duration", 90),
        ("periodicity", 3),
        ("weekdays", ["MONDAY", "SUNDAY"]),
        ("startsOn", "2026-02-02"),
        ("reward", "a tea"),
        ("isPublic", True),
    ],
)
def test_one_field_changes_and_the_others_stay(
    as_alice: Caller, habit: Habit, name: str, value: Any
) -> None:
    before = as_alice.data(HABIT, id=id_of(habit))
    answer = as_alice.data(UPDATE, input={"id": id_of(habit), name: value})
    assert answer.pop("__typename") == "Habit"
    assert answer[name] == value
    assert as_alice.data(HABIT, id=id_of(habit)) == answer
    moving = {name, "updatedAt", "nextDueAt"}
    moving |= {"periodicity"} if name == "weekdays" else set()
    assert {k: v for k, v in answer.items() if k not in moving} == {
        k: v for k, v in before.items() if k not in moving
    }


def test_a_change_of_nothing_keeps_everything(call_at: CallAt, alice: User, habit: Habit) -> None:
    Habit.objects.update(next_due_at="2026-06-30T05:30:00Z")
    as_alice = call_at("2030-01-01T12:00:00Z", alice)
    before = row(habit)
    answer = as_alice.data(UPDATE, input={"id": id_of(habit)})
    assert answer["updatedAt"] == "2030-01-01T12:00:00+00:00"
    after = row(habit)
    assert after.pop("updated_at") != before.pop("updated_at")
    assert after == before


@pytest.mark.parametrize(
    "name", ["action", "place", "periodicity", "startsOn", "isEnjoyed", "isPublic"]
)
def test_null_is_refused_where_something_must_stand(
    as_alice: Caller, habit: Habit, name: str
) -> None:
    before = all_rows()
    change = {"id": id_of(habit), "duration": 5, name: None}
    assert as_alice.problems(UPDATE, input=change) == {(name, "required")}
    assert all_rows() == before


def test_all_that_must_stand_is_asked_for_at_once(as_alice: Caller, habit: Habit) -> None:
    before = all_rows()
    names = ("action", "place", "periodicity", "startsOn", "isEnjoyed", "isPublic", "time")
    problems = as_alice.problems(UPDATE, input={"id": id_of(habit), **dict.fromkeys(names)})
    assert problems == {(name, "required") for name in names}
    assert all_rows() == before


@pytest.mark.parametrize(
    ("standing", "change", "result"),
    [
        ({"periodicity": 3}, {"weekdays": ["SUNDAY", "MONDAY"]}, (None, ["MONDAY", "SUNDAY"])),
        ({"periodicity": 3}, {"weekdays": ["MONDAY", "MONDAY"]}, (None, ["MONDAY"])),
        ({"periodicity": 3}, {"weekdays": ["MONDAY"], "periodicity": None}, (None, ["MONDAY"])),
        ({"periodicity": 3}, {"weekdays": None}, (3, None)),
        ({"periodicity": 3}, {"weekdays": None, "periodicity": 2}, (2, None)),
        ({"weekdays": ["MONDAY"]}, {"periodicity": 3}, (3, None)),
        ({"weekdays": ["MONDAY"]}, {"periodicity": 3, "weekdays": None}, (3, None)),
        ({"weekdays": ["MONDAY"]}, {"periodicity": None}, (None, ["MONDAY"])),
        ({"weekdays": ["MONDAY"]}, {"weekdays": ["FRIDAY"]}, (None, ["FRIDAY"])),
        (
            {"weekdays": ["MONDAY"]},
            {"periodicity": None, "weekdays": ["FRIDAY"]},
            (None, ["FRIDAY"]),
        ),
        ({"weekdays": ["MONDAY"]}, {"action": "run"}, (None, ["MONDAY"])),
    ],
)
def test_a_periodicity_and_weekdays_take_each_others_place(
    as_alice: Caller,
    standing: dict[str, Any],
    change: dict[str, Any],
    result: tuple[int | None, list[str] | None],
) -> None:
    made = as_alice.data(CREATE, input={**USEFUL, **standing})
    changed = as_alice.data(UPDATE, input={"id": made["id"], **change})
    assert (changed["periodicity"], changed["weekdays"]) == result
    read = as_alice.data(HABIT, id=made["id"])
    assert (read["periodicity"], read["weekdays"]) == result


@pytest.mark.parametrize(
    ("standing", "change", "problems"),
    [
        ({"periodicity": 3}, {"periodicity": None}, {("periodicity", "required")}),
        ({"weekdays": ["MONDAY"]}, {"weekdays": None}, {("weekdays", "required")}),
        *(
            (
                standing,
                {"periodicity": None, "weekdays": None},
                {("periodicity", "required"), ("weekdays", "required")},
            )
            for standing in ({"periodicity": 3}, {"weekdays": ["MONDAY"]})
        ),
        (
            {"weekdays": ["MONDAY"]},
            {"weekdays": ["MONDAY"], "periodicity": 1},
            {("weekdays", "schedule_conflict")},
        ),
        ({"weekdays": ["MONDAY"]}, {"weekdays": []}, {("weekdays", "required")}),
    ],
)
def test_one_of_periodicity_and_weekdays_has_to_stand(
    as_alice: Caller,
    standing: dict[str, Any],
    change: dict[str, Any],
    problems: set[tuple[str, str]],
) -> None:
    made = as_alice.data(CREATE, input={**USEFUL, **standing})
    before = all_rows()
    assert as_alice.problems(UPDATE, input={"id": made["id"], **change}) == problems
    assert all_rows() == before


def test_what_is_no_weekday_is_refused(as_alice: Caller, habit: Habit) -> None:
    before = all_rows()
    for weekdays in (["FUNDAY"], [0], "monday", [None]):
        change = {"id": id_of(habit), "weekdays": weekdays}
        assert as_alice.error_code(UPDATE, input=change) == "BAD_USER_INPUT"
    assert all_rows() == before


def test_null_clears_time_and_duration_of_an_enjoyed_habit(as_alice: Caller) -> None:
    made = as_alice.data(CREATE, input={**ENJOYED, "time": "21:00", "duration": 60})
    assert made["nextDueAt"] is not None
    cleared = as_alice.data(UPDATE, input={"id": made["id"], "time": None, "duration": None})
    assert cleared["time"] is None
    assert cleared["duration"] is None
    assert cleared["nextDueAt"] is None
    stored = Habit.objects.get()
    assert (stored.time, stored.duration, stored.next_due_at) == (None, None, None)


def test_a_reward_is_exchanged_for_a_related_habit_and_back(
    as_alice: Caller, alice: User, habit: Habit, make_habit: MakeHabit
) -> None:
    enjoyed, other = make_habit(alice, is_enjoyed=True), make_habit(alice, is_enjoyed=True)
    change = {"id": id_of(habit), "reward": None, "relatedHabit": id_of(enjoyed)}
    answer = as_alice.data(UPDATE, input=change)
    assert (answer["reward"], answer["relatedHabit"]) == (None, {"id": id_of(enjoyed)})
    answer = as_alice.data(UPDATE, input={"id": id_of(habit), "relatedHabit": id_of(other)})
    assert (answer["reward"], answer["relatedHabit"]) == (None, {"id": id_of(other)})
    change = {"id": id_of(habit), "reward": "cake", "relatedHabit": None}
    answer = as_alice.data(UPDATE, input=change)
    assert (answer["reward"], answer["relatedHabit"]) == ("cake", None)


def test_a_useful_habit_turns_enjoyed_and_back(as_alice: Caller, habit: Habit) -> None:
    change = {"id": id_of(habit), "isEnjoyed": True, "reward": None}
    assert as_alice.data(UPDATE, input=change)["isEnjoyed"] is True
    change = {"id": id_of(habit), "isEnjoyed": False, "reward": "cake"}
    assert as_alice.data(UPDATE, input=change)["isEnjoyed"] is False


def test_a_changed_text_is_found_again(as_alice: Caller, habit: Habit) -> None:
    as_alice.data(UPDATE, input={"id": id_of(habit), "action": "ПЛАВАТЬ", "place": "МОРЕ"})
    stored = row(habit)
    assert (stored["action_folded"], stored["place_folded"]) == ("плавать", "море")


# --- the start -----------------------------------------------------------------------------------


@pytest.mark.parametrize("starts_on", ["2016-06-28", "2036-07-01"])
def test_a_start_beyond_ten_years_is_refused(
    call_at: CallAt, alice: User, habit: Habit, starts_on: str
) -> None:
    as_alice = call_at("2026-06-30T12:00:00Z", alice)
    before = all_rows()
    assert as_alice.problems(UPDATE, input={"id": id_of(habit), "startsOn": starts_on}) == {
        ("startsOn", "starts_on_out_of_range")
    }
    assert all_rows() == before


def test_a_start_that_has_grown_old_by_itself_hinders_no_change(
    call_at: CallAt, alice: User, habit: Habit
) -> None:
    as_alice = call_at("2050-01-01T12:00:00Z", alice)
    assert as_alice.data(UPDATE, input={"id": id_of(habit), "action": "run"})["action"] == "run"
    again = {"id": id_of(habit), "startsOn": "2026-01-01"}
    assert as_alice.problems(UPDATE, input=again) == {("startsOn", "starts_on_out_of_range")}


@pytest.mark.parametrize("time", ["07", "07:30:00", "24:00", "07:30+02:00", "", 7])
def test_a_time_in_another_spelling_is_refused(as_alice: Caller, habit: Habit, time: Any) -> None:
    before = all_rows()
    change = {"id": id_of(habit), "time": time}
    assert as_alice.error_code(UPDATE, input=change) == "BAD_USER_INPUT"
    assert all_rows() == before


# --- when it is due ------------------------------------------------------------------------------

NOON = "2026-06-30T12:00:00Z"


@pytest.mark.parametrize(
    ("change", "due"),
    [
        ({"time": "14:01"}, "2026-06-30T12:01:00+00:00"),
        ({"time": "14:00"}, "2026-07-01T12:00:00+00:00"),
        ({"periodicity": 7}, "2026-07-06T05:30:00+00:00"),
        ({"weekdays": ["TUESDAY"]}, "2026-07-07T05:30:00+00:00"),
        ({"weekdays": ["TUESDAY", "FRIDAY"], "time": "14:01"}, "2026-06-30T12:01:00+00:00"),
        ({"weekdays": ["MONDAY"], "startsOn": "2026-08-01"}, "2026-08-03T05:30:00+00:00"),
        ({"startsOn": "2026-09-01"}, "2026-09-01T05:30:00+00:00"),
        ({"startsOn": "2026-06-30", "periodicity": 2}, "2026-07-02T05:30:00+00:00"),
        ({"isEnjoyed": True, "reward": None, "time": None}, None),
    ],
)
def test_a_changed_schedule_is_due_from_now_on(
    call_at: CallAt, alice: User, change: dict[str, Any], due: str | None
) -> None:
    as_alice = call_at(NOON, alice)
    made = as_alice.data(CREATE, input={**USEFUL, "startsOn": "2026-06-29"})
    assert made["nextDueAt"] == "2026-07-01T05:30:00+00:00"
    assert as_alice.data(UPDATE, input={"id": made["id"], **change})["nextDueAt"] == due
    stored = Habit.objects.get().next_due_at
    assert stored == (due and datetime.datetime.fromisoformat(due))


@pytest.mark.parametrize(
    "change",
    [
        {"action": "run"},
        {"isPublic": True, "duration": 5},
        {"time": "07:30", "periodicity": 1, "startsOn": "2026-06-29"},
    ],
)
def test_a_change_that_leaves_the_schedule_alone_keeps_an_overdue_occurrence(
    call_at: CallAt, alice: User, change: dict[str, Any]
) -> None:
    made = call_at("2026-06-29T04:00:00Z", alice).data(CREATE, input=USEFUL)
    as_alice = call_at(NOON, alice)
    changed = as_alice.data(UPDATE, input={"id": made["id"], **change})
    assert changed["nextDueAt"] == "2026-06-29T05:30:00+00:00"


def test_a_new_time_zone_moves_the_next_due_moment(call_at: CallAt, alice: User) -> None:
    as_alice = call_at(NOON, alice)
    timed = as_alice.data(CREATE, input=USEFUL)
    untimed = as_alice.data(CREATE, input=ENJOYED)
    as_alice.data(UPDATE_PROFILE, input={"timeZone": "Asia/Tokyo"})
    moved = as_alice.data(HABIT, id=timed["id"])
    assert moved["time"] == "07:30"
    assert moved["nextDueAt"] == "2026-06-30T22:30:00+00:00"
    assert as_alice.data(HABIT, id=untimed["id"])["nextDueAt"] is None
