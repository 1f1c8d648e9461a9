"""A newer tzdata moves what is due by it, once, whatever crashes, doubles or runs beside it.

The new rules are those of another zone in the name of Berlin: of Athens, whose clocks are an hour
ahead, so that instants come an hour earlier; or of London, an hour behind.
"""

import datetime
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from importlib import import_module, resources
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
import tzdata
from django.apps import apps
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts import models as accounts
from accounts.models import User
from habits import zone_rules
from habits.changes import ScheduleChange
from habits.models import Habit, ZoneRules
from habits.signals import schedules_changed
from habits.zone_rules import keep_up, replan_all
from notifications import actors, planning
from notifications.delivery import deliver
from notifications.models import Reminder, State
from notifications.planning import plan_due
from tests.conftest import MakeHabit
from tests.fake_bot_api import FakeBotApi
from tests.notifications.stage import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    TODAY,
    Steps,
    background,
    blocked,
    due,
    edit,
    person,
    planned,
    sent,
    states,
)

ATHENS, LONDON = "Europe/Athens", "Europe/London"
FILES = resources.files("tzdata") / "zoneinfo"

Upgrade = Callable[..., None]


@pytest.fixture
def upgrade(monkeypatch: pytest.MonkeyPatch, db: None) -> Upgrade:
    """From now on this process has that tzdata, in which Berlin has the rules of another zone.

    The database stands at the true version before.
    """
    keep_up(NOW)
    true_zone = accounts.zone_named

    def install(rules: str, version: str = "2999a") -> None:
        with FILES.joinpath(*rules.split("/")).open("rb") as file:
            berlin = ZoneInfo.from_file(file, key="Europe/Berlin")
        for module in (accounts, planning):
            monkeypatch.setattr(
                module,
                "zone_named",
                lambda name: berlin if name == "Europe/Berlin" else true_zone(name),
            )
        monkeypatch.setattr(tzdata, "IANA_VERSION", version)

    return install


@pytest.fixture
def told() -> Iterator[list[int]]:
    """The numbers of the habits of which the reminders heard, in order, and as they stand."""
    heard: list[int] = []

    def hear(changes: list[ScheduleChange], **_signal: Any) -> None:
        for change in changes:
            assert waits_for(Habit.objects.get(pk=change.habit.pk)) == change.habit.next_due_at
            heard.append(change.habit.pk)

    schedules_changed.connect(hear)
    yield heard
    schedules_changed.disconnect(hear)


@pytest.fixture
def batches_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zone_rules, "BATCH", 2)


def waits_for(habit: Habit) -> datetime.datetime | None:
    habit.refresh_from_db()
    return habit.next_due_at


def state_of_the_pass() -> tuple[str, int | None]:
    rules = ZoneRules.objects.get()
    return rules.version, rules.reached


# --- Nothing new -----------------------------------------------------------------------------


def test_the_first_tick_writes_the_version_down(
    alice: User, make_habit: MakeHabit, told: list[int]
) -> None:
    due(make_habit(alice))

    keep_up(NOW)

    assert state_of_the_pass() == (tzdata.IANA_VERSION, None)
    assert str(ZoneRules.objects.get()) == tzdata.IANA_VERSION
    assert told == []


