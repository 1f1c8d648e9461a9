"""Who is reached in a chat."""

from collections.abc import Sequence
from html import escape

from accounts.models import User


def people_of(chat_id: int) -> list[User]:
    """Whose reminders come to the chat."""
    return list(User.objects.filter(chat_id=chat_id, is_active=True).order_by("pk"))


def named(user: User) -> str:
    """The e-mail as HTML, so that its owner knows it and others in the chat do not learn it."""
    name, _at, domain = user.email.partition("@")
    return escape(f"{name[0]}…@{domain}", quote=False)


def whose(user: User, people: Sequence[User]) -> str:
    """What tells the user from the others of a chat, as HTML; nothing where there are none."""
    return named(user) if len(people) > 1 else ""
