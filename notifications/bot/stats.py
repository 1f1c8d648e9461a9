"""What `/stats` shows: pictures of how a person's habits go."""

import datetime
from collections.abc import Sequence
from functools import partial

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from habits.models import Habit
from habits.records import histories_of
from notifications.bot.replies import Photo, Reply, Text
from notifications.pictures import MOST_SECTIONS, picture, section_of

MOST_PICTURES = 3
"""For one person. Each takes half a second to draw, and a chat gets one a second."""


def photos_of(user: User, now: datetime.datetime, name: str = "") -> Sequence[Reply]:
    """The person's habits, the newest first, as many as `MOST_PICTURES` hold.

    `name`, HTML, tells the person from others in the chat.
    """
    habits = list(user.habits.order_by("-pk")[: MOST_PICTURES * MOST_SECTIONS])
    with translation.override(user.language):
        if not habits:
            return [Text("\n".join(filter(None, (name, _("There are no habits yet.")))))]
        left = user.habits.count() - len(habits)
        more = ngettext(
            "%(count)d older habit is not shown.", "%(count)d older habits are not shown.", left
        )
    last = more % {"count": left} if left else ""
    starts = range(0, len(habits), MOST_SECTIONS)
    return [
        Photo(
            partial(_drawn, user, habits[start : start + MOST_SECTIONS], now),
            "\n".join(filter(None, (name, last if start == starts[-1] else ""))),
        )
        for start in starts
    ]


def _drawn(user: User, habits: Sequence[Habit], now: datetime.datetime) -> bytes:
    for habit in habits:
        habit.owner = user  # no query for each of them
    histories = histories_of(habits, now)
    sections = [section_of(habit.action, histories[habit.pk]) for habit in habits]
    return picture(sections, user.language)
