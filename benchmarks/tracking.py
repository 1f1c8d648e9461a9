"""What the numbers of a habit cost: reading a list of them, and keeping them anew at a write.

    python -m benchmarks.tracking [--habits 100] [--years 10]

First the arithmetic without a database: streak, longest streak, strength and today's state of so
many habits from what is kept and the recent marks, for habits of so many years against habits of
one month; then a write to the oldest, from the whole history and from the recent marks. Then the
same list through the schema, from a new PostgreSQL. The last line is one JSON object; the exit
status is 1 when a ratio of years to a month is over 3, or the longer list costs more statements
than the shorter one.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from benchmarks.tracked_lists import measure
from habits import progress
from habits.days import Days, Pause
from habits.history import History, Mark, PastDays
from habits.progress import Kept, kept, settle, tail_from

TODAY = date(2026, 7, 1)
DAY = timedelta(days=1)
MONTH = 30
YEAR = 365
ROUNDS = 30

MOST_RATIO = 3


def lived(days: int, number: int) -> History:
    """A life of so many days, no two alike: every seventh day missed, every ninth skipped, a
    change of schedule and a week's pause in each year."""
    start = TODAY - (days - 1) * DAY
    marks = {}
    for n in range(days):
        if (n + number) % 7:
            marks[start + n * DAY] = Mark.DONE if (n + number) % 9 else Mark.SKIPPED
    schedules = (Days(start, 1), Days(start, None, frozenset({0, 2, 4})), Days(start, 2))
    years = range(1, days // YEAR + 1)
    past = tuple(PastDays(start + n * YEAR * DAY, schedules[n % 3]) for n in years)
    pauses = tuple(
        Pause(start + (n * YEAR - 100) * DAY, start + (n * YEAR - 94) * DAY) for n in years
    )
    return History(schedules[number % 3], TODAY, marks, past, pauses)


def tail_of(history: History, known: Kept) -> History:
    """The history as it is read beside what is kept: the marks come from the database by date."""
    first = tail_from(known) or date.min
    marks = {day: mark for day, mark in history.marks.items() if day >= first}
    return replace(history, marks=marks)


def read(habits: list[tuple[Kept, History]]) -> None:
    """All that a list shows of each habit."""
    for known, tail in habits:
        progress.current_streak(known, tail)
        progress.longest_streak(known, tail)
        progress.strength(known, tail)
        tail.state_on(tail.today)


def milliseconds(run: Callable[[], object]) -> float:
    """The median of many runs."""

    def once() -> float:
        start = time.perf_counter()
        run()
        return time.perf_counter() - start

    return statistics.median(once() for _ in range(ROUNDS)) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--habits", type=int, default=100)
    parser.add_argument("--years", type=int, default=10)
    given = parser.parse_args()

    def habits(days: int, away: int = 0) -> list[tuple[Kept, History]]:
        found = []
        for number in range(given.habits):
            history = lived(days, number)
            known = kept(history)
            tail = tail_of(history, known)
            found.append((known, replace(tail, today=TODAY + away * DAY)))
        return found

    young, old = habits(MONTH), habits(given.years * YEAR)
    left = habits(given.years * YEAR, away=given.years * YEAR)
    oldest = lived(given.years * YEAR, 0)
    known = kept(replace(oldest, today=TODAY - DAY))
    recent = tail_of(oldest, known)
    a_month, years = milliseconds(lambda: read(young)), milliseconds(lambda: read(old))
    figures: dict[str, float] = {
        "habits": given.habits,
        "years": given.years,
        "read_a_month_ms": round(a_month, 2),
        "read_years_ms": round(years, 2),
        "ratio": round(years / a_month, 2),
        "read_after_as_long_an_absence_ms": round(milliseconds(lambda: read(left)), 2),
        "write_whole_history_ms": round(milliseconds(lambda: kept(oldest)), 2),
        "write_recent_marks_ms": round(milliseconds(lambda: settle(known, recent)), 3),
    }
    figures |= measure(given.habits, given.years)
    print(json.dumps(figures))
    slowest = max(figures["ratio"], figures["list_ratio"])
    is_fixed = figures["list_statements"] == figures["list_statements_of_a_tenth"]
    if slowest > MOST_RATIO or not is_fixed:
        sys.exit(1)


if __name__ == "__main__":
    main()
