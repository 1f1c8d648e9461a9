"""A habit: what a person wants to do, when and where; and who sees which."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, cast

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from accounts.models import User
from accounts.sql import statements
from habits.days import Days, Pause
from habits.models.columns import days_of, pause_of
from habits.recurrence import Schedule, next_due
from habits.signals import habit_deleting
from habits.weekdays import MAX_BITS, bits_of

MIN_DURATION = 1
MAX_DURATION = 120
"""Seconds: a habit that takes longer than two minutes is not started (J. Clear)."""

MIN_PERIODICITY = 1
MAX_PERIODICITY = 7
"""Days: at least once a week."""

RHYTHM = ("periodicity", "weekdays")
"""The fields of which one says on which days a habit falls."""


class HabitQuerySet(models.QuerySet["Habit"]):
    """Who sees which habits."""

    def owned_by(self, user: User) -> "HabitQuerySet":
        """The person's own habits: the only ones they read in full or change."""
        return self._lazily().filter(owner=user)

    def public(self) -> "HabitQuerySet":
        """What strangers may read, through a type without private fields."""
        return self._lazily().filter(is_public=True)

    def _lazily(self) -> "HabitQuerySet":
        """Takes the next filter in once the query is needed, as Django does for `user.habits`.

        For a page's SQL it may be known before.
        """
        rows: HabitQuerySet = self._chain()  # type: ignore[attr-defined]  # Django's own
        rows._defer_next_filter = True  # type: ignore[attr-defined]  # as above
        return rows

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
    `periodicity` in days, or `weekdays` instead (see `habits.weekdays`); NULL in both means every
    day. `next_due_at` is the next occurrence's instant, NULL for a habit without a time; whoever
    changes a habit calls `reschedule` before saving. From `paused_from` to `paused_until`, both
    included, there are no occurrences: NULL as the latter leaves the end open, NULL in both is no
    pause. `adopted_from` is the public habit that this one was copied from.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="habits",
        verbose_name=_("owner"),
        db_index=False,  # `habit_of_owner` begins with it
    )
    action = LineField(_("action"), max_length=255)
    place = LineField(_("place"), max_length=255)
    time = models.TimeField(_("time"), null=True, blank=True)
    duration = models.PositiveSmallIntegerField(_("duration, seconds"), null=True, blank=True)
    periodicity = models.PositiveSmallIntegerField(_("every how many days"), null=True, blank=True)
    weekdays = models.PositiveSmallIntegerField(_("weekdays"), null=True, blank=True)
    starts_on = models.DateField(_("starts on"))
    paused_from = models.DateField(_("paused from"), null=True, blank=True)
    paused_until = models.DateField(_("paused until"), null=True, blank=True)
    reward = LineField(_("reward"), max_length=255, null=True, blank=True)
    # The foreign key itself restricts: a habit that others lean on is not deleted alone, and all
    # of an owner's habits go together. Django's RESTRICT would ask the database once more what
    # `validate_deletion` has settled already.
    related_habit = models.ForeignKey(
        "self",
        on_delete=models.DO_NOTHING,
        related_name="rewarded_habits",
        null=True,
        blank=True,
        verbose_name=_("related habit"),
        db_index=False,  # `habit_rewarded` holds those that have one
    )
    is_enjoyed = models.BooleanField(_("enjoyed"), default=False)
    is_public = models.BooleanField(_("public"), default=False)
    adopted_from = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        related_name="adoptions",
        null=True,
        blank=True,
        editable=False,
        db_index=False,  # `habit_adopted` holds those that have one
    )
    next_due_at = models.DateTimeField(_("next due at"), null=True, editable=False)
    # For searches in any case: neither SQLite nor PostgreSQL's C locale folds more than ASCII.
    action_folded = models.CharField(max_length=765, editable=False)
    place_folded = models.CharField(max_length=765, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = HabitQuerySet.as_manager()

    class Meta:
        verbose_name = _("habit")
        verbose_name_plural = _("habits")
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
                name="habit_weekdays_in_range",
                condition=Q(weekdays__isnull=True) | Q(weekdays__gte=1, weekdays__lte=MAX_BITS),
            ),
            models.CheckConstraint(
                name="habit_has_one_schedule",
                condition=Q(periodicity__isnull=True) | Q(weekdays__isnull=True),
            ),
            models.CheckConstraint(
                name="habit_pause_ends_after_its_start",
                condition=Q(paused_until__isnull=True)
                | Q(paused_from__isnull=False, paused_until__gte=F("paused_from")),
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
            # A tick writes each due habit into each index that holds it, so these hold few.
            models.Index(
                fields=["related_habit"],
                name="habit_rewarded",
                condition=Q(related_habit__isnull=False),
            ),
            models.Index(
                fields=["adopted_from"],
                name="habit_adopted",
                condition=Q(adopted_from__isnull=False),
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

    def _do_insert(
        self, manager: Any, using: str, fields: Any, returning_fields: Any, raw: bool
    ) -> Any:
        if connection.vendor == "postgresql" and not raw:
            return statements.insert(self, fields, returning_fields)
        return super()._do_insert(manager, using, fields, returning_fields, raw)  # type: ignore[misc]  # Django's own

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Deletes the habit; its reminders hear of it first, in the same transaction.

        Its copies are locked in the order in which passes over many habits lock them.
        """
        with transaction.atomic():
            habit_deleting.send(Habit, habit=self)
            list(self.adoptions.select_for_update(no_key=True).order_by("pk").values_list("pk"))
            return super().delete(*args, **options)

    def validate_constraints(self, exclude: Any = None) -> None:
        """Left to the validators, which tell a person each broken rule by its field."""

    @property
    def days(self) -> Days:
        """On which local dates this habit falls, but for its pause."""
        return days_of(self.starts_on, self.periodicity, self.weekdays)

    def set_rhythm(self, given: Mapping[str, Any]) -> None:
        """Sets those of `RHYTHM` that are `given`; one of them alone takes the other's place.

        Weekdays are numbers from 0, Monday, to 6, Sunday. None clears; the rules judge the result.
        """
        named = {name: given[name] for name in RHYTHM if name in given}
        if any(value is not None for value in named.values()):
            named = dict.fromkeys(RHYTHM) | named
        if named.get("weekdays") is not None:
            named["weekdays"] = bits_of(cast("Iterable[int]", named["weekdays"]))
        for name, value in named.items():
            setattr(self, name, value)

    @property
    def pause(self) -> Pause | None:
        """The pause that it makes, will make, or made last."""
        return pause_of(self.paused_from, self.paused_until)

    @property
    def schedule(self) -> Schedule | None:
        """When this habit is due; None without a time. Reads the owner's zone."""
        if self.time is None:
            return None
        return Schedule(self.owner.zone, self.time, self.days, self.pause)

    def reschedule(self, now: datetime.datetime) -> None:
        """Sets `next_due_at` to the first occurrence after `now`; to be saved with the habit."""
        schedule = self.schedule
        self.next_due_at = next_due(now, schedule) if schedule else None


def fold(text: str) -> str:
    """`text` as searches compare it: without case, in any alphabet."""
    return text.casefold()
