"""The codes of forgotten passwords, read where they are sent to."""

import re
from unittest import mock

import time_machine
from django.utils import timezone

from accounts import password_resets
from accounts.models import PasswordReset, User
from notifications import telegram
from notifications.password_codes import send_code
from tests.notifications.stage import Steps


def link(user: User) -> None:
    """As the chat itself does it."""
    User.objects.filter(pk=user.pk).update(chat_linked_at=timezone.now())


def code_sent(user: User, clock: time_machine.Traveller) -> str | None:
    """The code that a worker sends to the chat of `user`; None when it sends nothing.

    It is asked for past the API, where a pause would keep a second one of the same life away.
    """
    password_resets.request(user.email, timezone.now())
    reset = PasswordReset.objects.get(email=user.email)
    with mock.patch.object(telegram, "send_message") as sent:
        send_code(reset.pk, Steps(clock))
    if not sent.called:
        return None
    chat_id, text = sent.call_args.args
    assert chat_id == user.chat_id
    found = re.search(r"<code>(.+)</code>", text)
    assert found is not None
    return found[1]
