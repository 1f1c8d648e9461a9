"""Saying what became of a habit, taking it back, and letting it rest."""

from typing import Annotated, cast

import strawberry
import strawberry_django
from django.db import transaction
from strawberry import UNSET
from strawberry.types import Info

from accounts.clock import now_of
from accounts.permissions import current_user
from habits import tracking
from habits.models import CheckInSource
from habits.own import own_habit
from habits.tracking_types import CheckInInput, PauseHabitInput, UndoCheckInInput
from habits.types import CheckInType, HabitType


@strawberry.type
class TrackingMutation:
    @strawberry_django.mutation(
        description=(
            "Says that a habit was done or skipped on a date, in place of what was said about it."
            " Saying the same again changes nothing."
        )
    )
    @transaction.atomic
    def check_in(
        self,
        info: Info,
        input: Annotated[CheckInInput, strawberry.argument(description="What is said.")],
    ) -> CheckInType:
        user, now = current_user(info, lock=True), now_of(info)
        habit = own_habit(user, input.habit_id, field="habit_id")
        check_in = tracking.check_in(
            habit,
            input.date or user.today(now),
            input.status,
            source=CheckInSource.API,
            now=now,
            note=tracking.UNCHANGED if input.note is UNSET else input.note,
        )
        check_in.habit = habit
        return cast("CheckInType", check_in)

    @strawberry_django.mutation(
        description=(
            "Takes back what was said about a habit's date; where nothing was, nothing changes."
            " Answers the habit."
        )
    )
    @transaction.atomic
    def undo_check_in(
        self,
        info: Info,
        input: Annotated[UndoCheckInInput, strawberry.argument(description="Of which date.")],
    ) -> HabitType:
        user, now = current_user(info, lock=True), now_of(info)
        habit = own_habit(user, input.habit_id, field="habit_id")
        tracking.undo(habit, input.date or user.today(now), now=now)
        return cast("HabitType", habit)

    @strawberry_django.mutation(
        description=(
            "Lets a habit rest: no occurrences and no reminders, and its streak neither breaks nor"
            " grows. The pause that it makes already gives way, but for its dates before today."
        )
    )
    @transaction.atomic
    def pause_habit(
        self,
        info: Info,
        input: Annotated[PauseHabitInput, strawberry.argument(description="When it rests.")],
    ) -> HabitType:
        user, now = current_user(info, lock=True), now_of(info)
        habit = own_habit(user, input.id)
        tracking.pause(habit, input.from_, input.until, now=now)
        return cast("HabitType", habit)

    @strawberry_django.mutation(
        description=(
            "Ends the pause that a habit makes or will make, from today on; without one, nothing"
            " changes."
        )
    )
    @transaction.atomic
    def resume_habit(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Which of one's own habits.")],
    ) -> HabitType:
        user, now = current_user(info, lock=True), now_of(info)
        habit = own_habit(user, id)
        tracking.resume(habit, now=now)
        return cast("HabitType", habit)
