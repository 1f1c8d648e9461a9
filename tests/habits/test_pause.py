"""Letting a habit rest, and taking it up again."""

import datetime
from typing import Any

import pytest

from accounts.models import User
from habits.models import Habit
from notifications.models import Reason, Reminder, State
from notifications.planning import plan_due
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import (
    CHECK_IN,
    NEVER_USED,
    PAUSE,
    RESUME,
    STATISTICS,
    UPDATE,
    CallAt,
    id_of,
    tracked_rows,
)

NOON = "2026-06-30T10:00:00Z"
"""In Berlin it is a Tuesday, and 07:30 has passed."""


@pytest.fixture
def habit(alice: User, make_habit: MakeHabit) -> Habit:
    return make_habit(alice, next_due_at="2026-07-01T05:30:00Z")


@pytest.fixture
def at_noon(call_at: CallAt, alice: User, habit: Habit) -> Caller:
    """The habit was done from the 20th to the 29th."""
    caller = call_at(NOON, alice)
    for day in range(20, 30):
        given = {"habitId": id_of(habit), "date": f"2026-06-{day}"}
        assert caller.problems(CHECK_IN, input=given) == set()
    return caller


def pause(caller: Caller, habit: Habit, **given: Any) -> Any:
    answer = caller.data(PAUSE, input={"id": id_of(habit), **given})
    assert answer["__typename"] == "Habit", answer
    return answer


def resume(caller: Caller, habit: Habit) -> Any:
    answer = caller.data(RESUME, id=id_of(habit))
    assert answer["__typename"] == "Habit", answer
    return answer


def calendar(caller: Caller, habit: Habit, first: str, last: str) -> str:
    """A letter for each date: Paused, Done, Missed, dUe."""
    answer = caller.data(STATISTICS, id=id_of(habit), **{"from": first, "to": last})
    letters = {"PAUSED": "p", "DONE": "d", "MISSED": "m", "DUE": "u", "NOT_DUE": "-"}
    return "".join(letters[day["state"]] for day in answer["statistics"]["calendar"])


def test_an_open_pause_begins_today(at_noon: Caller, habit: Habit) -> None:
    answer = pause(at_noon, habit)

    assert answer["nextDueAt"] is None
    assert answer["todayState"] == "PAUSED"
    assert answer["isPaused"] is True
    assert (answer["pausedFrom"], answer["pausedUntil"]) == ("2026-06-30", None)
    assert answer["currentStreak"] == 10
    assert calendar(at_noon, habit, "2026-06-28", "2026-07-03") == "ddpppp"


def test_a_pause_ends_by_itself(
    call_at: CallAt, alice: User, habit: Habit, at_noon: Caller
) -> None:
    answer = pause(at_noon, habit, **{"from": "2026-07-01", "until": "2026-07-03"})

    assert answer["nextDueAt"] == "2026-07-04T05:30:00+00:00"
    assert (answer["todayState"], answer["isPaused"]) == ("DUE", False)
    assert (answer["pausedFrom"], answer["pausedUntil"]) == ("2026-07-01", "2026-07-03")
    assert calendar(at_noon, habit, "2026-06-29", "2026-07-05") == "dupppuu"
    query = "query ($id: ID!) { habit(id: $id) { isPaused pausedFrom pausedUntil currentStreak } }"
    last_day = call_at("2026-07-03T10:00:00Z", alice).data(query, id=id_of(habit))
    assert (last_day["isPaused"], last_day["pausedUntil"]) == (True, "2026-07-03")
    over = call_at("2026-07-04T10:00:00Z", alice).data(query, id=id_of(habit))
    # The 30th of June was missed.
    expected = {"isPaused": False, "pausedFrom": None, "pausedUntil": None, "currentStreak": 0}
    assert over == expected


def test_a_pause_of_one_day_neither_breaks_nor_lengthens_the_streak(
    call_at: CallAt, alice: User, habit: Habit, at_noon: Caller
) -> None:
    pause(at_noon, habit, until="2026-06-30")
    caller = call_at("2026-07-01T10:00:00Z", alice)
    given = {"habitId": id_of(habit)}
    assert caller.data(CHECK_IN, input=given)["habit"]["currentStreak"] == 11


