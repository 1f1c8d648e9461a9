"""Habits: what a person wants to do, when and where."""

import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from accounts.models import User
from habits.recurrence import Schedule, next_due
from habits.signals import habit_deleting

MIN_DURATION = 1
MAX_DURATION = 120
"""Seconds: a habit that takes longer than two minutes is not started (J. Clear)."""

MIN_PERIODICITY = 1
MAX_PERIODICITY = 7
"""Days: at least once a week."""


class HabitQuerySet(models.QuerySet["Habit"]):
    """Who sees which habits."""

    def owned_by(self, user: User) -> "HabitQuerySet":
        """The person's own habits: the only ones they read in full or change."""
        return self.filter(owner=user)

    def public(self) -> "HabitQuerySet":
        """What strangers may read, through a type without private fields."""
        return self.filter(is_public=True)

    def with_rewards_others(self) -> "HabitQuerySet":
        """Each row with `rewards_others`: whether other habits lean on it."""
        leaning = Habit.objects.filter(related_habit=OuterRef("pk"))
        return self.annotate(rewards_others=Exists(leaning))

    def for_change(self) -> "HabitQuerySet":
        """Rows locked against planners and senders, with what the rules need to know."""
        locked = self.select_for_update(of=("self",)).select_related("related_habit")
        return locked.with_rewards_others()


class Habit(models.Model):
    """I will ACTION at TIME in PLACE: a useful habit, or an enjoyed one that may reward it.

    `time` is wall-clock time in the owner's zone, in whole minutes; `duration` is in seconds;
    `periodicity` in days, NULL meaning every day. `next_due_at` is the next occurrence's instant,
    NULL for a habit without a time; whoever changes a habit calls `reschedule` before saving.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="habits"
    )
    action = LineField(_("action"), max_length=255)
    place = LineField(_("place"), max_length=255)
    time = models.TimeField(_("time"), null=True, blank=True)
    duration = models.PositiveSmallIntegerField(_("duration, seconds"), null=True, blank=True)
    periodicity = models.PositiveSmallIntegerField(_("every how many days"), null=True, blank=True)
    starts_on = models.DateField(_("starts on"))
    reward = LineField(_("reward"), max_length=255, null=True, blank=True)
    # The foreign key itself restricts: a habit that others lean on is not deleted alone, and all
    # of an owner's habits go together. Django's RESTRICT would ask the database once more what
    # `validate_deletion` has settled already.
    related_habit = models.ForeignKey(
        "self", on_delete=models.DO_NOTHING, related_name="rewarded_habits", null=True, blank=True
    )
    is_enjoyed = models.BooleanField(_("enjoyed"), default=False)
    is_public = models.BooleanField(_("public"), default=False)
    next_due_at = models.DateTimeField(null=True, editable=False)
    # For searches in any case: neither SQLite nor PostgreSQL's C locale folds more than ASCII.
    action_folded = models.CharField(max_length=765, editable=False)
    place_folded = models.CharField(max_length=765, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = HabitQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="habit_useful_has_time_and_duration",
                condition=Q(is_enjoyed=True) | Q(time__isnull=False, duration__isnull=False),
            ),
            models.CheckConstraint(
                name="habit_duration_in_range",
                condition=Q(duration__isnull=True)
                | Q(duration__gte=MIN_DURATION, duration__lte=MAX_DURATION),
            ),
            models.CheckConstraint(
                name="habit_periodicity_in_range",
                condition=Q(periodicity__isnull=True)
                | Q(periodicity__gte=MIN_PERIODICITY, periodicity__lte=MAX_PERIODICITY),
            ),
            models.CheckConstraint(
                name="habit_useful_has_one_reward",
                condition=Q(is_enjoyed=True)
                | Q(reward__isnull=False, related_habit__isnull=True)
                | Q(reward__isnull=True, related_habit__isnull=False),
            ),
            models.CheckConstraint(
                name="habit_enjoyed_has_no_reward",
                condition=Q(is_enjoyed=False) | Q(reward__isnull=True, related_habit__isnull=True),
            ),
            models.CheckConstraint(
                name="habit_texts_not_empty",
                condition=~Q(action="") & ~Q(place="") & (Q(reward__isnull=True) | ~Q(reward="")),
            ),
        ]
        indexes = [
            models.Index(F("owner"), F("id").desc(), name="habit_of_owner"),
            models.Index(F("id").desc(), name="habit_public", condition=Q(is_public=True)),
            models.Index(
                fields=["action_folded", "id"],
                name="habit_public_action",
                condition=Q(is_public=True),
                opclasses=["text_pattern_ops", "int8_ops"],
            ),
            models.Index(
                fields=["next_due_at"], name="habit_due", condition=Q(next_due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} ({self.place})"

    def save(self, **options: Any) -> None:
        self.action_folded = fold(self.action)
        self.place_folded = fold(self.place)
        super().save(**options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Deletes the habit; its reminders hear of it first, in the same transaction."""
        with transaction.atomic():
            habit_deleting.send(Habit, habit=self)
            return super().delete(*args, **options)

    def validate_constraints(self, exclude: Any = None) -> None:
        """Left to the validators, which tell a person each broken rule by its field."""

    @property
    def schedule(self) -> Schedule | None:
        """When this habit is due; None without a time. Reads the owner's zone."""
        if self.time is None:
            return None
        return Schedule(self.owner.zone, self.time, self.periodicity or 1, self.starts_on)

    def reschedule(self, now: datetime.datetime) -> None:
        """Sets `next_due_at` to the first occurrence after `now`; to be saved with the habit."""
        schedule = self.schedule
        self.next_due_at = next_due(now, schedule) if schedule else None


class ZoneRules(models.Model):
    """Which rules of time zones every `next_due_at` was computed by: one row, see `zone_rules`.

    `version` is tzdata's, as `2026b`, and empty where nobody knows; `reached` is the number of the
    last habit that the pass over all of them has brought to it, NULL once that is over.
    """

    PK = 1

    version = models.CharField(max_length=16, default="")
    reached = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.version


def fold(text: str) -> str:
    """`text` as searches compare it: without case, in any alphabet."""
    return text.casefold()
