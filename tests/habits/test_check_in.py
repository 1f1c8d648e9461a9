"""Saying what became of a habit on a date, and taking it back."""

from typing import Any

import pytest

from accounts.models import User
from habits.models import CheckIn, Habit
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import (
    CHECK_IN,
    CHECK_INS,
    DELETE,
    HABIT,
    NEVER_USED,
    UNDO,
    UPDATE,
    CallAt,
    Freeze,
    id_of,
    tracked_rows,
)

NOON = "2026-06-30T10:00:00Z"
"""In Berlin, where alice lives, it is a Tuesday."""


@pytest.fixture
def habit(alice: User, make_habit: MakeHabit) -> Habit:
    return make_habit(alice)


@pytest.fixture
def at_noon(call_at: CallAt, alice: User) -> Caller:
    return call_at(NOON, alice)


def said(habit: Habit) -> list[tuple[str, str]]:
    """What stands, by date."""
    return [(str(row.date), row.status) for row in habit.check_ins.order_by("date")]


def give(caller: Caller, habit: Habit, **given: Any) -> Any:
    return caller.data(CHECK_IN, input={"habitId": id_of(habit), **given})


def take_back(caller: Caller, habit: Habit, **given: Any) -> Any:
    return caller.data(UNDO, input={"habitId": id_of(habit), **given})


def test_a_habit_is_done_today_unless_the_call_says_more(at_noon: Caller, habit: Habit) -> None:
    answer = give(at_noon, habit)

    (stored,) = CheckIn.objects.all()
    id_ = answer.pop("id")
    assert answer == {
        "__typename": "CheckIn",
        "date": "2026-06-30",
        "status": "DONE",
        "note": None,
        "madeAt": "2026-06-30T10:00:00+00:00",
        "source": "API",
        "habit": {
            "id": id_of(habit),
            "todayState": "DONE",
            "currentStreak": 1,
            "longestStreak": 1,
            "strength": pytest.approx(0.051922, abs=1e-6),
            "isPaused": False,
            "pausedFrom": None,
            "pausedUntil": None,
        },
    }
    assert id_ == id_of(stored.pk, "CheckIn")


def test_null_as_the_date_is_today(at_noon: Caller, habit: Habit) -> None:
    assert give(at_noon, habit, date=None)["date"] == "2026-06-30"


def test_null_as_the_status_is_refused(at_noon: Caller, habit: Habit) -> None:
    given = {"habitId": id_of(habit), "status": None}
    assert at_noon.error_code(CHECK_IN, input=given) == "BAD_USER_INPUT"
    assert said(habit) == []


def test_saying_the_same_again_changes_nothing(
    call_at: CallAt, alice: User, habit: Habit, at_noon: Caller
) -> None:
    first = give(at_noon, habit, note="before breakfast")
    before = tracked_rows()

    again = give(call_at("2026-06-30T10:05:00Z", alice), habit, note="before breakfast")

    assert tracked_rows() == before
    assert again == first


def test_the_other_status_replaces_it(
    call_at: CallAt, alice: User, habit: Habit, at_noon: Caller
) -> None:
    first = give(at_noon, habit)

    second = give(call_at("2026-06-30T10:05:00Z", alice), habit, status="SKIPPED")

    assert said(habit) == [("2026-06-30", "skipped")]
    assert second["id"] == first["id"]
    assert second["madeAt"] == "2026-06-30T10:05:00+00:00"
    assert second["habit"]["todayState"] == "SKIPPED"
    assert second["habit"]["currentStreak"] == 0


# --- notes ---------------------------------------------------------------------------------------


def test_an_absent_note_stays_and_null_clears_it(at_noon: Caller, habit: Habit) -> None:
    assert give(at_noon, habit, note="  with Bob  ")["note"] == "with Bob"
    assert give(at_noon, habit, status="SKIPPED")["note"] == "with Bob"
    assert give(at_noon, habit, note="alone")["note"] == "alone"
    assert give(at_noon, habit, note=None)["note"] is None
    assert CheckIn.objects.get().note is None


@pytest.mark.parametrize(
    ("note", "code"),
    [("", "blank"), ("  ", "blank"), ("a\nb", "invalid"), ("x" * 501, "too_long")],
)
def test_a_note_is_one_visible_line(at_noon: Caller, habit: Habit, note: str, code: str) -> None:
    give(at_noon, habit, note="as it was")
    before = tracked_rows()
    given = {"habitId": id_of(habit), "status": "SKIPPED", "note": note}
    assert at_noon.problems(CHECK_IN, input=given) == {("note", code)}
    assert tracked_rows() == before


def test_a_note_of_500_characters_is_kept(at_noon: Caller, habit: Habit) -> None:
    assert give(at_noon, habit, note="ж" * 500)["note"] == "ж" * 500


