"""Making a habit: what is taken, what stands where nothing is given, and when it is due."""

import datetime
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from habits.models import Habit
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import (
    CREATE,
    DELETE,
    ENJOYED,
    HABIT,
    USEFUL,
    CallAt,
    all_rows,
    id_of,
)


def test_a_habit_is_made_answered_and_stored(call_at: CallAt, alice: User) -> None:
    as_alice = call_at("2026-06-30T12:00:00Z", alice)
    given = {**USEFUL, "periodicity": 2, "startsOn": "2026-07-04", "isPublic": True}
    made = as_alice.data(CREATE, input=given)
    habit = Habit.objects.get()
    assert made == {
        "__typename": "Habit",
        "id": id_of(habit),
        **given,
        "weekdays": None,
        "relatedHabit": None,
        "isEnjoyed": False,
        "adoptedFrom": None,
        "nextDueAt": "2026-07-04T05:30:00+00:00",
        "createdAt": "2026-06-30T12:00:00+00:00",
        "updatedAt": "2026-06-30T12:00:00+00:00",
    }
    assert habit.owner == alice
    del made["__typename"]
    assert as_alice.data(HABIT, id=made["id"]) == made


def test_weekdays_take_the_place_of_every_day(as_alice: Caller) -> None:
    made = as_alice.data(CREATE, input={**USEFUL, "weekdays": ["FRIDAY", "MONDAY", "FRIDAY"]})
    assert (made["periodicity"], made["weekdays"]) == (None, ["MONDAY", "FRIDAY"])
    assert as_alice.data(HABIT, id=made["id"])["weekdays"] == ["MONDAY", "FRIDAY"]
    habit = Habit.objects.get()
    assert (habit.periodicity, habit.weekdays) == (None, 0b10001)


def test_what_is_absent_or_null_gets_its_default(call_at: CallAt, alice: User) -> None:
    as_alice = call_at("2026-06-30T12:00:00Z", alice)
    absent = as_alice.data(CREATE, input={"action": "tea", "place": "home", "isEnjoyed": True})
    optional = (
        *("time", "duration", "periodicity", "weekdays", "startsOn"),
        *("reward", "relatedHabit", "isPublic"),
    )
    nulls = dict.fromkeys(optional)
    null = as_alice.data(CREATE, input={**ENJOYED, **nulls})
    for habit in (absent, null):
        assert habit["periodicity"] == 1
        assert habit["weekdays"] is None
        assert habit["startsOn"] == "2026-06-30"
        assert habit["isPublic"] is False
        assert habit["time"] is None
        assert habit["duration"] is None
        assert habit["reward"] is None
        assert habit["relatedHabit"] is None
        assert habit["nextDueAt"] is None
    useful = as_alice.data(CREATE, input={**USEFUL, "isEnjoyed": None})
    assert useful["isEnjoyed"] is False


def test_a_habit_may_be_rewarded_by_an_enjoyed_one(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    enjoyed = make_habit(alice, is_enjoyed=True)
    given = {**USEFUL, "reward": None, "relatedHabit": id_of(enjoyed)}
    assert as_alice.data(CREATE, input=given)["relatedHabit"] == {"id": id_of(enjoyed)}
    assert as_alice.data(CREATE, input=given)["relatedHabit"] == {"id": id_of(enjoyed)}
    assert enjoyed.rewarded_habits.count() == 2


@pytest.mark.parametrize("missing", ["action", "place"])
@pytest.mark.parametrize("how", ["absent", "null"])
def test_the_document_itself_demands_action_and_place(
    as_alice: Caller, missing: str, how: str
) -> None:
    given = {**USEFUL, missing: None}
    if how == "absent":
        del given[missing]
    assert as_alice.error_code(CREATE, input=given) == "BAD_USER_INPUT"
    assert all_rows() == []


# --- the start -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "moment", "today"),
    [
        ("UTC", "2026-06-30T23:59:59Z", "2026-06-30"),
        ("UTC", "2026-07-01T00:00:00Z", "2026-07-01"),
        ("Europe/Berlin", "2026-06-30T21:59:59Z", "2026-06-30"),
        ("Europe/Berlin", "2026-06-30T22:00:00Z", "2026-07-01"),
        ("America/Los_Angeles", "2026-07-01T06:59:59Z", "2026-06-30"),
        ("America/Los_Angeles", "2026-07-01T07:00:00Z", "2026-07-01"),
        ("Pacific/Kiritimati", "2026-06-30T10:00:00Z", "2026-07-01"),
        ("Pacific/Pago_Pago", "2026-07-01T10:59:59Z", "2026-06-30"),
    ],
)
def test_a_habit_starts_on_its_owners_today(
    call_at: CallAt, alice: User, zone: str, moment: str, today: str
) -> None:
    User.objects.update(time_zone=zone)
    assert call_at(moment, alice).data(CREATE, input=USEFUL)["startsOn"] == today


