"""Random lives around a change of clocks, in any zone: what is promised holds after every step.

A person with three habits changes zone, times, rhythms and starts, rests and goes on, answers
messages and puts them off, while ticks and sends come when they come. What is due when is found by
the walk of `tests.zones`, which shares nothing with the code.
"""

import datetime
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.utils import timezone
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from accounts.models import User
from habits.models import Habit
from habits.weekdays import Weekday
from notifications import telegram
from notifications.bot.presses import Press, press
from notifications.buttons import Action, Keyboard, OnReminder, data
from notifications.delivery import deliver
from notifications.models import Bot, Chat, Reminder, State
from notifications.planning import plan_due
from tests.conftest import MakeHabit
from tests.notifications.stage import (
    DAY,
    HOUR,
    SECOND,
    Steps,
    edit,
    edit_profile,
    pause,
    person,
    resume,
)
from tests.zones.rules import Rules, all_zones
from tests.zones.walk import DAY as MINUTES_A_DAY
from tests.zones.walk import Dues, walk

RULES = {name: rules for rules, names in all_zones().items() for name in names}
CHANGES = [(name, moment) for name, rules in RULES.items() for moment in rules.changes()]
ODD_ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
)
TIMES = ("00:00", "00:30", "02:00", "02:30", "07:30", "12:15", "23:30", "23:59")
EPOCH = datetime.date(1970, 1, 1)
AHEAD = 45
"""Days after the beginning of a life by which every next occurrence has come."""

WEEKDAYS = [day.name for day in Weekday]
FOREVER = 10**6

Change = dict[str, Any]
Step = tuple[int, str | Action | tuple[int, Change]]
"""Seconds that pass; then a `tick`, a tick and a `send`, a press below the newest message, or a
change of one habit by its number, or of the person, by a number below zero."""


def from_day(days: int) -> Change:
    return {"startsOn": days}


changes: st.SearchStrategy[Change] = st.one_of(
    st.sampled_from(TIMES).map(lambda time: {"time": time}),
    st.integers(1, 7).map(lambda days: {"periodicity": days}),
    st.lists(st.sampled_from(WEEKDAYS), min_size=1).map(lambda names: {"weekdays": names}),
    st.tuples(st.integers(-3, 12), st.one_of(st.integers(0, 8), st.just(FOREVER))).map(
        lambda rest: {"rest": (rest[0], sum(rest))}
    ),
    st.just({"rest": None}),
    st.integers(-8, 8).map(from_day),
    st.tuples(st.sampled_from(TIMES), st.integers(1, 3), st.integers(-3, 3)).map(
        lambda all_three: (
            {"time": all_three[0], "periodicity": all_three[1]} | from_day(all_three[2])
        )
    ),
    st.just({"isEnjoyed": True, "time": None, "duration": None, "reward": None}),
    st.sampled_from(TIMES).map(
        lambda time: {"isEnjoyed": False, "time": time, "duration": 60, "reward": "a tea"}
    ),
    st.just({"action": "run"}),
)
seconds = st.one_of(
    st.integers(1, 90),
    st.integers(1, 24 * 60).map(lambda minutes: minutes * 60),
    st.integers(3600, 30 * 3600),
)
habit_changes = st.tuples(st.integers(0, 2), changes)
moves = st.sampled_from(ODD_ZONES).map(lambda zone: (-1, {"timeZone": zone}))
presses = st.sampled_from((Action.LATER, *Action))
lives: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(
        seconds, st.one_of(st.just("tick"), st.just("send"), habit_changes, moves, presses, presses)
    ),
    min_size=8,
    max_size=20,
)


@lru_cache(maxsize=32)
def dues(rules: Rules, first: int) -> Dues:
    return walk(rules, first - 10, first + AHEAD)


