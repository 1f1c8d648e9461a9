"""From the inbox to an answer: take an update, do what it asks for, answer, note that it is done.

What it asks for is done in a transaction; the calls to Telegram come after it, outside of any, and
only then the update counts as handled. A crash in between does all of it again, which changes
nothing more, and answers again: at least once.

Messages take a slot of the bot and of their chat, as reminders do (`pacing`), and an update whose
slot is still to come is given back until then; the end of a press's waiting goes out at once.
"""

import datetime
import logging
import threading
from collections.abc import Callable

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from notifications import bot_api, chats, pacing, telegram
from notifications.bot import commands, inbox
from notifications.bot.agenda import agenda_below
from notifications.bot.people import people_of
from notifications.bot.presses import Answer, Press, press
from notifications.intent import DATABASE_GONE, backoff
from notifications.models import Chat, Kind, Update
from notifications.pauses import pause_after

logger = logging.getLogger(__name__)

RUN = datetime.timedelta(seconds=20)
"""How long one run goes on while there is something to answer."""

STEP = datetime.timedelta(seconds=0.2)
"""How often a run looks for new updates while one waits for its slot."""

RECONNECT = datetime.timedelta(seconds=1)
"""Between two tries to reach a database that went away."""

MEMBER = frozenset({"creator", "administrator", "member", "restricted"})
"""Where the bot may write, as far as its membership goes."""

Clock = Callable[[], datetime.datetime]

slots = pacing.Slots()
"""When this process may answer."""


def answer_waiting(
    stopping: threading.Event, clock: Clock = timezone.now, run: datetime.timedelta = RUN
) -> bool:
    """Handles updates until none waits, `run` has passed or `stopping` is set.

    Answers whether its time ended before the work did.
    """
    begin_at = clock()
    # A clock that is set back ends the run, too: it would last for hours.
    while not stopping.is_set() and begin_at <= clock() < begin_at + run:
        try:
            if answer_next(stopping, clock):
                continue
            if inbox.next_moment(clock() + run) is None:
                return False
            stopping.wait(STEP.total_seconds())
        except DATABASE_GONE:
            logger.warning("answering_lost_the_database", exc_info=True)
            connection.close()
            stopping.wait(RECONNECT.total_seconds())
    return not stopping.is_set()


def answer_next(stopping: threading.Event, clock: Clock = timezone.now) -> bool:
    """Handles the next update, as far as it may be by now; False when there is none."""
    update = inbox.take(clock())
    if update is None:
        return False
    if update.attempts > inbox.MAX_ATTEMPTS:
        logger.error("update_given_up update=%s kind=%s", update.pk, update.kind)
        inbox.finish(update, clock())
        return True
    try:
        _handle(update, stopping, clock)
    except DATABASE_GONE:
        raise
    except bot_api.TelegramError as error:
        _settle(update, error, clock())
    except Exception:
        # One that breaks must not keep those of other chats from being handled.
        logger.exception("update_broke update=%s kind=%s", update.pk, update.kind)
        _try_again(update, clock())
    return True


def _handle(update: Update, stopping: threading.Event, clock: Clock) -> None:
    match update.kind:
        case Kind.PRESS:
            is_over = _press(update, stopping, clock)
        case Kind.MEMBERSHIP:
            is_over = _note_membership(update, clock())
        case Kind.MIGRATION:
            is_over = _follow(update, clock())
        case _:
            is_over = _reply(update, stopping, clock)
    if is_over:
        inbox.finish(update, clock())


def _reply(update: Update, stopping: threading.Event, clock: Clock) -> bool:
    """Obeys, and sends the next message of the answer; False while there is something to send."""
    replies = commands.obey(update, clock())
    if update.chat_id is None or update.sent >= len(replies) or inbox.is_flood(update):
        return True
    if not _waits_for_slot(update, stopping, clock, update.chat_id):
        return False
    replies[update.sent].send(update.chat_id)
    if update.sent + 1 == len(replies):
        return True
    update.sent += 1
    inbox.give_back(update, clock(), clock(), chat_slot_at=None)
    return False