@pytest.mark.parametrize("starts_on", ["2016-06-29", "2016-07-01", "2026-06-30", "2036-06-30"])
def test_a_start_within_ten_years_is_taken(call_at: CallAt, alice: User, starts_on: str) -> None:
    as_alice = call_at("2026-06-30T12:00:00Z", alice)
    made = as_alice.data(CREATE, input={**USEFUL, "startsOn": starts_on})
    assert made["startsOn"] == starts_on


@pytest.mark.parametrize("starts_on", ["0001-01-01", "2016-06-28", "2036-07-01", "9999-12-31"])
def test_a_start_beyond_ten_years_is_refused(call_at: CallAt, alice: User, starts_on: str) -> None:
    as_alice = call_at("2026-06-30T12:00:00Z", alice)
    assert as_alice.problems(CREATE, input={**USEFUL, "startsOn": starts_on}) == {
        ("startsOn", "starts_on_out_of_range")
    }
    assert all_rows() == []


@pytest.mark.parametrize(
    ("zone", "latest", "too_late"),
    [
        ("Pacific/Kiritimati", "2036-07-01", "2036-07-02"),
        ("Pacific/Pago_Pago", "2036-06-29", "2036-06-30"),
    ],
)
def test_the_ten_years_are_counted_from_the_owners_today(
    call_at: CallAt, alice: User, zone: str, latest: str, too_late: str
) -> None:
    User.objects.update(time_zone=zone)
    as_alice = call_at("2026-06-30T10:30:00Z", alice)
    assert as_alice.problems(CREATE, input={**USEFUL, "startsOn": latest}) == set()
    assert as_alice.problems(CREATE, input={**USEFUL, "startsOn": too_late}) == {
        ("startsOn", "starts_on_out_of_range")
    }


# --- the time ------------------------------------------------------------------------------------

NO_TIMES: list[Any] = [
    "",
    "7",
    "07",
    "7:30",
    "07:3",
    "07:30:00",
    "07:30:00.5",
    "07:30Z",
    "07:30+02:00",
    " 07:30",
    "07:30\n",
    "0730",
    "T07:30",
    "24:00",
    "23:60",
    "-1:30",
    "07.30",
    "0٧:3٠",
    "noon",
    7,
    730,
    7.5,
    True,
    ["07:30"],
    {"hour": 7},
]


@pytest.mark.parametrize("time", ["00:00", "07:30", "19:05", "23:59"])
def test_a_time_goes_in_and_out_as_hours_and_minutes(as_alice: Caller, time: str) -> None:
    assert as_alice.data(CREATE, input={**USEFUL, "time": time})["time"] == time
    assert Habit.objects.get().time == datetime.time.fromisoformat(time)


@pytest.mark.parametrize("time", NO_TIMES, ids=repr)
def test_anything_else_is_no_time(as_alice: Caller, time: Any) -> None:
    assert as_alice.error_code(CREATE, input={**USEFUL, "time": time}) == "BAD_USER_INPUT"
    assert all_rows() == []


