"""Two calls at once: rules between two habits hold, whichever call comes first."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models.signals import pre_save
from django.test import Client
from django.urls import reverse

from accounts.models import User
from habits.models import CheckIn, Habit, Progress
from habits.signals import habit_deleting
from tests.conftest import PASSWORD, Caller, MakeHabit
from tests.habits.conftest import CHECK_IN, CREATE, DELETE, PAUSE, UPDATE, USEFUL, id_of

Problems = set[tuple[str | None, str]]
Call = Callable[[], Problems]

ROUNDS = 6
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
    try:
        with ThreadPoolExecutor(len(calls)) as threads:
            return [each.result(PATIENCE) for each in [threads.submit(one, c) for c in calls]]
    finally:
        for sender in senders:
            pre_save.disconnect(meeting.wait, sender=sender)
        habit_deleting.disconnect(meeting.wait)


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
