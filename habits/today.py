"""What is due today, by the date that a person means."""

import datetime
from functools import cached_property
from typing import Annotated, cast

import strawberry
from django.conf import settings
from django.utils.translation import gettext as _
from strawberry.types import Info

from accounts.errors import BadUserInput
from accounts.models import User
from habits.agenda import due_today
from habits.batches import Batch
from habits.history import DayState
from habits.ids import pk_of
from habits.models import Habit
from habits.reading import habits_of
from habits.selections import is_selected
from habits.types import TIME, HabitType


@strawberry.type(description="A habit on a date that it falls on.")
class Occurrence:
    row: strawberry.Private[Habit]
    batch: strawberry.Private[Batch]

    @strawberry.field(description="The habit.")
    def habit(self) -> HabitType:
        return cast("HabitType", self.row)

    @strawberry.field(description="The date, which is today.")
    def date(self) -> datetime.date:
        return self.batch.today

    @strawberry.field(description="`DUE` while nothing is said; otherwise `DONE` or `SKIPPED`.")
    def state(self) -> DayState:
        return self.batch.record(self.row).today_state

    @strawberry.field(description=TIME)
    def time(self) -> datetime.time | None:
        return self.row.time

    @strawberry.field(description="The habit's streak, as of now.")
    def current_streak(self) -> int:
        return self.batch.record(self.row).current_streak


@strawberry.type(description="The date that the person means by today, and what is due on it.")
class Today:
    owner: strawberry.Private[User]
    now: strawberry.Private[datetime.datetime]

    @strawberry.field(
        description="The date in the person's zone; until their day starts, the one before."
    )
    def date(self) -> datetime.date:
        return self.owner.today(self.now)

    @strawberry.field(description="How many occurrences there are on all pages.")
    def total_count(self) -> int:
        return len(self._due)

    @strawberry.field(
        description="What is due, done or skipped: by time, what has none at the end, then by id."
    )
    def occurrences(
        self,
        info: Info,
        first: Annotated[
            int | None,
            strawberry.argument(
                description=f"How many at most: 1 to {settings.PAGE_SIZE_CAP}, which it is if"
                " absent."
            ),
        ] = None,
        after: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only what follows the occurrence of this habit."),
        ] = None,
    ) -> list[Occurrence]:
        cap = settings.PAGE_SIZE_CAP
        size = cap if first is None else first
        if not 1 <= size <= cap:
            text = _("`%(name)s` is %(size)d; it must be 1 to %(cap)d.")
            raise BadUserInput(text % {"name": "first", "size": size, "cap": cap})
        start = 0 if after is None else self._place_of(after) + 1
        numbers = self._due[start : start + size]
        page = habits_of(numbers, with_related=is_selected("relatedHabit", info))
        batch = Batch(page, self.owner, self.now)
        return [Occurrence(row=habit, batch=batch) for habit in page]

    @cached_property
    def _due(self) -> list[int]:
        return due_today(self.owner, self.now)

    def _place_of(self, global_id: str) -> int:
        pk = pk_of(global_id, "Habit")
        if pk not in self._due:
            raise BadUserInput(_("`after` is not the id of a habit that is due today."))
        return self._due.index(pk)
