"""What is known of a chat, and how that reaches the people whose reminders go there."""

import datetime

from django.db import transaction

from accounts.models import ChatStatus, User
from notifications.models import Chat


@transaction.atomic
def mark_unreachable(chat_id: int, reason: str, now: datetime.datetime) -> None:
    """Nothing more is sent to the chat until a person gives its id again."""
    # People first, then their chat: the order in which senders and mutations lock them.
    User.objects.filter(chat_id=chat_id, chat_status=ChatStatus.OK).update(
        chat_status=ChatStatus.UNREACHABLE
    )
    Chat.objects.filter(chat_id=chat_id).exclude(status=ChatStatus.STOPPED).update(
        status=ChatStatus.UNREACHABLE, reason=reason, since=now
    )


def try_again(user: User, now: datetime.datetime) -> None:
    """A person gave this chat's id: an unreachable chat gets another try, a stopped one not."""
    if user.chat_id is None:
        return
    reopened = Chat.objects.filter(chat_id=user.chat_id, status=ChatStatus.UNREACHABLE).update(
        status=ChatStatus.OK, reason="", since=now
    )
    if reopened:
        # The others' rows once this call's locks are gone: two of a group may try at once.
        others = User.objects.filter(chat_id=user.chat_id, chat_status=ChatStatus.UNREACHABLE)
        transaction.on_commit(lambda: others.update(chat_status=ChatStatus.OK))
    user.chat_status = _status(user.chat_id)
    User.objects.filter(pk=user.pk).update(chat_status=user.chat_status)


def show(chat: Chat, user: User) -> None:
    """Brings what `user` sees in line with `chat`, whose people's rows may lag behind."""
    User.objects.filter(pk=user.pk).update(chat_status=chat.status)


def move(old: int, new: int) -> None:
    """A group became a supergroup, with a new id: its people's reminders go there."""
    User.objects.filter(chat_id=old).update(chat_id=new, chat_status=_status(new))


def _status(chat_id: int) -> str:
    chat = Chat.objects.filter(chat_id=chat_id).only("status").first()
    return chat.status if chat else ChatStatus.OK