# --- dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("date", ["2026-07-01", "2025-12-31", "0001-01-01", "9999-12-31"])
def test_what_lies_ahead_or_before_the_start_is_refused(
    at_noon: Caller, habit: Habit, date: str
) -> None:
    give(at_noon, habit)
    before = tracked_rows()
    given = {"habitId": id_of(habit), "date": date}
    assert at_noon.problems(CHECK_IN, input=given) == {("date", "date_out_of_range")}
    assert tracked_rows() == before


def test_a_start_in_the_past_lets_people_bring_their_history(at_noon: Caller, habit: Habit) -> None:
    """In operations of ten, as many as one may have."""
    parts = " ".join(
        f"d{n}: checkIn(input: {{habitId: $id, date: $d{n}}}) {{ __typename }}" for n in range(10)
    )
    names = ", ".join(f"$d{n}: Date!" for n in range(10))
    document = f"mutation ($id: ID!, {names}) {{ {parts} }}"
    dates = [f"2026-0{month}-{day:02}" for month in (1, 2, 3) for day in range(1, 21)]
    for start in range(0, len(dates), 10):
        given = {f"d{n}": date for n, date in enumerate(dates[start : start + 10])}
        answer = at_noon.call(document, id=id_of(habit), **given)
        assert {each["__typename"] for each in answer["data"].values()} == {"CheckIn"}

    assert [date for date, _ in said(habit)] == dates
    shown = at_noon.data("query ($id: ID!) { habit(id: $id) { longestStreak } }", id=id_of(habit))
    assert shown == {"longestStreak": 20}


def test_until_the_day_starts_today_is_yesterday(
    call_at: CallAt, alice: User, habit: Habit
) -> None:
    User.objects.filter(pk=alice.pk).update(day_starts_at="03:00")
    at_one = call_at("2026-06-29T23:00:00Z", alice)  # 01:00 on the 30th

    assert give(at_one, habit)["date"] == "2026-06-29"
    assert give(at_one, habit, date="2026-06-30")["date"] == "2026-06-30"
    assert take_back(at_one, habit)["todayState"] == "DUE"
    assert said(habit) == [("2026-06-30", "done")]
    assert give(call_at("2026-06-30T01:00:00Z", alice), habit)["date"] == "2026-06-30"


@pytest.mark.parametrize(
    ("moment", "date"),
    [
        ("2026-03-28T22:59:59Z", "2026-03-28"),
        ("2026-03-28T23:00:00Z", "2026-03-29"),  # the night has 23 hours
        ("2026-03-29T21:59:59Z", "2026-03-29"),
        ("2026-03-29T22:00:00Z", "2026-03-30"),
        ("2026-10-24T22:00:00Z", "2026-10-25"),  # and this one 25
        ("2026-10-25T22:59:59Z", "2026-10-25"),
        ("2026-10-25T23:00:00Z", "2026-10-26"),
    ],
)
def test_today_is_a_date_of_the_calendar_in_nights_of_changed_clocks(
    call_at: CallAt, alice: User, habit: Habit, moment: str, date: str
) -> None:
    assert give(call_at(moment, alice), habit)["date"] == date


def test_in_a_new_zone_today_is_another_date_and_what_was_said_stays(
    call_at: CallAt, alice: User, habit: Habit
) -> None:
    at_noon = call_at(NOON, alice)
    give(at_noon, habit)
    change = "mutation ($input: ProfileInput!) { updateProfile(input: $input) { __typename } }"

    at_noon.data(change, input={"timeZone": "Pacific/Kiritimati"})  # UTC+14
    assert give(at_noon, habit)["date"] == "2026-07-01"
    at_noon.data(change, input={"timeZone": "Pacific/Pago_Pago"})  # UTC-11
    assert give(at_noon, habit)["date"] == "2026-06-29"

    assert [date for date, _ in said(habit)] == ["2026-06-29", "2026-06-30", "2026-07-01"]
    assert at_noon.problems(CHECK_IN, input={"habitId": id_of(habit), "date": "2026-06-30"}) == {
        ("date", "date_out_of_range")
    }


def test_moving_the_start_drops_no_check_in(at_noon: Caller, habit: Habit) -> None:
    give(at_noon, habit, date="2026-02-01")
    at_noon.data(UPDATE, input={"id": id_of(habit), "startsOn": "2026-06-01"})

    assert said(habit) == [("2026-02-01", "done")]
    again = {"habitId": id_of(habit), "date": "2026-02-02"}
    assert at_noon.problems(CHECK_IN, input=again) == {("date", "date_out_of_range")}
    assert take_back(at_noon, habit, date="2026-02-01")["__typename"] == "Habit"
    assert said(habit) == []


# --- taking back ---------------------------------------------------------------------------------


