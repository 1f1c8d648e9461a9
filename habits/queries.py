"""What a person may read of habits: their own in full, public ones through their public face."""

from typing import Annotated, cast

import strawberry
from django.conf import settings
from django.db.models import QuerySet
from strawberry.types import Info
from strawberry_django.optimizer import OptimizerConfig, optimize

from accounts.clock import now_of
from accounts.permissions import current_user
from habits.batches import Batch
from habits.connections import Connection
from habits.filters import (
    HabitFilter,
    HabitOrder,
    PublicHabitFilter,
    filter_habits,
    filter_public_habits,
    sort_keys_of,
)
from habits.ids import pk_of
from habits.models import Habit, HabitQuerySet
from habits.paging import Page
from habits.sort_keys import sort_keys
from habits.today import Today
from habits.types import HabitType, PublicHabitType

First = Annotated[
    int | None,
    strawberry.argument(
        description=f"How many from the front: 1 to {settings.PAGE_SIZE_CAP};"
        f" {settings.PAGE_SIZE} if absent."
    ),
]
Last = Annotated[
    int | None,
    strawberry.argument(description=f"How many from the back: 1 to {settings.PAGE_SIZE_CAP}."),
]
After = Annotated[str | None, strawberry.argument(description="Only what follows this cursor.")]
Before = Annotated[str | None, strawberry.argument(description="Only what precedes this cursor.")]

WHOLE_ROWS = OptimizerConfig(enable_only=False)


@strawberry.type
class Query:
    @strawberry.field(description="One of the caller's own habits; null for any other id.")
    def habit(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id of a `Habit`.")],
    ) -> HabitType | None:
        user = current_user(info)
        habits = Habit.objects.owned_by(user).filter(pk=pk_of(id, "Habit"))
        rows = list(_with_relations(habits, info))
        Batch(rows, user, now_of(info))
        return cast("HabitType | None", rows[0] if rows else None)

    @strawberry.field(description="The caller's own habits, the newest first unless ordered.")
    def habits(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filters: Annotated[
            HabitFilter | None, strawberry.argument(description="Which habits.")
        ] = None,
        ordering: Annotated[
            list[HabitOrder] | None,
            strawberry.argument(description="What to sort by, in the given sequence."),
        ] = None,
    ) -> Connection[HabitType]:
        user, now = current_user(info), now_of(info)
        habits = filter_habits(Habit.objects.owned_by(user), filters)
        keys = sort_keys(sort_keys_of(ordering))
        page = Page(
            "habits",
            habits,
            keys,
            first,
            after,
            last,
            before,
            reader=user,
            related=lambda rows: _with_relations(rows, info),
            on_read=lambda rows: Batch(rows, user, now),
        )
        return Connection.of(page)

    @strawberry.field(
        description=(
            "What is due today, by the date that the caller means by it. It looks at all their"
            " habits, for which it counts as 1,000 fields."
        )
    )
    def today(self, info: Info) -> Today:
        return Today(owner=current_user(info), now=now_of(info))

    @strawberry.field(description="What everyone may read, the newest first; one's own included.")
    def public_habits(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filters: Annotated[
            PublicHabitFilter | None, strawberry.argument(description="Which habits.")
        ] = None,
    ) -> Connection[PublicHabitType]:
        reader = current_user(info)
        habits = filter_public_habits(Habit.objects.public(), filters)
        page = Page(
            "publicHabits",
            habits,
            sort_keys(()),
            first,
            after,
            last,
            before,
            reader=reader,
            related=lambda rows: _with_relations(rows, info),
        )
        return Connection.of(page)

    @strawberry.field(description="One public habit; null for any other id.")
    def public_habit(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id of a `PublicHabit`.")],
    ) -> PublicHabitType | None:
        current_user(info)
        habits = Habit.objects.public().filter(pk=pk_of(id, "PublicHabit"))
        return cast("PublicHabitType | None", _with_relations(habits, info).first())


def _with_relations(habits: QuerySet[Habit], info: Info) -> HabitQuerySet:
    """Joins what is selected of related habits; whole rows, as a habit's columns are few."""
    return cast("HabitQuerySet", optimize(habits, info, config=WHOLE_ROWS))
