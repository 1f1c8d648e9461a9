"""Links by which a person brings a Telegram chat to their account.

`t.me/<bot>?start=<token>` makes Telegram send `/start <token>` in the chat from which it is opened,
so whoever reads that chat says that it belongs to whoever got the link.
"""

import datetime
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from notifications import chats
from notifications.bot.updates import digest_of
from notifications.models import TelegramLink

LIFETIME = datetime.timedelta(minutes=15)

TOKEN_BYTES = 32
"""43 characters; Telegram takes up to 64 of A-Z, a-z, 0-9, _ and -."""


@dataclass(frozen=True, slots=True)
class Link:
    """Where to open the chat, and until when that links it."""

    url: str
    expires_at: datetime.datetime


def make_link(user: User, now: datetime.datetime) -> Link:
    """A new link for `user`, whose row is locked; the one before is void from then on."""
    token, expires_at = secrets.token_urlsafe(TOKEN_BYTES), now + LIFETIME
    TelegramLink.objects.update_or_create(
        user=user,
        defaults={"digest": digest_of(token), "expires_at": expires_at, "used_by": None},
    )
    return Link(f"https://t.me/{settings.TELEGRAM_BOT_NAME}?start={token}", expires_at)


@transaction.atomic
def use_link(digest: str, chat_id: int, update_id: int, now: datetime.datetime) -> User | None:
    """Gives the chat to whoever got the link; None when the link is good for nothing (any more).

    The same update, should it be handled once more, does the same again; no other one does.
    """
    link = TelegramLink.objects.filter(digest=digest).only("user_id").first()
    if link is None:
        return None
    # All whom it may touch, in one order; then the link as it stands now.
    found = User.objects.filter(Q(pk=link.user_id) | Q(chat_id=chat_id)).order_by("pk")
    people = {user.pk: user for user in found.select_for_update(no_key=True)}
    user = people.get(link.user_id)
    is_free = Q(used_by=None) | Q(used_by=update_id)
    good = TelegramLink.objects.filter(is_free, user=user, digest=digest, expires_at__gt=now)
    if user is None or not user.is_active or not good.update(used_by=update_id):
        return None
    chats.start(chat_id, now)
    user.chat_id, user.chat_linked_at = chat_id, now
    user.save(update_fields=["chat_id", "chat_linked_at"])
    chats.try_again(user, now)
    return user


def forget_old_links(now: datetime.datetime) -> int:
    """Deletes the links whose time is over; answers how many."""
    deleted, _ = TelegramLink.objects.filter(expires_at__lte=now).delete()
    return deleted
