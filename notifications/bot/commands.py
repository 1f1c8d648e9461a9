"""What people may say to the bot, and what it does and answers then.

Every command may be obeyed again, should the answer not have reached the chat: it does the same.
"""

import datetime
from collections.abc import Callable, Sequence

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Language, User
from notifications import chats, telegram
from notifications.bot import inbox
from notifications.bot.agenda import Agenda
from notifications.bot.linking import LIFETIME, use_link
from notifications.bot.people import named, people_of, whose
from notifications.bot.replies import Reply, Text
from notifications.bot.stats import photos_of
from notifications.models import Update

Replies = Sequence[Reply]

DESCRIPTIONS = {
    "today": gettext_lazy("What is due today"),
    "stats": gettext_lazy("How your habits are going, as a picture"),
    "stop": gettext_lazy("No more messages to this chat"),
    "help": gettext_lazy("What this bot understands"),
}
"""What clients offer to type."""


def list_commands() -> None:
    """Tells Telegram what clients are to offer, in every language of ours."""
    for language in Language.values:
        with translation.override(language):
            commands = {name: str(text) for name, text in DESCRIPTIONS.items()}
        # English also for whoever speaks neither.
        telegram.set_commands(commands, "" if language == Language.ENGLISH else language)


def obey(update: Update, now: datetime.datetime) -> Replies:
    """Does what a message asks for; answers what to tell its chat, which may be nothing."""
    people = people_of(_chat(update))
    with translation.override(people[0].language if people else update.language):
        command = COMMANDS.get(update.command)
        if command is not None:
            return command(update, people, now)
        # In a group, what the bot does not know was meant for somebody else.
        return _help(update, people, now) if update.is_private else ()


def _start(update: Update, people: list[User], now: datetime.datetime) -> Replies:
    if inbox.is_overtaken(update, command="stop"):
        return ()
    if update.digest:
        return _link(update, now)
    chats.start(_chat(update), now)
    if not people:
        return (Text(_how_to_link(update)),)
    text = _("The reminders of %(people)s come here.")
    return (Text(text % {"people": ", ".join(map(named, people))}),)


def _link(update: Update, now: datetime.datetime) -> Replies:
    user = use_link(update.digest, _chat(update), update.pk, now)
    if user is None:
        text = _(
            "This link is not good any more. Each one works once, within %(minutes)d minutes: ask"
            " for a new one."
        )
        return (Text(text % {"minutes": LIFETIME // datetime.timedelta(minutes=1)}),)
    with translation.override(user.language):
        text = _("Linked to %(person)s. The reminders come here from now on.")
        return (Text(text % {"person": named(user)}),)


def _today(update: Update, people: list[User], now: datetime.datetime) -> Replies:
    if not people:
        return (Text(_how_to_link(update)),)
    return [
        page
        for user in people
        for page in Agenda.of(user, now).pages(_chat(update), whose(user, people))
    ]


def _stats(update: Update, people: list[User], now: datetime.datetime) -> Replies:
    if not people:
        return (Text(_how_to_link(update)),)
    return [photo for user in people for photo in photos_of(user, now, whose(user, people))]


def _stop(update: Update, people: list[User], now: datetime.datetime) -> Replies:
    if inbox.is_overtaken(update, command="start"):
        return ()
    chats.stop(_chat(update), now)
    return (Text(_("This chat gets no more messages. /start lets them in again.")),)


def _help(update: Update, people: list[User], now: datetime.datetime) -> Replies:
    lines = [f"/{name} – {text}" for name, text in DESCRIPTIONS.items()]
    if not people:
        lines += ["", _how_to_link(update)]
    return (Text("\n".join(lines)),)


def _how_to_link(update: Update) -> str:
    text = _(
        "No account is linked to this chat. Ask your habit tracker for a link to Telegram and open"
        " it here, or give it the number of this chat: <code>%(chat)d</code>."
    )
    return text % {"chat": update.chat_id}


def _chat(update: Update) -> int:
    """Every message has one."""
    assert update.chat_id is not None  # noqa: S101  # what `updates` reads them for
    return update.chat_id


COMMANDS: dict[str, Callable[[Update, list[User], datetime.datetime], Replies]] = {
    "start": _start,
    "today": _today,
    "stats": _stats,
    "stop": _stop,
    "help": _help,
}
