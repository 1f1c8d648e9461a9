"""Linking a Telegram chat."""

import strawberry
import strawberry_django
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from strawberry.types import Info

from accounts.errors import problem
from accounts.permissions import current_user
from notifications.bot.linking import make_link
from notifications.types import TelegramLink


@strawberry.type
class Mutation:
    @strawberry_django.mutation(
        description=(
            "Makes a link that, opened in Telegram, sends the reminders to the chat it is opened"
            " in. An earlier link is void from then on."
        )
    )
    @transaction.atomic
    def link_telegram(self, info: Info) -> TelegramLink:
        user = current_user(info, lock=True)
        if not settings.TELEGRAM_BOT_NAME:
            raise problem(
                None, "telegram_not_configured", _("This site has no Telegram bot to link to.")
            )
        link = make_link(user, timezone.now())
        return TelegramLink(url=link.url, expires_at=link.expires_at)
