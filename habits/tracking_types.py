"""What a client says of a habit's days, and sees of the numbers that come of it."""

import datetime
from functools import cached_property

import strawberry
from strawberry import UNSET

from habits import models
from habits.batches import Batch
from habits.history import DayState, History
from habits.statistics import calendar, completion_rate, counts
from habits.strength import Contribution, Explanation

STATUS = "Whether it was done or skipped."
CHECK_IN_DATE = "Which of the person's dates it is about."
NOTE = "A remark of up to 500 characters, in one line."
TODAY_IF_ABSENT = "The date that the person means by today when absent or null."

strawberry.enum(
    models.CheckInStatus,
    description="What a person says about a habit on one date: it was done, or skipped on purpose.",
)
strawberry.enum(models.CheckInSource, description="Where a check-in was made.")
strawberry.enum(
    DayState,
    description=(
        "What one date is to a habit: `DONE` or `SKIPPED` where that was said; otherwise `PAUSED`"
        " in a pause, `NOT_DUE` where the schedule of that time does not fall on it, `MISSED`"
        " before today, and `DUE` from today on."
    ),
)


@strawberry.type(description="One date of a habit's calendar.")
class CalendarDay:
    date: datetime.date = strawberry.field(description="The date.")
    state: DayState = strawberry.field(description="What it is to the habit.")


@strawberry.type(description="What a habit's period amounts to, both ends included.")
class HabitStatistics:
    habit: strawberry.Private[models.Habit]
    batch: strawberry.Private[Batch]
    from_: datetime.date = strawberry.field(name="from", description="The first date.")
    to: datetime.date = strawberry.field(description="The last date; it may lie ahead.")

    @strawberry.field(description="The habit's, as of today, whatever the period is.")
    def current_streak(self) -> int:
        return self.batch.record(self.habit).current_streak

    @strawberry.field(description="The habit's, in its whole life, whatever the period is.")
    def longest_streak(self) -> int:
        return self.batch.record(self.habit).longest_streak

    @strawberry.field(description="The habit's, as of today, whatever the period is.")
    def strength(self) -> float:
        return self.batch.record(self.habit).strength

    @strawberry.field(
        description=(
            "Done / (due - skipped - paused), from 0 to 1, over the period's due dates. One from"
            " today on counts once something is said about it. Null when none counts."
        )
    )
    def completion_rate(self) -> float | None:
        return completion_rate(self._history, self.from_, self.to)

    @strawberry.field(description="How many of the period's dates are `DUE`: open, not done yet.")
    def due(self) -> int:
        return self._counts[DayState.DUE]

    @strawberry.field(description="How many of the period's dates are `DONE`, due or not.")
    def done(self) -> int:
        return self._counts[DayState.DONE]

    @strawberry.field(description="How many of the period's dates are `SKIPPED`, due or not.")
    def skipped(self) -> int:
        return self._counts[DayState.SKIPPED]

    @strawberry.field(description="How many of the period's dates are `MISSED`.")
    def missed(self) -> int:
        return self._counts[DayState.MISSED]

    @strawberry.field(description="How many of the period's dates are `PAUSED`.")
    def paused(self) -> int:
        return self._counts[DayState.PAUSED]

    @strawberry.field(description="How many of the period's dates are `NOT_DUE`.")
    def not_due(self) -> int:
        return self._counts[DayState.NOT_DUE]

    @strawberry.field(description="Every date of the period in order, as a heat map shows them.")
    def calendar(self) -> list[CalendarDay]:
        days = calendar(self._history, self.from_, self.to)
        return [CalendarDay(date=date, state=state) for date, state in days]

    @property
    def _history(self) -> History:
        return self.batch.history(self.habit, self.from_, self.to)

    @cached_property
    def _counts(self) -> dict[DayState, int]:
        return counts(self._history, self.from_, self.to)


@strawberry.type(
    description=(
        "What one day did to the strength: `after = before * multiplier + completion *"
        " (1 - multiplier)`."
    )
)
class StrengthDay:
    date: datetime.date = strawberry.field(description="The day.")
    state: DayState = strawberry.field(description="What it is to the habit.")
    done_in_window: int = strawberry.field(
        description="How often it was done in the `window` days up to this one."
    )
    completion: float | None = strawberry.field(
        description=(
            "min(1, `doneInWindow` / `target`), by the schedule of that day. Null for a skipped or"
            " paused day, which leaves the strength alone."
        )
    )
    before: float = strawberry.field(description="The strength before the day, from 0 to 1.")
    after: float = strawberry.field(description="The strength at its end, from 0 to 1.")

    @classmethod
    def of(cls, day: Contribution) -> "StrengthDay":
        return cls(
            date=day.date,
            state=day.state,
            done_in_window=day.done,
            completion=day.completion,
            before=day.before,
            after=day.after,
        )


@strawberry.type(
    description=(
        "How a strength comes about, by Loop Habit Tracker's formula. `times`, `days`,"
        " `multiplier`, `target` and `window` are those of today's schedule."
    )
)
class StrengthExplanation:
    times: int = strawberry.field(description="The schedule asks for so many times ...")
    days: int = strawberry.field(description="... in so many days: 3 weekdays are 3 times in 7.")
    multiplier: float = strawberry.field(
        description=(
            "What a day leaves of the strength before it: 0.5 ** (sqrt(`times` / `days`) / 13)."
        )
    )
    target: int = strawberry.field(
        description="Done so often in the window is complete: `times`, doubled unless daily."
    )
    window: int = strawberry.field(
        description="How many days back a day looks, itself included: `days`, doubled unless daily."
    )
    contributions: list[StrengthDay] = strawberry.field(
        description="What each of the last days did, today's at the end."
    )
    strength: float = strawberry.field(description="The strength as of today, from 0 to 1.")

    @classmethod
    def of(cls, explanation: Explanation) -> "StrengthExplanation":
        times, days = explanation.rate
        return cls(
            times=times,
            days=days,
            multiplier=explanation.formula.multiplier,
            target=explanation.formula.target,
            window=explanation.formula.window,
            contributions=[StrengthDay.of(day) for day in explanation.days],
            strength=explanation.strength,
        )


@strawberry.input(description="What is said about a habit on one date, in place of what was said.")
class CheckInInput:
    habit_id: strawberry.ID = strawberry.field(description="Which of one's own habits.")
    date: datetime.date | None = strawberry.field(
        default=None,
        description=(
            f"{CHECK_IN_DATE} From the habit's start to the calendar's date in their zone."
            f" {TODAY_IF_ABSENT}"
        ),
    )
    status: models.CheckInStatus = strawberry.field(
        default=models.CheckInStatus.DONE, description=STATUS
    )
    note: str | None = strawberry.field(
        default=UNSET, description=f"{NOTE} Absent keeps the one that stands; null clears it."
    )


@strawberry.input(description="Which date's check-in is taken back.")
class UndoCheckInInput:
    habit_id: strawberry.ID = strawberry.field(description="Which of one's own habits.")
    date: datetime.date | None = strawberry.field(
        default=None, description=f"{CHECK_IN_DATE} {TODAY_IF_ABSENT}"
    )


@strawberry.input(description="When a habit rests, in place of the pause that it makes already.")
class PauseHabitInput:
    id: strawberry.ID = strawberry.field(description="Which of one's own habits.")
    from_: datetime.date | None = strawberry.field(
        name="from",
        default=None,
        description=f"The first date, within ten years of today. {TODAY_IF_ABSENT}",
    )
    until: datetime.date | None = strawberry.field(
        default=None,
        description="The last date, within ten years of today; until it is resumed when absent.",
    )
