"""Reading one habit, and what is an id."""

import base64

import pytest

from accounts.models import User
from habits.models import Habit
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import (
    DELETE,
    HABIT,
    NEVER_USED,
    PUBLIC_HABIT,
    UPDATE,
    all_rows,
    id_of,
)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def not_ids_of(habit: Habit, type_name: str) -> dict[str, str]:
    """Strings that are almost the id of a row that is there."""
    pk, good = habit.pk, id_of(habit, type_name)
    return {
        "empty": "",
        "a bare number": str(pk),
        "unencoded": f"{type_name}:{pk}",
        "no base 64": "!!!",
        "not ASCII": "привычка",
        "NUL": "\0",
        "no UTF-8 inside": base64.b64encode(b"\xff\xfe:\xff").decode(),
        "no colon inside": encoded(type_name),
        "no number": encoded(f"{type_name}:walk"),
        "an empty number": encoded(f"{type_name}:"),
        "no name": encoded(f":{pk}"),
        "another type": encoded(f"User:{pk}"),
        "an unknown type": encoded(f"Nothing:{pk}"),
        "another case": encoded(f"{type_name.lower()}:{pk}"),
        "a list's cursor": encoded(f'["habits",["-id","{pk}"]]'),
        "a leading zero": encoded(f"{type_name}:0{pk}"),
        "a plus": encoded(f"{type_name}:+{pk}"),
        "a blank inside": encoded(f"{type_name}: {pk}"),
        "an underscore": encoded(f"{type_name}:{pk}_0"),
        "other digits": encoded(f"{type_name}:{chr(0x661)}"),
        "a fraction": encoded(f"{type_name}:{pk}.0"),
        "a blank before": f" {good}",
        "a blank after": f"{good} ",
        "a line feed after": f"{good}\n",
        "a blank within": f"{good[:4]} {good[4:]}",
        "more padding": f"{good}====",
        "twice": good + good,
        "zero": id_of(0, type_name),
        "negative": id_of(-pk, type_name),
        "never used": id_of(NEVER_USED, type_name),
        "more than 64 bits": id_of(2**64 + pk, type_name),
        "more digits than are read": encoded(f"{type_name}:" + "9" * 5000),
    }


KINDS = list(not_ids_of(Habit(pk=1), "Habit"))


@pytest.fixture
def habit(alice: User, make_habit: MakeHabit) -> Habit:
    return make_habit(alice, is_public=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_string_that_is_no_id_of_a_habit_finds_nothing_and_changes_nothing(
    as_alice: Caller, habit: Habit, kind: str
) -> None:
    before = all_rows()
    string = not_ids_of(habit, "Habit")[kind]
    assert as_alice.data(HABIT, id=string) is None
    change = {"id": string, "action": "run"}
    assert as_alice.problems(UPDATE, input=change) == {("id", "not_found")}
    assert as_alice.problems(DELETE, id=string) == {("id", "not_found")}
    assert all_rows() == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_string_that_is_no_id_of_a_public_habit_finds_nothing(
    as_alice: Caller, habit: Habit, kind: str
) -> None:
    assert as_alice.data(PUBLIC_HABIT, id=not_ids_of(habit, "PublicHabit")[kind]) is None


def test_a_habit_and_its_public_face_are_two_entries(as_alice: Caller, habit: Habit) -> None:
    own, public = id_of(habit), id_of(habit, "PublicHabit")
    assert as_alice.data(HABIT, id=own)["id"] == own
    assert as_alice.data(PUBLIC_HABIT, id=public)["id"] == public
    assert as_alice.data(HABIT, id=public) is None
    assert as_alice.data(PUBLIC_HABIT, id=own) is None
    before = all_rows()
    change = {"id": public, "action": "run"}
    assert as_alice.problems(UPDATE, input=change) == {("id", "not_found")}
    assert as_alice.problems(DELETE, id=public) == {("id", "not_found")}
    assert all_rows() == before


def test_a_related_habit_is_read_along(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    enjoyed = make_habit(alice, is_enjoyed=True, action="tea")
    habit = make_habit(alice, related_habit=enjoyed)
    document = "query ($id: ID!) { habit(id: $id) { relatedHabit { action isEnjoyed time } } }"
    assert as_alice.data(document, id=id_of(habit)) == {
        "relatedHabit": {"action": "tea", "isEnjoyed": True, "time": None}
    }


def test_dates_and_instants_are_iso_and_utc(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    habit = make_habit(alice, periodicity=None)
    Habit.objects.update(created_at="2026-01-02T03:04:05.000006+03:00", next_due_at=None)
    read = as_alice.data(HABIT, id=id_of(habit))
    assert read["startsOn"] == "2026-01-01"
    assert read["createdAt"] == "2026-01-02T00:04:05.000006+00:00"
    assert read["nextDueAt"] is None
    assert read["periodicity"] is None