@dataclass
class Plan:
    """One habit as its owner has set it, with all dates that came due so far."""

    time: str | None
    every: int
    starts_on: int
    first: int
    weekdays: frozenset[str] = frozenset()
    rest: tuple[int, int] | None = None
    came_due: set[datetime.date] = field(default_factory=set)

    def instants(self, zone: str) -> dict[datetime.datetime, datetime.date]:
        """The instants of the scheduled dates, in order, and their dates."""
        if self.time is None:
            return {}
        table, (hour, minute) = dues(RULES[zone], self.first), map(int, self.time.split(":"))
        found = {}
        for day in range(max(self.first - 8, self.starts_on), self.first + AHEAD):
            due = table[day * MINUTES_A_DAY + hour * 60 + minute]
            if due is not None and self.falls_on(day):
                moment = datetime.datetime.fromtimestamp(due, datetime.UTC)
                found[moment] = EPOCH + day * DAY
        return found

    def falls_on(self, day: int) -> bool:
        if self.rest is not None and self.rest[0] <= day <= self.rest[1]:
            return False
        if self.weekdays:
            return WEEKDAYS[(day + EPOCH.weekday()) % 7] in self.weekdays
        return (day - self.starts_on) % self.every == 0

    def next(self, zone: str, now: datetime.datetime) -> datetime.datetime | None:
        return next((moment for moment in self.instants(zone) if moment > now), None)

    def as_set(self) -> tuple[Any, ...]:
        rhythm = self.weekdays or self.every
        return self.time, rhythm, self.starts_on, self.rest

    def change(self, given: Change) -> None:
        self.time = given.get("time", self.time)
        self.starts_on = given.get("startsOn", self.starts_on)
        if "periodicity" in given:
            self.every, self.weekdays = given["periodicity"], frozenset()
        self.weekdays = frozenset(given.get("weekdays", self.weekdays))

    def take_rest(self, rest: tuple[int, int] | None, today: int) -> None:
        """What is over by today stays as it was."""
        ends = rest or self.rest
        if ends is not None and ends[1] >= today:
            self.rest = rest


