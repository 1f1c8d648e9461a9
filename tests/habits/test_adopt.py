"""Adopting a public habit: what is copied, what follows it, and what is seen of the original."""

import datetime
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from habits.models import Habit
from tests.conftest import PASSWORD, Caller, MakeHabit
from tests.habits.conftest import (
    ADOPT,
    DELETE,
    HABIT,
    NEVER_USED,
    UPDATE,
    CallAt,
    all_rows,
    id_of,
    queries_of,
    row,
)

DAY = datetime.timedelta(days=1)
ADOPTED = """
    query ($id: ID!) { habit(id: $id) {
        adoptedFrom { id action relatedHabit { id } isMine }
        relatedHabit { id adoptedFrom { id action } }
    } }
"""


def public_id(habit: Habit | int) -> str:
    return id_of(habit, "PublicHabit")


def wish(original: Habit | int, **given: Any) -> dict[str, Any]:
    """The input that adopts it."""
    return {"publicHabitId": public_id(original), **given}


@pytest.fixture
def tea(bob: User, make_habit: MakeHabit) -> Habit:
    return make_habit(bob, is_enjoyed=True, is_public=True, action="drink tea", time="21:00")


@pytest.fixture
def walk(bob: User, make_habit: MakeHabit, tea: Habit) -> Habit:
    """bob's public habit, rewarded by his public tea."""
    return make_habit(bob, related_habit=tea, is_public=True, periodicity=None, weekdays=0b11)


@pytest.fixture
def swim(bob: User, make_habit: MakeHabit) -> Habit:
    """bob's public habit with a reward in words."""
    return make_habit(bob, action="swim", place="the lake", is_public=True, periodicity=3)


@pytest.fixture
def secretly_rewarded(bob: User, make_habit: MakeHabit) -> Habit:
    tea = make_habit(bob, is_enjoyed=True, action="a secret tea")
    return make_habit(bob, related_habit=tea, is_public=True)


# --- What is copied ------------------------------------------------------------------------------


def test_a_copy_is_private_starts_today_and_is_due(
    call_at: CallAt, alice: User, swim: Habit
) -> None:
    as_alice = call_at("2026-06-30T22:30:00Z", alice)
    adopted = as_alice.data(ADOPT, input=wish(swim))
    copy = Habit.objects.get(owner=alice)
    assert adopted == {
        "__typename": "Habit",
        "id": id_of(copy),
        "action": "swim",
        "place": "the lake",
        "time": "07:30",
        "duration": 60,
        "periodicity": 3,
        "weekdays": None,
        "startsOn": "2026-07-01",  # it is past midnight in Berlin
        "reward": "a coffee",
        "relatedHabit": None,
        "isEnjoyed": False,
        "isPublic": False,
        "adoptedFrom": {"id": public_id(swim)},
        "nextDueAt": "2026-07-01T05:30:00+00:00",
        "createdAt": "2026-06-30T22:30:00+00:00",
        "updatedAt": "2026-06-30T22:30:00+00:00",
    }
    del adopted["__typename"]
    assert as_alice.data(HABIT, id=adopted["id"]) == adopted
    assert copy.action_folded == "swim"


def test_an_original_stays_as_it_is(as_alice: Caller, walk: Habit, tea: Habit) -> None:
    before = [row(walk), row(tea)]
    as_alice.data(ADOPT, input=wish(walk))
    assert [row(walk), row(tea)] == before


def test_a_time_of_ones_own_takes_the_place_of_the_originals(
    call_at: CallAt, alice: User, swim: Habit
) -> None:
    as_alice = call_at("2026-06-30T12:00:00Z", alice)
    for time, due in (("00:00", "2026-06-30T22:00:00+00:00"), (None, "2026-07-01T05:30:00+00:00")):
        given = {"time": time, "reward": None, "relatedHabit": None}
        adopted = as_alice.data(ADOPT, input=wish(swim, **given))
        assert adopted["time"] == (time or "07:30")
        assert adopted["reward"] == "a coffee"
        # The first is the copy's first day, 30 June, which is over; the next is three days on.
        first = datetime.datetime.fromisoformat(due)
        assert datetime.datetime.fromisoformat(adopted["nextDueAt"]) - first == 2 * DAY


