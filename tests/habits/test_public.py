"""Public habits: what strangers may read, and what they may not."""

import pytest
from graphql import GraphQLObjectType

from accounts.models import User
from backend.schema import schema
from habits.models import Habit
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import (
    DELETE,
    HABIT,
    PUBLIC_HABIT,
    PUBLIC_HABITS,
    UPDATE,
    all_rows,
    id_of,
    nodes,
)


def public_id(habit: Habit) -> str:
    return id_of(habit, "PublicHabit")


def test_the_public_type_has_no_private_field() -> None:
    type_ = schema._schema.type_map["PublicHabit"]
    assert isinstance(type_, GraphQLObjectType)
    assert set(type_.fields) == {
        "id",
        "action",
        "place",
        "time",
        "duration",
        "periodicity",
        "weekdays",
        "reward",
        "isEnjoyed",
        "relatedHabit",
        "isMine",
    }
    assert str(type_.fields["relatedHabit"].type) == "PublicHabit"


@pytest.mark.parametrize("field", ["owner", "startsOn", "nextDueAt", "createdAt", "isPublic"])
def test_a_private_field_cannot_be_asked_for(as_alice: Caller, field: str) -> None:
    document = f"{{ publicHabits {{ edges {{ node {{ {field} }} }} }} }}"
    assert as_alice.error_code(document) == "BAD_USER_INPUT"


def test_a_stranger_reads_a_public_habit(
    as_alice: Caller, bob: User, make_habit: MakeHabit
) -> None:
    habit = make_habit(bob, action="swim", place="the lake", is_public=True, periodicity=2)
    read = as_alice.data(PUBLIC_HABIT, id=public_id(habit))
    assert read == {
        "id": public_id(habit),
        "action": "swim",
        "place": "the lake",
        "time": "07:30",
        "duration": 60,
        "periodicity": 2,
        "weekdays": None,
        "reward": "a coffee",
        "isEnjoyed": False,
        "relatedHabit": None,
        "isMine": False,
    }


def test_the_list_holds_what_everybody_published_and_ones_own(
    as_alice: Caller, alice: User, bob: User, make_habit: MakeHabit
) -> None:
    first = make_habit(bob, is_public=True)
    make_habit(bob)
    second = make_habit(alice, is_public=True)
    make_habit(alice)
    page = as_alice.data(PUBLIC_HABITS)
    assert [node["id"] for node in nodes(page)] == [public_id(second), public_id(first)]
    assert page["totalCount"] == 2


def test_a_public_habit_says_whether_it_is_ones_own(
    as_alice: Caller, as_bob: Caller, bob: User, make_habit: MakeHabit
) -> None:
    habit = make_habit(bob, is_public=True)
    assert as_bob.data(PUBLIC_HABIT, id=public_id(habit))["isMine"] is True
    assert as_alice.data(PUBLIC_HABIT, id=public_id(habit))["isMine"] is False


@pytest.mark.parametrize("is_public", [True, False])
def test_a_related_habit_is_shown_only_if_it_is_public_too(
    as_alice: Caller, bob: User, make_habit: MakeHabit, *, is_public: bool
) -> None:
    enjoyed = make_habit(bob, is_enjoyed=True, is_public=is_public, action="a secret tea")
    habit = make_habit(bob, related_habit=enjoyed, is_public=True)
    expected = {"id": public_id(enjoyed)} if is_public else None
    assert as_alice.data(PUBLIC_HABIT, id=public_id(habit))["relatedHabit"] == expected
    document = "{ publicHabits { edges { node { relatedHabit { action } } } } }"
    answer = as_alice.post({"query": document}).content.decode()
    assert ("a secret tea" in answer) is is_public


def test_even_ones_own_private_habit_has_no_public_face(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    assert as_alice.data(PUBLIC_HABIT, id=public_id(make_habit(alice))) is None


def test_a_habit_is_public_from_its_publishing_until_its_withdrawal(
    as_alice: Caller, as_bob: Caller, bob: User, make_habit: MakeHabit
) -> None:
    habit = make_habit(bob)
    for is_public in (True, False):
        as_bob.data(UPDATE, input={"id": id_of(habit), "isPublic": is_public})
        assert as_alice.data(PUBLIC_HABITS)["totalCount"] == int(is_public)
        assert (as_alice.data(PUBLIC_HABIT, id=public_id(habit)) is not None) is is_public


def test_a_public_habit_is_nobody_elses_to_read_in_full_or_to_change(
    as_alice: Caller, bob: User, make_habit: MakeHabit
) -> None:
    habit = make_habit(bob, is_public=True)
    before = all_rows()
    for string in (id_of(habit), public_id(habit)):
        assert as_alice.data(HABIT, id=string) is None
        change = {"id": string, "action": "run"}
        assert as_alice.problems(UPDATE, input=change) == {("id", "not_found")}
        assert as_alice.problems(DELETE, id=string) == {("id", "not_found")}
    assert all_rows() == before
