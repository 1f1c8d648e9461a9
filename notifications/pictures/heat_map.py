"""The calendar of a habit: weeks are columns, weekdays are rows."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from django.utils.dates import MONTHS_3, WEEKDAYS_ABBR
from django.utils.text import capfirst

from habits.days import WEEK
from habits.history import DayState
from notifications.pictures.geometry import LEFT, PITCH, Weeks
from notifications.pictures.palette import CELL, QUIET, cell
from notifications.pictures.sections import WEEKS
from notifications.pictures.sheet import Sheet

MONTHS = 38
"""The height of the names of months."""

HEIGHT = MONTHS + (WEEK - 1) * PITCH + CELL

NAMED_ROWS = (0, 2, 4, 6)


def draw(sheet: Sheet, weeks: Weeks, days: Sequence[tuple[date, DayState]], top: int) -> None:
    """Draws the dates of `days` that lie in `weeks`, HEIGHT pixels from `top` on."""
    for monday, month in _months(weeks):
        name = capfirst(str(MONTHS_3[month]))
        sheet.write((weeks.left(monday), top + MONTHS - 12), name, QUIET)
    top += MONTHS
    for weekday in NAMED_ROWS:
        place = (LEFT - 12, top + weekday * PITCH + CELL // 2)
        sheet.write(place, str(WEEKDAYS_ABBR[weekday]), QUIET, "rm")
    cells = {state: cell(state) for state in DayState}
    for day, state in days:
        if day in weeks:
            sheet.image.paste(cells[state], (weeks.left(day), top + day.weekday() * PITCH))


def _months(weeks: Weeks) -> Iterator[tuple[date, int]]:
    """The Mondays over which a month's name stands, the weeks in which one begins; and which."""
    mondays = [weeks.first + timedelta(weeks=n) for n in range(WEEKS)]
    months = [min(monday + timedelta(days=WEEK - 1), weeks.last).month for monday in mondays]
    for n, month in enumerate(months):
        # A month with one column at the edge has no name: the next one's would touch it.
        if month != months[n - 1] if n else month == months[1]:
            yield mondays[n], month