def test_an_enjoyed_habit_is_adopted_as_one(as_alice: Caller, tea: Habit) -> None:
    adopted = as_alice.data(ADOPT, input=wish(tea))
    assert (adopted["isEnjoyed"], adopted["time"], adopted["reward"]) == (True, "21:00", None)
    assert as_alice.problems(ADOPT, input=wish(tea, reward="cake")) == {
        ("reward", "enjoyed_habit_has_reward")
    }
    assert Habit.objects.exclude(owner=tea.owner).count() == 1


def test_weekdays_are_copied(as_alice: Caller, walk: Habit) -> None:
    adopted = as_alice.data(ADOPT, input=wish(walk))
    assert (adopted["periodicity"], adopted["weekdays"]) == (None, ["MONDAY", "TUESDAY"])


def test_adopting_twice_makes_two(as_alice: Caller, alice: User, swim: Habit) -> None:
    one, other = (as_alice.data(ADOPT, input=wish(swim)) for _ in range(2))
    assert one["id"] != other["id"]
    assert set(alice.habits.values_list("adopted_from", flat=True)) == {swim.pk}


# --- What follows --------------------------------------------------------------------------------


def test_a_public_related_habit_is_copied_along_and_used_again(
    as_alice: Caller, alice: User, walk: Habit, tea: Habit
) -> None:
    first = as_alice.data(ADOPT, input=wish(walk))
    companion = alice.habits.get(is_enjoyed=True)
    assert (companion.adopted_from, companion.is_public) == (tea, False)
    assert (companion.action, companion.time) == ("drink tea", datetime.time(21))
    assert companion.next_due_at is not None
    second = as_alice.data(ADOPT, input=wish(walk))
    assert first["relatedHabit"] == second["relatedHabit"] == {"id": id_of(companion)}
    assert alice.habits.count() == 3


def test_a_related_habit_that_was_adopted_alone_is_used(
    as_alice: Caller, tea: Habit, walk: Habit
) -> None:
    mine = as_alice.data(ADOPT, input=wish(tea))
    assert as_alice.data(ADOPT, input=wish(walk))["relatedHabit"] == {"id": mine["id"]}


def test_a_copy_that_turned_useful_or_went_is_not_used_again(
    as_alice: Caller, alice: User, tea: Habit, walk: Habit
) -> None:
    useful, gone = (as_alice.data(ADOPT, input=wish(tea))["id"] for _ in range(2))
    turned = {"id": useful, "isEnjoyed": False, "duration": 5, "reward": "cake"}
    assert as_alice.problems(UPDATE, input=turned) == set()
    assert as_alice.problems(DELETE, id=gone) == set()
    related = as_alice.data(ADOPT, input=wish(walk))["relatedHabit"]
    assert related["id"] not in (useful, gone)
    assert alice.habits.count() == 3


def test_anothers_copy_is_not_used(
    as_alice: Caller, alice: User, make_habit: MakeHabit, tea: Habit, walk: Habit
) -> None:
    carol = User.objects.create_user("carol@example.org", PASSWORD)
    make_habit(carol, is_enjoyed=True, is_public=True, adopted_from=tea)
    related = as_alice.data(ADOPT, input=wish(walk))["relatedHabit"]
    assert related == {"id": id_of(alice.habits.get(is_enjoyed=True))}


@pytest.mark.parametrize("given", ["reward", "relatedHabit"])
def test_what_the_caller_gives_takes_the_place_of_what_follows(
    as_alice: Caller,
    alice: User,
    make_habit: MakeHabit,
    walk: Habit,
    swim: Habit,
    secretly_rewarded: Habit,
    given: str,
) -> None:
    own = make_habit(alice, is_enjoyed=True)
    value = "cake" if given == "reward" else id_of(own)
    for original in (walk, swim, secretly_rewarded):
        adopted = as_alice.data(ADOPT, input=wish(original, **{given: value}))
        follows = ("cake", None) if given == "reward" else (None, {"id": id_of(own)})
        assert (adopted["reward"], adopted["relatedHabit"]) == follows
    assert alice.habits.count() == 4


