"""What a period of a habit amounts to."""

from collections import Counter
from datetime import date

from habits.history import DayState, History, Mark


def calendar(history: History, first: date, last: date) -> list[tuple[date, DayState]]:
    """Each date from `first` to `last`, both included, with its state; future ones, too."""
    return list(history.states(first, last))


def counts(history: History, first: date, last: date) -> dict[DayState, int]:
    """How many of the dates from `first` to `last`, both included, are in each state."""
    found = Counter(state for _, state in history.states(first, last))
    return {state: found[state] for state in DayState}


def completion_rate(history: History, first: date, last: date) -> float | None:
    """Done / (due - skipped - paused), over the due dates from `first` to `last`, both included.

    Dates after today do not count, and today only once it is done: nobody has missed it yet. What
    was done on other dates than the due ones does not count either, so the rate is at most 1.
    None when no date counts.
    """
    marks = [history.marks.get(day) for day in history.occurrences(first, min(last, history.today))]
    done = marks.count(Mark.DONE)
    missed = marks.count(None)
    if first <= history.today <= last and history.state_on(history.today) is DayState.DUE:
        missed -= 1
    return done / (done + missed) if done + missed else None
