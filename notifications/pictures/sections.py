"""What a picture shows of each habit, as plain data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from habits import streaks
from habits import strength as strengths
from habits.days import WEEK
from habits.history import DayState, History
from habits.statistics import calendar
from habits.streaks import Streaks

WEEKS = 26
"""Half a year is shown. More would make the cells too small to tell apart on a phone."""

MOST_SECTIONS = 4
"""In one picture. Telegram shows a photo with at most 2,560 pixels on its longer side ("Photo size
types", core.telegram.org/api/files), so that the letters of a taller one would shrink."""


@dataclass(frozen=True, slots=True)
class Section:
    """One habit's part of a picture.

    `days` and `strengths` are in order and end on the same date, which has to be there; what is
    older than WEEKS weeks is left out. Strengths are from 0 to 1, streaks in occurrences.
    """

    title: str
    days: Sequence[tuple[date, DayState]]
    strengths: Sequence[tuple[date, float]]
    streak: int
    longest: int
    strength: float


def section_of(title: str, history: History) -> Section:
    """The section of a habit with this whole history: WEEKS weeks, from a Monday up to today."""
    today = history.today
    first = first_day(today)
    so_far = streaks.advance(Streaks(), history)
    curve = strengths.curve(history, first, today)
    return Section(
        title,
        calendar(history, first, today),
        curve,
        so_far.current,
        so_far.longest,
        curve[-1][1],
    )


def first_day(last: date) -> date:
    """The Monday on which WEEKS weeks begin when `last` lies in the last one."""
    return last - timedelta(days=last.weekday() + (WEEKS - 1) * WEEK)


def pages(sections: Sequence[Section]) -> list[Sequence[Section]]:
    """The sections of each picture, in order; no page when there are none."""
    return [
        sections[start : start + MOST_SECTIONS] for start in range(0, len(sections), MOST_SECTIONS)
    ]
