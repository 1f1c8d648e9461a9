"""The rules of a habit.

A rule looks at the habit that would result from a call and yields what is wrong with it, as pairs
of a field and an error with a stable code. `validate_habit` runs them all, so that a person sees
every broken rule at once.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import F, Field, Func, OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from habits.models import (
    MAX_DURATION,
    MAX_PERIODICITY,
    MIN_DURATION,
    MIN_PERIODICITY,
    RHYTHM,
    Habit,
)

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as Text

Finding = tuple[str, ValidationError]
Rule = Callable[[Habit], Iterator[Finding]]

TEXTS = ("action", "place", "reward")
NEVER_NULL = ("is_enjoyed", "is_public", "starts_on")
"""What a change may set but not clear; texts tell by themselves which of them may be NULL."""

STARTS_WITHIN = datetime.timedelta(days=3653)
"""Ten years, leap days included."""


def texts_are_lines(habit: Habit) -> Iterator[Finding]:
    """Each text is one visible line of bounded length; also trims and normalises it."""
    for name in TEXTS:
        try:
            setattr(habit, name, _field(name).clean(getattr(habit, name), habit))
        except ValidationError as error:
            yield from ((name, each) for each in error.error_list)


def useful_habit_has_time_and_duration(habit: Habit) -> Iterator[Finding]:
    if habit.is_enjoyed:
        return
    if habit.time is None:
        yield _broken("time", "required", _("A useful habit needs a time."))
    if habit.duration is None:
        yield _broken("duration", "required", _("A useful habit needs a duration."))


def duration_is_short(habit: Habit) -> Iterator[Finding]:
    if habit.duration is None:
        return
    if habit.duration < MIN_DURATION:
        yield _broken("duration", "duration_too_short", _("The shortest duration is 1 second."))
    if habit.duration > MAX_DURATION:
        yield _broken("duration", "duration_too_long", _("The longest duration is 120 seconds."))


def periodicity_is_within_a_week(habit: Habit) -> Iterator[Finding]:
    if habit.periodicity is None:
        return
    if not MIN_PERIODICITY <= habit.periodicity <= MAX_PERIODICITY:
        yield _broken(
            "periodicity",
            "periodicity_out_of_range",
            _("A habit comes at least once in 7 days: every 1 to 7 days."),
        )


def weekdays_are_not_none(habit: Habit) -> Iterator[Finding]:
    """At least one, so that a habit comes at least once in 7 days."""
    if habit.weekdays == 0:
        yield _broken("weekdays", "required", _("Name at least one weekday."))


def rhythm_is_a_periodicity_or_weekdays(habit: Habit) -> Iterator[Finding]:
    if habit.periodicity is not None and habit.weekdays is not None:
        yield _broken(
            "weekdays", "schedule_conflict", _("Give a periodicity or weekdays, not both.")
        )


def useful_habit_has_a_reward(habit: Habit) -> Iterator[Finding]:
    if not habit.is_enjoyed and habit.reward is None and habit.related_habit_id is None:
        yield _broken(
            "reward",
            "reward_or_related_habit_required",
            _("A useful habit needs a reward or a related habit."),
        )


def reward_is_a_text_or_a_habit(habit: Habit) -> Iterator[Finding]:
    if habit.reward is not None and habit.related_habit_id is not None:
        yield _broken(
            "related_habit",
            "reward_and_related_habit",
            _("Give a reward or a related habit, not both."),
        )


def enjoyed_habit_has_no_reward(habit: Habit) -> Iterator[Finding]:
    if not habit.is_enjoyed:
        return
    if habit.reward is not None:
        yield _broken(
            "reward", "enjoyed_habit_has_reward", _("An enjoyed habit is its own reward.")
        )
    if habit.related_habit_id is not None:
        yield _broken(
            "related_habit",
            "enjoyed_habit_has_related_habit",
            _("An enjoyed habit has no related habit."),
        )


def related_habit_is_own_and_enjoyed(habit: Habit) -> Iterator[Finding]:
    """Holds under concurrency, as callers keep the owner's row locked; see `validate_habit`."""
    if habit.related_habit_id is None:
        return
    try:
        # A habit that names itself is judged as it would become, not as it is stored.
        related = habit if habit.related_habit_id == habit.pk else habit.related_habit
    except Habit.DoesNotExist:
        related = None
    if related is None or related.owner_id != habit.owner_id:
        yield _broken("related_habit", "related_habit_not_found", _("You have no such habit."))
    elif not related.is_enjoyed:
        yield _broken(
            "related_habit",
            "related_habit_not_enjoyed",
            _("A related habit has to be an enjoyed one."),
        )


