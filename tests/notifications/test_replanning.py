"""A change of plan takes effect at once, through the API's own mutations."""

import datetime
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from accounts.models import User
from habits.models import Habit
from habits.weekdays import Weekday
from notifications import ledger, telegram
from notifications.buttons import Keyboard
from notifications.delivery import deliver
from notifications.models import Bot, Chat, Reason, Reminder, State
from notifications.planning import plan_due
from tests.conftest import MakeHabit
from tests.fake_bot_api import Answer, FakeBotApi, Request, held, server_error, too_many
from tests.notifications.stage import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    TODAY,
    Steps,
    background,
    delete,
    delete_account,
    due,
    edit,
    edit_profile,
    end_of,
    pause,
    person,
    planned,
    resume,
    send_next,
    sent,
    states,
)

Change = Callable[[Habit], None]


def later_today(habit: Habit) -> None:
    edit(habit, time="20:00")


def earlier_today(habit: Habit) -> None:
    edit(habit, time="06:00")


def every_other_day(habit: Habit) -> None:
    """From yesterday on, so that today is none of its dates."""
    edit(habit, periodicity=2, startsOn=str(TODAY - DAY))


def on_thursdays(habit: Habit) -> None:
    """Today is a Wednesday."""
    edit(habit, weekdays=["THURSDAY"])


def paused(habit: Habit) -> None:
    pause(habit, None, None)


def paused_for_a_day(habit: Habit) -> None:
    pause(habit, TODAY, TODAY)


def from_tomorrow(habit: Habit) -> None:
    edit(habit, startsOn=str(TODAY + DAY))


def moved_west(habit: Habit) -> None:
    """07:30 in New York is still six hours ahead."""
    edit_profile(habit.owner, timeZone="America/New_York")


def moved_east(habit: Habit) -> None:
    """07:30 in Tokyo was seven hours ago."""
    edit_profile(habit.owner, timeZone="Asia/Tokyo")


def enjoyed_without_a_time(habit: Habit) -> None:
    edit(habit, isEnjoyed=True, time=None, duration=None, reward=None)


def habit_deleted(habit: Habit) -> None:
    delete(habit)


NEW_INSTANT: dict[Change, datetime.datetime] = {
    later_today: NOW.replace(hour=18, minute=0),
    moved_west: NOW + 6 * HOUR,
}
STAYS_OWED = (earlier_today, moved_east)
REASON: dict[Change, Reason] = {
    every_other_day: Reason.NOT_DUE,
    from_tomorrow: Reason.NOT_DUE,
    on_thursdays: Reason.NOT_DUE,
    paused: Reason.NOT_DUE,
    paused_for_a_day: Reason.NOT_DUE,
    enjoyed_without_a_time: Reason.NOT_DUE,
    habit_deleted: Reason.HABIT_DELETED,
}
NOT_DUE_TODAY = (every_other_day, from_tomorrow, on_thursdays, paused, paused_for_a_day)


@pytest.fixture
def habit(alice: User, make_habit: MakeHabit, clock: time_machine.Traveller) -> Habit:
    """alice's, due today; it is half a minute later, and nobody has planned it."""
    habit = due(make_habit(alice))
    clock.move_to(NOW + 30 * SECOND)
    return habit


# --- Before anything is due ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (later_today, NEW_INSTANT[later_today]),
        (earlier_today, NOW + DAY - 1.5 * HOUR),
        (every_other_day, NOW + DAY),
        (from_tomorrow, NOW + DAY),
        (on_thursdays, NOW + DAY),
        (paused, None),
        (paused_for_a_day, NOW + DAY),
        (moved_west, NEW_INSTANT[moved_west]),
        (moved_east, NOW + 17 * HOUR),
        (enjoyed_without_a_time, None),
    ],
)
def test_before_it_is_due_a_habit_only_waits_for_another_moment(
    alice: User,
    make_habit: MakeHabit,
    clock: time_machine.Traveller,
    change: Change,
    expected: datetime.datetime | None,
) -> None:
    habit = due(make_habit(alice))
    clock.move_to(NOW - MINUTE)

    change(habit)
    plan_due(NOW + 30 * SECOND)

    assert not Reminder.objects.exists()
    habit.refresh_from_db()
    assert habit.next_due_at == expected