@pytest.mark.parametrize("literal", ["7", "7.5", '"07:30:00"', '"24:00"', "NOON", "[]", "{}"])
def test_nor_is_it_one_inside_the_document(as_alice: Caller, literal: str) -> None:
    document = f"""mutation {{
        createHabit(input: {{
            action: "walk", place: "here", duration: 60, reward: "tea", time: {literal}
        }}) {{ __typename }}
    }}"""
    assert as_alice.error_code(document) == "BAD_USER_INPUT"
    assert all_rows() == []
    good = document.replace(literal, '"07:30"', 1)
    assert as_alice.data(good) == {"__typename": "Habit"}


# --- when it is due ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "fields", "due"),
    [
        ("2026-06-30T05:29:59Z", {}, "2026-06-30T05:30:00+00:00"),
        ("2026-06-30T05:30:00Z", {}, "2026-07-01T05:30:00+00:00"),
        ("2026-06-30T05:30:00Z", {"periodicity": 7}, "2026-07-07T05:30:00+00:00"),
        ("2026-06-30T05:30:00Z", {"weekdays": ["TUESDAY"]}, "2026-07-07T05:30:00+00:00"),
        ("2026-06-30T05:30:00Z", {"weekdays": ["SUNDAY", "TUESDAY"]}, "2026-07-05T05:30:00+00:00"),
        ("2026-06-30T05:00:00Z", {"startsOn": "2026-08-01"}, "2026-08-01T05:30:00+00:00"),
        (
            "2026-06-30T05:00:00Z",
            {"startsOn": "2026-06-28", "periodicity": 3},
            "2026-07-01T05:30:00+00:00",
        ),
        # A start in winter is due by the offset of winter.
        ("2026-06-30T05:00:00Z", {"startsOn": "2026-12-01"}, "2026-12-01T06:30:00+00:00"),
        ("2026-03-28T12:00:00Z", {"time": "02:30"}, "2026-03-29T01:00:00+00:00"),
    ],
)
def test_a_new_habit_is_due_at_its_next_occurrence(
    call_at: CallAt, alice: User, moment: str, fields: dict[str, Any], due: str
) -> None:
    made = call_at(moment, alice).data(CREATE, input={**USEFUL, **fields})
    assert made["nextDueAt"] == due
    stored = Habit.objects.get().next_due_at
    assert stored == datetime.datetime.fromisoformat(due)


def test_an_enjoyed_habit_is_due_only_with_a_time(call_at: CallAt, alice: User) -> None:
    as_alice = call_at("2026-06-30T05:00:00Z", alice)
    assert as_alice.data(CREATE, input=ENJOYED)["nextDueAt"] is None
    timed = as_alice.data(CREATE, input={**ENJOYED, "time": "21:00"})
    assert timed["nextDueAt"] == "2026-06-30T19:00:00+00:00"


@pytest.mark.parametrize(
    "text",
    ["20260704", "2026-W27-6", "2026-7-4", "2026-02-30", "2026-07-04T00:00:00", " 2026-07-04", 0],
)
def test_a_date_is_written_in_one_way(as_alice: Caller, text: object) -> None:
    given = {**USEFUL, "startsOn": text}

    assert as_alice.error_code(CREATE, input=given) == "BAD_USER_INPUT"
    assert not Habit.objects.exists()


def test_a_person_keeps_so_many_habits_and_no_more(
    as_alice: Caller, as_bob: Caller, settings: Settings
) -> None:
    settings.HABITS_PER_PERSON = 2
    first = as_alice.data(CREATE, input=USEFUL)
    as_alice.data(CREATE, input=ENJOYED)
    before = all_rows()

    refused = as_alice.data(CREATE, input=USEFUL)

    (message,) = refused["messages"]
    assert (message["field"], message["code"]) == (None, "too_many_habits")
    assert "2 habits" in message["message"]
    assert all_rows() == before
    assert "id" in as_bob.data(CREATE, input=USEFUL)
    as_alice.data(DELETE, id=first["id"])
    assert "id" in as_alice.data(CREATE, input=USEFUL)
