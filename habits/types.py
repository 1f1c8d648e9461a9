"""What a client sees of habits."""

import datetime
from typing import Annotated, cast

import strawberry
import strawberry_django
from strawberry import UNSET, relay
from strawberry.types import Info

from accounts.clock import now_of
from accounts.permissions import current_user
from habits import models
from habits.batches import Batch, batch_of
from habits.history import DayState
from habits.periods import (
    LAST_DAYS,
    MOST_DAYS,
    MOST_EXPLAINED_DAYS,
    check_explained_days,
    check_period,
    last_days,
)
from habits.strength import explain
from habits.tracking_types import (
    CHECK_IN_DATE,
    NOTE,
    STATUS,
    HabitStatistics,
    StrengthExplanation,
)
from habits.weekdays import Weekday, weekdays_of

ACTION = "What is done."
PLACE = "Where it is done."
TIME = "At what wall-clock time in the owner's zone."
DURATION = "How long it takes, in seconds, 1 to 120."
PERIODICITY = "Every how many days, 1 to 7."
WEEKDAYS = "On which days of the week."
STARTS_ON = "The local date from which the days are counted."
REWARD = "What the person gives themselves afterwards."
IS_ENJOYED = "A pleasant habit, which may reward useful ones; otherwise a useful one."
IS_PUBLIC = "Whether others may read it."


strawberry.enum(Weekday, description="A day of the week.")


def _weekdays(root: strawberry.Parent[models.Habit]) -> list[Weekday] | None:
    if root.weekdays is None:
        return None
    return [Weekday(each) for each in sorted(weekdays_of(root.weekdays))]


@strawberry_django.type(
    models.CheckIn,
    name="CheckIn",
    description="What was said about a habit on one date; nothing stands where nothing was said.",
)
class CheckInType(relay.Node):
    date: datetime.date = strawberry.field(description=CHECK_IN_DATE)
    status: models.CheckInStatus = strawberry.field(description=STATUS)
    note: str | None = strawberry.field(description=NOTE)
    made_at: datetime.datetime = strawberry.field(description="When that was said.")
    source: models.CheckInSource = strawberry.field(description="Where it was said.")
    habit: "HabitType" = strawberry_django.field(description="The habit that it is about.")


@strawberry_django.type(
    models.Habit, name="Habit", description="One of the caller's own habits, in full."
)
class HabitType(relay.Node):
    action: str = strawberry.field(description=ACTION)
    place: str = strawberry.field(description=PLACE)
    time: datetime.time | None = strawberry.field(description=TIME)
    duration: int | None = strawberry.field(description=DURATION)
    periodicity: int | None = strawberry.field(
        description=f"{PERIODICITY} Null where `weekdays` say it."
    )
    weekdays: list[Weekday] | None = strawberry_django.field(
        resolver=_weekdays,
        only=["weekdays"],
        description=f"{WEEKDAYS} Null where `periodicity` says it.",
    )
    starts_on: datetime.date = strawberry.field(description=STARTS_ON)
    reward: str | None = strawberry.field(description=REWARD)
    related_habit: "HabitType | None" = strawberry_django.field(
        description="The enjoyed habit that follows instead of a reward."
    )
    is_enjoyed: bool = strawberry.field(description=IS_ENJOYED)
    is_public: bool = strawberry.field(description=IS_PUBLIC)

    @strawberry_django.field(
        select_related=["adopted_from"],
        only=["adopted_from__is_public"],
        description="What it was copied from, as long as that is public.",
    )
    def adopted_from(self, root: strawberry.Parent[models.Habit]) -> "PublicHabitType | None":
        original = root.adopted_from
        return cast("PublicHabitType", original) if original and original.is_public else None

    next_due_at: datetime.datetime | None = strawberry.field(
        description="When the next reminder is due; null for a habit without a time."
    )
    created_at: datetime.datetime = strawberry.field(description="When the habit was made.")
    updated_at: datetime.datetime = strawberry.field(description="When it last changed.")

    @strawberry.field(description="What today is to it, by the date that the person means.")
    def today_state(self, root: strawberry.Parent[models.Habit], info: Info) -> DayState:
        return _batch(root, info).record(root).today_state

    @strawberry.field(
        description=(
            "How many occurrences in a row were done, up to now. A skipped or paused one neither"
            " breaks nor lengthens the streak, nor does one that is open, from today on."
        )
    )
    def current_streak(self, root: strawberry.Parent[models.Habit], info: Info) -> int:
        return _batch(root, info).record(root).current_streak

    @strawberry.field(description="The most occurrences in a row that were ever done.")
    def longest_streak(self, root: strawberry.Parent[models.Habit], info: Info) -> int:
        return _batch(root, info).record(root).longest_streak

    @strawberry.field(
        description=(
            "How firmly it stands, from 0 to 1: the score of Loop Habit Tracker, which grows with"
            " each day that is done and fades with the others. `explainStrength` tells how."
        )
    )
    def strength(self, root: strawberry.Parent[models.Habit], info: Info) -> float:
        return _batch(root, info).record(root).strength

    @strawberry.field(description="Whether it rests today.")
    def is_paused(self, root: strawberry.Parent[models.Habit], info: Info) -> bool:
        tail = _batch(root, info).record(root).tail
        return tail.is_paused_on(tail.today)

    @strawberry.field(
        description="The first date of the pause that it makes or will make; null without one."
    )
    def paused_from(
        self, root: strawberry.Parent[models.Habit], info: Info
    ) -> datetime.date | None:
        return None if _is_pause_over(root, info) else root.paused_from

    @strawberry.field(description="The last date of that pause; null while that is open.")
    def paused_until(
        self, root: strawberry.Parent[models.Habit], info: Info
    ) -> datetime.date | None:
        return None if _is_pause_over(root, info) else root.paused_until

    @strawberry.field(
        description=(
            f"What was said about its dates, the earliest first; over at most {MOST_DAYS} days."
            " Each day of the period counts once as a row of a page does."
        )
    )
    def check_ins(
        self,
        root: strawberry.Parent[models.Habit],
        info: Info,
        from_: Annotated[
            datetime.date | None,
            strawberry.argument(
                name="from", description=f"The first date; so that it is {LAST_DAYS} if absent."
            ),
        ] = None,
        to: Annotated[
            datetime.date | None,
            strawberry.argument(description="The last date; today's in the calendar if absent."),
        ] = None,
    ) -> list[CheckInType]:
        batch = _batch(root, info)
        last = to or batch.owner.local_date(batch.now)
        first = from_ or last_days(last)
        check_period("checkIns", first, last)
        return cast("list[CheckInType]", batch.check_ins(root, first, last))

    @strawberry.field(
        description=(
            f"What a period of at most {MOST_DAYS} days amounts to. Each of its days counts as a"
            " field, and what is selected of its calendar counts once for each of them."
        )
    )
    def statistics(
        self,
        root: strawberry.Parent[models.Habit],
        info: Info,
        from_: Annotated[
            datetime.date, strawberry.argument(name="from", description="The first date.")
        ],
        to: Annotated[
            datetime.date, strawberry.argument(description="The last date; it may lie ahead.")
        ],
    ) -> HabitStatistics:
        check_period("statistics", from_, to)
        return HabitStatistics(habit=root, batch=_batch(root, info), from_=from_, to=to)

    @strawberry.field(
        description=(
            "How its strength comes about, with what each of the last days did to it. It reads the"
            " habit's whole life, for which it counts as 1,000 fields."
        )
    )
    def explain_strength(
        self,
        root: strawberry.Parent[models.Habit],
        info: Info,
        days: Annotated[
            int | None,
            strawberry.argument(
                description=f"How many days up to today: 1 to {MOST_EXPLAINED_DAYS}."
            ),
        ] = LAST_DAYS,
    ) -> StrengthExplanation:
        days = LAST_DAYS if days is None else days
        check_explained_days(days)
        return StrengthExplanation.of(explain(_batch(root, info).history(root), days))


