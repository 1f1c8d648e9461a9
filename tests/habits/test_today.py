"""What is due today, by the date that a person means by it."""

import datetime
from typing import Any

import pytest

from accounts.models import User
from habits.models import Habit
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import CHECK_IN, NEVER_USED, PAUSE, TODAY, CallAt, id_of, queries_of

NOON = "2026-06-30T10:00:00Z"
"""A Tuesday."""


@pytest.fixture
def at_noon(call_at: CallAt, alice: User) -> Caller:
    return call_at(NOON, alice)


def actions(today: Any) -> list[str]:
    return [each["habit"]["action"] for each in today["occurrences"]]


def test_a_person_without_habits_has_a_date_and_nothing_to_do(at_noon: Caller) -> None:
    expected = {"date": "2026-06-30", "totalCount": 0, "occurrences": []}
    assert at_noon.data(TODAY) == expected


def test_each_habit_that_falls_on_the_date_is_told_with_its_state(
    at_noon: Caller, alice: User, make_habit: MakeHabit
) -> None:
    make_habit(alice, action="open")
    done, skipped = make_habit(alice, action="done"), make_habit(alice, action="skipped")
    for habit, status in ((done, "DONE"), (skipped, "SKIPPED")):
        given = {"habitId": id_of(habit), "status": status}
        assert at_noon.problems(CHECK_IN, input=given) == set()

    today = at_noon.data(TODAY)

    assert today["totalCount"] == 3
    assert [
        (each["habit"]["action"], each["state"], each["currentStreak"])
        for each in today["occurrences"]
    ] == [("open", "DUE", 0), ("done", "DONE", 1), ("skipped", "SKIPPED", 0)]
    assert {each["date"] for each in today["occurrences"]} == {"2026-06-30"}
    assert {each["time"] for each in today["occurrences"]} == {"07:30"}


def test_what_does_not_fall_on_the_date_or_rests_is_left_out(
    at_noon: Caller, alice: User, bob: User, make_habit: MakeHabit
) -> None:
    make_habit(bob, action="bob's", is_public=True)
    make_habit(alice, action="not yet", starts_on="2026-07-01")
    make_habit(alice, action="tomorrow", periodicity=2, starts_on="2026-06-29")
    make_habit(alice, action="on Mondays", periodicity=None, weekdays=0b0000001)
    make_habit(alice, action="on Tuesdays", periodicity=None, weekdays=0b0000010)
    paused, done = make_habit(alice, action="paused"), make_habit(alice, action="done, paused")
    other = make_habit(alice, action="done, not due", periodicity=2, starts_on="2026-06-29")
    for habit in (done, other):
        assert at_noon.problems(CHECK_IN, input={"habitId": id_of(habit)}) == set()
    for habit in (paused, done):
        assert at_noon.problems(PAUSE, input={"id": id_of(habit)}) == set()

    assert actions(at_noon.data(TODAY)) == ["on Tuesdays"]


def test_where_today_has_gone_back_it_goes_by_what_stood_then(
    at_noon: Caller, alice: User, make_habit: MakeHabit
) -> None:
    """Changed or paused on what was today, before their owner flew over the date line."""
    tomorrow = datetime.date(2026, 7, 1)
    weekly = {"periodicity": 7, "starts_on": "2026-06-29"}
    changed = make_habit(alice, action="daily until tomorrow", **weekly)
    changed.past_schedules.create(until=tomorrow, starts_on="2026-01-01", periodicity=1)
    other = make_habit(alice, action="daily until today", **weekly)
    other.past_schedules.create(until="2026-06-30", starts_on="2026-01-01", periodicity=1)
    rested = make_habit(alice, action="rests until today")
    rested.past_pauses.create(starts_on="2026-06-20", ends_on="2026-06-30")
    before = make_habit(alice, action="rested until yesterday")
    before.past_pauses.create(starts_on="2026-06-20", ends_on="2026-06-29")

    assert actions(at_noon.data(TODAY)) == ["daily until tomorrow", "rested until yesterday"]


