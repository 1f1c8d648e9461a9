"""When a habit is due: tables of the odd cases, and properties over all zones."""

import doctest
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from habits import recurrence
from habits.days import Days, Pause
from habits.recurrence import Schedule, instant, next_daily, next_due, under_new_rules

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
ZONES = sorted(zoneinfo.available_timezones())


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def wall(text: str) -> time:
    return time.fromisoformat(text)


# --- one local date ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "wall_clock", "due"),
    [
        ("UTC", "2026-03-01", "07:30", "2026-03-01T07:30"),
        ("Europe/Berlin", "2026-01-15", "07:30", "2026-01-15T06:30"),
        ("Europe/Berlin", "2026-07-15", "07:30", "2026-07-15T05:30"),
        ("Asia/Kathmandu", "2026-01-15", "00:00", "2026-01-14T18:15"),
        ("Pacific/Kiritimati", "2026-01-15", "00:00", "2026-01-14T10:00"),
        ("Pacific/Pago_Pago", "2026-01-15", "23:59", "2026-01-16T10:59"),
    ],
)
def test_an_ordinary_day_is_due_at_its_wall_clock_time(
    zone: str, day: str, wall_clock: str, due: str
) -> None:
    assert instant(date.fromisoformat(day), wall(wall_clock), ZoneInfo(zone)) == utc(due)


@pytest.mark.parametrize(
    ("zone", "day", "wall_clock", "due"),
    [
        # Berlin goes from 02:00 to 03:00.
        ("Europe/Berlin", "2026-03-29", "01:59", "2026-03-29T00:59"),
        ("Europe/Berlin", "2026-03-29", "02:00", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-03-29", "02:59", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-03-29", "03:00", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-03-29", "03:01", "2026-03-29T01:01"),
        ("America/New_York", "2026-03-08", "02:30", "2026-03-08T07:00"),
        # Lord Howe Island goes half an hour, from 02:00 to 02:30.
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30"),
        ("Australia/Lord_Howe", "2026-10-04", "02:30", "2026-10-03T15:30"),
        # Santiago goes from 00:00 to 01:00 of the same day.
        ("America/Santiago", "2026-09-05", "23:59", "2026-09-06T03:59"),
        ("America/Santiago", "2026-09-06", "00:00", "2026-09-06T04:00"),
        ("America/Santiago", "2026-09-06", "00:30", "2026-09-06T04:00"),
    ],
)
def test_a_skipped_time_is_due_at_the_first_instant_after_the_gap(
    zone: str, day: str, wall_clock: str, due: str
) -> None:
    assert instant(date.fromisoformat(day), wall(wall_clock), ZoneInfo(zone)) == utc(due)


@pytest.mark.parametrize(
    ("zone", "day", "wall_clock", "due"),
    [
        # Nuuk goes from 23:00 of Saturday to 00:00 of Sunday.
        ("America/Nuuk", "2026-03-28", "22:59", "2026-03-29T00:59"),
        ("America/Nuuk", "2026-03-28", "23:00", "2026-03-29T00:59"),
        ("America/Nuuk", "2026-03-28", "23:30", "2026-03-29T00:59"),
        ("America/Nuuk", "2026-03-29", "00:00", "2026-03-29T01:00"),
        # Toronto once went from 23:30 to 00:30.
        ("America/Toronto", "1919-03-30", "23:45", "1919-03-31T04:29"),
        ("America/Toronto", "1919-03-31", "00:15", "1919-03-31T04:30"),
    ],
)
def test_a_gap_that_reaches_the_next_day_is_due_in_the_minute_before_it(
    zone: str, day: str, wall_clock: str, due: str
) -> None:
    assert instant(date.fromisoformat(day), wall(wall_clock), ZoneInfo(zone)) == utc(due)


@pytest.mark.parametrize(
    ("zone", "day", "wall_clock", "due"),
    [
        ("Europe/Berlin", "2026-10-25", "02:00", "2026-10-25T00:00"),
        ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T00:30"),
        ("Europe/Berlin", "2026-10-25", "03:00", "2026-10-25T02:00"),
        ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30"),
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45"),
        # Santiago goes back at midnight, so the last hour of Saturday comes twice.
        ("America/Santiago", "2026-04-04", "23:30", "2026-04-05T02:30"),
        ("America/Santiago", "2026-04-05", "00:00", "2026-04-05T04:00"),
    ],
)
def test_a_time_that_comes_twice_is_due_at_the_first_of_the_two(
    zone: str, day: str, wall_clock: str, due: str
) -> None:
    assert instant(date.fromisoformat(day), wall(wall_clock), ZoneInfo(zone)) == utc(due)


@pytest.mark.parametrize("wall_clock", ["00:00", "12:00", "23:59"])
@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Pacific/Apia", "2011-12-30"),
        ("Pacific/Fakaofo", "2011-12-30"),
        ("Pacific/Kiritimati", "1994-12-31"),
    ],
)
def test_a_date_that_a_zone_skips_has_no_occurrence(zone: str, day: str, wall_clock: str) -> None:
    skipped, there = date.fromisoformat(day), ZoneInfo(zone)
    assert instant(skipped, wall(wall_clock), there) is None
    assert instant(skipped - DAY, wall(wall_clock), there) is not None
    assert instant(skipped + DAY, wall(wall_clock), there) is not None