def _press(update: Update, stopping: threading.Event, clock: Clock) -> bool:
    """Does what the button is for, says so at once, and shows it; False where that has to wait."""
    answer = _answer(update, clock())
    if inbox.is_flood(update):
        return True
    if not update.sent:
        telegram.answer_press(update.callback_id, answer.text)
        update.sent = 1
    if answer.html is None or update.chat_id is None or update.message_id is None:
        return True
    if not _waits_for_slot(update, stopping, clock):
        return False
    telegram.edit_message(update.chat_id, update.message_id, answer.html, answer.buttons)
    return True


def _answer(update: Update, now: datetime.datetime) -> Answer:
    # What is nobody's to answer is said in the language of whoever pressed.
    with override(update.language):
        if update.chat_id is None:
            return Answer(_("This button does not work any more."))
        pressed = Press(update.chat_id, update.message_id, update.data)
        # What was said elsewhere while this waited to be shown stays.
        answer = press(pressed, now, is_done=update.sent > 0)
    if answer.html is None:
        shown = agenda_below(update.data, update.chat_id, now)
        if shown is not None:
            return Answer(answer.text, shown.html, shown.buttons)
    return answer


def _note_membership(update: Update, now: datetime.datetime) -> bool:
    if update.chat_id is not None and not inbox.is_overtaken(update, kind=Kind.MEMBERSHIP):
        if update.status in MEMBER:
            chats.mark_reachable(update.chat_id, now)
        else:
            chats.mark_unreachable(update.chat_id, f"the bot's status: {update.status}", now)
    return True


def _follow(update: Update, now: datetime.datetime) -> bool:
    if update.chat_id is not None:
        chats.follow(update.chat_id, int(update.data), now)
    return True


def _waits_for_slot(
    update: Update, stopping: threading.Event, clock: Clock, chat_id: int | None = None
) -> bool:
    """Waits for a slot of the bot, and takes one of `chat_id`, where a message goes to.

    False when there is none soon: the update is given back then.
    """
    now = clock()
    slot = slots.take(now)
    if slot is None:
        inbox.give_back(update, pacing.pause_end(now) or now + STEP, now)
        return False
    if stopping.wait((slot - pacing.LEAD - clock()).total_seconds()):
        slots.give_back(slot)
        inbox.give_back(update, clock(), clock())
        return False
    awaited = None if chat_id is None else _awaited(update, chat_id, slot)
    if awaited is not None:
        slots.give_back(slot)
        inbox.give_back(update, awaited, clock(), chat_slot_at=awaited)
        return False
    if slots.keep(slot, stopping, clock, lambda _slot: None):
        return True
    inbox.give_back(update, clock() + STEP, clock())
    return False


@transaction.atomic
def _awaited(update: Update, chat_id: int, moment: datetime.datetime) -> datetime.datetime | None:
    """None when the chat may get a message at `moment`; else when it awaits it."""
    chat = Chat.objects.select_for_update().filter(chat_id=chat_id).first()
    if chat is not None:
        return pacing.take_chat_slot(chat, update.chat_slot_at, moment)
    # Of a stranger's chat nothing is kept but what it said.
    last = inbox.last_handled(update)
    earliest = moment if last is None else last + pacing.chat_gap(chat_id)
    return earliest if moment < earliest < moment + inbox.MINUTE else None


def _settle(update: Update, error: bot_api.TelegramError, now: datetime.datetime) -> None:
    """What becomes of an update whose answer did not get through."""
    chat_id, cause = update.chat_id, str(error)
    match error:
        case bot_api.TooManyRequests() | bot_api.BotUnauthorized():
            inbox.give_back(update, pause_after(error, now), now)
        case bot_api.ChatUnreachable() if chat_id is not None:
            chats.mark_unreachable(chat_id, cause, now)
            inbox.finish(update, now)
        case bot_api.ChatMigrated() if chat_id is not None:
            if people_of(chat_id):
                chats.move(chat_id, error.chat_id)
            inbox.give_back(update, now, now, counts=True, chat_id=error.chat_id)
        case bot_api.MessageRejected() | bot_api.ChatUnreachable():
            logger.error("update_answer_refused update=%s cause=%r", update.pk, cause)
            inbox.finish(update, now)
        case _:
            logger.warning("update_answer_lost update=%s cause=%r", update.pk, cause)
            _try_again(update, now)


def _try_again(update: Update, now: datetime.datetime) -> None:
    inbox.give_back(update, now + backoff(update.attempts), now, counts=True)
