"""`habits.recurrence` against the walk, around one change of clocks or through an ordinary week."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from habits.days import Days
from habits.recurrence import Schedule, instant, next_daily, next_due
from tests.zones.rules import Rules, ordinary_day
from tests.zones.walk import DAY, Dues, walk

DAILY_FROM = date(2020, 1, 1)
Rhythm = int | frozenset[int]
RHYTHMS: list[tuple[Rhythm, int]] = [
    *((every, phase) for every in range(2, 8) for phase in range(every)),
    *((frozenset(weekdays), 2) for weekdays in ({6}, {0, 3}, {1, 2, 4, 5})),
]
"""Every how many days or on which weekdays, and how many days before the change they start."""

TURNS = 5
"""Neighbouring minutes that share all `RHYTHMS` among them, where not each is held against all."""

AROUND = 3
"""Days before and after a change whose dates are checked."""

REACH = AROUND + 8
"""Days after a change by which the next date of every rhythm has come."""

NEAR = (
    timedelta(seconds=-1),
    timedelta(microseconds=-1),
    timedelta(0),
    timedelta(microseconds=1),
    timedelta(seconds=1),
)
"""Moments around an instant from which the next one is asked for."""

EPOCH = date(1970, 1, 1).toordinal()
MOMENT_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
SHOWN = 10


@dataclass
class Findings:
    """How many answers were compared, and the first that were wrong."""

    compared: int = 0
    wrong: int = 0
    shown: list[str] = field(default_factory=list)

    def compare(self, found: object, expected: object, *question: object) -> None:
        self.compared += 1
        if found != expected:
            self.wrong += 1
            if len(self.shown) < SHOWN:
                self.shown.append(f"{question}: {found}, expected {expected}")

    def add(self, other: "Findings") -> None:
        self.compared += other.compared
        self.wrong += other.wrong
        self.shown = (self.shown + other.shown)[:SHOWN]


def check(
    name: str, rules: Rules, moment: int, minutes: Collection[int], *, every_rhythm: bool = False
) -> Findings:
    """The days around the POSIX second `moment` at these minutes of the day, in the zone `name`.

    Each minute is held against some of `RHYTHMS` in turn, or against all.
    """
    findings, zone = Findings(), ZoneInfo(name)
    center = (moment + rules.offset(moment)) // (60 * DAY)
    dues = walk(rules, center - AROUND, center + REACH)
    at_change = _utc(moment)
    for minute in minutes:
        wall = time(minute // 60, minute % 60)
        by_date = _by_date(dues, center, minute)
        instants = _check_dates(findings, rules, zone, wall, by_date)
        daily = Schedule(zone, wall, Days(DAILY_FROM, 1))
        for earlier, later in pairwise(instants[: 2 * AROUND]):
            findings.compare(next_due(earlier, daily), later, name, wall, earlier)
        near = _nearest(instants, at_change)
        for after in (*(near + step for step in NEAR), *(at_change + step for step in NEAR)):
            expected = next(due for due in instants if due > after)
            findings.compare(next_due(after, daily), expected, name, wall, after)
        findings.compare(
            next_daily(at_change, zone, wall.hour, wall.minute),
            next(due for due in instants if due > at_change),
            *(name, wall, at_change),
        )
        rhythms = RHYTHMS if every_rhythm else RHYTHMS[minute % TURNS :: TURNS]
        for rhythm, phase in rhythms:
            start = center - phase
            schedule = Schedule(zone, wall, _days(rhythm, start))
            due_dates = {day: due for day, due in by_date.items() if _falls_on(day, rhythm, start)}
            _check_rhythm(findings, schedule, due_dates, instants[0])
    return findings


def check_aliases(names: Collection[str], rules: Rules) -> Findings:
    """Zones of equal rules are read alike, so that checking one of them is checking them all.

    Their files may differ, as in years long past or in what is listed and what follows from a rule.
    """
    findings = Findings()
    first, *others = (ZoneInfo(name) for name in names)
    for moment in rules.changes() or [ordinary_day(rules)]:
        for zone in (first, *others):
            for second in (moment - 1, moment):
                offset = _utc(second).astimezone(zone).utcoffset()
                findings.compare(offset, timedelta(seconds=rules.offset(second)), zone, second)
        local_date = _utc(moment).astimezone(first).date()
        for minute in edges(rules, moment):
            wall = time(minute // 60, minute % 60)
            for day in (local_date, local_date - timedelta(days=1)):
                due = instant(day, wall, first)
                for zone in others:
                    findings.compare(instant(day, wall, zone), due, zone, day, wall)
    return findings


def edges(rules: Rules, moment: int) -> set[int]:
    """The minutes of the day beside which something happens at a change, and midnight."""
    found = {0, 1, DAY - 1}
    for offset in (rules.offset(moment - 1), rules.offset(moment)):
        wall = (moment + offset) // 60
        found |= {minute % DAY for minute in range(wall - 2, wall + 3)}
    middle = (2 * moment + rules.offset(moment - 1) + rules.offset(moment)) // 120
    return found | {middle % DAY}


def _by_date(dues: Dues, center: int, minute: int) -> dict[int, datetime | None]:
    by_date: dict[int, datetime | None] = {}
    for day in range(center - AROUND, center + REACH + 1):
        due = dues[day * DAY + minute]
        by_date[day] = None if due is None else _utc(due)
    return by_date


def _check_dates(
    findings: Findings,
    rules: Rules,
    zone: ZoneInfo,
    wall: time,
    by_date: dict[int, datetime | None],
) -> list[datetime]:
    """Each date is due when the walk says, on itself, after the one before; all that are due."""
    instants: list[datetime] = []
    for day, expected in by_date.items():
        findings.compare(instant(_date(day), wall, zone), expected, zone.key, wall, _date(day))
        if expected is not None:
            seconds = int(expected.timestamp())
            assert (seconds + rules.offset(seconds)) // (60 * DAY) == day
            assert not instants or expected > instants[-1]
            instants.append(expected)
    return instants


def _check_rhythm(
    findings: Findings,
    schedule: Schedule,
    due_dates: dict[int, datetime | None],
    after: datetime,
) -> None:
    """One after the other, as a planner goes on, the next dates after `after` are all due."""
    for due in due_dates.values():
        if due is None or due <= after:
            continue
        findings.compare(next_due(after, schedule), due, schedule, after)
        after = due


def _days(rhythm: Rhythm, start: int) -> Days:
    if isinstance(rhythm, int):
        return Days(_date(start), rhythm)
    return Days(_date(start), None, rhythm)


def _falls_on(day: int, rhythm: Rhythm, start: int) -> bool:
    """Days are counted from 1970-01-01, which was a Thursday."""
    if isinstance(rhythm, int):
        return day >= start and (day - start) % rhythm == 0
    return day >= start and (day + 3) % 7 in rhythm


def _nearest(instants: list[datetime], moment: datetime) -> datetime:
    return min(instants, key=lambda due: abs(due - moment))


def _utc(seconds: int) -> datetime:
    return MOMENT_ZERO + timedelta(seconds=seconds)


def _date(day: int) -> date:
    return date.fromordinal(EPOCH + day)