def test_a_private_related_habit_is_neither_copied_nor_told(
    as_alice: Caller, secretly_rewarded: Habit
) -> None:
    before = all_rows()
    answer = as_alice.post(
        {"query": ADOPT, "variables": {"input": wish(secretly_rewarded)}}
    ).content.decode()
    assert "secret" not in answer
    assert as_alice.problems(ADOPT, input=wish(secretly_rewarded)) == {
        ("reward", "reward_or_related_habit_required")
    }
    assert all_rows() == before


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"reward": ""}, {("reward", "blank")}),
        ({"reward": "x" * 256}, {("reward", "too_long")}),
        (
            {"reward": "cake", "relatedHabit": "<useful>"},
            {
                ("relatedHabit", "reward_and_related_habit"),
                ("relatedHabit", "related_habit_not_enjoyed"),
            },
        ),
        ({"relatedHabit": "<useful>"}, {("relatedHabit", "related_habit_not_enjoyed")}),
        ({"relatedHabit": "<bob's>"}, {("relatedHabit", "related_habit_not_found")}),
        ({"relatedHabit": "<nobody's>"}, {("relatedHabit", "related_habit_not_found")}),
        ({"relatedHabit": ""}, {("relatedHabit", "related_habit_not_found")}),
    ],
)
def test_what_the_caller_gives_keeps_the_rules(
    as_alice: Caller,
    alice: User,
    make_habit: MakeHabit,
    walk: Habit,
    tea: Habit,
    given: dict[str, Any],
    problems: set[tuple[str, str]],
) -> None:
    ids = {
        "<useful>": id_of(make_habit(alice)),
        "<bob's>": id_of(tea),
        "<nobody's>": id_of(NEVER_USED),
    }
    filled = {name: ids.get(value, value) for name, value in given.items()}
    before = all_rows()
    assert as_alice.problems(ADOPT, input=wish(walk, **filled)) == problems
    assert all_rows() == before


# --- What is refused -----------------------------------------------------------------------------


def test_what_is_no_public_habit_is_not_found_byte_for_byte(
    as_alice: Caller, alice: User, bob: User, make_habit: MakeHabit, swim: Habit
) -> None:
    private, own = make_habit(bob), make_habit(alice)
    ids = [
        public_id(NEVER_USED),
        public_id(private),
        public_id(own),  # private, too
        id_of(swim),  # of the other face
        str(swim.pk),
        "",
        public_id(2**70),
    ]
    before = all_rows()
    answers = {
        as_alice.post({"query": ADOPT, "variables": {"input": {"publicHabitId": id_}}}).content
        for id_ in ids
    }
    assert len(answers) == 1
    assert as_alice.problems(ADOPT, input={"publicHabitId": ids[0]}) == {
        ("publicHabitId", "not_found")
    }
    assert all_rows() == before