# --- one after the other -------------------------------------------------------------------------


def due_dates(schedule: Schedule, after: datetime, times: int) -> list[str]:
    """The next local dates at which `schedule` is due."""
    found = []
    for _ in range(times):
        due = next_due(after, schedule)
        assert due is not None
        found.append(str(due.astimezone(schedule.zone).date()))
        after = due
    return found


def test_the_next_occurrence_is_strictly_later() -> None:
    daily = Schedule(ZoneInfo("Europe/Berlin"), time(7, 30), Days(date(2026, 1, 1), 1))
    due = utc("2026-07-01T05:30")
    assert next_due(due - timedelta(microseconds=1), daily) == due
    assert next_due(due, daily) == due + DAY


def test_the_moment_asked_about_may_be_in_any_zone() -> None:
    daily = Schedule(ZoneInfo("Europe/Berlin"), time(7, 30), Days(date(2026, 1, 1), 1))
    tokyo = utc("2026-07-01T05:29").astimezone(ZoneInfo("Asia/Tokyo"))
    due = next_due(tokyo, daily)
    assert due == utc("2026-07-01T05:30")
    assert due.tzinfo is UTC


def test_days_are_counted_from_the_start_across_a_change_of_clocks() -> None:
    every_third = Schedule(ZoneInfo("Europe/Berlin"), time(2, 30), Days(date(2026, 3, 23), 3))
    assert due_dates(every_third, utc("2026-03-24T00:00"), 4) == [
        "2026-03-26",
        "2026-03-29",
        "2026-04-01",
        "2026-04-04",
    ]
    assert next_due(utc("2026-03-27T00:00"), every_third) == utc("2026-03-29T01:00")


def test_a_start_in_the_future_is_the_first_occurrence() -> None:
    weekly = Schedule(ZoneInfo("UTC"), time(12), Days(date(2030, 5, 5), 7))
    assert next_due(utc("2026-01-01T00:00"), weekly) == utc("2030-05-05T12:00")


def test_a_start_in_the_past_keeps_its_rhythm() -> None:
    every_second = Schedule(ZoneInfo("UTC"), time(12), Days(date(2016, 1, 1), 2))
    due = next_due(utc("2026-01-01T00:00"), every_second)
    assert due is not None
    assert (due.date() - date(2016, 1, 1)).days % 2 == 0
    assert timedelta(0) < due - utc("2026-01-01T00:00") <= 2 * DAY


def test_weekdays_come_from_the_start_on() -> None:
    weekend = Days(date(2026, 3, 29), None, frozenset({5, 6}))
    assert due_dates(Schedule(ZoneInfo("UTC"), time(12), weekend), utc("2026-03-01T00:00"), 4) == [
        "2026-03-29",
        "2026-04-04",
        "2026-04-05",
        "2026-04-11",
    ]