def test_a_change_of_texts_alone_moves_nothing(habit: Habit) -> None:
    edit(habit, action="run", place="the hall", reward="a tea", duration=90, isPublic=True)

    habit.refresh_from_db()
    assert habit.next_due_at == NOW
    assert not Reminder.objects.exists()


# --- Overdue, and not yet planned ------------------------------------------------------------


def test_what_is_overdue_is_entered_before_the_plan_changes(habit: Habit) -> None:
    edit(habit, time="06:00")

    row = habit.reminders.get()
    assert (row.local_date, row.due_at, row.state) == (TODAY, NOW, State.PENDING)
    habit.refresh_from_db()
    assert habit.next_due_at == NOW + DAY - 1.5 * HOUR


def test_each_date_that_a_scheduler_missed_is_entered_before_the_plan_changes(
    habit: Habit, clock: time_machine.Traveller
) -> None:
    clock.move_to(NOW + 3 * DAY + MINUTE)

    edit(habit, time="06:00")

    rows = habit.reminders.order_by("due_at")
    assert [(row.local_date, row.due_at) for row in rows] == [
        (TODAY + n * DAY, NOW + n * DAY) for n in range(4)
    ]


def test_a_zone_change_enters_what_was_overdue_in_the_old_zone(habit: Habit) -> None:
    edit_profile(habit.owner, timeZone="Asia/Tokyo")

    row = habit.reminders.get()
    assert (row.local_date, row.due_at, row.state) == (TODAY, NOW, State.PENDING)


# --- Between due and planned -------------------------------------------------------------------


@pytest.mark.parametrize("change", NEW_INSTANT)
def test_an_unsent_row_moves_to_the_new_instant_of_its_date(
    habit: Habit, api: FakeBotApi, clock: time_machine.Traveller, steps: Steps, change: Change
) -> None:
    row = planned(habit)

    change(habit)

    assert deliver(steps) is False
    assert api.requests == []
    moved = habit.reminders.get()
    assert (moved.pk, moved.due_at, moved.not_before) == (row.pk, *[NEW_INSTANT[change]] * 2)

    clock.move_to(NEW_INSTANT[change])
    plan_due(NEW_INSTANT[change])
    deliver(steps)
    assert sent(row)
    assert len(api.requests) == habit.reminders.count() == 1


def test_a_row_that_moves_leaves_behind_what_its_chat_had_promised_it(habit: Habit) -> None:
    row = planned(habit)
    Reminder.objects.filter(pk=row.pk).update(chat_slot_at=NOW + MINUTE, not_before=NOW + MINUTE)

    later_today(habit)

    row.refresh_from_db()
    assert (row.chat_slot_at, row.not_before) == (None, NEW_INSTANT[later_today])


@pytest.mark.parametrize("change", STAYS_OWED)
def test_an_owed_row_stays_owed_where_the_new_instant_has_passed(
    habit: Habit, api: FakeBotApi, steps: Steps, change: Change
) -> None:
    row = planned(habit)

    change(habit)
    deliver(steps)

    assert sent(row)
    assert len(api.requests) == 1


@pytest.mark.parametrize("change", REASON)
def test_an_unsent_row_whose_date_is_not_due_any_more_is_cancelled_with_its_reason(
    habit: Habit, api: FakeBotApi, steps: Steps, change: Change
) -> None:
    row = planned(habit)

    change(habit)
    deliver(steps)

    assert end_of(row) == (State.CANCELLED, REASON[change])
    assert api.requests == []


