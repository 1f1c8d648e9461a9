"""Where things lie on a picture, in pixels. Heat map and curve share their weeks."""

from dataclasses import dataclass
from datetime import date

from habits.days import WEEK
from notifications.pictures.palette import CELL
from notifications.pictures.sections import WEEKS, first_day

WIDTH = 1080
"""About what a phone is wide."""

MARGIN = 40
PITCH = CELL + 4
"""From one cell to the next."""
RIGHT = WIDTH - MARGIN
LEFT = RIGHT - WEEKS * PITCH + PITCH - CELL
"""Here the weeks begin; before them lie the names of the rows."""


@dataclass(frozen=True, slots=True)
class Weeks:
    """The weeks that a section shows, from the Monday `first` to the date `last`."""

    first: date
    last: date

    @classmethod
    def up_to(cls, last: date) -> "Weeks":
        return cls(first_day(last), last)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def left(self, day: date) -> int:
        """Where the week of `day` begins."""
        return LEFT + (day - self.first).days // WEEK * PITCH

    def end(self, day: date) -> float:
        """Where `day` ends on a line on which the weeks lie one beside the other."""
        return LEFT + ((day - self.first).days + 1) / WEEK * PITCH
