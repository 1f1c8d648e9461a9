"""Codes for forgotten passwords, on their way to a chat.

As with a reminder, what is to be sent is committed first, and sent outside of any transaction, at
a slot of the bot. The code exists in the message alone; the row keeps its digest. So what may have
got lost is sent again with a new code, and the newest one counts.
"""

import datetime
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import password_resets
from accounts.models import ChatStatus, PasswordReset, User
from notifications import bot_api, chats, delivery, pacing, telegram
from notifications.intent import backoff
from notifications.models import Chat
from notifications.pauses import pause_after

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
"""Codes sent for one request whose outcome nobody learned, or that did not get through."""

LEASE = datetime.timedelta(minutes=1)
"""After so long a sender that is not heard of has died."""

PATIENCE = datetime.timedelta(seconds=5)
"""How long a sender waits for its chat's turn; what takes longer is left to the next tick."""

SKEW = datetime.timedelta(seconds=1)
"""How far the clocks of a web server and a worker may be apart."""

Clock = Callable[[], datetime.datetime]


@dataclass(frozen=True, slots=True)
class Message:
    """What to send where; its digest is committed."""

    reset: PasswordReset
    chat_id: int
    text: str = field(repr=False)


def waiting(now: datetime.datetime) -> list[int]:
    """The numbers of the requests whose codes are to be sent."""
    return list(PasswordReset.objects.filter(send_at__lte=now).values_list("pk", flat=True))


def send_code(reset_id: int, stopping: threading.Event, clock: Clock = timezone.now) -> None:
    """Sends a new code for that request, unless it was sent meanwhile or nobody may get one."""
    deadline = clock() + PATIENCE
    moment: datetime.datetime | None = clock()
    while moment is not None and moment <= deadline:
        if stopping.wait((moment - clock()).total_seconds()):
            return
        moment = _try_to_send(reset_id, stopping, clock)


def code_text(code: str, language: str) -> str:
    """The message with a code, in that language, as Telegram's HTML."""
    minutes = password_resets.LIFE // datetime.timedelta(minutes=1)
    with translation.override(language):
        return "\n".join(
            (
                _("Your code for a new password: <code>%(code)s</code>") % {"code": code},
                ngettext(
                    "It is good once, for %(minutes)d minute.",
                    "It is good once, for %(minutes)d minutes.",
                    minutes,
                )
                % {"minutes": minutes},
                _(
                    "If you did not ask for it, ignore this message: your password stays as it is."
                    " Show the code to nobody."
                ),
            )
        )


def _try_to_send(
    reset_id: int, stopping: threading.Event, clock: Clock
) -> datetime.datetime | None:
    """Answers when to try again; None when that is not for this run to do."""
    slot = delivery.slots.take(clock())
    if slot is None:
        return None
    stops = stopping.wait((slot - pacing.LEAD - clock()).total_seconds())
    message = None if stops else _begin(reset_id, slot, clock())
    if not isinstance(message, Message):
        delivery.slots.give_back(slot)
        return message
    if delivery.slots.keep(
        slot, stopping, clock, lambda late: pacing.note_late({message.chat_id: late})
    ):
        _settle(message.reset, _send(message, clock))
    else:
        _settle(message.reset, clock())
    return None


def _begin(
    reset_id: int, slot: datetime.datetime, now: datetime.datetime
) -> Message | datetime.datetime | None:
    """Commits a new code; or the moment at which the chat may have it; or None: nothing is sent.

    The person is locked meanwhile, and so is the chat: what changes there comes before or after.
    """
    with transaction.atomic():
        asked = PasswordReset.objects.filter(pk=reset_id)
        user = (
            User.objects.select_for_update(no_key=True)
            .filter(email__in=asked.values("email"))
            .first()
        )
        reset = asked.select_for_update().filter(send_at__lte=now + SKEW).first()
        if reset is None or reset.send_at is None:
            return None
        is_wanted = (
            reset.attempts < MOST_ATTEMPTS and now < reset.requested_at + password_resets.LIFE
        )
        chat = _open_chat(user) if is_wanted else None
        if user is None or chat is None:
            # A code that nobody is told: a guess at it takes as long as one at another.
            reset.send_at = None
            password_resets.issue(reset, None, now)
            return None
        # Promised for when it was asked for: a chat that is quiet gets it at once.
        awaited = pacing.take_chat_slot(chat, reset.send_at, slot)
        if awaited is not None:
            reset.send_at = awaited
            reset.save(update_fields=["send_at"])
            return awaited
        reset.send_at = now + LEASE
        reset.attempts += 1
        code = password_resets.issue(reset, user, now)
        return Message(reset, chat.chat_id, code_text(code, user.language))


def _open_chat(user: User | None) -> Chat | None:
    """The chat that may get a code of this person's, locked: one that they linked themselves, and
    where nobody else reads along, as in a group."""
    if user is None or not user.is_active or user.chat_linked_at is None:
        return None
    if user.chat_id is None or user.chat_id < 0:
        return None
    chat, _created = Chat.objects.select_for_update().get_or_create(chat_id=user.chat_id)
    return chat if chat.status == ChatStatus.OK else None


def _send(message: Message, clock: Clock) -> datetime.datetime | None:
    """Sends it; answers when another code is to be sent, None when none is."""
    reset = message.reset
    try:
        telegram.send_message(message.chat_id, message.text, is_secret=True)
    except bot_api.TelegramError as error:
        logger.warning("password_code_failed user=%s cause=%r", reset.user_id, str(error))
        return _after(error, message, clock())
    logger.info("password_code_sent user=%s", reset.user_id)
    return None


def _after(
    error: bot_api.TelegramError, message: Message, now: datetime.datetime
) -> datetime.datetime | None:
    match error:
        case bot_api.ChatUnreachable():
            chats.mark_unreachable(message.chat_id, str(error), now)
            return None
        case bot_api.MessageRejected():
            return None
        case bot_api.TooManyRequests() | bot_api.BotUnauthorized():
            return pause_after(error, now)
        case _:
            return now + backoff(message.reset.attempts)


def _settle(reset: PasswordReset, send_at: datetime.datetime | None) -> None:
    """Unless it was asked for again meanwhile, which is another's to send."""
    PasswordReset.objects.filter(pk=reset.pk, send_at=reset.send_at).update(send_at=send_at)