def test_a_pause_in_the_past_mends_a_streak(at_noon: Caller, habit: Habit) -> None:
    given = {"habitId": id_of(habit), "date": "2026-06-17"}
    at_noon.data(CHECK_IN, input=given)
    answer = pause(at_noon, habit, **{"from": "2026-06-18", "until": "2026-06-19"})

    assert answer["currentStreak"] == answer["longestStreak"] == 11
    assert (answer["pausedFrom"], answer["pausedUntil"]) == (None, None)
    assert answer["nextDueAt"] == "2026-07-01T05:30:00+00:00"
    assert calendar(at_noon, habit, "2026-06-16", "2026-06-21") == "mdppdd"


def test_a_new_pause_replaces_the_one_that_is_made(
    call_at: CallAt, alice: User, habit: Habit, at_noon: Caller
) -> None:
    pause(at_noon, habit)
    caller = call_at("2026-07-03T10:00:00Z", alice)
    answer = pause(caller, habit, **{"from": "2026-07-05", "until": "2026-07-06"})

    assert (answer["pausedFrom"], answer["pausedUntil"]) == ("2026-07-05", "2026-07-06")
    # What has passed of the first stays paused.
    assert calendar(caller, habit, "2026-06-29", "2026-07-08") == "dpppuuppuu"
    assert answer["nextDueAt"] == "2026-07-04T05:30:00+00:00"


def test_a_resumed_habit_is_due_again_from_today_on(
    call_at: CallAt, alice: User, habit: Habit, at_noon: Caller
) -> None:
    pause(at_noon, habit)
    caller = call_at("2026-07-02T05:00:00Z", alice)
    answer = resume(caller, habit)

    assert answer["nextDueAt"] == "2026-07-02T05:30:00+00:00"
    assert (answer["isPaused"], answer["pausedFrom"], answer["pausedUntil"]) == (False, None, None)
    assert (answer["todayState"], answer["currentStreak"]) == ("DUE", 10)
    assert calendar(caller, habit, "2026-06-29", "2026-07-03") == "dppuu"


def test_a_pause_that_lies_ahead_is_called_off(at_noon: Caller, habit: Habit) -> None:
    pause(at_noon, habit, **{"from": "2026-07-05"})
    answer = resume(at_noon, habit)
    assert (answer["pausedFrom"], answer["nextDueAt"]) == (None, "2026-07-01T05:30:00+00:00")
    assert calendar(at_noon, habit, "2026-07-04", "2026-07-06") == "uuu"


def test_resuming_what_does_not_rest_changes_nothing(
    call_at: CallAt, alice: User, habit: Habit, at_noon: Caller
) -> None:
    before = tracked_rows()
    resume(at_noon, habit)
    assert tracked_rows() == before
    pause(at_noon, habit, until="2026-06-30")
    caller = call_at("2026-07-01T10:00:00Z", alice)
    before = tracked_rows()
    resume(caller, habit)
    assert tracked_rows() == before
    assert calendar(caller, habit, "2026-06-29", "2026-07-01") == "dpu"


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        (
            {"from": "2026-07-02", "until": "2026-07-01"},
            {("until", "pause_ends_before_start")},
        ),
        ({"until": "2026-06-29"}, {("until", "pause_ends_before_start")}),
        ({"from": "2016-06-28"}, {("from", "pause_out_of_range")}),
        ({"from": "2036-07-01"}, {("from", "pause_out_of_range")}),
        ({"until": "2036-07-01"}, {("until", "pause_out_of_range")}),
        ({"from": "0001-01-01", "until": "9999-12-31"}, {("from", "pause_out_of_range")}),
    ],
)
def test_a_pause_has_an_order_and_lies_within_ten_years(
    at_noon: Caller, habit: Habit, given: dict[str, str], problems: set[tuple[str, str]]
) -> None:
    pause(at_noon, habit, until="2026-07-10")
    before = tracked_rows()
    assert at_noon.problems(PAUSE, input={"id": id_of(habit), **given}) == problems
    assert tracked_rows() == before