def test_a_deleted_habit_leaves_its_ledger(habit: Habit, api: FakeBotApi, steps: Steps) -> None:
    old, new = planned(habit), planned(habit, NOW + DAY)
    deliver(steps)

    delete(habit)

    assert sent(old)
    assert end_of(new) == (State.CANCELLED, Reason.HABIT_DELETED)
    assert set(Reminder.objects.values_list("habit", flat=True)) == {None}


def test_a_deleted_account_takes_its_rows_along(
    habit: Habit, bob: User, make_habit: MakeHabit, api: FakeBotApi, steps: Steps
) -> None:
    planned(habit)
    kept = planned(make_habit(bob))

    delete_account(habit.owner)
    deliver(steps)

    assert Reminder.objects.get() == kept
    assert [request.chat_id for request in api.requests] == [bob.chat_id]


def test_a_row_that_lay_ahead_goes_when_its_new_instant_has_passed(
    habit: Habit, api: FakeBotApi, steps: Steps
) -> None:
    row = planned(habit)
    edit(habit, time="20:00")

    edit(habit, time="06:00")
    deliver(steps)

    assert end_of(row) == (State.CANCELLED, Reason.NOT_DUE)
    assert api.requests == []


def test_a_change_that_keeps_a_rows_instant_leaves_the_row_alone(habit: Habit) -> None:
    row = planned(habit)
    edit(habit, time="20:00")
    row.refresh_from_db()

    edit(habit, startsOn=str(TODAY))

    assert habit.reminders.get().token == row.token


def test_an_edit_and_an_edit_back_open_the_row_again(
    habit: Habit, api: FakeBotApi, clock: time_machine.Traveller, steps: Steps
) -> None:
    row = planned(habit)
    edit(habit, time="20:00")
    edit(habit, startsOn=str(TODAY + DAY))
    assert end_of(row) == (State.CANCELLED, Reason.NOT_DUE)

    edit(habit, startsOn=str(TODAY))
    clock.move_to(NEW_INSTANT[later_today])
    plan_due(NEW_INSTANT[later_today])
    deliver(steps)

    assert sent(row)
    assert row.due_at == NEW_INSTANT[later_today]
    assert len(api.requests) == habit.reminders.count() == 1


@pytest.mark.parametrize("change", [*NEW_INSTANT, *STAYS_OWED, *NOT_DUE_TODAY])
def test_a_date_that_was_sent_is_never_sent_again(
    habit: Habit, api: FakeBotApi, clock: time_machine.Traveller, steps: Steps, change: Change
) -> None:
    row = planned(habit)
    deliver(steps)

    change(habit)
    end_of_the_day = datetime.datetime(2026, 7, 1, 23, 59, tzinfo=habit.owner.zone)
    clock.move_to(end_of_the_day)
    plan_due(end_of_the_day)
    deliver(steps)

    assert sent(row)
    assert len(api.requests) == 1
    assert not habit.reminders.exclude(pk=row.pk).filter(local_date=TODAY).exists()


def test_a_pause_that_is_taken_back_in_time_opens_the_row_again(
    habit: Habit, api: FakeBotApi, clock: time_machine.Traveller, steps: Steps
) -> None:
    row = planned(habit)
    edit(habit, time="20:00")
    pause(habit, None, None)
    assert end_of(row) == (State.CANCELLED, Reason.NOT_DUE)

    resume(habit)
    clock.move_to(NEW_INSTANT[later_today])
    plan_due(NEW_INSTANT[later_today])
    deliver(steps)

    assert sent(row)
    assert len(api.requests) == habit.reminders.count() == 1


def test_a_date_whose_new_instant_has_passed_gets_no_row(
    alice: User, make_habit: MakeHabit, clock: time_machine.Traveller
) -> None:
    habit = due(make_habit(alice, time="20:00"), NOW.replace(hour=18, minute=0))

    edit(habit, time="06:00")
    clock.move_to(NOW + 20 * HOUR)
    plan_due(NOW + 20 * HOUR)

    assert not Reminder.objects.exists()


