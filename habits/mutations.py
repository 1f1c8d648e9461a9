"""Making, changing and deleting habits: fetch the locked row, apply, validate, save, in one go."""

from collections.abc import Mapping
from typing import Annotated, Any, cast

import strawberry
import strawberry_django
from django.db import transaction
from strawberry import UNSET
from strawberry.types import Info

from accounts.clock import now_of
from accounts.permissions import current_user
from habits.adoption import adopt
from habits.changes import Before, save_changed
from habits.days import EVERY_DAY
from habits.ids import pk_of
from habits.models import RHYTHM, Habit
from habits.own import own_habit
from habits.types import AdoptHabitInput, HabitInput, HabitType, HabitUpdateInput
from habits.validators import (
    NEVER_NULL,
    WITH_HABIT_COUNT,
    validate_deletion,
    validate_habit,
    validate_room,
)


@strawberry.type
class Mutation:
    @strawberry_django.mutation(description="Makes a habit of one's own.")
    @transaction.atomic
    def create_habit(
        self,
        info: Info,
        input: Annotated[HabitInput, strawberry.argument(description="The new habit.")],
    ) -> HabitType:
        user = current_user(info, lock=True, annotations=WITH_HABIT_COUNT)
        now = now_of(info)
        validate_room(user)
        today = user.today(now)
        given = {name: value for name, value in vars(input).items() if value is not None}
        habit = Habit(owner=user, starts_on=today, periodicity=EVERY_DAY)
        _apply(given, habit)
        validate_habit(habit, given=given, today=today)
        habit.reschedule(now)
        habit.save(force_insert=True)
        return cast("HabitType", habit)

    @strawberry_django.mutation(description="Makes a private copy of a public habit.")
    @transaction.atomic
    def adopt_habit(
        self,
        info: Info,
        input: Annotated[AdoptHabitInput, strawberry.argument(description="Which one, and how.")],
    ) -> HabitType:
        copy = adopt(
            pk_of(input.public_habit_id, "PublicHabit"),
            current_user(info, lock=True),
            now=now_of(info),
            time=input.time,
            reward=input.reward,
            related_habit_id=(
                None if input.related_habit is None else pk_of(input.related_habit, "Habit")
            ),
        )
        return cast("HabitType", copy)

    @strawberry_django.mutation(description="Changes one of one's own habits.")
    @transaction.atomic
    def update_habit(
        self,
        info: Info,
        input: Annotated[HabitUpdateInput, strawberry.argument(description="What changes.")],
    ) -> HabitType:
        user, now = current_user(info, lock=True), now_of(info)
        habit = own_habit(user, input.id)
        given = {name: value for name, value in vars(input).items() if value is not UNSET}
        del given["id"]
        before = Before.of(habit)
        _apply(given, habit)
        validate_habit(habit, given=given, today=user.today(now))
        save_changed(habit, before, now)
        return cast("HabitType", habit)

    @strawberry_django.mutation(
        description=(
            "Deletes one of one's own habits with its check-ins; answers it as it stood, with the"
            " numbers of a habit of which nothing was said."
        )
    )
    @transaction.atomic
    def delete_habit(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Which habit.")],
    ) -> HabitType:
        habit = own_habit(current_user(info, lock=True), id)
        validate_deletion(habit)
        pk = habit.pk
        habit.delete()
        habit.pk = pk  # Django clears it; the answer still tells a client's cache what went
        return cast("HabitType", habit)


def _apply(given: Mapping[str, Any], habit: Habit) -> None:
    habit.set_rhythm(given)
    for name, value in given.items():
        if name in RHYTHM:
            continue
        if name == "related_habit":
            habit.related_habit_id = None if value is None else pk_of(value, "Habit")
        elif value is not None or name not in NEVER_NULL:
            setattr(habit, name, value)
