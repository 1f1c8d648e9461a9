"""How long the lists are that a field asks for, as far as its arguments tell.

A length that will be refused counts as the longest one, and so does one that nobody can tell.
Arguments are plain values by their names; null is None, and so is what is not given.
"""

import datetime
import re
from collections.abc import Callable, Mapping

from django.conf import settings

from habits.periods import LAST_DAYS, MOST_DAYS, MOST_EXPLAINED_DAYS

Arguments = Mapping[str, object]
Length = Callable[[Arguments], int]

PAGE_ARGUMENTS = ("first", "last")
LENGTH_ARGUMENTS = (*PAGE_ARGUMENTS, "from", "to", "days")

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def page(arguments: Arguments) -> int:
    """The rows of a page of a list."""
    return _page(arguments, settings.PAGE_SIZE)


def occurrences(arguments: Arguments) -> int:
    """The rows of a page of what is due today."""
    return _page(arguments, settings.PAGE_SIZE_CAP)


def period(arguments: Arguments) -> int:
    """The days between two dates. Without the first it is as long as is told there."""
    first, last = arguments.get("from"), arguments.get("to")
    if first is None:
        return LAST_DAYS
    start, end = _ordinal(first), _ordinal(last)
    return MOST_DAYS if start is None or end is None else _within(end - start + 1, MOST_DAYS)


def days(arguments: Arguments) -> int:
    """So many days, up to today."""
    given = arguments.get("days")
    if given is None:
        return LAST_DAYS
    return _within(given if isinstance(given, int) else 0, MOST_EXPLAINED_DAYS)


ROWS: Mapping[str, Length] = {"occurrences": occurrences, "checkIns": period}
"""Fields whose selection is answered so many times; those of pages besides."""

DAYS: Mapping[str, Length] = {"statistics": period, "explainStrength": days}
"""Fields that look at so many days, each of which costs as a field does."""

LISTS_OF_DAYS = frozenset({"calendar", "contributions"})
"""Lists inside of those, with an entry for each day."""

READS: Mapping[str, int] = {"explainStrength": 1000, "today": 1000}
"""What a field costs for what it reads besides: a habit's whole life, which has 365 check-ins a
year, and all habits of a person."""


def _page(arguments: Arguments, default: int) -> int:
    sizes = [arguments.get(name) for name in PAGE_ARGUMENTS]
    largest = settings.PAGE_SIZE_CAP
    return max(
        (_within(size, largest) for size in sizes if isinstance(size, int)),
        default=default,
    )


def _within(length: int, longest: int) -> int:
    return length if 0 < length < longest else longest


def _ordinal(value: object) -> int | None:
    if not isinstance(value, str) or not DATE.fullmatch(value):
        return None
    try:
        return datetime.date.fromisoformat(value).toordinal()
    except ValueError:
        return None