def test_ones_own_public_habit_is_ones_own_already(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    mine = make_habit(alice, is_public=True)
    before = all_rows()
    assert as_alice.problems(ADOPT, input=wish(mine)) == {("publicHabitId", "habit_is_own")}
    assert all_rows() == before


def test_room_is_asked_for_both_copies(
    as_alice: Caller,
    alice: User,
    make_habit: MakeHabit,
    walk: Habit,
    tea: Habit,
    settings: Settings,
) -> None:
    settings.HABITS_PER_PERSON = 3
    for _ in range(2):
        make_habit(alice)
    before = all_rows()
    full = as_alice.data(ADOPT, input=wish(walk))["messages"]
    assert [(each["field"], each["code"]) for each in full] == [(None, "too_many_habits")]
    assert (
        full[0]["message"]
        == "This would make more than 3 habits, the most that one person may keep."
    )
    assert all_rows() == before
    mine = as_alice.data(ADOPT, input=wish(tea))
    assert as_alice.problems(ADOPT, input=wish(walk)) == {(None, "too_many_habits")}
    settings.HABITS_PER_PERSON = 4
    assert as_alice.data(ADOPT, input=wish(walk))["relatedHabit"] == {"id": mine["id"]}


# --- What is seen of the original ----------------------------------------------------------------


def test_the_original_is_seen_as_long_as_it_is_public(
    as_alice: Caller, as_bob: Caller, walk: Habit, tea: Habit
) -> None:
    copy = as_alice.data(ADOPT, input=wish(walk))["id"]
    seen_tea = {"id": public_id(tea), "action": "drink tea"}
    shown = as_alice.data(ADOPTED, id=copy)
    assert shown["adoptedFrom"] == {
        "id": public_id(walk),
        "action": "walk",
        "relatedHabit": {"id": public_id(tea)},
        "isMine": False,
    }
    assert shown["relatedHabit"]["adoptedFrom"] == seen_tea
    as_bob.data(UPDATE, input={"id": id_of(tea), "isPublic": False})
    shown = as_alice.data(ADOPTED, id=copy)
    assert shown["adoptedFrom"]["relatedHabit"] is None
    assert shown["relatedHabit"]["adoptedFrom"] is None
    as_bob.data(UPDATE, input={"id": id_of(walk), "isPublic": False})
    assert as_alice.data(ADOPTED, id=copy)["adoptedFrom"] is None
    changed = as_alice.data(UPDATE, input={"id": copy, "action": "run"})
    assert changed["adoptedFrom"] is None
    as_bob.data(UPDATE, input={"id": id_of(walk), "isPublic": True})
    assert as_alice.data(ADOPTED, id=copy)["adoptedFrom"]["id"] == public_id(walk)


def test_a_stranger_sees_no_origin_of_a_public_copy(as_alice: Caller) -> None:
    document = "{ publicHabits { edges { node { adoptedFrom { id } } } } }"
    assert as_alice.error_code(document) == "BAD_USER_INPUT"


def test_copies_outlive_their_original(
    as_alice: Caller, as_bob: Caller, alice: User, walk: Habit
) -> None:
    copy = as_alice.data(ADOPT, input=wish(walk))["id"]
    before = list(alice.habits.order_by("pk").values())
    assert as_bob.problems(DELETE, id=id_of(walk)) == set()
    assert as_alice.data(ADOPTED, id=copy)["adoptedFrom"] is None
    leave = "mutation ($password: String!) { deleteAccount(password: $password) { __typename } }"
    assert as_bob.data(leave, password=PASSWORD) == {"__typename": "Success"}
    assert as_alice.data(ADOPTED, id=copy)["relatedHabit"]["adoptedFrom"] is None
    after = [{**values, "adopted_from_id": None} for values in before]
    assert list(alice.habits.order_by("pk").values()) == after


def test_an_adoption_costs_a_handful_of_statements(
    as_alice: Caller, swim: Habit, walk: Habit
) -> None:
    def cost(original: Habit) -> int:
        return len(queries_of(as_alice, ADOPT, input=wish(original)))

    # The caller, the original, how many habits there are, the new row.
    assert [cost(swim) for _ in range(3)] == [4] * 3
    # Its reward, an earlier copy of that, and the first time that copy's row.
    assert [cost(walk) for _ in range(3)] == [7, 6, 6]


def test_a_deletion_costs_the_same_however_many_copies_there_are(
    as_alice: Caller, as_bob: Caller, bob: User, make_habit: MakeHabit
) -> None:
    costs = set()
    for copies in (1, 30):
        original = make_habit(bob, is_public=True)
        for _ in range(copies):
            as_alice.data(ADOPT, input=wish(original))
        costs.add(len(queries_of(as_bob, DELETE, id=id_of(original))))
    assert len(costs) == 1
    assert not Habit.objects.filter(adopted_from__isnull=False).exists()