def test_a_weekday_is_that_of_the_local_date() -> None:
    """In Kiritimati a Monday begins when it is Sunday morning in UTC."""
    mondays = Schedule(
        ZoneInfo("Pacific/Kiritimati"), time(0, 30), Days(date(2026, 1, 1), None, frozenset({0}))
    )
    assert next_due(utc("2026-07-01T00:00"), mondays) == utc("2026-07-05T10:30")


def test_a_weekday_that_a_zone_skips_comes_a_week_later() -> None:
    apia = ZoneInfo("Pacific/Apia")
    fridays = Schedule(apia, time(8), Days(date(2011, 1, 1), None, frozenset({4})))
    assert due_dates(fridays, utc("2011-12-20T00:00"), 2) == ["2011-12-23", "2012-01-06"]


def test_a_pause_passes_over_its_dates_and_the_rhythm_goes_on_behind_it() -> None:
    every_third = Days(date(2026, 3, 1), 3)
    paused = Schedule(
        ZoneInfo("UTC"), time(12), every_third, Pause(date(2026, 3, 4), date(2026, 3, 10))
    )
    assert due_dates(paused, utc("2026-03-01T00:00"), 3) == [
        "2026-03-01",
        "2026-03-13",
        "2026-03-16",
    ]


def test_an_open_pause_leaves_nothing_to_come() -> None:
    for days in (Days(date(2026, 3, 1), 3), Days(date(2026, 3, 1), None, frozenset({6}))):
        paused = Schedule(ZoneInfo("UTC"), time(12), days, Pause(date(2026, 3, 2), None))
        assert next_due(utc("2026-02-01T00:00"), paused) == utc("2026-03-01T12:00")
        assert next_due(utc("2026-03-01T12:00"), paused) is None


def test_a_schedule_passes_over_a_skipped_date() -> None:
    apia = ZoneInfo("Pacific/Apia")
    daily = Schedule(apia, time(8), Days(date(2011, 1, 1), 1))
    assert due_dates(daily, utc("2011-12-28T00:00"), 4) == [
        "2011-12-28",
        "2011-12-29",
        "2011-12-31",
        "2012-01-01",
    ]
    every_second = Schedule(apia, time(8), Days(date(2011, 12, 28), 2))
    assert due_dates(every_second, utc("2011-12-28T00:00"), 3) == [
        "2011-12-28",
        "2012-01-01",
        "2012-01-03",
    ]


def test_an_instant_that_a_gap_moved_back_is_not_missed() -> None:
    """In Nuuk 23:30 becomes 22:59, a minute before the next local day begins."""
    daily = Schedule(ZoneInfo("America/Nuuk"), time(23, 30), Days(date(2026, 1, 1), 1))
    assert next_due(utc("2026-03-29T00:58"), daily) == utc("2026-03-29T00:59")
    assert next_due(utc("2026-03-29T00:59"), daily) == utc("2026-03-30T00:30")


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_end_of_the_calendar_is_the_end_of_a_schedule(zone: str) -> None:
    there = ZoneInfo(zone)
    for every in range(1, 8):
        schedule = Schedule(there, time(12), Days(date(2026, 1, 1), every))
        assert next_due(utc("9999-12-28T00:00"), schedule) is None
        assert next_due(utc("9999-12-10T00:00"), schedule) is not None
    assert next_due(utc("2026-01-01T00:00"), Schedule(there, time(12), Days(date.max, 1))) is None


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_no_moment_of_the_calendar_is_too_early_or_too_late_to_ask(zone: str) -> None:
    there = ZoneInfo(zone)
    # Their local times lie outside of Python's calendar in one zone or the other.
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    recent = Schedule(there, time(12), Days(date(2026, 1, 1), 1))
    due = next_due(first, recent)
    assert due is not None
    assert due == datetime(2026, 1, 1, 12, tzinfo=there)
    ancient = next_daily(first, there, 12, 0)
    assert ancient is not None
    assert ancient.year == 1
    assert next_due(last, recent) is None
    assert next_daily(last, there, 12, 0) is None


