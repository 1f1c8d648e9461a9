"""What is known of a chat, and how that reaches the people whose reminders go there."""

import datetime
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import ChatStatus, User
from notifications.models import Chat, Reminder


@transaction.atomic
def mark_unreachable(chat_id: int, reason: str, now: datetime.datetime) -> None:
    """Nothing more is sent to the chat until a person gives its id again."""
    # People first, then their chat: the order in which senders and mutations lock them.
    people = User.objects.filter(chat_id=chat_id)
    people.filter(chat_status=ChatStatus.OK).update(chat_status=ChatStatus.UNREACHABLE)
    unreachable = {"status": ChatStatus.UNREACHABLE, "reason": reason, "since": now}
    Chat.objects.filter(chat_id=chat_id).exclude(status=ChatStatus.STOPPED).update(**unreachable)
    if people.exists():
        # Nothing was sent there yet; of a stranger's chat nothing is kept.
        Chat.objects.bulk_create([Chat(chat_id=chat_id, **unreachable)], ignore_conflicts=True)


@transaction.atomic
def mark_reachable(chat_id: int, now: datetime.datetime) -> None:
    """The bot may write there again; a chat that said stop stays stopped."""
    _open(chat_id, (ChatStatus.UNREACHABLE,), now)


@transaction.atomic
def start(chat_id: int, now: datetime.datetime) -> None:
    """The chat itself said that it wants messages, whatever it said before."""
    _open(chat_id, (ChatStatus.UNREACHABLE, ChatStatus.STOPPED), now)


@transaction.atomic
def stop(chat_id: int, now: datetime.datetime) -> None:
    """Nothing more is sent to the chat until it says start; it is nobody's chat any more."""
    people = list(_locked(chat_id).values_list("pk", flat=True))
    User.objects.filter(pk__in=people).update(
        chat_id=None, chat_linked_at=None, chat_status=ChatStatus.STOPPED
    )
    chat, is_new = Chat.objects.select_for_update().get_or_create(
        chat_id=chat_id, defaults={"status": ChatStatus.STOPPED, "since": now}
    )
    if not is_new and chat.status != ChatStatus.STOPPED:
        chat.status, chat.reason, chat.since = ChatStatus.STOPPED, "", now
        chat.save(update_fields=["status", "reason", "since"])


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


@transaction.atomic
def move(old: int, new: int) -> None:
    """A group became a supergroup, with a new id: its people's reminders go there, and buttons of
    those that were sent go on to work."""
    people = User.objects.select_for_update(no_key=True).filter(chat_id=old).order_by("pk")
    moved = list(people.values_list("pk", flat=True))
    User.objects.filter(pk__in=moved).update(chat_id=new, chat_status=_status(new))
    Chat.objects.update_or_create(chat_id=old, defaults={"moved_to": new})
    rows = Reminder.objects.filter(user__in=moved, chat_id=old)
    locked = rows.select_for_update(no_key=True).order_by("pk")
    Reminder.objects.filter(pk__in=list(locked.values_list("pk", flat=True))).update(chat_id=new)


def follow(old: int, new: int, now: datetime.datetime) -> None:
    """A group says that it has a new id: what it said before, and its people, are there now."""
    if Chat.objects.filter(chat_id=old, status=ChatStatus.STOPPED).exists():
        stop(new, now)
    if User.objects.filter(chat_id=old).exists():
        move(old, new)


def ids_of(chat_id: int) -> list[int]:
    """The ids that a chat goes by, the present one first: it may have moved."""
    known = Chat.objects.filter(Q(chat_id=chat_id) | Q(moved_to=chat_id))
    moves = dict(known.values_list("chat_id", "moved_to"))
    present = moves.get(chat_id) or chat_id
    return [present, *(moves.keys() | {chat_id}) - {present}]


def _open(chat_id: int, statuses: Sequence[str], now: datetime.datetime) -> None:
    people = list(_locked(chat_id).filter(chat_status__in=statuses).values_list("pk", flat=True))
    User.objects.filter(pk__in=people).update(chat_status=ChatStatus.OK)
    Chat.objects.filter(chat_id=chat_id, status__in=statuses).update(
        status=ChatStatus.OK, reason="", since=now
    )


def _locked(chat_id: int) -> QuerySet[User]:
    """The chat's people, in one order for all who lock several."""
    found = User.objects.filter(chat_id=chat_id)
    return found.select_for_update(no_key=True).order_by("pk")


def _status(chat_id: int) -> str:
    chat = Chat.objects.filter(chat_id=chat_id).only("status").first()
    return chat.status if chat else ChatStatus.OK
