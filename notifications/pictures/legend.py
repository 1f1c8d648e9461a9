"""What each cell of the heat maps means."""

from dataclasses import dataclass

from django.utils.translation import pgettext

from habits.history import DayState
from notifications.pictures.geometry import MARGIN, RIGHT
from notifications.pictures.lettering import Lettering
from notifications.pictures.palette import CELL, QUIET, cell
from notifications.pictures.sheet import Sheet

LINE_HEIGHT = 46
TO_NAME = CELL + 12
"""From where a cell begins to where its name does."""
BETWEEN = 36
"""From a name to the next cell."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A state's cell and its name, and how far from the left and the top it lies."""

    state: DayState
    name: str
    left: int
    top: int


def entries(words: Lettering) -> list[Entry]:
    """In the language that is active, in as many lines as they need."""
    found = []
    left, top = MARGIN, 0
    for state, name in _names().items():
        width = TO_NAME + int(words.width(name))
        if left + width > RIGHT:
            left, top = MARGIN, top + LINE_HEIGHT
        found.append(Entry(state, name, left, top))
        left += width + BETWEEN
    return found


def draw(sheet: Sheet, legend: list[Entry], top: int) -> None:
    """Draws it from `top` on."""
    for entry in legend:
        sheet.image.paste(cell(entry.state), (entry.left, top + entry.top))
        place = (entry.left + TO_NAME, top + entry.top + CELL // 2)
        sheet.write(place, entry.name, QUIET, "lm")


def _names() -> dict[DayState, str]:
    return {
        DayState.DONE: pgettext("a date of a habit", "done"),
        DayState.MISSED: pgettext("a date of a habit", "missed"),
        DayState.SKIPPED: pgettext("a date of a habit", "skipped"),
        DayState.PAUSED: pgettext("a date of a habit", "paused"),
        DayState.DUE: pgettext("a date of a habit", "due"),
        DayState.NOT_DUE: pgettext("a date of a habit", "not due"),
    }
