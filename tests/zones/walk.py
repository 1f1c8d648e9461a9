"""What is due when, found by walking through the minutes with an eye on the clock on the wall.

Wall-clock minutes are numbered from 1970-01-01 00:00 on, as POSIX minutes are: `day * 1440 + 450`
is 07:30 of that day. Days are numbered in the same way.
"""

from itertools import pairwise

from tests.zones.rules import Rules

DAY = 24 * 60
"""Minutes."""

Dues = dict[int, int | None]
"""For each minute on the wall, the POSIX seconds at which a habit of that date and time is due."""


def walk(rules: Rules, first: int, last: int) -> Dues:
    """All minutes of the days `first` to `last`, as the rule in `habits.recurrence` is written."""
    dues: Dues = {}
    start, end = (first - 2) * DAY, (last + 3) * DAY
    latest = start + rules.offset(start * 60) // 60 - 1
    changes = [moment // 60 for moment in rules.moments if start < moment // 60 < end]
    for since, until in pairwise([start, *changes, end]):
        offset = rules.offset(since * 60) // 60
        for minute in range(since, until):
            wall = minute + offset
            if wall > latest:  # otherwise it comes for the second time
                for skipped in range(latest + 1, wall):
                    dues[skipped] = _beside_gap(rules, skipped, minute)
                dues[wall] = minute * 60
                latest = wall
    return dues


def _beside_gap(rules: Rules, skipped: int, after: int) -> int | None:
    """`after` is the first minute after the gap over the minute `skipped` on the wall."""
    for minute in (after, after - 1):
        if (minute + rules.offset(minute * 60) // 60) // DAY == skipped // DAY:
            return minute * 60
    return None
