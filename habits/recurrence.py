"""When a habit is due: pure functions over dates, wall-clock times and zones.

An occurrence is a local date. It is due at one instant:

* at the habit's wall-clock time in the owner's zone;
* where that time is skipped (clocks go forward), at the first instant after the gap; where that
  is already the next local day, in the minute before the gap;
* where that time comes twice (clocks go back), at the first of the two.

A local date that a zone skips as a whole has no occurrence. Offsets come from the pinned tzdata.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from habits.days import EVERY_DAY, Days, Pause

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
FIRST_MOMENT = datetime.min.replace(tzinfo=UTC) + 7 * DAY
LAST_MOMENT = datetime.max.replace(tzinfo=UTC) - 2 * DAY
"""The moments that have a local time in every zone, and one after the last occurrence."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """On `days`, but for `pause`, at `time` in `zone`."""

    zone: ZoneInfo
    time: time
    days: Days
    pause: Pause | None = None

    def is_due_on(self, day: date) -> bool:
        """Whether `day` is one of the schedule's local dates."""
        return self.days.is_due_on(day) and not (self.pause and self.pause.covers(day))

    def dates_from(self, day: date) -> Iterator[date]:
        """The schedule's local dates from `day` on, in order. A long pause costs nothing."""
        for each in self.days.dates_from(day):
            if self.pause and self.pause.covers(each):
                break
            yield each
        else:
            return
        if self.pause.ends_on is not None:
            yield from self.days.dates_from(max(day, self.pause.ends_on + DAY))

    def instant_on(self, day: date) -> datetime | None:
        """The instant, in UTC, at which `day` is due; None where the zone skips that date."""
        return instant(day, self.time, self.zone)


def next_due(after: datetime, schedule: Schedule) -> datetime | None:
    """The first instant strictly after `after` at which `schedule` is due, in UTC.

    `after` is aware, else ValueError. None when the calendar ends before that.

    >>> berlin = Schedule(ZoneInfo("Europe/Berlin"), time(7, 30), Days(date(2026, 1, 1), 1))
    >>> next_due(datetime(2026, 7, 1, 5, 30, tzinfo=UTC), berlin)
    datetime.datetime(2026, 7, 2, 5, 30, tzinfo=datetime.timezone.utc)
    """
    if after.tzinfo is None:
        raise ValueError(f"a moment without a time zone: {after}")
    # No earlier date is still to come: its time, or the gap over it, was passed on the way here.
    today = min(max(after, FIRST_MOMENT), LAST_MOMENT).astimezone(schedule.zone).date()
    for day in schedule.dates_from(today):
        due = schedule.instant_on(day)
        if due is not None and due > after:
            return due
    return None


def under_new_rules(due_at: datetime, schedule: Schedule) -> datetime | None:
    """The instant of the date that was due at `due_at` before the rules of its zone changed.

    `due_at` is an instant of `schedule` by other rules, which are gone. So it is the scheduled date
    whose instant is the nearest, as the least change that explains it; or, where no date is near,
    as it has been skipped, the next one.
    """
    day = due_at.astimezone(schedule.zone).date()
    near = [each for each in (day - DAY, day, day + DAY) if schedule.is_due_on(each)]
    instants = [due for due in map(schedule.instant_on, near) if due is not None]
    if not instants:
        return next_due(due_at, schedule)
    return min(instants, key=lambda due: abs(due - due_at))


def next_daily(after: datetime, zone: ZoneInfo, hour: int, minute: int) -> datetime | None:
    """`next_due` for a habit of every day: the first `hour`:`minute` in `zone` after `after`."""
    return next_due(after, Schedule(zone, time(hour, minute), Days(date.min, EVERY_DAY)))


def instant(day: date, wall_clock: time, zone: ZoneInfo) -> datetime | None:
    """The instant, in UTC, that `wall_clock` on `day` in `zone` stands for; see the module."""
    local = datetime.combine(day, wall_clock, zone)
    due = local.astimezone(UTC)
    # Python compares two times of one zone by their wall clocks.
    if due.astimezone(zone) == local:
        return due
    after_gap = _first_instant_after_gap(local)
    for candidate in (after_gap, after_gap - MINUTE):
        if candidate.astimezone(zone).date() == day:
            return candidate
    return None


def _first_instant_after_gap(local: datetime) -> datetime:
    """For a wall-clock time that clocks skip: the instant at which they skip it, in UTC.

    In a gap, fold=0 reads the time by the offset before it and fold=1 by the one after it, so the
    jump lies between the two readings; halving finds it to the second.
    """
    low = local.replace(fold=1).astimezone(UTC)
    high = local.replace(fold=0).astimezone(UTC)
    before = low.astimezone(local.tzinfo).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle -= timedelta(microseconds=middle.microsecond)
        if middle.astimezone(local.tzinfo).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
