"""What a reminder says, before and after it was answered."""

import datetime
from html import escape

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from habits.models import CheckInStatus, Habit

MAX_LENGTH = 4096
"""Characters of a message after its entities are read: Telegram's Bot API, `sendMessage`."""

STREAK_FROM = 2
"""A streak that is shown is at least so long: one is no row."""


def reminder_text(habit: Habit) -> str:
    """The reminder of `habit` in its owner's language, as Telegram's HTML.

    The book's sentence, then how long it takes, then the reward or the habit that follows. The
    texts' lengths keep it far below `MAX_LENGTH`.
    """
    with translation.override(habit.owner.language):
        lines = [_intention(habit)]
        if habit.duration is not None:
            takes = ngettext(
                "It takes %(seconds)d second.", "It takes %(seconds)d seconds.", habit.duration
            )
            lines.append(takes % {"seconds": habit.duration})
        if habit.reward is not None:
            lines.append(_("Then: %(reward)s.") % {"reward": _escaped(habit.reward)})
        elif habit.related_habit is not None:
            lines.append(
                _("Then: %(action)s in %(place)s.")
                % {
                    "action": _escaped(habit.related_habit.action),
                    "place": _escaped(habit.related_habit.place),
                }
            )
    return "\n".join(lines)


def answered_text(habit: Habit, status: CheckInStatus, streak: int) -> str:
    """The reminder of a date that was checked in; `streak` is how often in a row it is done now."""
    with translation.override(habit.owner.language):
        if status == CheckInStatus.SKIPPED:
            outcome = _("⏭ Skipped.")
        elif streak < STREAK_FROM:
            outcome = _("✅ Done.")
        else:
            outcome = ngettext(
                "✅ Done, %(times)d time in a row.", "✅ Done, %(times)d times in a row.", streak
            ) % {"times": streak}
    return f"{reminder_text(habit)}\n\n{outcome}"


def later_text(habit: Habit, again_at: datetime.datetime) -> str:
    """The reminder of a date for which another one comes at `again_at`."""
    local = again_at.astimezone(habit.owner.zone)
    with translation.override(habit.owner.language):
        outcome = _("⏰ Again at %(time)s.") % {"time": f"{local:%H:%M}"}
    return f"{reminder_text(habit)}\n\n{outcome}"


def _intention(habit: Habit) -> str:
    words = {"action": _escaped(habit.action), "place": _escaped(habit.place)}
    if habit.time is None:
        return _("I will <b>%(action)s</b> in %(place)s.") % words
    words["time"] = f"{habit.time:%H:%M}"
    return _("I will <b>%(action)s</b> at %(time)s in %(place)s.") % words


def _escaped(text: str) -> str:
    """Telegram's HTML knows the entities of & < > only; quotes stay as they are."""
    return escape(text, quote=False)
