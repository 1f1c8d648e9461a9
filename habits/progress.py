"""What is kept beside a habit, so that its numbers cost the same however long its history is.

Kept is what the history up to some date amounts to; a few recent marks, the tail, carry it on to
whatever day today has become. The numbers are those of the whole history.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from habits import streaks
from habits import strength as strengths
from habits.history import History
from habits.streaks import Streaks

MARGIN = timedelta(days=3)
"""So long before today lies the date up to which is kept. Today itself can go back: by two dates
when somebody flies from UTC+14 to UTC-12 and lets their day start at 6:00 instead of 0:00."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A habit's numbers at the end of `settled_on`; None as that date: nothing is kept.

    They hold until a mark, a pause or the schedule changes on that date or an earlier one. Then
    `kept` makes new ones.
    """

    streak: int = 0
    longest_streak: int = 0
    strength: float = 0.0
    settled_on: date | None = None


def tail_from(kept: Kept) -> date:
    """The date from which on a tail has to hold the marks."""
    return date.min if kept.settled_on is None else kept.settled_on - strengths.LOOK_BACK


def kept(history: History) -> Kept:
    """What is to be kept of a whole history."""
    return settle(Kept(), history)


def settle(kept: Kept, tail: History) -> Kept:
    """What is to be kept from now on, where the tail says all that is new."""
    until = tail.today - MARGIN
    if kept.settled_on is not None and kept.settled_on >= until:
        return kept
    streak = streaks.advance(_streaks(kept), tail, kept.settled_on, until)
    value = strengths.advance(kept.strength, tail, kept.settled_on, until)
    return Kept(streak.current, streak.longest, value, until)


def current_streak(kept: Kept, tail: History) -> int:
    """`streaks.current_streak` of the whole history."""
    return streaks.advance(_streaks(kept), tail, kept.settled_on).current


def longest_streak(kept: Kept, tail: History) -> int:
    """`streaks.longest_streak` of the whole history."""
    return streaks.advance(_streaks(kept), tail, kept.settled_on).longest


def strength(kept: Kept, tail: History) -> float:
    """`strength.strength` of the whole history, to the last digits of a float."""
    return strengths.advance(kept.strength, tail, kept.settled_on)


def _streaks(kept: Kept) -> Streaks:
    return Streaks(kept.streak, kept.longest_streak)
