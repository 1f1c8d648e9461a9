"""The same rules once more in the database, for rows that come by another way."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from habits.models import Habit
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import CREATE, PAUSE, USEFUL, CallAt, all_rows, id_of

PAIRS: dict[str, list[tuple[dict[str, Any], dict[str, Any], set[tuple[str, str]]]]] = {
    "habit_useful_has_time_and_duration": [
        ({"time": None}, {"time": None}, {("time", "required")}),
        ({"duration": None}, {"duration": None}, {("duration", "required")}),
    ],
    "habit_duration_in_range": [
        ({"duration": 0}, {"duration": 0}, {("duration", "duration_too_short")}),
        ({"duration": 121}, {"duration": 121}, {("duration", "duration_too_long")}),
    ],
    "habit_periodicity_in_range": [
        ({"periodicity": n}, {"periodicity": n}, {("periodicity", "periodicity_out_of_range")})
        for n in (0, 8)
    ],
    "habit_weekdays_in_range": [
        ({"periodicity": None, "weekdays": 0}, {"weekdays": []}, {("weekdays", "required")}),
    ],
    "habit_has_one_schedule": [
        (
            {"weekdays": 1},
            {"periodicity": 1, "weekdays": ["MONDAY"]},
            {("weekdays", "schedule_conflict")},
        ),
    ],
    "habit_useful_has_one_reward": [
        (
            {"reward": None},
            {"reward": None},
            {("reward", "reward_or_related_habit_required")},
        ),
        (
            {"related_habit": "<enjoyed>"},
            {"relatedHabit": "<enjoyed>"},
            {("relatedHabit", "reward_and_related_habit")},
        ),
    ],
    "habit_enjoyed_has_no_reward": [
        ({"is_enjoyed": True}, {"isEnjoyed": True}, {("reward", "enjoyed_habit_has_reward")}),
        (
            {"is_enjoyed": True, "reward": None, "related_habit": "<enjoyed>"},
            {"isEnjoyed": True, "reward": None, "relatedHabit": "<enjoyed>"},
            {("relatedHabit", "enjoyed_habit_has_related_habit")},
        ),
    ],
    "habit_texts_not_empty": [
        ({name: ""}, {name: ""}, {(name, "blank")}) for name in ("action", "place", "reward")
    ],
}
"""For each constraint what breaks it: as columns, as input, and what the validator then says."""

CASES = [(name, *case) for name, cases in PAIRS.items() for case in cases]


@pytest.fixture
def enjoyed(alice: User, make_habit: MakeHabit) -> Habit:
    return make_habit(alice, is_enjoyed=True)


@pytest.mark.parametrize(("constraint", "columns", "_fields", "_problems"), CASES)
def test_a_row_that_breaks_a_rule_is_refused_by_the_database(
    make_habit: MakeHabit,
    alice: User,
    enjoyed: Habit,
    constraint: str,
    columns: dict[str, Any],
    _fields: object,  # the other half of the pair
    _problems: object,  # the same
) -> None:
    habit = make_habit(alice)
    before = all_rows()
    values = {name: enjoyed if value == "<enjoyed>" else value for name, value in columns.items()}
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        Habit.objects.filter(pk=habit.pk).update(**values)
    copy = {**Habit.objects.filter(pk=habit.pk).values().get(), "id": None}
    row = Habit(**copy)
    for name, value in values.items():
        setattr(row, name, value)
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        Habit.objects.bulk_create([row])
    assert all_rows() == before


@pytest.mark.parametrize(("constraint", "_columns", "fields", "problems"), CASES)
def test_its_validator_says_so_first_and_without_the_constraints_name(
    as_alice: Caller,
    enjoyed: Habit,
    constraint: str,
    _columns: object,  # the other half of the pair
    fields: dict[str, Any],
    problems: set[tuple[str, str]],
) -> None:
    before = all_rows()
    given = {name: id_of(enjoyed) if v == "<enjoyed>" else v for name, v in fields.items()}
    answer = as_alice.post({"query": CREATE, "variables": {"input": {**USEFUL, **given}}})
    messages = answer.json()["data"]["createHabit"]["messages"]
    assert {(each["field"], each["code"]) for each in messages} == problems
    assert constraint not in answer.content.decode()
    assert all_rows() == before


def test_every_check_in_the_database_has_its_pair(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint"
            " WHERE conrelid = 'habits_habit'::regclass AND contype = 'c'"
        )
        names = {name for (name,) in cursor.fetchall()}
    # Django's own ones, of the columns for small positive numbers, end in _check.
    assert {name for name in names if not name.endswith("_check")} == {*PAIRS, PAUSE_CONSTRAINT}


PAUSE_CONSTRAINT = "habit_pause_ends_after_its_start"


@pytest.mark.parametrize(
    ("columns", "given"),
    [
        (
            {"paused_from": "2026-06-30", "paused_until": "2026-06-29"},
            {"from": "2026-06-30", "until": "2026-06-29"},
        ),
        ({"paused_until": "2026-06-29"}, {"until": "2026-06-29"}),
    ],
)
def test_a_pause_that_has_no_start_before_its_end_is_refused_by_both(
    call_at: CallAt, alice: User, make_habit: MakeHabit, columns: Any, given: Any
) -> None:
    habit = make_habit(alice)
    before = all_rows()
    with pytest.raises(IntegrityError, match=f'"{PAUSE_CONSTRAINT}"'), transaction.atomic():
        Habit.objects.filter(pk=habit.pk).update(**columns)
    caller = call_at("2026-06-30T10:00:00Z", alice)
    assert caller.problems(PAUSE, input={"id": id_of(habit), **given}) == {
        ("until", "pause_ends_before_start")
    }
    assert all_rows() == before


@pytest.mark.parametrize("bits", [-1, 128])
def test_the_database_knows_seven_weekdays(alice: User, make_habit: MakeHabit, bits: int) -> None:
    """In the API they are an enum, and no other number can be written."""
    habit = make_habit(alice)
    with pytest.raises(IntegrityError, match="habit_weekdays"), transaction.atomic():
        Habit.objects.filter(pk=habit.pk).update(periodicity=None, weekdays=bits)


def test_a_habit_that_others_lean_on_cannot_be_deleted_alone(
    alice: User, enjoyed: Habit, make_habit: MakeHabit
) -> None:
    make_habit(alice, related_habit=enjoyed)
    before = all_rows()
    with transaction.atomic():
        enjoyed.delete()  # the foreign key is looked at when the transaction ends, or here
        with pytest.raises(IntegrityError, match="related_habit_id"):
            connection.check_constraints()
        transaction.set_rollback(True)
    assert all_rows() == before