def _batch(habit: models.Habit, info: Info) -> Batch:
    return batch_of(habit, now_of(info))


def _is_pause_over(habit: models.Habit, info: Info) -> bool:
    until = habit.paused_until
    return until is not None and until < _batch(habit, info).today


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
    periodicity: int | None = strawberry.field(
        description=f"{PERIODICITY} Null where `weekdays` say it."
    )
    weekdays: list[Weekday] | None = strawberry_django.field(
        resolver=_weekdays,
        only=["weekdays"],
        description=f"{WEEKDAYS} Null where `periodicity` says it.",
    )
    reward: str | None = strawberry.field(description=REWARD)
    is_enjoyed: bool = strawberry.field(description=IS_ENJOYED)

    @strawberry_django.field(
        select_related=["related_habit"],
        only=["related_habit__is_public"],
        description="The enjoyed habit that follows, if that is public too.",
    )
    def related_habit(self, root: strawberry.Parent[models.Habit]) -> "PublicHabitType | None":
        related = root.related_habit
        return cast("PublicHabitType", related) if related and related.is_public else None

    @strawberry_django.field(only=["owner"], description="Whether it is the caller's own.")
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
        default=None, description=f"{PERIODICITY} Every day when this and `weekdays` are absent."
    )
    weekdays: list[Weekday] | None = strawberry.field(
        default=None, description=f"{WEEKDAYS} At least one, instead of a periodicity."
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


@strawberry.input(description="A public habit that the caller makes their own.")
class AdoptHabitInput:
    public_habit_id: strawberry.ID = strawberry.field(description="The id of a `PublicHabit`.")
    time: datetime.time | None = strawberry.field(
        default=None, description=f"{TIME} The original's when absent."
    )
    reward: str | None = strawberry.field(
        default=None, description=f"{REWARD} It takes the place of what follows the original."
    )
    related_habit: strawberry.ID | None = strawberry.field(
        default=None, description="The id of an enjoyed habit of one's own, instead of a reward."
    )


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
    periodicity: int | None = strawberry.field(
        default=UNSET, description=f"{PERIODICITY} Given alone, it takes the place of weekdays."
    )
    weekdays: list[Weekday] | None = strawberry.field(
        default=UNSET, description=f"{WEEKDAYS} Given alone, they take the place of a periodicity."
    )
    starts_on: datetime.date | None = strawberry.field(default=UNSET, description=STARTS_ON)
    reward: str | None = strawberry.field(default=UNSET, description=f"{REWARD} {CLEARS}")
    related_habit: strawberry.ID | None = strawberry.field(
        default=UNSET, description=f"The id of an enjoyed habit of one's own. {CLEARS}"
    )
    is_enjoyed: bool | None = strawberry.field(default=UNSET, description=IS_ENJOYED)
    is_public: bool | None = strawberry.field(default=UNSET, description=IS_PUBLIC)
