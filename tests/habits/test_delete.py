"""Deleting a habit, which answers it as it stood."""

from accounts.models import User
from habits.models import Habit
from tests.conftest import PASSWORD, Caller, MakeHabit
from tests.habits.conftest import DELETE, HABIT, all_rows, id_of


def test_a_deleted_habit_is_answered_as_it_stood(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    enjoyed = make_habit(alice, is_enjoyed=True)
    habit = make_habit(alice, related_habit=enjoyed)
    before = as_alice.data(HABIT, id=id_of(habit))
    answer = as_alice.data(DELETE, id=id_of(habit))
    assert answer.pop("__typename") == "Habit"
    assert answer == before
    assert list(Habit.objects.all()) == [enjoyed]
    assert as_alice.data(HABIT, id=id_of(habit)) is None


def test_a_deleted_habit_is_deleted_once(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    habit = make_habit(alice)
    assert as_alice.problems(DELETE, id=id_of(habit)) == set()
    assert as_alice.problems(DELETE, id=id_of(habit)) == {("id", "not_found")}


def test_an_enjoyed_habit_that_rewards_others_is_not_deleted(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    enjoyed = make_habit(alice, is_enjoyed=True)
    leaning = make_habit(alice, related_habit=enjoyed)
    before = all_rows()
    assert as_alice.problems(DELETE, id=id_of(enjoyed)) == {("id", "enjoyed_habit_in_use")}
    assert all_rows() == before
    assert as_alice.problems(DELETE, id=id_of(leaning)) == set()
    assert as_alice.problems(DELETE, id=id_of(enjoyed)) == set()
    assert all_rows() == []


def test_all_habits_go_with_their_owner_however_they_lean_on_each_other(
    as_alice: Caller, alice: User, bob: User, make_habit: MakeHabit
) -> None:
    kept = make_habit(bob)
    enjoyed = make_habit(alice, is_enjoyed=True)
    make_habit(alice, related_habit=enjoyed)
    make_habit(alice, related_habit=make_habit(alice, is_enjoyed=True))
    delete_account = "mutation ($p: String!) { deleteAccount(password: $p) { __typename } }"
    assert as_alice.data(delete_account, p=PASSWORD) == {"__typename": "Success"}
    assert list(Habit.objects.all()) == [kept]
