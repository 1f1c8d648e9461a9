"""What is read for the numbers: a few queries, and few rows of each habit."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.sql import statements
from habits import streaks, strength, tracking
from habits.models import CheckInSource, CheckInStatus, Habit
from habits.records import Record, histories_of, records_of
from tests.conftest import MakeHabit

DAY = datetime.timedelta(days=1)
TODAY = datetime.date(2026, 7, 1)
NOW = datetime.datetime(2026, 7, 1, 10, tzinfo=datetime.UTC)

pytestmark = pytest.mark.django_db


def done(habit: Habit, *ago: int) -> None:
    for days in ago:
        date = TODAY - days * DAY
        done = CheckInStatus.DONE
        tracking.check_in(habit, date, done, source=CheckInSource.API, now=NOW)


def test_a_hundred_habits_cost_as_many_queries_as_one(alice: User, make_habit: MakeHabit) -> None:
    habits = [make_habit(alice) for _ in range(100)]
    done(habits[0], 0, 1)
    for some in (habits[:1], habits):
        with CaptureQueriesContext(connection) as captured:
            assert len(records_of(some, NOW)) == len(some)
        assert len(captured) == 3


def test_each_habit_has_its_own(alice: User, make_habit: MakeHabit) -> None:
    first, second, third = (make_habit(alice) for _ in range(3))
    done(first, *range(20))
    done(second, 0, 1)
    records = records_of([first, second, third], NOW)
    assert [records[each.pk].current_streak for each in (first, second, third)] == [20, 2, 0]
    assert records[third.pk].strength == 0


def test_only_what_was_said_lately_is_read(alice: User, make_habit: MakeHabit) -> None:
    habit = make_habit(alice)
    done(habit, *reversed(range(100)))
    tail = records_of([habit], NOW)[habit.pk].tail
    assert min(tail.marks) == TODAY - 15 * DAY
    assert len(histories_of([habit], NOW)[habit.pk].marks) == 100


def test_each_tail_is_read_from_where_it_begins(alice: User, make_habit: MakeHabit) -> None:
    """One habit that somebody left lets nothing more be read of those that are done daily."""
    habits = [make_habit(alice) for _ in range(3)]
    for habit, left in zip(habits, (0, 20, 40), strict=True):
        now = NOW - left * DAY
        for days in reversed(range(left, 100)):
            date, source = TODAY - days * DAY, CheckInSource.API
            tracking.check_in(habit, date, CheckInStatus.DONE, source=source, now=now)
    records = records_of(habits, NOW)
    begins = [(TODAY - min(records[habit.pk].tail.marks)).days for habit in habits]
    assert begins == [15, 35, 55]
    for habit in habits:
        history = histories_of([habit], NOW)[habit.pk]
        assert records[habit.pk].strength == pytest.approx(strength.strength(history), abs=1e-12)
        assert records[habit.pk].longest_streak == streaks.longest_streak(history)


def test_so_many_tails_are_read_by_few_statements(alice: User, make_habit: MakeHabit) -> None:
    """Other habits, and other dates, are no other SQL."""
    habits = [make_habit(alice) for _ in range(20)]
    for days, habit in enumerate(habits):
        date, now = TODAY - days * DAY, NOW - days * DAY
        source = CheckInSource.API
        tracking.check_in(habit, date, CheckInStatus.DONE, source=source, now=now)
    statements.STATEMENTS.clear()
    for count in range(1, len(habits) + 1):
        assert len(records_of(habits[:count], NOW)) == count
    # What is kept, the past, and check-ins from up to 1, 2, 4, 8, 16 and 32 dates on.
    assert len(statements.STATEMENTS) == 1 + 1 + 6


def test_of_pauses_and_schedules_only_the_late_ones_are_read(
    alice: User, make_habit: MakeHabit
) -> None:
    """Years of pauses make no list of habits slower, and its numbers are the same."""
    habit = make_habit(alice, starts_on=TODAY - 300 * DAY)
    for days in range(200, 0, -10):
        tracking.pause(habit, TODAY - days * DAY, TODAY - (days - 1) * DAY, now=NOW)
        start = TODAY - 300 * DAY
        habit.past_schedules.create(until=TODAY - days * DAY, starts_on=start, periodicity=1)

    done(habit, *reversed(range(100)))
    record, history = records_of([habit], NOW)[habit.pk], histories_of([habit], NOW)[habit.pk]
    assert record.current_streak == streaks.current_streak(history) == 81
    assert record.longest_streak == streaks.longest_streak(history) == 81
    assert record.strength == pytest.approx(strength.strength(history), abs=1e-12)
    ended = [(TODAY - each.until).days for each in record.tail.past]
    rested = [(TODAY - each.starts_on).days for each in record.tail.pauses]
    assert (ended, rested) == ([10], [10])
    history = histories_of([habit], NOW, TODAY - 9 * DAY, TODAY)[habit.pk]
    assert history.is_paused_on(TODAY - 9 * DAY)
    assert history.past == ()


def test_a_history_holds_the_marks_of_the_dates_asked_for(
    alice: User, make_habit: MakeHabit
) -> None:
    habit = make_habit(alice)
    done(habit, 0, 1, 2, 3)
    since, until = TODAY - 2 * DAY, TODAY - DAY
    assert set(histories_of([habit], NOW, since, until)[habit.pk].marks) == {since, until}


def test_a_habit_of_a_person_far_west_has_another_today(
    alice: User, bob: User, make_habit: MakeHabit
) -> None:
    bob.time_zone = "Pacific/Kiritimati"
    mine, his = make_habit(alice), make_habit(bob)
    days: dict[int, Record] = records_of([mine, his], NOW)
    assert days[his.pk].tail.today == days[mine.pk].tail.today + DAY
