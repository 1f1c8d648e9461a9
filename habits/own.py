"""The habit that a person means to change."""

from django.utils.translation import gettext_lazy as _

from accounts.errors import problem
from accounts.models import User
from habits.ids import pk_of
from habits.models import Habit


def own_habit(user: User, global_id: str, *, field: str = "id") -> Habit:
    """The habit of that id, locked and ready for the rules, if it is the person's own.

    Raises `ValidationError`, `not_found` on `field`, for any other string.
    """
    habit = Habit.objects.owned_by(user).for_change().filter(pk=pk_of(global_id, "Habit")).first()
    if habit is None:
        raise problem(field, "not_found", _("You have no such habit."))
    habit.owner = user
    return habit