# --- Between the tick and the intent ----------------------------------------------------------


@pytest.mark.parametrize("change", [*NEW_INSTANT, *REASON])
def test_a_planned_row_that_is_not_due_any_more_is_not_sent(
    habit: Habit, api: FakeBotApi, change: Change
) -> None:
    row = planned(habit)

    change(habit)
    send_next()

    assert api.requests == []
    expected = (State.CANCELLED, REASON[change]) if change in REASON else (State.PENDING, "")
    assert end_of(row) == expected


@pytest.mark.parametrize("change", STAYS_OWED)
def test_a_planned_row_that_stays_owed_is_sent(
    habit: Habit, api: FakeBotApi, change: Change
) -> None:
    row = planned(habit)

    change(habit)
    send_next()

    assert sent(row)


def test_a_planned_row_of_a_deleted_account_is_not_sent(habit: Habit, api: FakeBotApi) -> None:
    planned(habit)

    delete_account(habit.owner)
    send_next()

    assert api.requests == []
    assert not Reminder.objects.exists()


def test_a_schedule_that_changed_without_a_word_cancels_at_the_last_moment(
    habit: Habit, api: FakeBotApi, steps: Steps
) -> None:
    """A shell's `save` tells nobody; the sender looks again all the same."""
    row = planned(habit)
    habit.starts_on = TODAY + DAY
    habit.save()

    deliver(steps)

    assert end_of(row) == (State.CANCELLED, Reason.NOT_DUE)
    assert api.requests == []


# --- Between intent and record ---------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [*NEW_INSTANT, *STAYS_OWED, *REASON])
def test_a_change_while_a_message_is_under_way_leaves_the_row_to_its_outcome(
    habit: Habit, api: FakeBotApi, clock: time_machine.Traveller, steps: Steps, change: Change
) -> None:
    row = planned(habit)

    def change_now(_request: Request) -> None:
        background(lambda: change(habit)).result(10)
        assert end_of(row) == (State.SENDING, "")

    api.on_request = lambda request: background(lambda: change_now(request)).result(10)
    deliver(steps)
    api.on_request = None

    assert sent(row)
    clock.move_to(NOW + 12.5 * HOUR)
    plan_due(NOW + 12.5 * HOUR)
    deliver(steps)
    assert len(api.requests) == 1
    assert not Reminder.objects.exclude(pk=row.pk).filter(local_date=TODAY).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("change", "reason"), [(habit_deleted, Reason.HABIT_DELETED), (from_tomorrow, Reason.NOT_DUE)]
)
def test_a_row_that_comes_back_unsent_and_is_not_due_any_more_ends_as_cancelled(
    habit: Habit,
    api: FakeBotApi,
    clock: time_machine.Traveller,
    steps: Steps,
    change: Change,
    reason: Reason,
) -> None:
    row = planned(habit)
    api.next(too_many(1))
    api.on_request = lambda _request: background(lambda: change(habit)).result(10)

    deliver(steps)

    assert end_of(row) == (State.CANCELLED, reason)
    assert len(api.requests) == 1


@pytest.mark.django_db(transaction=True)
def test_an_account_that_goes_while_its_message_is_under_way_disturbs_nobody(
    habit: Habit, bob: User, make_habit: MakeHabit, api: FakeBotApi, steps: Steps
) -> None:
    planned(habit)
    neighbour = planned(make_habit(bob))
    gate = threading.Event()
    api.next(held(gate))
    owner = habit.owner

    sender = background(lambda: deliver(steps))
    api.wait_for(1)
    delete_account(owner)
    gate.set()
    sender.result(10)

    assert Reminder.objects.get() == neighbour
    assert sent(neighbour)


