"""What lists of habits are narrowed to and sorted by: plain inputs, a function for each."""

import datetime
import enum
import unicodedata

import strawberry
from django.db.models import Q
from strawberry import UNSET

from habits.models import HabitQuerySet, fold
from habits.sort_keys import SortKey

LONGEST = 765
"""Characters of the columns that are searched; SQLite chokes on patterns that are much longer."""


@strawberry.input(description="Narrows one's own habits; all that is given must hold.")
class HabitFilter:
    search: str | None = strawberry.field(
        default=None, description="A part of the action or the place, in any case."
    )
    is_enjoyed: bool | None = strawberry.field(
        default=None, description="Only enjoyed habits, or only useful ones."
    )
    is_public: bool | None = strawberry.field(
        default=None, description="Only published habits, or only private ones."
    )
    time_from: datetime.time | None = strawberry.field(
        default=None, description="At this time of day or later."
    )
    time_to: datetime.time | None = strawberry.field(
        default=None,
        description="At this time of day or earlier. Before `timeFrom`, it is on the next day.",
    )


@strawberry.input(description="Narrows public habits; all that is given must hold.")
class PublicHabitFilter:
    action_starts_with: str | None = strawberry.field(
        default=None, description="How the action begins, in any case."
    )
    is_enjoyed: bool | None = strawberry.field(
        default=None, description="Only enjoyed habits, or only useful ones."
    )


@strawberry.enum(description="A direction of sorting; what has no value comes last in both.")
class Ordering(enum.Enum):
    ASC = "ASC"
    DESC = "DESC"


@strawberry.input(one_of=True, description="One thing to sort by.")
class HabitOrder:
    time: Ordering | None = strawberry.field(default=UNSET, description="By time of day.")
    action: Ordering | None = strawberry.field(
        default=UNSET, description="By action, without regard to case."
    )
    created_at: Ordering | None = strawberry.field(default=UNSET, description="By creation.")


def filter_habits(habits: HabitQuerySet, filters: HabitFilter | None) -> HabitQuerySet:
    if filters is None:
        return habits
    part = _searchable(filters.search)
    if len(part) > LONGEST:
        return habits.none()
    if part:
        habits = habits.filter(Q(action_folded__contains=part) | Q(place_folded__contains=part))
    if filters.is_enjoyed is not None:
        habits = habits.filter(is_enjoyed=filters.is_enjoyed)
    if filters.is_public is not None:
        habits = habits.filter(is_public=filters.is_public)
    return _filter_time_of_day(habits, filters.time_from, filters.time_to)


def filter_public_habits(habits: HabitQuerySet, filters: PublicHabitFilter | None) -> HabitQuerySet:
    if filters is None:
        return habits
    start = _searchable(filters.action_starts_with)
    if len(start) > LONGEST:
        return habits.none()
    if start:
        habits = habits.filter(action_folded__startswith=start)
    if filters.is_enjoyed is not None:
        habits = habits.filter(is_enjoyed=filters.is_enjoyed)
    return habits


def sort_keys_of(ordering: list[HabitOrder] | None) -> list[SortKey]:
    """The columns that `ordering` names, in its sequence."""
    return [
        SortKey(column, descending=direction is Ordering.DESC, nullable=nullable)
        for order in ordering or ()
        for direction, column, nullable in (
            (order.time, "time", True),
            (order.action, "action_folded", False),
            (order.created_at, "created_at", False),
        )
        if direction
    ]


def _filter_time_of_day(
    habits: HabitQuerySet, earliest: datetime.time | None, latest: datetime.time | None
) -> HabitQuerySet:
    from_then = Q(time__gte=earliest) if earliest is not None else Q()
    until_then = Q(time__lte=latest) if latest is not None else Q()
    if earliest is not None and latest is not None and latest < earliest:
        return habits.filter(from_then | until_then)
    return habits.filter(from_then, until_then)


def _searchable(text: str | None) -> str:
    """As texts are stored; empty where there is nothing to look for."""
    given = (text or "").strip()
    if len(given) > LONGEST:
        # Not composed: the time that takes grows with the square of the marks on one letter.
        return given
    composed = unicodedata.normalize("NFC", given).strip()
    # PostgreSQL refuses even to look for a NUL; no stored text holds its replacement either.
    return fold(composed).replace("\0", "\N{REPLACEMENT CHARACTER}")
