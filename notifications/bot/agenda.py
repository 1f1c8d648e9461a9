"""What `/today` says: a day's habits with their states, and buttons for those that are open."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from django.utils import translation
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from habits.agenda import due_today
from habits.history import DayState
from habits.models import Habit
from habits.reading import habits_of
from habits.records import Record, records_of
from notifications.bot.people import people_of, whose
from notifications.bot.replies import Text
from notifications.buttons import LABELS, Action, Button, OnDate, Row, data, read
from notifications.messages import STREAK_FROM

PAGE = 10
"""Habits in one message: with actions of 255 characters and 20 buttons it stays below the 4,096
characters and the 100 buttons that Telegram takes."""

MOST_PAGES = 5

SIGNS = {DayState.DUE: "▫️", DayState.DONE: "✅", DayState.SKIPPED: "⏭"}


@dataclass(frozen=True, slots=True)
class Agenda:
    """What is due on the date that the person means by today, and how it stands."""

    user: User
    date: datetime.date
    habits: Sequence[Habit]
    records: Mapping[int, Record]

    @classmethod
    def of(cls, user: User, now: datetime.datetime) -> "Agenda":
        habits = habits_of(due_today(user, now)[: PAGE * MOST_PAGES + 1])
        for habit in habits:
            habit.owner = user  # no query for each of them
        return cls(user, user.today(now), habits, records_of(habits, now))

    def pages(self, chat_id: int, name: str = "") -> list[Text]:
        """Messages to that chat, in the person's language.

        `name`, HTML, tells the person from others in the chat.
        """
        with translation.override(self.user.language):
            day = f"{date_format(self.date, 'l')}, {date_format(self.date)}"
            title = " · ".join(filter(None, (f"<b>{capfirst(day)}</b>", name)))
            if not self.habits:
                # Texts inside of an f-string are not found by those who translate.
                nothing = _("Nothing is due today.")
                return [Text(f"{title}\n{nothing}")]
            starts = range(0, len(self.habits), PAGE)[:MOST_PAGES]
            return [self._page(start, title, chat_id) for start in starts]

    def _page(self, start: int, title: str, chat_id: int) -> Text:
        page = list(enumerate(self.habits[start : start + PAGE], start + 1))
        lines = [title, *(self._line(number, habit) for number, habit in page)]
        if start + PAGE == PAGE * MOST_PAGES < len(self.habits):
            lines.append(_("There is more than fits in here."))
        open_ones = [pair for pair in page if self._state(pair[1]) is DayState.DUE]
        return Text("\n".join(lines), tuple(self._row(*pair, chat_id) for pair in open_ones))

    def _line(self, number: int, habit: Habit) -> str:
        streak = self.records[habit.pk].current_streak
        time = f"{habit.time:%H:%M} " if habit.time else ""
        line = f"{number}. {SIGNS[self._state(habit)]} {time}{escape(habit.action, quote=False)}"
        if streak < STREAK_FROM:
            return line
        times = ngettext("%(times)d time in a row", "%(times)d times in a row", streak)
        return f"{line} ({times % {'times': streak}})"

    def _row(self, number: int, habit: Habit, chat_id: int) -> Row:
        return tuple(
            Button(f"{number}. {LABELS[each]}", data(OnDate(habit.pk, self.date, each), chat_id))
            for each in (Action.DONE, Action.SKIP)
        )

    def _state(self, habit: Habit) -> DayState:
        return self.records[habit.pk].today_state


def agenda_below(pressed: str, chat_id: int, now: datetime.datetime) -> Text | None:
    """What the list of today says that has the button `pressed`; None for any other button."""
    target = read(pressed, chat_id)
    if not isinstance(target, OnDate):
        return None
    people = people_of(chat_id)
    for user in people:
        if user.today(now) == target.date:
            agenda = Agenda.of(user, now)
            numbers = [habit.pk for habit in agenda.habits[: PAGE * MOST_PAGES]]
            if target.habit in numbers:
                page = numbers.index(target.habit) // PAGE
                return agenda.pages(chat_id, whose(user, people))[page]
    return None