def test_what_is_taken_back_is_as_if_it_had_not_been_said(at_noon: Caller, habit: Habit) -> None:
    give(at_noon, habit, date="2026-06-29")
    give(at_noon, habit)
    answer = take_back(at_noon, habit)

    assert answer["__typename"] == "Habit"
    assert (answer["todayState"], answer["currentStreak"]) == ("DUE", 1)
    assert said(habit) == [("2026-06-29", "done")]
    assert give(at_noon, habit)["habit"]["currentStreak"] == 2


@pytest.mark.parametrize("date", [None, "2026-06-29", "2026-07-05", "0001-01-01"])
def test_taking_back_nothing_changes_nothing(
    at_noon: Caller, habit: Habit, date: str | None
) -> None:
    give(at_noon, habit, date="2026-06-28")
    before = tracked_rows()
    assert take_back(at_noon, habit, date=date)["__typename"] == "Habit"
    assert tracked_rows() == before


# --- who -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", [CHECK_IN, UNDO])
def test_anothers_habit_is_answered_as_one_that_never_was(
    as_alice: Caller, bob: User, make_habit: MakeHabit, document: str
) -> None:
    foreign = make_habit(bob, is_public=True)
    CheckIn.objects.create(
        habit=foreign, date="2026-01-02", status="done", source="api", made_at=NOON
    )
    before = tracked_rows()
    answers = []
    for subject in (foreign, NEVER_USED):
        given = {"habitId": id_of(subject), "date": "2026-01-02"}
        answer = as_alice.post({"query": document, "variables": {"input": given}})
        answers.append((answer.status_code, answer.content, dict(answer.headers)))
    assert answers[0] == answers[1]
    assert b'"field":"habitId","code":"not_found"' in answers[0][1]
    assert tracked_rows() == before


@pytest.mark.parametrize("wrong", ["", "x", "PublicHabit:1"])
def test_what_is_no_id_is_not_found(as_alice: Caller, wrong: str) -> None:
    assert as_alice.problems(CHECK_IN, input={"habitId": wrong}) == {("habitId", "not_found")}


def test_check_ins_go_with_their_habit(at_noon: Caller, habit: Habit) -> None:
    give(at_noon, habit)
    assert at_noon.problems(DELETE, id=id_of(habit)) == set()
    assert not CheckIn.objects.exists()
    assert at_noon.data(HABIT, id=id_of(habit)) is None


# --- reading -------------------------------------------------------------------------------------


def test_check_ins_are_read_over_a_period_the_earliest_first(at_noon: Caller, habit: Habit) -> None:
    for date in ("2026-06-30", "2026-05-31", "2026-06-01", "2026-06-15"):
        give(at_noon, habit, date=date, note=f"on {date}")

    def dates(**given: str | None) -> list[str]:
        found = at_noon.data(CHECK_INS, id=id_of(habit), **given)["checkIns"]
        assert all(each["note"] == f"on {each['date']}" for each in found)
        return [each["date"] for each in found]

    assert dates() == ["2026-06-01", "2026-06-15", "2026-06-30"]
    assert dates(**{"from": "2026-05-31"}) == [
        "2026-05-31",
        "2026-06-01",
        "2026-06-15",
        "2026-06-30",
    ]
    assert dates(to="2026-06-29") == ["2026-05-31", "2026-06-01", "2026-06-15"]
    assert dates(**{"from": "2026-06-15", "to": "2026-06-15"}) == ["2026-06-15"]
    assert dates(to="0001-01-05") == []


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-06-02", "2026-06-01"),
        ("2025-06-29", "2026-06-30"),
        ("2025-06-29", None),
        ("0001-01-01", "9999-12-31"),
    ],
)
def test_a_period_is_1_to_366_days(
    at_noon: Caller, habit: Habit, first: str, last: str | None
) -> None:
    answer = at_noon.call(CHECK_INS, id=id_of(habit), **{"from": first, "to": last})
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "`checkIns` goes over 1 to 366 days" in error["message"]


def test_one_moment_holds_for_all_of_a_request(
    freeze: Freeze, call_at: CallAt, alice: User, habit: Habit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Midnight comes while the first of two calls is at work."""
    caller = call_at("2026-06-30T21:59:59Z", alice)
    from habits import tracking

    plain = tracking.check_in

    def slowly(*given: Any, **named: Any) -> CheckIn:
        freeze("2026-06-30T22:00:01Z")
        return plain(*given, **named)

    monkeypatch.setattr(tracking, "check_in", slowly)
    document = """mutation ($id: ID!) {
        a: checkIn(input: {habitId: $id}) { ... on CheckIn { date habit { todayState } } }
        b: checkIn(input: {habitId: $id}) { ... on CheckIn { date habit { todayState } } }
    }"""

    answer = caller.call(document, id=id_of(habit))["data"]

    assert answer["a"] == answer["b"] == {"date": "2026-06-30", "habit": {"todayState": "DONE"}}
