"""What is read of many habits at once, as plain rows: each a statement that is written once,
however many habits there are, and none where there are no habits.
"""

import datetime
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import DateField, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value

from accounts.claims import NO_ANNOTATIONS
from accounts.models import User
from accounts.sql import statements
from accounts.sql.any_of import AnyOf
from habits.days import Days, Pause
from habits.history import Mark, PastDays
from habits.models import (
    CheckIn,
    Habit,
    HabitQuerySet,
    PastPause,
    PastSchedule,
    Progress,
    days_of,
    pause_of,
)
from habits.progress import Kept

Marks = Mapping[datetime.date, Mark]
Period = tuple[datetime.date, datetime.date]
"""The first and the last date, both included."""

MARKS = {mark.value: mark for mark in Mark}


@dataclass(frozen=True, slots=True)
class Past:
    """What a habit's days were before they changed, the oldest first, and when it rested."""

    days: tuple[PastDays, ...] = ()
    pauses: tuple[Pause, ...] = ()


NO_PAST = Past()


@dataclass(frozen=True, slots=True)
class Plan:
    """When a habit is due; `has_past` is whether its `Past` has a say in that, too."""

    pk: int
    time: datetime.time | None
    days: Days
    pause: Pause | None
    has_past: bool


def plans_of(owner: User, today: datetime.date) -> list[Plan]:
    """All of the owner's habits as they stand, and whether their past reaches to `today`."""

    def plans() -> "QuerySet[Habit, tuple[Any, ...]]":
        past = PastSchedule.objects.filter(habit=OuterRef("pk"), until__gt=today)
        rested = PastPause.objects.filter(habit=OuterRef("pk"), ends_on__gte=today)
        habits = Habit.objects.owned_by(owner)
        return habits.annotate(has_past=Exists(past) | Exists(rested)).values_list(
            *("pk", "time", "starts_on", "periodicity", "weekdays"),
            *("paused_from", "paused_until", "has_past"),
        )

    # The ones are what Django lets EXISTS select.
    rows = statements.rows("plans", plans, [1, today, 1, today, owner.pk])
    return [
        Plan(pk, time, days_of(*days), pause_of(paused_from, paused_until), has_past)
        for pk, time, *days, paused_from, paused_until, has_past in rows
    ]


def habits_of(numbers: list[int], *, with_related: bool = False) -> list[Habit]:
    """The habits with these numbers, in the same order, without those that are gone; if wished,
    with the ones that they lead to. Whose they are the caller knows: nobody is asked here.
    """
    found = _by_number(numbers)
    habits = [found[pk] for pk in numbers if pk in found]
    if with_related:
        leading = {habit: pk for habit in habits if (pk := habit.related_habit_id) is not None}
        related = _by_number(sorted(set(leading.values())))
        for habit, pk in leading.items():
            habit.related_habit = related.get(pk)
    return habits


def _by_number(numbers: list[int]) -> dict[int, Habit]:
    if not numbers:
        return {}

    def habits(_annotations: object) -> HabitQuerySet:
        return Habit.objects.filter(AnyOf(F("pk"), numbers))

    found = statements.models(Habit, "by number", habits, [numbers], NO_ANNOTATIONS)
    return {habit.pk: habit for habit in found}


def kept_of(numbers: list[int]) -> dict[int, tuple[Kept, datetime.date]]:
    """What is kept of these habits, where anything is, by their number; and since when a tail has
    to hold the marks.
    """
    if not numbers:
        return {}

    def kept() -> "QuerySet[Progress, tuple[Any, ...]]":
        columns = "pk", "streak", "longest_streak", "strength", "settled_on", "tail_from"
        return Progress.objects.filter(AnyOf(F("pk"), numbers)).values_list(*columns)

    rows = statements.rows("kept", kept, [numbers])
    return {pk: (Kept(*kept), tail_from) for pk, *kept, tail_from in rows}


def marks_of(numbers_in: Mapping[Period, list[int]]) -> Mapping[int, Marks]:
    """What was said about habits, by their number: about those of each period, in that period.

    Each of the periods is spelled out: of dates in a joined table the database cannot tell how few
    check-ins are later, and reads whole lives.
    """
    marks: defaultdict[int, dict[datetime.date, Mark]] = defaultdict(dict)
    periods = [(numbers, *period) for period, numbers in numbers_in.items() if numbers]
    if not periods:
        return marks
    # As many as a power of two, so that there are few shapes; nothing is found for the others.
    while len(periods) & (len(periods) - 1):
        periods.append(([], *periods[0][1:]))

    def check_ins() -> "QuerySet[CheckIn, tuple[Any, ...]]":
        said = (
            Q(AnyOf(F("habit"), numbers)) & Q(date__range=(first, last))
            for numbers, first, last in periods
        )
        return CheckIn.objects.filter(reduce(or_, said)).values_list("habit_id", "date", "status")

    parameters = [each for period in periods for each in period]
    shape = "check-ins", len(periods)
    for pk, date, status in statements.rows(shape, check_ins, parameters):
        marks[pk][date] = MARKS[status]
    return marks


def pasts_of(numbers: list[int], since: datetime.date) -> Mapping[int, Past]:
    """What of the past of these habits had not ended by `since`, by their number; nothing for those
    without.
    """
    if not numbers:
        return {}

    def pasts() -> "QuerySet[Any, tuple[Any, ...]]":
        # Of its two dates each row has one, which tells what it is.
        no_date, no_number = Value(None, DateField()), Value(None, IntegerField())
        days, rests = Q(until__gt=since), Q(ends_on__gte=since)
        numbered = Q(AnyOf(F("habit"), numbers))
        schedules = PastSchedule.objects.filter(numbered & days).values_list(
            "habit_id", "until", no_date, "starts_on", "periodicity", "weekdays"
        )
        pauses = PastPause.objects.filter(numbered & rests).values_list(
            "habit_id", no_date, "ends_on", "starts_on", no_number, no_number
        )
        return schedules.union(pauses, all=True).order_by("until")

    days: defaultdict[int, list[PastDays]] = defaultdict(list)
    pauses: defaultdict[int, list[Pause]] = defaultdict(list)
    rows = statements.rows("pasts", pasts, [numbers, since, numbers, since])
    for pk, until, ends_on, starts_on, *rhythm in rows:
        if ends_on is None:
            days[pk].append(PastDays(until, days_of(starts_on, *rhythm)))
        else:
            pauses[pk].append(Pause(starts_on, ends_on))
    return {pk: Past(tuple(days[pk]), tuple(pauses[pk])) for pk in {row[0] for row in rows}}
