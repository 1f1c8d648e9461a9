"""What a reminder says."""

from html import escape

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from habits.models import Habit

MAX_LENGTH = 4096
"""Characters of a message after its entities are read: Telegram's Bot API, `sendMessage`."""


def reminder_text(habit: Habit) -> str:
    """The reminder of `habit` in its owner's language, as Telegram's HTML.

    The book's sentence, then how long it takes, then the reward or the habit that follows. The
    texts' lengths keep it far below `MAX_LENGTH`.
    """
    with translation.override(habit.owner.language):
        lines = [
            _("I will <b>%(action)s</b> at %(time)s in %(place)s.")
            % {
                "action": _escaped(habit.action),
                "time": f"{habit.time:%H:%M}",
                "place": _escaped(habit.place),
            }
        ]
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


def _escaped(text: str) -> str:
    """Telegram's HTML knows the entities of & < > only; quotes stay as they are."""
    return escape(text, quote=False)
