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

    A date from today on counts only once something was said about it: nobody has missed it yet.
    What was done on other dates than the due ones does not count either, so the rate is at most 1.
    None when no date counts.
    """
    found = [
        history.marks.get(day)
        for day in history.occurrences(first, min(last, history.last))
        if day < history.today or day in history.marks
    ]
    done, missed = found.count(Mark.DONE), found.count(None)
    return done / (done + missed) if done + missed else None
