"""The schema of the plain twin: what of the product's contract the measured documents need."""

import datetime
from collections.abc import Iterable
from typing import Any, cast
from zoneinfo import ZoneInfo

import strawberry
import strawberry_django
from django.core.exceptions import ValidationError
from django.utils import timezone
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken
from strawberry import auto, relay
from strawberry.permission import BasePermission
from strawberry.types import Info
from strawberry_django.optimizer import DjangoOptimizerExtension
from strawberry_django.relay import DjangoCursorConnection, DjangoListConnection

from benchmarks.twins.tracker.models import HABITS_PER_PERSON, Habit, User
from benchmarks.twins.tracker.tokens import LiveUser


class IsAuthenticated(BasePermission):
    """The live user of the token is the request's user from then on."""

    message = "User is not authenticated."

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:
        request = info.context.request
        try:
            found = LiveUser().authenticate(request)
        except (AuthenticationFailed, InvalidToken):
            return False
        if found is not None:
            request.user = found[0]
        return found is not None


@strawberry_django.type(Habit, name="Habit")
class HabitType(relay.Node):
    action: auto
    place: auto
    time: auto
    duration: auto
    periodicity: auto
    starts_on: auto
    reward: auto
    related_habit: "HabitType | None"
    is_enjoyed: auto
    is_public: auto
    next_due_at: auto


@strawberry_django.type(Habit, name="PublicHabit")
class PublicHabitType(relay.Node):
    action: auto
    place: auto
    time: auto
    duration: auto
    periodicity: auto
    reward: auto
    is_enjoyed: auto

    @strawberry_django.field(select_related=["related_habit"])
    def related_habit(self, root: strawberry.Parent[Habit]) -> "PublicHabitType | None":
        related = root.related_habit
        return cast("PublicHabitType", related) if related and related.is_public else None

    @strawberry_django.field(only=["owner_id"])
    def is_mine(self, root: strawberry.Parent[Habit], info: Info) -> bool:
        return root.owner_id == info.context.request.user.pk


@strawberry.type
class Query:
    @strawberry_django.connection(
        DjangoListConnection[HabitType], permission_classes=[IsAuthenticated]
    )
    def habits(self, info: Info) -> Iterable[Habit]:
        return Habit.objects.filter(owner=info.context.request.user).order_by("-id")

    @strawberry_django.connection(
        DjangoCursorConnection[PublicHabitType], permission_classes=[IsAuthenticated]
    )
    def public_habits(self) -> Iterable[Habit]:
        return Habit.objects.filter(is_public=True).order_by("-id")


@strawberry.input
class HabitInput:
    action: str
    place: str
    time: datetime.time | None = None
    duration: int | None = None
    periodicity: int = 1
    starts_on: datetime.date | None = None
    reward: str | None = None
    related_habit: relay.GlobalID | None = None
    is_enjoyed: bool = False
    is_public: bool = False


@strawberry.type
class Mutation:
    @strawberry_django.mutation(handle_django_errors=True, permission_classes=[IsAuthenticated])
    def create_habit(self, info: Info, input: HabitInput) -> HabitType:  # noqa: A002  # the contract's name
        user, now = info.context.request.user, timezone.now()
        given = vars(input)
        related = given.pop("related_habit")
        habit = Habit(owner=user, **given)
        if habit.starts_on is None:
            habit.starts_on = now.astimezone(ZoneInfo(user.time_zone)).date()
        if related is not None:
            habit.related_habit = related.resolve_node_sync(info, ensure_type=Habit)
        _validate(habit, user)
        habit.reschedule(now)
        habit.save(force_insert=True)
        return cast("HabitType", habit)


def _validate(habit: Habit, user: User) -> None:
    """The model's own rules, and those between fields."""
    habit.full_clean(exclude=["owner", "related_habit", "action_folded", "place_folded"])
    if user.habits.count() >= HABITS_PER_PERSON:
        raise ValidationError(f"You have {HABITS_PER_PERSON} habits already.")
    related = habit.related_habit
    if habit.is_enjoyed:
        if habit.reward is not None or related is not None:
            raise ValidationError({"reward": "An enjoyed habit is its own reward."})
        return
    if habit.time is None or habit.duration is None:
        raise ValidationError({"time": "A useful habit needs a time and a duration."})
    if (habit.reward is None) == (related is None):
        raise ValidationError({"reward": "Give a reward or a related habit."})
    if related is not None and (related.owner_id != user.pk or not related.is_enjoyed):
        raise ValidationError({"related_habit": "You have no such enjoyed habit."})


schema = strawberry.Schema(query=Query, mutation=Mutation, extensions=[DjangoOptimizerExtension])