@pytest.mark.parametrize("given", [{"from": "2016-06-29"}, {"until": "2036-06-30"}])
def test_ten_years_are_within_ten_years(
    at_noon: Caller, habit: Habit, given: dict[str, str]
) -> None:
    pause(at_noon, habit, **given)


def test_a_done_date_counts_for_the_strength_in_a_pause_but_not_for_the_streak(
    at_noon: Caller, habit: Habit
) -> None:
    pause(at_noon, habit)
    answer = at_noon.data(CHECK_IN, input={"habitId": id_of(habit)})
    assert (answer["habit"]["todayState"], answer["habit"]["currentStreak"]) == ("DONE", 10)


def test_a_changed_schedule_leaves_the_pause(at_noon: Caller, habit: Habit) -> None:
    pause(at_noon, habit, until="2026-07-02")
    change = {"id": id_of(habit), "periodicity": 2, "startsOn": "2026-06-30"}
    query = "query ($id: ID!) { habit(id: $id) { pausedUntil } }"
    assert at_noon.data(UPDATE, input=change)["nextDueAt"] == "2026-07-04T05:30:00+00:00"
    assert at_noon.data(query, id=id_of(habit)) == {"pausedUntil": "2026-07-02"}


@pytest.mark.parametrize(
    ("document", "wrapped"), [(PAUSE, True), (RESUME, False)], ids=["pause", "resume"]
)
def test_anothers_habit_is_answered_as_one_that_never_was(
    as_alice: Caller, bob: User, make_habit: MakeHabit, document: str, *, wrapped: bool
) -> None:
    foreign = make_habit(bob, is_public=True, paused_from="2026-01-01")
    before = tracked_rows()
    answers = []
    for subject in (foreign, NEVER_USED):
        given: dict[str, Any] = {"id": id_of(subject)}
        variables = {"input": given} if wrapped else given
        answer = as_alice.post({"query": document, "variables": variables})
        answers.append((answer.status_code, answer.content, dict(answer.headers)))
    assert answers[0] == answers[1]
    assert b'"field":"id","code":"not_found"' in answers[0][1]
    assert tracked_rows() == before


# --- reminders -----------------------------------------------------------------------------------


def test_no_reminder_comes_in_a_pause_and_it_comes_again_after_it(
    call_at: CallAt, alice: User, habit: Habit
) -> None:
    """The row of the 1st is there already, as after a stop of the senders."""
    caller = call_at("2026-07-01T05:31:00Z", alice)
    plan_due(datetime.datetime.now(datetime.UTC))
    (reminder,) = Reminder.objects.all()
    assert (str(reminder.local_date), reminder.state) == ("2026-07-01", State.PENDING)

    pause(caller, habit)
    reminder.refresh_from_db()
    assert (reminder.state, reminder.reason) == (State.CANCELLED, Reason.NOT_DUE)
    later = call_at("2026-07-02T05:31:00Z", alice)
    plan_due(datetime.datetime.now(datetime.UTC))
    assert Reminder.objects.count() == 1

    resume(later, habit)
    call_at("2026-07-03T05:31:00Z", alice)
    plan_due(datetime.datetime.now(datetime.UTC))
    rows = [(str(row.local_date), row.state) for row in Reminder.objects.order_by("local_date")]
    assert rows == [("2026-07-01", State.CANCELLED), ("2026-07-03", State.PENDING)]


def test_a_pause_that_is_called_off_brings_the_dates_reminder_back(
    call_at: CallAt, alice: User, habit: Habit
) -> None:
    caller = call_at("2026-07-01T05:00:00Z", alice)
    answer = pause(caller, habit)
    assert answer["nextDueAt"] is None
    plan_due(datetime.datetime.now(datetime.UTC))
    assert resume(caller, habit)["nextDueAt"] == "2026-07-01T05:30:00+00:00"
    call_at("2026-07-01T05:30:00Z", alice)
    plan_due(datetime.datetime.now(datetime.UTC))
    assert [row.state for row in Reminder.objects.all()] == [State.PENDING]
