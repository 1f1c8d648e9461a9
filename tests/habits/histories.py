"""Histories for the tests of a habit's numbers: short ones written by hand, and drawn ones."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import strategies as st

from habits.days import Days, Pause
from habits.history import History, Mark, PastDays

DAY = timedelta(days=1)
START = date(2026, 1, 1)
"""A Thursday."""

MARKS = {"d": Mark.DONE, "s": Mark.SKIPPED}
DAILY = Days(START, 1)


def on(number: int) -> date:
    """The date so many days after START."""
    return START + number * DAY


def marked(text: str, first: int = 0) -> dict[date, Mark]:
    """One mark a character from `on(first)` on: `d` done, `s` skipped, `.` none."""
    return {on(first + n): MARKS[each] for n, each in enumerate(text) if each != "."}


def lived(text: str, days: Days = DAILY, *pauses: Pause) -> History:
    """A history in which the last character is today's mark and the first is START's."""
    return History(days, on(len(text) - 1), marked(text), (), pauses)


def with_marks(history: History, marks: Mapping[date, Mark | None]) -> History:
    """`history` with these marks on top; None takes one away."""
    everything = {**history.marks, **marks}
    return replace(history, marks={day: mark for day, mark in everything.items() if mark})


def days_strategy() -> st.SearchStrategy[Days]:
    """Every schedule there is, starting around START."""
    starts = st.integers(-10, 40).map(on)
    weekdays = st.frozensets(st.integers(0, 6), min_size=1)
    return st.one_of(
        st.builds(Days, starts, st.integers(1, 7)),
        st.builds(Days, starts, st.none(), weekdays),
    )


@st.composite
def histories(draw: st.DrawFn, longest: int = 120) -> History:
    """Any life of at most `longest` days: schedules that change, pauses that overlap or stay open,
    marks before the start, on dates that are not due, and after today."""
    length = draw(st.integers(0, longest))
    texts = st.text("ds.", min_size=0, max_size=25)
    marks: dict[date, Mark] = {}
    # Pieces with gaps between them, so that there are weeks without a word as well.
    for first in draw(st.lists(st.integers(-20, length), max_size=4)):
        marks |= marked(draw(texts), first)
    changes = sorted(draw(st.lists(st.integers(1, length + 2).map(on), max_size=3)))
    past = tuple(PastDays(until, draw(days_strategy())) for until in changes)
    pauses = []
    for first in draw(st.lists(st.integers(-5, length), max_size=3)):
        lasting = draw(st.one_of(st.none(), st.integers(-1, 30)))
        pauses.append(Pause(on(first), None if lasting is None else on(first + lasting)))
    return History(draw(days_strategy()), on(length), marks, past, tuple(pauses))


def span(history: History) -> list[date]:
    """Every date on which anything of `history` happens, up to the last one marked."""
    first = min([START - 30 * DAY, *history.marks])
    return [first + n * DAY for n in range((history.last - first).days + 1)]
