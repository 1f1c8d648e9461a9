"""What a client sees of habits."""

import contextlib
import datetime
import re
from typing import cast

import strawberry
import strawberry_django
from django.utils.translation import gettext as _
from graphql import GraphQLError
from strawberry import UNSET, relay
from strawberry.types import Info

from accounts.permissions import current_user
from habits import models

ACTION = "What is done."
PLACE = "Where it is done."
TIME = "At what wall-clock time in the owner's zone."
DURATION = "How long it takes, in seconds, 1 to 120."
PERIODICITY = "Every how many days, 1 to 7."
STARTS_ON = "The local date from which the days are counted."
REWARD = "What the person gives themselves afterwards."
IS_ENJOYED = "A pleasant habit, which may reward useful ones; otherwise a useful one."
IS_PUBLIC = "Whether others may read it."


def _parse_time(value: object) -> datetime.time:
    if isinstance(value, str) and re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        return datetime.time.fromisoformat(value)
    raise GraphQLError(_("A time is written HH:MM, from 00:00 to 23:59."))


TIME_SCALAR = strawberry.scalar(
    name="Time",
    description="A wall-clock time in whole minutes, written `HH:MM`, from `00:00` to `23:59`.",
    serialize=lambda time: time.strftime("%H:%M"),
    parse_value=_parse_time,
)


def _parse_date(value: object) -> datetime.date:
    # Python also reads 20260101 and 2026-W01-1, which no client means.
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        with contextlib.suppress(ValueError):
            return datetime.date.fromisoformat(value)
    raise GraphQLError(_("A date is written YYYY-MM-DD and stands in the calendar."))


DATE_SCALAR = strawberry.scalar(
    name="Date",
    description="A date of the calendar, written `YYYY-MM-DD`.",
    serialize=datetime.date.isoformat,
    parse_value=_parse_date,
)


@strawberry_django.type(
    models.Habit, name="Habit", description="One of the caller's own habits, in full."
)
class HabitType(relay.Node):
    action: str = strawberry.field(description=ACTION)
    place: str = strawberry.field(description=PLACE)
    time: datetime.time | None = strawberry.field(description=TIME)
    duration: int | None = strawberry.field(description=DURATION)
    periodicity: int | None = strawberry.field(description=PERIODICITY)
    starts_on: datetime.date = strawberry.field(description=STARTS_ON)
    reward: str | None = strawberry.field(description=REWARD)
    related_habit: "HabitType | None" = strawberry_django.field(
        description="The enjoyed habit that follows instead of a reward."
    )
    is_enjoyed: bool = strawberry.field(description=IS_ENJOYED)
    is_public: bool = strawberry.field(description=IS_PUBLIC)
    next_due_at: datetime.datetime | None = strawberry.field(
        description="When the next reminder is due; null for a habit without a time."
    )
    created_at: datetime.datetime = strawberry.field(description="When the habit was made.")
    updated_at: datetime.datetime = strawberry.field(description="When it last changed.")


@strawberry_django.type(
    models.Habit,
    name="PublicHabit",
    description="A habit that its owner published, without anything about the owner.",
)
class PublicHabitType(relay.Node):
    action: str = strawberry.field(description=ACTION)
    place: str = strawberry.field(description=PLACE)
    time: datetime.time | None = strawberry.field(description=TIME)
    duration: int | None = strawberry.field(description=DURATION)
    periodicity: int | None = strawberry.field(description=PERIODICITY)
    reward: str | None = strawberry.field(description=REWARD)
    is_enjoyed: bool = strawberry.field(description=IS_ENJOYED)

    @strawberry_django.field(
        select_related=["related_habit"],
        description="The enjoyed habit that follows, if that is public too.",
    )
    def related_habit(self, root: strawberry.Parent[models.Habit]) -> "PublicHabitType | None":
        related = root.related_habit
        return cast("PublicHabitType", related) if related and related.is_public else None

    @strawberry.field(description="Whether it is the caller's own.")
    def is_mine(self, root: strawberry.Parent[models.Habit], info: Info) -> bool:
        return root.owner_id == current_user(info).pk


@strawberry.input(description="A new habit.")
class HabitInput:
    action: str = strawberry.field(description=ACTION)
    place: str = strawberry.field(description=PLACE)
    time: datetime.time | None = strawberry.field(
        default=None, description=f"{TIME} A useful habit needs one."
    )
    duration: int | None = strawberry.field(
        default=None, description=f"{DURATION} A useful habit needs one."
    )
    periodicity: int | None = strawberry.field(
        default=None, description=f"{PERIODICITY} Every day when absent."
    )
    starts_on: datetime.date | None = strawberry.field(
        default=None, description=f"{STARTS_ON} Today when absent; within ten years of it."
    )
    reward: str | None = strawberry.field(
        default=None, description=f"{REWARD} A useful habit has this or a related habit."
    )
    related_habit: strawberry.ID | None = strawberry.field(
        default=None, description="The id of an enjoyed habit of one's own, instead of a reward."
    )
    is_enjoyed: bool | None = strawberry.field(default=None, description=IS_ENJOYED)
    is_public: bool | None = strawberry.field(default=None, description=IS_PUBLIC)


CLEARS = "Null clears it."


@strawberry.input(
    description="What changes in a habit. An absent field stays; the rules judge the result."
)
class HabitUpdateInput:
    id: strawberry.ID = strawberry.field(description="Which of one's own habits.")
    action: str | None = strawberry.field(default=UNSET, description=ACTION)
    place: str | None = strawberry.field(default=UNSET, description=PLACE)
    time: datetime.time | None = strawberry.field(default=UNSET, description=f"{TIME} {CLEARS}")
    duration: int | None = strawberry.field(default=UNSET, description=f"{DURATION} {CLEARS}")
    periodicity: int | None = strawberry.field(default=UNSET, description=PERIODICITY)
    starts_on: datetime.date | None = strawberry.field(default=UNSET, description=STARTS_ON)
    reward: str | None = strawberry.field(default=UNSET, description=f"{REWARD} {CLEARS}")
    related_habit: strawberry.ID | None = strawberry.field(
        default=UNSET, description=f"The id of an enjoyed habit of one's own. {CLEARS}"
    )
    is_enjoyed: bool | None = strawberry.field(default=UNSET, description=IS_ENJOYED)
    is_public: bool | None = strawberry.field(default=UNSET, description=IS_PUBLIC)
