"""A set of weekdays in one number: bit 0 is Monday, bit 6 is Sunday."""

import enum
from collections.abc import Iterable

from habits.days import WEEK


class Weekday(enum.IntEnum):
    """The days of the week, as `datetime.date.weekday` counts them."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


MAX_BITS = 2**WEEK - 1
"""All seven."""


def bits_of(weekdays: Iterable[int]) -> int:
    """The number of a set of weekdays from 0, Monday, to 6, Sunday.

    >>> bits_of({0, 2})
    5
    """
    return sum(1 << weekday for weekday in set(weekdays))


def weekdays_of(bits: int) -> frozenset[int]:
    """The weekdays that a number stands for.

    >>> sorted(weekdays_of(5))
    [0, 2]
    """
    return frozenset(weekday for weekday in range(WEEK) if bits >> weekday & 1)
