"""A mutation's resolver runs once, whatever its answer comes to."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from habits import mutations
from habits.models import Habit
from habits.validators import validate_room
from tests.conftest import Caller
from tests.habits.conftest import USEFUL, id_of

BROKEN_PERIOD = 'checkIns(from: "2026-03-01", to: "2026-01-01") { date }'
"""A field of a payload that is an error: the period ends before it begins."""


def create(key: str, selection: str = "action") -> str:
    return f"{key}: createHabit(input: $input) {{ ... on Habit {{ {selection} }} }}"


def mutation(*fields: str) -> str:
    return f"mutation ($input: HabitInput!) {{ {' '.join(fields)} }}"


DOCUMENTS = {
    "no error": (mutation(create("a"), create("b")), 0, 2),
    "one below the payload": (mutation(create("a", BROKEN_PERIOD)), 1, 1),
    "one below the second's": (mutation(create("a"), create("b", BROKEN_PERIOD)), 1, 2),
    "one below the first's": (mutation(create("a", BROKEN_PERIOD), create("b")), 1, 1),
    "below both": (mutation(create("a", BROKEN_PERIOD), create("b", BROKEN_PERIOD)), 2, 1),
}
"""Documents, how many errors they answer, and how many habits they make."""


@pytest.mark.parametrize("what", DOCUMENTS)
def test_a_change_is_made_once_though_its_answer_has_errors(
    settings: Settings, as_alice: Caller, handed_over: list[str], what: str
) -> None:
    document, errors, rows = DOCUMENTS[what]
    answers = []
    for switch in (True, False):
        settings.COMPILED_EXECUTION = switch
        Habit.objects.all().delete()
        answers.append(as_alice.call(document, input=USEFUL))
        assert Habit.objects.count() == rows
    assert answers[0] == answers[1]
    found = answers[0].get("errors", ())
    # The first error of a field that may not be null leaves no room for another one's data.
    assert bool(found) == bool(errors)
    assert {each["extensions"]["code"] for each in found} <= {"BAD_USER_INPUT"}
    assert len(handed_over) == 1 + bool(errors)


class Unreliable:
    """Stands for a resolver's work: counts its calls, of which some break."""

    def __init__(self, works: Callable[..., Any], breaks: set[int]) -> None:
        self.calls, self._works, self._breaks = 0, works, breaks

    def __call__(self, *args: Any, **options: Any) -> Any:
        self.calls += 1
        if self.calls in self._breaks:
            raise RuntimeError("broken")
        return self._works(*args, **options)


@pytest.mark.parametrize("breaks", [{1}, {2}, {1, 2}])
@pytest.mark.parametrize("switch", [True, False])
def test_a_resolver_that_breaks_is_not_called_again(
    settings: Settings,
    as_alice: Caller,
    monkeypatch: pytest.MonkeyPatch,
    breaks: set[int],
    *,
    switch: bool,
) -> None:
    settings.COMPILED_EXECUTION = switch
    resolver = Unreliable(validate_room, breaks)
    monkeypatch.setattr(mutations, "validate_room", resolver)

    answer = as_alice.call(mutation(create("a"), create("b")), input=USEFUL)

    # A root field may not be null, so that nothing comes after the first one that broke.
    reached = 1 if 1 in breaks else 2
    assert resolver.calls in (reached, 2)
    assert {each["extensions"]["code"] for each in answer["errors"]} == {"INTERNAL_SERVER_ERROR"}
    assert Habit.objects.count() == resolver.calls - len(breaks & {1, resolver.calls})


def test_a_resolver_that_breaks_is_called_as_often_both_ways(
    settings: Settings, as_alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for breaks in ({1}, {2}, {1, 2}):
        called = []
        for switch in (True, False):
            settings.COMPILED_EXECUTION = switch
            Habit.objects.all().delete()
            with monkeypatch.context() as patched:
                resolver = Unreliable(validate_room, breaks)
                patched.setattr(mutations, "validate_room", resolver)
                answer = as_alice.call(mutation(create("a"), create("b")), input=USEFUL)
            paths = [each["path"] for each in answer["errors"]]
            called.append((resolver.calls, paths, answer["data"], Habit.objects.count()))
        assert called[0] == called[1]


def test_what_is_refused_is_refused_alike(
    settings: Settings, as_alice: Caller, handed_over: list[str]
) -> None:
    document = """mutation ($input: HabitInput!) {
        a: createHabit(input: $input) { __typename ... on OperationInfo { messages { code } } }
    }"""
    answers = []
    for switch in (True, False):
        settings.COMPILED_EXECUTION = switch
        answers.append(as_alice.call(document, input={**USEFUL, "action": ""}))
    assert answers[0] == answers[1]
    assert answers[0]["data"]["a"]["__typename"] == "OperationInfo"
    assert len(handed_over) == 1
    assert not Habit.objects.exists()


def test_changes_of_one_operation_follow_each_other(
    as_alice: Caller, alice: User, make_habit: Any, handed_over: list[str]
) -> None:
    habit = make_habit(alice)
    document = """mutation ($id: ID!) {
        a: updateHabit(input: {id: $id, action: "run"}) { ... on Habit { action } }
        b: updateHabit(input: {id: $id, place: "the wood"}) { ... on Habit { action place } }
        c: deleteHabit(id: $id) { ... on Habit { id action place } }
    }"""

    data = as_alice.call(document, id=id_of(habit))["data"]

    assert data["b"] == {"action": "run", "place": "the wood"}
    assert data["c"] == {"id": id_of(habit), "action": "run", "place": "the wood"}
    assert handed_over == []
    assert not Habit.objects.exists()
