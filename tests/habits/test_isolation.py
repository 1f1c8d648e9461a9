"""Another person's private habit does not exist; a visitor sees nothing at all."""

from typing import Any

import pytest

from accounts.models import User
from habits.models import Habit
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import (
    ADOPT,
    CREATE,
    DELETE,
    HABIT,
    HABITS,
    NEVER_USED,
    PUBLIC_HABIT,
    PUBLIC_HABITS,
    UPDATE,
    USEFUL,
    all_rows,
    id_of,
    nodes,
)


def calls_about(habit: Habit | int) -> dict[str, tuple[str, dict[str, Any]]]:
    """Every call that names a habit, about this one."""
    related = {"reward": None, "relatedHabit": id_of(habit)}
    return {
        "habit": (HABIT, {"id": id_of(habit)}),
        "publicHabit": (PUBLIC_HABIT, {"id": id_of(habit, "PublicHabit")}),
        "updateHabit": (UPDATE, {"input": {"id": id_of(habit), "action": "run"}}),
        "updateHabit, wrongly": (UPDATE, {"input": {"id": id_of(habit), "duration": 500}}),
        "deleteHabit": (DELETE, {"id": id_of(habit)}),
        "adoptHabit": (ADOPT, {"input": {"publicHabitId": id_of(habit, "PublicHabit")}}),
        "createHabit": (CREATE, {"input": {**USEFUL, **related}}),
    }


@pytest.mark.parametrize("name", calls_about(1))
@pytest.mark.parametrize("is_enjoyed", [True, False])
def test_anothers_private_habit_is_answered_as_one_that_never_was(
    as_alice: Caller, bob: User, make_habit: MakeHabit, name: str, *, is_enjoyed: bool
) -> None:
    habit = make_habit(bob, is_enjoyed=is_enjoyed)
    before = all_rows()
    answers = []
    for subject in (habit, NEVER_USED):
        document, variables = calls_about(subject)[name]
        answer = as_alice.post({"query": document, "variables": variables})
        answers.append((answer.status_code, answer.content, dict(answer.headers)))
    foreign, missing = answers
    content = foreign[1].decode()
    assert "null}" in content or "not_found" in content
    # Byte for byte, but for the length of an id that is nowhere in the answer.
    assert foreign == missing
    assert all_rows() == before


def test_anothers_habit_is_no_reward_for_ones_own_changed_habit(
    as_alice: Caller, alice: User, bob: User, make_habit: MakeHabit
) -> None:
    own, foreign = make_habit(alice), make_habit(bob, is_enjoyed=True)
    before = all_rows()
    contents = set()
    for subject in (foreign, NEVER_USED):
        change = {"id": id_of(own), "reward": None, "relatedHabit": id_of(subject)}
        answer = as_alice.post({"query": UPDATE, "variables": {"input": change}})
        contents.add(answer.content)
    (content,) = contents
    assert b"related_habit_not_found" in content
    assert all_rows() == before


def test_the_list_holds_ones_own_habits_only(
    as_alice: Caller, as_bob: Caller, alice: User, bob: User, make_habit: MakeHabit
) -> None:
    mine, theirs = make_habit(alice), make_habit(bob, is_public=True)
    for caller, habit in ((as_alice, mine), (as_bob, theirs)):
        page = caller.data(HABITS)
        assert [node["id"] for node in nodes(page)] == [id_of(habit)]
        assert page["totalCount"] == 1


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        *calls_about(1).values(),
        (HABITS, {}),
        (HABITS, {"first": 500}),
        (HABITS, {"after": "x"}),
        (PUBLIC_HABITS, {}),
        (PUBLIC_HABITS, {"first": 500}),
        (PUBLIC_HABITS, {"filters": {"actionStartsWith": "w"}}),
        (CREATE, {"input": USEFUL}),
        (CREATE, {"input": {**USEFUL, "duration": 500}}),
    ],
)
@pytest.mark.parametrize("token", [None, "not-a-token"])
def test_a_visitor_is_told_to_log_in_whatever_the_call(
    alice: User,
    make_habit: MakeHabit,
    token: str | None,
    document: str,
    variables: dict[str, Any],
) -> None:
    make_habit(alice, is_public=True, action="a secret walk")
    before = all_rows()
    answer = Caller(token).post({"query": document, "variables": variables})
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    assert "a secret walk" not in answer.content.decode()
    assert all_rows() == before