def habit_that_rewards_stays_enjoyed(habit: Habit) -> Iterator[Finding]:
    if _rewards_others(habit) and not habit.is_enjoyed:
        yield _in_use("is_enjoyed")


RULES: tuple[Rule, ...] = (
    texts_are_lines,
    useful_habit_has_time_and_duration,
    duration_is_short,
    periodicity_is_within_a_week,
    weekdays_are_not_none,
    rhythm_is_a_periodicity_or_weekdays,
    useful_habit_has_a_reward,
    reward_is_a_text_or_a_habit,
    enjoyed_habit_has_no_reward,
    related_habit_is_own_and_enjoyed,
    habit_that_rewards_stays_enjoyed,
)


WITH_HABIT_COUNT = {
    "habit_count": Subquery(
        Habit.objects.filter(owner=OuterRef("pk"))
        .order_by()
        .annotate(count=Func(F("pk"), function="COUNT"))
        .values("count")
    )
}
"""Reads with an owner's row how many habits there are, for `validate_room`."""

MADE_MEANWHILE = 100
"""What is read with a row that is being locked was true when the wait for the lock began. Others
who held it meanwhile may have added to it: one habit each that one's connection was first for."""


def validate_habit(habit: Habit, *, given: Mapping[str, object], today: datetime.date) -> None:
    """Holds the habit that would result against all rules; normalises its texts.

    `given` are the fields that the call sets, `today` is the owner's local date. The caller holds
    the lock on the owner's row, under which every change to one person's habits is made: so two
    changes at once cannot break a rule between two habits together. Raises `ValidationError` with
    every broken rule, by field.
    """
    errors: dict[str, list[ValidationError]] = defaultdict(list)
    has_rhythm = any(getattr(habit, name) is not None for name in RHYTHM)
    for name in NEVER_NULL if has_rhythm else (*NEVER_NULL, *RHYTHM):
        if name in given and given[name] is None:
            errors[name].append(ValidationError(_("This is required."), code="required"))
    if given.get("starts_on") is not None:
        for name, error in starts_within_ten_years(habit, today):
            errors[name].append(error)
    for rule in RULES:
        for name, error in rule(habit):
            errors[name].append(error)
    if errors:
        raise ValidationError(dict(errors))


def starts_within_ten_years(habit: Habit, today: datetime.date) -> Iterator[Finding]:
    """Asked only of a date that a call sets: a stored one grows older by itself."""
    if abs(habit.starts_on - today) > STARTS_WITHIN:
        yield _broken(
            "starts_on",
            "starts_on_out_of_range",
            _("A habit starts within ten years of today."),
        )


def validate_room(owner: User, more: int = 1) -> None:
    """A person keeps at most `HABITS_PER_PERSON` habits; raises `ValidationError` on no field.

    `more` are to come. The caller holds the lock on the owner's row, which may have been read
    `WITH_HABIT_COUNT`.
    """
    limit = settings.HABITS_PER_PERSON
    count: int | None = getattr(owner, "habit_count", None)
    if count is None or count + more + MADE_MEANWHILE > limit:
        count = owner.habits.count()
    if count + more > limit:
        text = (
            _("You have %(limit)d habits already, which is as many as one person may keep.")
            if count >= limit
            else _("This would make more than %(limit)d habits, the most that one person may keep.")
        )
        error = ValidationError(text, code="too_many_habits", params={"limit": limit})
        raise ValidationError({NON_FIELD_ERRORS: [error]})


def validate_deletion(habit: Habit) -> None:
    """An enjoyed habit that rewards others is not deleted; raises `ValidationError` on `id`."""
    if _rewards_others(habit):
        name, error = _in_use("id")
        raise ValidationError({name: [error]})


def _field(name: str) -> "Field[Any, Any]":
    return cast("Field[Any, Any]", Habit._meta.get_field(name))


def _rewards_others(habit: Habit) -> bool:
    """As `for_change` has read it; nothing leans on a habit that is not yet saved."""
    return getattr(habit, "rewards_others", False)


def _broken(field: str, code: str, message: "Text") -> Finding:
    return field, ValidationError(message, code=code)


def _in_use(field: str) -> Finding:
    return _broken(field, "enjoyed_habit_in_use", _("Other habits have this one as their reward."))