# --- Any life: random edits and ticks over days, held against a slow model -------------------

ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Auckland", "Pacific/Kiritimati", "UTC")
TIMES = ("00:00", "02:30", "07:30", "12:15", "23:50")
FIRST = datetime.datetime(2027, 3, 26, 0, 0, tzinfo=datetime.UTC)
"""Two days before clocks go forward in Berlin; nine before they go back in Auckland."""

Edit = dict[str, Any]
Rest = tuple[int, int | None] | None
"""The days from `FIRST` to which a pause reaches, or the end of one."""

DAYS_OF_THE_WEEK = [day.name for day in Weekday]

rests: st.SearchStrategy[Rest] = st.one_of(
    st.none(),
    st.tuples(st.integers(-2, 8), st.none()),
    st.tuples(st.integers(-2, 8), st.integers(0, 6)).map(lambda rest: (rest[0], sum(rest))),
)
edits: st.SearchStrategy[Edit] = st.one_of(
    st.sampled_from(TIMES).map(lambda time: {"time": time}),
    st.integers(1, 3).map(lambda days: {"periodicity": days}),
    st.lists(st.sampled_from(DAYS_OF_THE_WEEK), min_size=1).map(lambda days: {"weekdays": days}),
    rests.map(lambda rest: {"rest": rest}),
    st.integers(-2, 12).map(lambda days: {"startsOn": str(FIRST.date() + days * DAY)}),
    st.sampled_from(ZONES).map(lambda zone: {"timeZone": zone}),
)
pauses = st.one_of(st.integers(1, 90), st.integers(1, 30 * 60))
"""Minutes until the next thing happens."""

lives = st.lists(st.tuples(pauses, st.one_of(st.none(), edits)), min_size=2, max_size=14)
"""A pause, then an edit, or a tick that plans, expires and sends."""


@cache
def instant(date: datetime.date, time: datetime.time, zone: ZoneInfo) -> datetime.datetime | None:
    """The first minute of that local date at or after the time, else the date's last minute."""
    start = datetime.datetime.combine(date, datetime.time(), datetime.UTC) - 15 * HOUR
    last = None
    for minutes in range(54 * 60):
        moment = start + minutes * MINUTE
        local = moment.astimezone(zone)
        if local.date() == date:
            last = moment
            if local.time() >= time:
                return moment
    return last


def day_of(days: int) -> datetime.date:
    return FIRST.date() + days * DAY


@dataclass
class Row:
    due_at: datetime.datetime
    state: str = State.PENDING


@dataclass
class Model:
    """What the ledger should hold, found out minute by minute and row by row."""

    time: datetime.time = datetime.time(7, 30)
    every: int = 1
    weekdays: set[str] = field(default_factory=set)
    rest: tuple[datetime.date, datetime.date] | None = None
    starts_on: datetime.date = FIRST.date() - DAY
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    rows: dict[datetime.date, Row] = field(default_factory=dict)

    def instant_on(self, date: datetime.date) -> datetime.datetime | None:
        days = (date - self.starts_on).days
        is_one = f"{date:%A}".upper() in self.weekdays if self.weekdays else days % self.every == 0
        rests = self.rest is not None and self.rest[0] <= date <= self.rest[1]
        is_due = days >= 0 and is_one and not rests
        return instant(date, self.time, self.zone) if is_due else None

    def enter(self, after: datetime.datetime, until: datetime.datetime) -> None:
        """All that came due in that span has a row."""
        for days in range(-3, 20):
            date = FIRST.date() + days * DAY
            due_at = self.instant_on(date)
            if due_at is not None and after < due_at <= until:
                row = self.rows.setdefault(date, Row(due_at))
                if row.state == State.CANCELLED:
                    self.rows[date] = Row(due_at)

    def tick(self, now: datetime.datetime) -> None:
        for row in self.rows.values():
            if row.state == State.PENDING and row.due_at <= now:
                row.state = State.EXPIRED if now - row.due_at > 2 * HOUR else State.SENT

    def edit(self, now: datetime.datetime, change: Edit) -> None:
        for name, value in change.items():
            match name, value:
                case "time", str():
                    self.time = datetime.time.fromisoformat(value)
                case "periodicity", int():
                    self.every, self.weekdays = value, set()
                case "weekdays", list():
                    self.weekdays = set(value)
                case "rest", None:
                    if self.rest and self.rest[1] >= now.astimezone(self.zone).date():
                        self.rest = None
                case "rest", (first, last):
                    ends = datetime.date.max if last is None else day_of(last)
                    if ends >= now.astimezone(self.zone).date():
                        self.rest = day_of(first), ends
                case "startsOn", str():
                    self.starts_on = datetime.date.fromisoformat(value)
                case "timeZone", str():
                    self.zone = ZoneInfo(value)
        for date, row in self.rows.items():
            due_at = self.instant_on(date)
            if row.state != State.PENDING:
                continue
            if due_at is None or due_at <= now < row.due_at:
                row.state = State.CANCELLED
            elif due_at > now:
                row.due_at = due_at