@dataclass
class Life:
    """The person, their plans as they should be, and their habits as they are."""

    owner: User
    zone: str
    plans: list[Plan]
    habits: list[Habit]
    steps: Steps
    before: datetime.datetime
    first: int
    sends: Counter[tuple[int, datetime.date, int]] = field(default_factory=Counter)
    sent: dict[tuple[int, int], Any] = field(default_factory=dict)
    newest: int | None = None
    """The row of the newest message."""

    def send(self, chat_id: int, html: str, buttons: Keyboard) -> telegram.Sent:
        """What stands in for Telegram: it sees which row is on its way."""
        row = Reminder.objects.get(state=State.SENDING)
        assert row.habit_id is not None
        assert row.due_at <= timezone.now()
        self.sends[row.habit_id, row.local_date, row.round] += 1
        self.newest = row.pk
        return telegram.Sent(self.sends.total())

    def pass_time(self, now: datetime.datetime) -> None:
        """What came due meanwhile is to be in the ledger from the next tick on, for ever."""
        for plan in self.plans:
            plan.came_due |= {
                day
                for moment, day in plan.instants(self.zone).items()
                if self.before < moment <= now
            }
        self.before = now

    def press(self, action: Action, now: datetime.datetime) -> None:
        if self.newest is not None:
            pressed = data(OnReminder(self.newest, action), 1)
            assert press(Press(1, self.sends.total(), pressed), now).text

    def live(self, step: str | Action | tuple[int, Change], now: datetime.datetime) -> None:
        expected = [habit.next_due_at for habit in self.habits]
        if isinstance(step, Action):
            self.press(step, now)
        elif step == "send":
            deliver(self.steps)
        elif step == "tick":
            plan_due(now)
            expected = [plan.next(self.zone, now) for plan in self.plans]
        elif isinstance(step, tuple):
            which, change = step
            plans_before, zone_before = [plan.as_set() for plan in self.plans], self.zone
            if which < 0:
                self.zone = change["timeZone"]
                edit_profile(self.owner, **change)
            elif "rest" in change:
                self.rest(which, change["rest"], now)
            else:
                self.edit(which, change)
            for number, plan in enumerate(self.plans):
                if (zone_before, plans_before[number]) != (self.zone, plan.as_set()):
                    expected[number] = plan.next(self.zone, now)
        for habit in self.habits:
            habit.refresh_from_db()
        assert [habit.next_due_at for habit in self.habits] == expected

    def rest(self, which: int, rest: tuple[int, int] | None, now: datetime.datetime) -> None:
        if rest is None:
            resume(self.habits[which])
        else:
            rest = self.first + rest[0], self.first + rest[1]
            last = None if rest[1] > FOREVER else EPOCH + rest[1] * DAY
            pause(self.habits[which], EPOCH + rest[0] * DAY, last)
        seconds = RULES[self.zone].offset(now.timestamp()) + now.timestamp()
        self.plans[which].take_rest(rest, int(seconds // (24 * 3600)))

    def edit(self, which: int, change: Change) -> None:
        if "startsOn" in change:
            change = change | {"startsOn": self.first + change["startsOn"]}
        self.plans[which].change(change)
        if "startsOn" in change:
            change = change | {"startsOn": str(EPOCH + change["startsOn"] * DAY)}
        edit(self.habits[which], **change)

    def check(self, *, is_planned: bool) -> None:
        rows = list(Reminder.objects.all())
        entered = {(row.habit_id, row.local_date) for row in rows}
        came_due = {
            (habit.pk, day)
            for habit, plan in zip(self.habits, self.plans, strict=True)
            for day in plan.came_due
        }
        assert len(entered) == len(rows)
        assert entered == came_due if is_planned else entered <= came_due
        assert set(self.sends.values()) <= {1}
        sent = {
            (row.pk, row.round): (row.local_date, row.due_at, row.ended_at, row.message_id)
            for row in rows
            if row.state == State.SENT
        }
        rounds = {row.pk: row.round for row in rows}
        # Only what its person puts off ever opens again.
        still = {key: told for key, told in self.sent.items() if rounds[key[0]] == key[1]}
        assert sent.items() >= still.items()
        assert len(sent) + sum(rounds.values()) == self.sends.total()
        self.sent = sent


@pytest.mark.django_db
@settings(
    max_examples=15,
    deadline=None,
    # A life that went wrong is short enough to be read, and a shorter one takes minutes.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    # Each example empties the tables itself.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(where=st.sampled_from(CHANGES), hours=st.integers(1, 60), steps=lives)
def test_in_any_life_no_date_is_sent_twice_in_a_round_and_each_that_came_due_is_in_the_ledger_once(
    where: tuple[str, int],
    hours: int,
    steps: list[Step],
    make_habit: MakeHabit,
    clock: time_machine.Traveller,
) -> None:
    for table in (Reminder, Habit, User, Chat, Bot):
        table._default_manager.all().delete()
    zone, moment = where
    start = datetime.datetime.fromtimestamp(moment, datetime.UTC) - hours * HOUR
    clock.move_to(start)
    first = (start.date() - EPOCH).days
    owner = person(1, time_zone=zone)
    plans = [
        Plan(time, every, first - every, first)
        for time, every in zip(("02:30", "23:30", "00:00"), (1, 2, 3), strict=True)
    ]
    habits = []
    for plan in plans:
        habit = make_habit(
            owner,
            time=plan.time,
            periodicity=plan.every,
            starts_on=EPOCH + plan.starts_on * DAY,
        )
        habit.reschedule(start)
        habit.save()
        habits.append(habit)
    life = Life(owner, zone, plans, habits, Steps(clock), start, first)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telegram, "send_message", life.send)
        # Whatever is late is sent all the same, so that more is sent that could be sent twice.
        patch.setattr(django_settings, "REMINDER_CATCH_UP", 60 * DAY)
        for seconds_later, step in [*steps, (1, "tick"), (1, "send")]:
            # A sender's waits have moved the clock, too.
            now = timezone.now() + seconds_later * SECOND
            clock.move_to(now)
            life.pass_time(now)
            if step == "send":
                life.live("tick", now)
            life.live(step, now)
            life.check(is_planned=step in ("tick", "send"))
    event(f"{life.sends.total()} sent")
    event(f"{sum(1 for *_date, round_ in life.sends if round_)} sent again")
    event(f"{Reminder.objects.filter(state=State.CANCELLED).count()} cancelled")
