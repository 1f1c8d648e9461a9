"""Making a public habit one's own: a private copy that starts today."""

import datetime

from django.utils.translation import gettext_lazy as _

from accounts.errors import problem
from accounts.models import User
from habits.models import Habit
from habits.validators import validate_habit, validate_room

COPIED = ("action", "place", "time", "duration", "periodicity", "weekdays", "is_enjoyed")


def adopt(
    pk: int,
    owner: User,
    *,
    now: datetime.datetime,
    time: datetime.time | None = None,
    reward: str | None = None,
    related_habit_id: int | None = None,
) -> Habit:
    """Copies the public habit `pk` for `owner`; answers the copy, saved.

    `time` takes the place of the original's, and `reward` or `related_habit_id` of what follows
    it. Otherwise its related habit is copied, too, if that is public; an earlier copy of that is
    used again while it is enjoyed. The caller holds the lock on the owner's row, in a transaction
    that an error undoes. Raises `ValidationError`: `not_found` or `habit_is_own` on
    `public_habit_id`, `too_many_habits`, and whatever the rules find wrong with the copy.
    """
    original = _lock_public(pk, owner)
    copy = _copy(original, owner, now)
    copy.time = time or copy.time
    is_given = reward is not None or related_habit_id is not None
    related = None if is_given else _public_reward(original)
    known = related and _earlier_copy(related, owner)
    validate_room(owner, more=1 if related is None or known else 2)
    if is_given:
        copy.reward, copy.related_habit_id = reward, related_habit_id
    elif related is None:
        copy.reward = original.reward
    else:
        copy.related_habit = known or _save(_copy(related, owner, now), now)
    return _save(copy, now)


def _lock_public(pk: int, owner: User) -> Habit:
    """Until the copy is saved, the original is neither deleted nor turned private."""
    public = Habit.objects.public().select_for_update(no_key=True)
    original = public.filter(pk=pk).first()
    if original is None:
        raise problem("public_habit_id", "not_found", _("There is no such public habit."))
    if original.owner_id == owner.pk:
        raise problem("public_habit_id", "habit_is_own", _("This habit is your own already."))
    return original


def _public_reward(original: Habit) -> Habit | None:
    """The habit that follows, if strangers may read it."""
    related = original.related_habit
    return related if related and related.is_public else None


def _earlier_copy(original: Habit, owner: User) -> Habit | None:
    """What the owner has of an enjoyed habit, as long as that may still be a reward."""
    copies = Habit.objects.owned_by(owner).filter(adopted_from=original, is_enjoyed=True)
    return copies.order_by("pk").first()


def _copy(original: Habit, owner: User, now: datetime.datetime) -> Habit:
    values = {name: getattr(original, name) for name in COPIED}
    return Habit(owner=owner, adopted_from=original, starts_on=owner.today(now), **values)


def _save(habit: Habit, now: datetime.datetime) -> Habit:
    validate_habit(habit, given={}, today=habit.starts_on)
    habit.reschedule(now)
    habit.save(force_insert=True)
    return habit
