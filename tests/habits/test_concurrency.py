"""Two calls at once: rules between two habits hold, whichever call comes first."""

import datetime
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.models.signals import pre_save
from django.test import Client
from django.urls import reverse
from graphql_jwt.shortcuts import get_token
from pytest_django import Settings

from accounts.models import User
from accounts.signals import account_deleting
from habits.models import CheckIn, Habit, Progress
from habits.signals import habit_deleting
from habits.validators import MADE_MEANWHILE
from habits.zone_rules import replan_all
from tests.conftest import PASSWORD, Caller, MakeHabit
from tests.habits.conftest import ADOPT, CHECK_IN, CREATE, DELETE, PAUSE, UPDATE, USEFUL, id_of

Problems = set[tuple[str | None, str]]
Call = Callable[[], Problems]

ROUNDS = 6
STARTS = datetime.date(2026, 1, 1)
PATIENCE = 10  # seconds, after which a test fails instead of hanging

pytestmark = pytest.mark.django_db(transaction=True)


class Meeting:
    """Holds a call that has judged its change and is about to write, until the other one is there.

    That is until the other has judged its own change as well, or waits for a lock, or is over. So
    two calls that do not lock each other out both judge what was before, every time.
    """

    def __init__(self) -> None:
        self._count = threading.Lock()
        self._arrived = 0

    def arrive(self, **_signal: Any) -> None:
        with self._count:
            self._arrived += 1

    def wait(self, **_signal: Any) -> None:
        self.arrive()
        pause, tick = threading.Event(), 0.002
        for _ in range(int(PATIENCE / tick)):
            if self._arrived >= 2 or _somebody_waits_for_a_lock():
                return
            pause.wait(tick)
        raise AssertionError("the other call neither came nor waited")


def _somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def at_once(*calls: Call) -> list[Problems]:
    """What each of two calls finds wrong, made at the same time on connections of their own."""
    meeting = Meeting()

    def one(call: Call) -> Problems:
        try:
            return call()
        finally:
            meeting.arrive()
            connections.close_all()

    senders = (Habit, CheckIn)
    for sender in senders:
        pre_save.connect(meeting.wait, sender=sender)
    habit_deleting.connect(meeting.wait)
    account_deleting.connect(meeting.wait)
    try:
        with ThreadPoolExecutor(len(calls)) as threads:
            return [each.result(PATIENCE) for each in [threads.submit(one, c) for c in calls]]
    finally:
        for sender in senders:
            pre_save.disconnect(meeting.wait, sender=sender)
        habit_deleting.disconnect(meeting.wait)
        account_deleting.disconnect(meeting.wait)


def every_related_habit_is_enjoyed() -> bool:
    return not Habit.objects.filter(related_habit__is_enjoyed=False).exists()


def turned_useful(caller: Caller, habit: Habit) -> Call:
    change = {"id": id_of(habit), **USEFUL, "isEnjoyed": False}
    return lambda: caller.problems(UPDATE, input=change)


def linked_by_a_new_habit(caller: Caller, habit: Habit) -> Call:
    given = {**USEFUL, "reward": None, "relatedHabit": id_of(habit)}
    return lambda: caller.problems(CREATE, input=given)


def linked_by(caller: Caller, leaning: Habit, habit: Habit) -> Call:
    change = {"id": id_of(leaning), "reward": None, "relatedHabit": id_of(habit)}
    return lambda: caller.problems(UPDATE, input=change)


