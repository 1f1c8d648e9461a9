"""What pressing a button does: a check-in, its undoing, or the reminder once more later.

A press counts for the date of its message, never for the moment at which it comes. It is taken
from the chat that the message was sent to, as long as the account is still with that chat; in a
group from any member.
"""

import datetime
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import problem
from accounts.models import ChatStatus, User
from habits import tracking
from habits.models import CheckIn, CheckInSource, CheckInStatus, Habit
from habits.records import records_of
from notifications import chats, later
from notifications.buttons import (
    UNANSWERED,
    Action,
    Keyboard,
    OnDate,
    OnReminder,
    Target,
    below_reminder,
    read,
)
from notifications.messages import answered_text, later_text, reminder_text
from notifications.models import Chat, Reminder

FURTHEST_BACK = datetime.timedelta(days=30)
"""Before the person's today: an older date is not checked in from a message."""

MAX_TOAST = 200
"""Characters: Telegram's Bot API, `answerCallbackQuery`."""

GONE = gettext_lazy("This reminder is no longer kept.")
DELETED = gettext_lazy("This habit was deleted.")
NOT_LINKED = gettext_lazy("This chat is no longer linked.")

STATUSES = {Action.DONE: CheckInStatus.DONE, Action.SKIP: CheckInStatus.SKIPPED}


@dataclass(frozen=True, slots=True)
class Press:
    """A button was pressed in a chat, below that message; `data` is what it brought back."""

    chat_id: int
    message_id: int | None
    data: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`text` is shown for a moment, and has up to 200 characters. The message then says `html`
    with `buttons` below it; None leaves it as it is."""

    text: str
    html: str | None = None
    buttons: Keyboard = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """What a press is about; all of it is locked. `row` is None below a list of a day's habits."""

    habit: Habit
    date: datetime.date
    row: Reminder | None

    @property
    def said(self) -> CheckInStatus | None:
        """What is said about the date so far."""
        check_in = CheckIn.objects.filter(habit=self.habit, date=self.date).first()
        return CheckInStatus(check_in.status) if check_in else None


@transaction.atomic
def press(pressed: Press, now: datetime.datetime, *, is_done: bool = False) -> Answer:
    """Does what the button is for; where it may not or cannot, the answer says so politely.

    Pressing twice is pressing once. `is_done`: that was done before, and its person told; only what
    the message says now is wanted. Locks the person, the habit, then the ledger row.
    """
    ids = chats.ids_of(pressed.chat_id)
    found = [target for each in ids if (target := read(pressed.data, each))]
    if not found:
        return Answer(_("This button does not work any more."))
    owner = _owner_locked(found[0])
    if owner is None:
        return Answer(str(GONE if isinstance(found[0], OnReminder) else DELETED))
    with translation.override(owner.language):
        try:
            return _answer(found[0], owner, pressed, ids[0], now, is_done=is_done)
        except ValidationError as error:
            return Answer(" ".join(error.messages)[:MAX_TOAST])


def _answer(
    target: Target,
    owner: User,
    pressed: Press,
    chat_id: int,
    now: datetime.datetime,
    *,
    is_done: bool,
) -> Answer:
    _check_owner(owner, chat_id)
    subject = _subject_locked(target, owner, chat_id)
    if subject.date < owner.today(now) - FURTHEST_BACK:
        raise problem(None, "too_long_ago", _("That was too long ago."))
    text = "" if is_done else _act(target.action, subject, pressed.message_id, now)
    if subject.row is None:
        return Answer(text)
    html, actions = _shown(subject, subject.row, pressed.message_id, now)
    language = owner.language
    buttons = below_reminder(subject.row.pk, actions, chat_id=chat_id, language=language)
    return Answer(text, html, buttons)


def _act(action: Action, subject: Subject, message_id: int | None, now: datetime.datetime) -> str:
    """Does it, and says in few words what is so now."""
    habit, said, wanted = subject.habit, subject.said, STATUSES.get(action)
    if action == Action.UNDO:
        undone = tracking.undo(habit, subject.date, now=now)
        return _("Taken back.") if undone else _("There is nothing to take back.")
    if said is not None and wanted in (None, said):
        is_done = said == CheckInStatus.DONE
        return _("It is done already.") if is_done else _("It is skipped already.")
    if wanted is not None:
        tracking.check_in(habit, subject.date, wanted, source=CheckInSource.TELEGRAM, now=now)
        return _("Done!") if wanted == CheckInStatus.DONE else _("Skipped.")
    if subject.row is None:
        return _("It cannot be put off.")
    return later.put_off(subject.row, habit, message_id, now)


def _shown(
    subject: Subject, row: Reminder, message_id: int | None, now: datetime.datetime
) -> tuple[str, tuple[Action, ...]]:
    """What the message says once the press is dealt with, and what it offers."""
    habit, said = subject.habit, subject.said
    if said is not None:
        streak = records_of([habit], now)[habit.pk].current_streak
        return answered_text(habit, said, streak), (Action.UNDO,)
    if later.waits(row):
        return later_text(habit, row.due_at), (Action.DONE, Action.SKIP)
    if later.can_be_put_off(row, habit, message_id):
        return reminder_text(habit), UNANSWERED
    return reminder_text(habit), (Action.DONE, Action.SKIP)


def _owner_locked(target: Target) -> User | None:
    """Whose habit it is; None when nobody's, as the row or the account is gone."""
    if isinstance(target, OnReminder):
        whose = User.objects.filter(reminders=target.reminder)
    else:
        whose = User.objects.filter(habits=target.habit)
    return whose.select_for_update(of=("self",), no_key=True).first()


def _check_owner(owner: User, chat_id: int) -> None:
    """Raises `ValidationError` unless `owner` is reached in that chat, and so answers from it."""
    has_stopped = Chat.objects.filter(chat_id=chat_id, status=ChatStatus.STOPPED).exists()
    if owner.chat_id != chat_id or has_stopped:
        raise problem(None, "chat_not_linked", NOT_LINKED)
    if not owner.is_active:
        raise problem(None, "account_disabled", _("This account is disabled."))


def _subject_locked(target: Target, owner: User, chat_id: int) -> Subject:
    """Raises `ValidationError` for a row that is gone or went elsewhere, and for a lost habit."""
    habits = Habit.objects.for_change()
    if isinstance(target, OnDate):
        return Subject(_kept(habits.filter(pk=target.habit).first(), owner), target.date, None)
    habit = habits.filter(reminders=target.reminder).first()
    row = Reminder.objects.select_for_update(no_key=True).filter(pk=target.reminder).first()
    if row is None:
        raise problem(None, "reminder_gone", GONE)
    if row.chat_id != chat_id:
        raise problem(None, "chat_not_linked", NOT_LINKED)
    return Subject(_kept(habit, owner), row.local_date, row)


def _kept(habit: Habit | None, owner: User) -> Habit:
    if habit is None:
        raise problem(None, "habit_deleted", DELETED)
    habit.owner = owner
    return habit