def rest_as_told(habit: Habit, rest: Rest) -> None:
    if rest is None:
        resume(habit)
    else:
        first, last = rest
        pause(habit, day_of(first), None if last is None else day_of(last))


@pytest.mark.django_db
@settings(
    max_examples=25,
    deadline=None,
    # Each example empties the tables itself.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(life=lives)
def test_whatever_is_edited_and_whenever_it_ticks_no_date_is_sent_twice_and_none_is_missed(
    life: list[tuple[int, Edit | None]], make_habit: MakeHabit, clock: time_machine.Traveller
) -> None:
    for table in (Reminder, Habit, User, Chat, Bot):
        table._default_manager.all().delete()
    clock.move_to(FIRST)
    model, steps = Model(), Steps(clock)
    owner = person(1, time_zone="UTC")
    habit = make_habit(owner, starts_on=model.starts_on)
    habit.reschedule(FIRST)
    habit.save()
    sends: list[int] = []

    def send(chat_id: int, html: str, buttons: Keyboard) -> telegram.Sent:
        sends.append(chat_id)
        return telegram.Sent(len(sends))

    before = FIRST
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telegram, "send_message", send)
        for minutes, change in [*life, (1, None)]:
            now = before + minutes * MINUTE
            clock.move_to(now)
            model.enter(before, now)
            if change is None:
                plan_due(now)
                ledger.expire_late(now)
                deliver(steps)
                model.tick(now)
            else:
                if "timeZone" in change:
                    edit_profile(owner, **change)
                elif "rest" in change:
                    rest_as_told(habit, change["rest"])
                else:
                    edit(habit, **change)
                model.edit(now, change)
            before = now

    rows = list(Reminder.objects.all())
    assert {row.local_date: Row(row.due_at, row.state) for row in rows} == model.rows
    assert len(rows) == len(model.rows)
    assert len(sends) == states().count(State.SENT)
    for state in State:
        event(f"{state}: {'some' if state in states() else 'none'}")


@pytest.mark.parametrize("answer", [too_many(1), server_error()])
@pytest.mark.django_db(transaction=True)
def test_an_edit_reaches_a_row_that_was_under_way_and_comes_back(
    habit: Habit, api: FakeBotApi, steps: Steps, answer: Answer
) -> None:
    """It is not sent at the old time with the new one in its words."""
    row = planned(habit)
    api.next(answer)

    def edit_once(_request: Request) -> None:
        if len(api.requests) == 1:
            background(lambda: edit(habit, time="20:00")).result(10)

    api.on_request = edit_once

    send_next()
    steps.clock.move_to(NOW + HOUR)
    deliver(steps)

    assert len(api.requests) == 1
    assert end_of(row) == (State.PENDING, "")
    assert row.due_at == row.not_before == NOW.replace(hour=18, minute=0)
    steps.clock.move_to(NOW.replace(hour=18, minute=0))
    deliver(steps)
    assert sent(row)
    assert "at 20:00" in api.requests[-1].text