def test_a_moment_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 7, 1, 5, 30)  # noqa: DTZ001  # what is refused here
    for starts_on in (date(2026, 1, 1), date.max):
        with pytest.raises(ValueError, match="without a time zone: 2026-07-01 05:30:00"):
            next_due(naive, Schedule(ZoneInfo("Europe/Berlin"), time(7, 30), Days(starts_on, 1)))


@pytest.mark.parametrize(
    ("zone", "day", "wall_clock", "due"),
    [
        # Paris kept its mean time, 9 minutes and 21 seconds east.
        ("Europe/Paris", "1900-07-01", "07:30", "1900-07-01T07:20:39"),
        # Monrovia went from 00:00 to 00:44:30, to the second.
        ("Africa/Monrovia", "1972-01-07", "00:20", "1972-01-07T00:44:30"),
        ("Africa/Monrovia", "1972-01-07", "00:45", "1972-01-07T00:45"),
    ],
)
def test_offsets_that_are_no_whole_minutes_are_kept_to_the_second(
    zone: str, day: str, wall_clock: str, due: str
) -> None:
    assert instant(date.fromisoformat(day), wall(wall_clock), ZoneInfo(zone)) == utc(due)


def test_a_schedule_is_due_on_its_own_dates_only() -> None:
    schedule = Schedule(ZoneInfo("UTC"), time(7), Days(date(2026, 3, 1), 3))
    due = [day for day in range(1, 11) if schedule.is_due_on(date(2026, 3, day))]
    assert due == [1, 4, 7, 10]
    assert not schedule.is_due_on(date(2026, 2, 26))


def test_the_daily_case_needs_no_start() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert next_daily(utc("2026-03-28T12:00"), berlin, 2, 30) == utc("2026-03-29T01:00")
    assert next_daily(utc("2026-03-29T01:00"), berlin, 2, 30) == utc("2026-03-30T00:30")


# --- under new rules -----------------------------------------------------------------------------


@pytest.mark.parametrize("wall_clock", ["00:00", "00:15", "07:30", "23:45"])
@pytest.mark.parametrize("moved", [timedelta(hours=hours) for hours in (-11, -1, 0, 1, 11)])
@pytest.mark.parametrize("every", [1, 2, 7])
def test_new_rules_move_the_instant_and_keep_the_date(
    wall_clock: str, moved: timedelta, every: int
) -> None:
    schedule = Schedule(ZoneInfo("Europe/Berlin"), wall(wall_clock), Days(date(2026, 7, 1), every))
    due = next_due(utc("2026-07-14T12:00"), schedule)
    assert due is not None
    assert under_new_rules(due - moved, schedule) == due


def test_new_rules_do_not_bring_a_first_date_forward() -> None:
    daily = Schedule(ZoneInfo("Europe/Berlin"), time(0, 15), Days(date(2026, 7, 1), 1))
    first = utc("2026-06-30T22:15")
    assert under_new_rules(first - 13 * timedelta(hours=1), daily) == first


def test_new_rules_that_skip_a_date_lead_to_the_next() -> None:
    weekly = Schedule(ZoneInfo("Pacific/Apia"), time(8), Days(date(2011, 12, 30), 7))
    assert under_new_rules(utc("2011-12-30T18:00"), weekly) == utc("2012-01-05T18:00")
    assert (
        under_new_rules(utc("2026-01-01T00:00"), Schedule(weekly.zone, time(8), Days(date.max, 7)))
        is None
    )


def test_the_documented_example_runs() -> None:
    examples = doctest.testmod(recurrence)
    assert examples.attempted == 2
    assert examples.failed == 0


# --- over all zones ------------------------------------------------------------------------------