def test_without_an_upgrade_a_tick_costs_one_query(
    alice: User,
    make_habit: MakeHabit,
    told: list[int],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    due(make_habit(alice))
    keep_up(NOW)
    told.clear()

    with django_assert_num_queries(1):
        keep_up(NOW)

    assert told == []


def test_habits_from_before_the_version_was_kept_are_computed_anew(
    alice: User, make_habit: MakeHabit
) -> None:
    migration = import_module("habits.migrations.0002_zone_rules")
    migration.mistrust_what_is_there(apps, None)
    assert not ZoneRules.objects.exists()
    habit = due(make_habit(alice), NOW + DAY + HOUR)

    migration.mistrust_what_is_there(apps, None)
    keep_up(NOW)

    assert waits_for(habit) == NOW + DAY
    assert state_of_the_pass() == (tzdata.IANA_VERSION, None)


def test_an_older_process_leaves_the_work_of_a_newer_one_alone(
    alice: User, make_habit: MakeHabit, upgrade: Upgrade, told: list[int]
) -> None:
    habit = due(make_habit(alice), NOW + DAY)
    upgrade(ATHENS, "2999b")
    keep_up(NOW)
    told.clear()

    upgrade(LONDON, "2999a")
    keep_up(NOW)
    assert waits_for(habit) == NOW + DAY - HOUR
    ZoneRules.objects.update(reached=0)  # the newer one has not come far
    keep_up(NOW)

    assert told == []
    assert state_of_the_pass() == ("2999b", 0)


def test_an_operator_may_go_back_to_older_rules(
    alice: User, make_habit: MakeHabit, upgrade: Upgrade
) -> None:
    habit = due(make_habit(alice), NOW + DAY)
    upgrade(ATHENS, "2999b")
    keep_up(NOW)

    upgrade(LONDON, "2999a")
    replan_all(NOW)

    assert waits_for(habit) == NOW + DAY + HOUR
    assert state_of_the_pass() == ("2999a", None)


# --- Instants move ---------------------------------------------------------------------------


@pytest.mark.parametrize(("rules", "moved"), [(ATHENS, -HOUR), (LONDON, HOUR)])
@pytest.mark.parametrize(
    ("time", "rhythm"),
    [
        ("07:30", {"periodicity": 1}),
        ("00:15", {"periodicity": 3}),
        ("23:45", {"periodicity": 7}),
        ("00:15", {"periodicity": None, "weekdays": 0b1000}),  # TODAY is a Wednesday
        ("23:45", {"periodicity": None, "weekdays": 0b1001000}),
        ("00:15", {"paused_from": TODAY, "paused_until": TODAY + 2 * DAY}),
        ("23:45", {"paused_from": TODAY + 3 * DAY}),
    ],
)
def test_a_habit_goes_on_waiting_for_its_date(
    alice: User,
    make_habit: MakeHabit,
    upgrade: Upgrade,
    rules: str,
    moved: datetime.timedelta,
    time: str,
    rhythm: dict[str, Any],
) -> None:
    habit = make_habit(alice, time=time, starts_on=TODAY + DAY, **rhythm)
    habit.reschedule(NOW)
    habit.save()
    before = habit.next_due_at
    assert before is not None

    upgrade(rules)
    keep_up(NOW)

    assert waits_for(habit) == before + moved
    assert state_of_the_pass() == ("2999a", None)


def test_a_zone_whose_rules_stay_stays(bob: User, make_habit: MakeHabit, upgrade: Upgrade) -> None:
    habit = due(make_habit(bob), NOW + 2 * HOUR)

    upgrade(ATHENS)
    with CaptureQueriesContext(connection) as captured:
        keep_up(NOW)

    assert waits_for(habit) == NOW + 2 * HOUR
    assert not any('UPDATE "habits_habit"' in each["sql"] for each in captured)


def test_a_habit_that_is_never_due_stays_so(
    alice: User, make_habit: MakeHabit, upgrade: Upgrade, told: list[int]
) -> None:
    habit = make_habit(alice, is_enjoyed=True)

    upgrade(ATHENS)
    keep_up(NOW)

    assert waits_for(habit) is None
    assert told == []


def test_one_that_lost_its_time_without_a_word_is_left_to_the_planner(
    alice: User, make_habit: MakeHabit, upgrade: Upgrade
) -> None:
    habit = due(make_habit(alice, is_enjoyed=True), NOW + DAY)

    upgrade(ATHENS)
    keep_up(NOW)

    assert waits_for(habit) == NOW + DAY


def test_a_date_whose_new_instant_has_passed_is_reminded_of_at_once_and_once(
    alice: User,
    make_habit: MakeHabit,
    upgrade: Upgrade,
    api: FakeBotApi,
    clock: time_machine.Traveller,
    steps: Steps,
) -> None:
    habit = due(make_habit(alice))
    upgrade(ATHENS)

    for minutes in range(-30, 61, 30):
        now = NOW + minutes * MINUTE
        clock.move_to(now)
        keep_up(now)
        plan_due(now)
        deliver(steps)

    row = habit.reminders.get()
    assert sent(row)
    assert (row.local_date, row.due_at) == (TODAY, NOW - HOUR)
    assert len(api.requests) == 1
    assert waits_for(habit) == NOW + DAY - HOUR


def test_an_overdue_date_whose_new_instant_lies_ahead_waits_for_it(
    alice: User, make_habit: MakeHabit, upgrade: Upgrade
) -> None:
    habit = due(make_habit(alice))
    upgrade(LONDON)

    for minutes in (1, 30, 60, 90):
        now = NOW + minutes * MINUTE
        keep_up(now)
        plan_due(now)
        assert Reminder.objects.exists() == (minutes >= 60)

    row = habit.reminders.get()
    assert (row.local_date, row.due_at) == (TODAY, NOW + HOUR)


@pytest.mark.parametrize(("time", "instant"), [("00:15", 22.25), ("23:45", 45.75)])
@pytest.mark.parametrize(("rules", "moved"), [(ATHENS, -HOUR), (LONDON, HOUR)])
def test_an_overdue_date_beside_midnight_is_entered_as_itself(
    alice: User,
    make_habit: MakeHabit,
    upgrade: Upgrade,
    time: str,
    instant: float,
    rules: str,
    moved: datetime.timedelta,
) -> None:
    """By the new rules its old instant is on another date."""
    day = TODAY.replace(month=6, day=30)
    tomorrow = datetime.datetime(2026, 6, 30, tzinfo=datetime.UTC) + instant * HOUR
    habit = due(make_habit(alice, time=time, starts_on=day), tomorrow)
    upgrade(rules)

    now = tomorrow + 2 * HOUR
    keep_up(now)
    plan_due(now)

    assert [(row.local_date, row.due_at) for row in habit.reminders.all()] == [
        (TODAY, tomorrow + moved)
    ]


# --- The ledger ------------------------------------------------------------------------------


def test_a_row_that_lies_ahead_moves_with_its_date(
    alice: User, make_habit: MakeHabit, upgrade: Upgrade
) -> None:
    habit = make_habit(alice)
    row = planned(habit)
    edit(habit, time="20:00")
    upgrade(ATHENS)

    keep_up(NOW)

    row.refresh_from_db()
    evening = NOW.replace(hour=17, minute=0)
    assert (row.state, row.due_at, row.not_before) == (State.PENDING, evening, evening)
    assert waits_for(habit) == evening


def test_a_row_that_lay_ahead_and_whose_new_instant_has_passed_is_sent(
    alice: User,
    make_habit: MakeHabit,
    upgrade: Upgrade,
    api: FakeBotApi,
    clock: time_machine.Traveller,
    steps: Steps,
) -> None:
    habit = make_habit(alice)
    row = planned(habit)
    edit(habit, time="20:00")
    upgrade(ATHENS)

    now = NOW.replace(hour=17, minute=30)
    clock.move_to(now)
    keep_up(now)
    plan_due(now)
    deliver(steps)

    assert sent(row)
    assert len(api.requests) == habit.reminders.count() == 1


def test_an_owed_row_waits_for_its_new_instant(
    alice: User, make_habit: MakeHabit, upgrade: Upgrade
) -> None:
    row = planned(make_habit(alice))
    upgrade(LONDON)

    keep_up(NOW + SECOND)

    row.refresh_from_db()
    assert (row.state, row.due_at, row.not_before) == (State.PENDING, *[NOW + HOUR] * 2)


def test_a_date_that_was_sent_is_not_sent_again_at_its_new_instant(
    alice: User,
    make_habit: MakeHabit,
    upgrade: Upgrade,
    api: FakeBotApi,
    clock: time_machine.Traveller,
    steps: Steps,
) -> None:
    row = planned(make_habit(alice))
    deliver(steps)
    upgrade(LONDON)

    for hours in (0, 1, 2):
        now = NOW + hours * HOUR + SECOND
        clock.move_to(now)
        keep_up(now)
        plan_due(now)
        deliver(steps)

    assert sent(row)
    assert Reminder.objects.count() == len(api.requests) == 1


def test_a_tick_keeps_up_before_it_plans(
    alice: User, make_habit: MakeHabit, upgrade: Upgrade, clock: time_machine.Traveller
) -> None:
    habit = due(make_habit(alice))
    clock.move_to(NOW + MINUTE)
    upgrade(LONDON)

    actors.tick.fn()

    assert states() == []
    assert waits_for(habit) == NOW + HOUR


# --- Crashes and company ---------------------------------------------------------------------


@pytest.mark.usefixtures("batches_of_two")
def test_after_a_crash_the_pass_goes_on_where_it_stopped(
    alice: User,
    make_habit: MakeHabit,
    upgrade: Upgrade,
    told: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    habits = [due(make_habit(alice), NOW + DAY) for _ in range(5)]
    upgrade(ATHENS)

    def crash(changes: list[ScheduleChange], **_signal: Any) -> None:
        if len(told) == 4:
            raise RuntimeError("in the middle of the second batch")

    schedules_changed.connect(crash)
    try:
        with pytest.raises(RuntimeError, match="second batch"):
            keep_up(NOW)
    finally:
        schedules_changed.disconnect(crash)
    assert [waits_for(habit) for habit in habits] == [NOW + DAY - HOUR] * 2 + [NOW + DAY] * 3
    assert state_of_the_pass() == ("2999a", habits[1].pk)

    told.clear()
    keep_up(NOW)
    assert [waits_for(habit) for habit in habits] == [NOW + DAY - HOUR] * 5
    assert told == [habit.pk for habit in habits[2:]]
    assert state_of_the_pass() == ("2999a", None)


def test_one_that_looked_before_another_began_does_not_begin_again(
    alice: User,
    make_habit: MakeHabit,
    upgrade: Upgrade,
    told: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    habit = due(make_habit(alice), NOW + DAY)
    stale = ZoneRules.objects.get()
    upgrade(ATHENS)
    keep_up(NOW)

    monkeypatch.setattr(ZoneRules.objects, "get_or_create", lambda **_pk: (stale, False))
    keep_up(NOW)

    assert told == [habit.pk]


@pytest.mark.usefixtures("batches_of_two")
def test_a_pass_begins_anew_when_yet_newer_rules_come_in_the_middle(
    alice: User, make_habit: MakeHabit, upgrade: Upgrade
) -> None:
    habits = [due(make_habit(alice), NOW + DAY) for _ in range(4)]
    upgrade(ATHENS, "2999a")
    keep_up(NOW)
    ZoneRules.objects.update(reached=habits[1].pk)

    upgrade(LONDON, "2999b")
    keep_up(NOW)

    assert [waits_for(habit) for habit in habits] == [NOW + DAY + HOUR] * 4
    assert state_of_the_pass() == ("2999b", None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("batches_of_two")
def test_of_two_at_once_one_does_the_work_and_the_other_does_not_wait(
    alice: User, make_habit: MakeHabit, upgrade: Upgrade, told: list[int]
) -> None:
    habits = [due(make_habit(alice), NOW + DAY) for _ in range(5)]
    upgrade(ATHENS)
    inside, gate = threading.Event(), threading.Event()

    def hold(changes: list[ScheduleChange], **_signal: Any) -> None:
        inside.set()
        assert gate.wait(10)

    schedules_changed.connect(hold)
    try:
        one = background(lambda: keep_up(NOW))
        assert inside.wait(10)
        background(lambda: keep_up(NOW)).result(5)
        assert len(told) == 2
        gate.set()
        one.result(10)
    finally:
        gate.set()
        schedules_changed.disconnect(hold)

    assert told == [habit.pk for habit in habits]
    assert [waits_for(habit) for habit in habits] == [NOW + DAY - HOUR] * 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("batches_of_two")
def test_many_at_once_miss_no_habit_and_take_none_twice(
    make_habit: MakeHabit, upgrade: Upgrade, told: list[int]
) -> None:
    owner = person(1, time_zone="Europe/Berlin")
    habits = [due(make_habit(owner), NOW + DAY) for _ in range(31)]
    upgrade(ATHENS)

    ticks: list[Future[None]] = [background(lambda: keep_up(NOW)) for _ in range(4)]
    for tick in ticks:
        tick.result(20)
    keep_up(NOW)  # the tick of the next minute

    assert told == [habit.pk for habit in habits]
    assert [waits_for(habit) for habit in habits] == [NOW + DAY - HOUR] * 31
    assert state_of_the_pass() == ("2999a", None)


@pytest.mark.django_db(transaction=True)
def test_a_habit_that_somebody_changes_meanwhile_is_waited_for_and_read_afresh(
    alice: User, make_habit: MakeHabit, upgrade: Upgrade
) -> None:
    habit = due(make_habit(alice), NOW + DAY)
    upgrade(ATHENS)

    with transaction.atomic():
        # As a change of zone does: the person, then the habits.
        User.objects.filter(pk=alice.pk).update(time_zone="UTC")
        Habit.objects.filter(pk=habit.pk).update(next_due_at=NOW + DAY + 2 * HOUR)
        keeping_up = background(lambda: keep_up(NOW))
        assert blocked(keeping_up)
    keeping_up.result(10)

    assert waits_for(habit) == NOW + DAY + 2 * HOUR


@pytest.mark.usefixtures("batches_of_two")
def test_a_tick_goes_only_so_far_and_the_next_one_goes_on(
    alice: User,
    make_habit: MakeHabit,
    upgrade: Upgrade,
    told: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zone_rules, "BATCHES", 2)
    habits = [due(make_habit(alice), NOW + DAY).pk for _ in range(5)]
    upgrade("Europe/London")

    keep_up(NOW)
    assert told == habits[:4]

    keep_up(NOW)
    assert told == habits
    assert state_of_the_pass() == ("2999a", None)