def test_a_habit_comes_with_the_one_that_follows(
    at_noon: Caller, alice: User, make_habit: MakeHabit
) -> None:
    """However that is selected, and whether it is due or not."""
    tea = make_habit(alice, action="tea", is_enjoyed=True, starts_on="2100-01-01")
    make_habit(alice, action="walk", related_habit=tea)
    make_habit(alice, action="run")
    direct = "{ today { occurrences { habit { relatedHabit { action currentStreak } } } } }"
    spread = """
        { today { ...due } }
        fragment due on Today { occurrences { habit { ... on Habit { ...next } } } }
        fragment next on Habit { after: relatedHabit { action currentStreak } }
    """
    for document, name in ((direct, "relatedHabit"), (spread, "after")):
        occurrences = at_noon.data(document)["occurrences"]
        assert [each["habit"][name] for each in occurrences] == [
            {"action": "tea", "currentStreak": 0},
            None,
        ]
        assert len(queries_of(at_noon, document)) == 1 + 1 + 2 + 2


def test_they_come_by_time_and_those_without_one_at_the_end(
    at_noon: Caller, alice: User, make_habit: MakeHabit
) -> None:
    for action, time in (
        ("c", "21:00"),
        ("e", None),
        ("b", "07:30"),
        ("d", "21:00"),
        ("a", "00:00"),
    ):
        make_habit(alice, action=action, time=time, is_enjoyed=True)
    make_habit(alice, action="f", is_enjoyed=True)

    assert actions(at_noon.data(TODAY)) == ["a", "b", "c", "d", "e", "f"]


def test_until_the_day_starts_today_is_yesterday(
    call_at: CallAt, alice: User, make_habit: MakeHabit
) -> None:
    User.objects.filter(pk=alice.pk).update(day_starts_at="03:00")
    make_habit(alice, action="on Mondays", periodicity=None, weekdays=0b0000001)
    make_habit(alice, action="on Tuesdays", periodicity=None, weekdays=0b0000010)

    at_one = call_at("2026-06-29T23:00:00Z", alice).data(TODAY)
    at_three = call_at("2026-06-30T01:00:00Z", alice).data(TODAY)

    assert (at_one["date"], actions(at_one)) == ("2026-06-29", ["on Mondays"])
    assert (at_three["date"], actions(at_three)) == ("2026-06-30", ["on Tuesdays"])


@pytest.mark.parametrize(
    ("zone", "date"),
    [("Pacific/Kiritimati", "2026-07-01"), ("Etc/GMT+12", "2026-06-29"), ("UTC", "2026-06-30")],
)
def test_today_is_the_date_where_the_person_is(
    call_at: CallAt, alice: User, zone: str, date: str
) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone=zone)
    assert call_at("2026-06-30T11:30:00Z", alice).data(TODAY)["date"] == date


# --- pages ---------------------------------------------------------------------------------------


def test_all_of_many_are_reached_page_by_page(
    at_noon: Caller, alice: User, make_habit: MakeHabit
) -> None:
    for n in range(103):
        make_habit(alice, action=f"{n:03}")
    first = at_noon.data(TODAY)
    after = first["occurrences"][-1]["habit"]["id"]
    second = at_noon.data(TODAY, after=after)

    assert first["totalCount"] == second["totalCount"] == 103
    assert actions(first) + actions(second) == [f"{n:03}" for n in range(103)]
    assert actions(at_noon.data(TODAY, first=2, after=after)) == ["100", "101"]
    last = second["occurrences"][-1]["habit"]["id"]
    assert actions(at_noon.data(TODAY, after=last)) == []


@pytest.mark.parametrize("first", [0, -1, 101])
def test_a_page_has_1_to_100_occurrences(at_noon: Caller, first: int) -> None:
    (error,) = at_noon.call(TODAY, first=first)["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["message"] == f"`first` is {first}; it must be 1 to 100."


def test_a_page_follows_a_habit_that_is_due_today(
    as_alice: Caller, alice: User, bob: User, make_habit: MakeHabit
) -> None:
    make_habit(alice)
    others: list[Habit | int] = [
        make_habit(alice, starts_on="2100-01-01"),
        make_habit(bob),
        NEVER_USED,
    ]
    answers = {
        as_alice.post({"query": TODAY, "variables": {"after": id_of(each)}}).content
        for each in others
    }
    (content,) = answers
    assert b"`after` is not the id of a habit that is due today." in content