def test_a_habit_is_not_linked_as_a_reward_while_it_turns_useful(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    for n in range(ROUNDS):
        enjoyed, other = make_habit(alice, is_enjoyed=True), make_habit(alice)
        link = linked_by(as_alice, other, enjoyed)
        if n % 2:
            link = linked_by_a_new_habit(as_alice, enjoyed)
        linking, turning = at_once(link, turned_useful(as_alice, enjoyed))
        assert (linking, turning) in [
            (set(), {("isEnjoyed", "enjoyed_habit_in_use")}),
            ({("relatedHabit", "related_habit_not_enjoyed")}, set()),
        ]
        assert every_related_habit_is_enjoyed()


def test_a_habit_is_not_linked_as_a_reward_while_it_is_deleted(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    for n in range(ROUNDS):
        enjoyed, other = make_habit(alice, is_enjoyed=True), make_habit(alice)
        link = linked_by(as_alice, other, enjoyed)
        if n % 2:
            link = linked_by_a_new_habit(as_alice, enjoyed)

        def delete(enjoyed: Habit = enjoyed) -> Problems:
            return as_alice.problems(DELETE, id=id_of(enjoyed))

        linking, deleting = at_once(link, delete)
        assert (linking, deleting) in [
            (set(), {("id", "enjoyed_habit_in_use")}),
            ({("relatedHabit", "related_habit_not_found")}, set()),
        ]
        assert Habit.objects.filter(pk=enjoyed.pk).exists() is (linking == set())


def test_two_changes_of_one_habit_do_not_undo_each_other(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    for _ in range(ROUNDS):
        habit = make_habit(alice)
        changes: list[dict[str, Any]] = [{"action": "run"}, {"place": "the beach"}]
        calls: list[Call] = [
            lambda change=change, habit=habit: as_alice.problems(  # type: ignore[misc]
                UPDATE, input={"id": id_of(habit), **change}
            )
            for change in changes
        ]
        assert at_once(*calls) == [set(), set()]
        habit.refresh_from_db()
        assert (habit.action, habit.place) == ("run", "the beach")


def test_a_habit_is_deleted_once_by_two_calls(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    for _ in range(ROUNDS):
        habit = make_habit(alice)

        def delete(habit: Habit = habit) -> Problems:
            return as_alice.problems(DELETE, id=id_of(habit))

        outcomes = at_once(delete, delete)
        assert sorted(outcomes, key=len) == [set(), {("id", "not_found")}]


def test_a_date_is_checked_in_once_by_two_calls(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    for _ in range(ROUNDS):
        habit = make_habit(alice)
        calls: list[Call] = [
            lambda status=status, habit=habit: as_alice.problems(  # type: ignore[misc]
                CHECK_IN,
                input={"habitId": id_of(habit), "date": "2026-01-01", "status": status},
            )
            for status in ("DONE", "SKIPPED")
        ]
        assert at_once(*calls) == [set(), set()]
        row = CheckIn.objects.get(habit=habit)
        progress = Progress.objects.get(habit=habit)
        assert progress.longest_streak == int(row.status == "done")


def test_two_dates_checked_in_at_once_both_count(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    for _ in range(ROUNDS):
        habit = make_habit(alice)
        calls: list[Call] = [
            lambda date=date, habit=habit: as_alice.problems(  # type: ignore[misc]
                CHECK_IN, input={"habitId": id_of(habit), "date": date}
            )
            for date in ("2026-01-01", "2026-01-02")
        ]
        assert at_once(*calls) == [set(), set()]
        assert Progress.objects.get(habit=habit).longest_streak == 2


def test_nothing_is_said_about_a_habit_while_it_is_deleted(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    for n in range(ROUNDS):
        habit = make_habit(alice)

        def delete(habit: Habit = habit) -> Problems:
            return as_alice.problems(DELETE, id=id_of(habit))

        def check_in(habit: Habit = habit) -> Problems:
            return as_alice.problems(CHECK_IN, input={"habitId": id_of(habit)})

        def pause(habit: Habit = habit) -> Problems:
            return as_alice.problems(PAUSE, input={"id": id_of(habit)})

        other, field = (check_in, "habitId") if n % 2 else (pause, "id")
        deleting, tracking = at_once(delete, other)
        assert deleting == set()
        assert tracking in (set(), {(field, "not_found")})
        assert not Habit.objects.exists()
        assert not CheckIn.objects.exists()


def test_two_people_do_not_wait_for_each_other(
    as_alice: Caller, as_bob: Caller, alice: User, bob: User, make_habit: MakeHabit
) -> None:
    mine, theirs = make_habit(alice, is_enjoyed=True), make_habit(bob, is_enjoyed=True)
    meeting = threading.Barrier(2, timeout=PATIENCE)

    def both_write(**_signal: Any) -> None:
        meeting.wait()  # broken, and so an error, if one of the two has to wait for the other

    pre_save.connect(both_write, sender=Habit)
    try:
        outcomes = at_once(turned_useful(as_alice, mine), turned_useful(as_bob, theirs))
    finally:
        pre_save.disconnect(both_write, sender=Habit)
    assert outcomes == [set(), set()]


def test_the_admin_does_not_turn_a_habit_useful_while_it_is_linked_as_a_reward(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    User.objects.create_superuser("root@example.org", PASSWORD)
    staff = Client()
    assert staff.login(username="root@example.org", password=PASSWORD)
    for _ in range(ROUNDS):
        enjoyed, other = make_habit(alice, is_enjoyed=True), make_habit(alice)
        page = reverse("admin:habits_habit_change", args=[enjoyed.pk])
        useful = {**USEFUL, "starts_on": "2026-01-01", "periodicity": 1}

        def turn(page: str = page, useful: dict[str, Any] = useful) -> Problems:
            answer: Any = staff.post(page, useful)
            if answer.status_code == 302:
                return set()
            return {(field, "") for field in answer.context["adminform"].form.errors}

        linking, turning = at_once(linked_by(as_alice, other, enjoyed), turn)
        assert (linking, turning) in [
            (set(), {("is_enjoyed", "")}),
            ({("relatedHabit", "related_habit_not_enjoyed")}, set()),
        ]
        assert every_related_habit_is_enjoyed()


# --- Adopting ------------------------------------------------------------------------------------

NOT_FOUND: Problems = {("publicHabitId", "not_found")}


def adopted(caller: Caller, original: Habit) -> Call:
    given = {"publicHabitId": id_of(original, "PublicHabit")}
    return lambda: caller.problems(ADOPT, input=given)


def turned_private(caller: Caller, habit: Habit) -> Call:
    return lambda: caller.problems(UPDATE, input={"id": id_of(habit), "isPublic": False})


def deleted(caller: Caller, habit: Habit) -> Call:
    return lambda: caller.problems(DELETE, id=id_of(habit))


def left(caller: Caller, _habit: Habit) -> Call:
    leave = "mutation ($password: String!) { deleteAccount(password: $password) { __typename } }"
    return lambda: caller.problems(leave, password=PASSWORD)


@pytest.mark.parametrize("goes", [turned_private, deleted, left])
@pytest.mark.parametrize("is_rewarded", [True, False])
def test_an_original_is_adopted_before_it_goes_or_not_at_all(
    as_alice: Caller,
    alice: User,
    make_habit: MakeHabit,
    goes: Callable[[Caller, Habit], Call],
    *,
    is_rewarded: bool,
) -> None:
    for n in range(ROUNDS):
        bob = User.objects.create_user(f"bob{n}@example.org", PASSWORD)
        tea = make_habit(bob, is_enjoyed=True, is_public=True)
        reward = {"related_habit": tea} if is_rewarded else {"reward": "tea"}
        original = make_habit(bob, is_public=True, **reward)
        before = alice.habits.count()
        as_bob = Caller(get_token(bob))
        calls = [adopted(as_alice, original), goes(as_bob, original)]
        outcomes = at_once(*calls) if n % 2 else at_once(*calls[::-1])[::-1]
        assert outcomes in ([set(), set()], [NOT_FOUND, set()])
        made = (2 if is_rewarded else 1) if outcomes[0] == set() else 0
        assert alice.habits.count() - before == made
        is_there = Habit.objects.filter(pk=original.pk).exists()
        assert original.adoptions.count() == (1 if made and is_there else 0)


def test_a_reward_is_adopted_once_by_two_adoptions(
    as_alice: Caller, alice: User, bob: User, make_habit: MakeHabit
) -> None:
    for _ in range(ROUNDS):
        tea = make_habit(bob, is_enjoyed=True, is_public=True)
        walks = [make_habit(bob, is_public=True, related_habit=tea) for _ in range(2)]
        assert at_once(*(adopted(as_alice, walk) for walk in walks)) == [set(), set()]
        assert alice.habits.filter(adopted_from=tea).count() == 1


def test_two_people_adopt_from_each_other_at_once(
    as_alice: Caller, as_bob: Caller, alice: User, bob: User, make_habit: MakeHabit
) -> None:
    mine, theirs = make_habit(alice, is_public=True), make_habit(bob, is_public=True)
    for _ in range(ROUNDS):
        assert at_once(adopted(as_alice, theirs), adopted(as_bob, mine)) == [set(), set()]
    assert (alice.habits.count(), bob.habits.count()) == (1 + ROUNDS, 1 + ROUNDS)


def test_two_people_who_adopted_from_each_other_leave_at_once(make_habit: MakeHabit) -> None:
    for n in range(ROUNDS):
        people = [
            User.objects.create_user(f"{name}{n}@example.org", PASSWORD) for name in ("ann", "ben")
        ]
        # Each has originals that are older and younger than the other's copies.
        for _ in range(2):
            ann, ben = (make_habit(each, is_public=True) for each in people)
            make_habit(people[0], adopted_from=ben)
            make_habit(people[1], adopted_from=ann)
        calls = [left(Caller(get_token(each)), ann) for each in people]
        assert at_once(*calls) == [set(), set()]
    assert not Habit.objects.exists()


def test_a_new_tzdata_and_a_departure_do_not_wait_for_each_other(
    as_bob: Caller, alice: User, bob: User, make_habit: MakeHabit
) -> None:
    """A pass over all habits holds a copy and waits for its original, which is being deleted."""
    copy, original = make_habit(alice), make_habit(bob, is_public=True)
    Habit.objects.filter(pk=copy.pk).update(adopted_from=original)
    Habit.objects.update(next_due_at=datetime.datetime(2026, 7, 1, tzinfo=datetime.UTC))

    def keep_up() -> None:
        try:
            replan_all(datetime.datetime(2026, 6, 30, tzinfo=datetime.UTC))
        finally:
            connections.close_all()

    passes = []

    def begin_a_pass(**_signal: Any) -> None:
        """Once the locks of the departure are taken."""
        passes.append(threads.submit(keep_up))
        Meeting().wait()

    account_deleting.connect(begin_a_pass)
    try:
        with ThreadPoolExecutor(1) as threads:
            assert left(as_bob, original)() == set()
            passes[0].result(PATIENCE)
    finally:
        account_deleting.disconnect(begin_a_pass)
    copy.refresh_from_db()
    assert copy.adopted_from is None


def create_in_thread(token: str) -> Problems:
    try:
        return Caller(token, Client()).problems(CREATE, input=USEFUL)
    finally:
        connections.close_all()


@pytest.mark.parametrize("limit", [3, MADE_MEANWHILE + 8])
def test_nobody_gets_more_habits_than_one_may_keep_however_many_they_make_at_once(
    settings: Settings, alice: User, limit: int
) -> None:
    """Also where the number that was read with the lock would leave room for all of them."""
    settings.HABITS_PER_PERSON = limit
    Habit.objects.bulk_create(
        Habit(owner=alice, action=f"{n}", place="p", is_enjoyed=True, starts_on=STARTS)
        for n in range(limit - 2)
    )
    calls, token = 6, get_token(alice)

    with ThreadPoolExecutor(calls) as pool:
        found = [
            each.result() for each in [pool.submit(create_in_thread, token) for _ in range(calls)]
        ]

    assert sorted(map(len, found)) == [0] * 2 + [1] * (calls - 2)
    assert {(None, "too_many_habits")} in found
    assert alice.habits.count() == limit


def test_what_others_make_during_the_wait_for_the_lock_counts(
    settings: Settings, alice: User
) -> None:
    """The number that is read with the lock is that of before the wait."""
    settings.HABITS_PER_PERSON = MADE_MEANWHILE
    token = get_token(alice)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            User.objects.select_for_update().get(pk=alice.pk)
            waiting = pool.submit(create_in_thread, token)
            for _ in range(PATIENCE * 500):
                if _somebody_waits_for_a_lock():
                    break
                threading.Event().wait(0.002)
            Habit.objects.bulk_create(
                Habit(owner=alice, action=f"{n}", place="p", is_enjoyed=True, starts_on=STARTS)
                for n in range(MADE_MEANWHILE)
            )
        assert waiting.result(PATIENCE) == {(None, "too_many_habits")}
    assert alice.habits.count() == MADE_MEANWHILE