@cache
def changes_of(zone: str, year: int) -> tuple[date, ...]:
    """The local dates around which a zone changes its clocks in a year."""
    there = ZoneInfo(zone)
    days = [datetime(year, 1, 1, tzinfo=UTC) + n * DAY for n in range(366)]
    offsets = [(day, day.astimezone(there).utcoffset()) for day in days]
    return tuple(
        (day.date() + n * DAY)
        for (day, before), (_, then) in pairwise(offsets)
        if before != then
        for n in (-1, 0, 1)
    )


@st.composite
def schedules(draw: st.DrawFn) -> tuple[Schedule, datetime]:
    """A schedule in any zone and a moment, often near a change of clocks or in a pause."""
    zone = draw(st.sampled_from(ZONES))
    year = draw(st.integers(1975, 2045))
    any_day = st.dates(date(year, 1, 1), date(year, 12, 31))
    changes = changes_of(zone, year)
    day = draw(st.one_of(st.sampled_from(changes), any_day) if changes else any_day)
    midnight = datetime.combine(day, time(0), UTC)
    after = midnight + draw(st.integers(-36 * 60, 36 * 60)) * MINUTE
    wall_clock = time(draw(st.integers(0, 23)), draw(st.sampled_from([0, 1, 15, 30, 45, 59])))
    starts_on = day + draw(st.integers(-400, 40)) * DAY
    if draw(st.booleans()):
        days = Days(starts_on, draw(st.integers(1, 7)))
    else:
        days = Days(starts_on, None, draw(st.frozensets(st.integers(0, 6), min_size=1)))
    pause = None
    if draw(st.booleans()):
        paused_from = day + draw(st.integers(-20, 20)) * DAY
        pause = Pause(paused_from, paused_from + draw(st.integers(0, 40)) * DAY)
    return Schedule(ZoneInfo(zone), wall_clock, days, pause), after


def by_minutes(day: date, wall_clock: time, zone: ZoneInfo) -> datetime | None:
    """`instant`, found by looking at the clock on the wall every minute."""
    wanted = datetime.combine(day, wall_clock)
    moment = datetime.combine(day, wall_clock, UTC) - 30 * timedelta(hours=1)
    while moment.astimezone(zone).replace(tzinfo=None) < wanted:
        moment += MINUTE
    for candidate in (moment, moment - MINUTE):
        if candidate.astimezone(zone).date() == day:
            return candidate
    return None


def dates_by_counting(schedule: Schedule, day: date) -> Iterator[date]:
    """The schedule's dates from `day` on, found by looking at each."""
    while True:
        late = (day - schedule.days.starts_on).days
        if schedule.days.every is None:
            is_due = day.isoweekday() - 1 in schedule.days.weekdays
        else:
            is_due = late % schedule.days.every == 0
        pause = schedule.pause
        is_paused = pause is not None and pause.starts_on <= day <= (pause.ends_on or date.max)
        if late >= 0 and is_due and not is_paused:
            yield day
        day += DAY


def search(after: datetime, schedule: Schedule) -> datetime:
    """`next_due`, found by looking at every day and every minute."""
    for day in dates_by_counting(schedule, after.date() - 3 * DAY):
        due = by_minutes(day, schedule.time, schedule.zone)
        if due is not None and due > after:
            return due
    raise AssertionError


@settings(max_examples=150, deadline=None, derandomize=True)
@given(schedules())
def test_the_next_occurrence_is_the_one_that_a_search_by_minutes_finds(
    case: tuple[Schedule, datetime],
) -> None:
    schedule, after = case
    assert next_due(after, schedule) == search(after, schedule)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(schedules())
def test_every_scheduled_date_comes_once_and_in_order(case: tuple[Schedule, datetime]) -> None:
    schedule, after = case
    dues = []
    for _ in range(6):
        due = next_due(after, schedule)
        assert due is not None
        assert due > after
        dues.append(due)
        after = due
    dates = [due.astimezone(schedule.zone).date() for due in dues]
    assert all(earlier < later for earlier, later in pairwise(dates))
    expected = []
    for day in dates_by_counting(schedule, dates[0]):
        if day > dates[-1]:
            break
        if instant(day, schedule.time, schedule.zone) is not None:
            expected.append(day)
    assert dates == expected
