"""`manage.py telegram`: how people's messages and presses come in."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications import telegram
from notifications.bot.commands import list_commands
from notifications.bot_api import TelegramError
from notifications.polling import poll

STEP = 0.2
"""Seconds between two looks at whether to stop."""


class Command(BaseCommand):
    help = "Fetches what people send to the bot, or has Telegram bring it."

    def add_arguments(self, parser: CommandParser) -> None:
        ways = parser.add_subparsers(dest="way", required=True)
        ways.add_parser("poll", help="fetch updates until Ctrl-C or SIGTERM; one process does")
        webhook = ways.add_parser(
            "webhook", help="have Telegram send updates to an address, and list the commands"
        )
        webhook.add_argument("url", help="https://.../telegram/webhook, as Telegram reaches it")
        ways.add_parser("unhook", help="take that back; updates wait for a poller from then on")

    def handle(self, *args: Any, way: str, **options: Any) -> None:
        if not settings.TELEGRAM_BOT_TOKEN:
            raise CommandError("TELEGRAM_BOT_TOKEN is missing: there is no bot to ask for.")
        try:
            if way == "poll":
                self._poll()
            elif way == "webhook":
                self._webhook(options["url"])
            else:
                telegram.delete_webhook()
                self.stdout.write("Telegram keeps updates until they are fetched.")
        except TelegramError as error:
            raise CommandError(f"Telegram did not do it: {error}") from None

    def _poll(self) -> None:
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
        # A thread that a stop need not wait for: it may hang in a request for half a minute.
        poller = threading.Thread(target=poll, args=(stopping,), name="poll", daemon=True)
        poller.start()
        self.stdout.write("Fetching updates. Stop with Ctrl-C.")
        self.stdout.flush()
        while not stopping.is_set() and poller.is_alive():
            # A wait without an end would not let the signal through.
            stopping.wait(STEP)

    def _webhook(self, url: str) -> None:
        if not settings.TELEGRAM_WEBHOOK_SECRET:
            raise CommandError("TELEGRAM_WEBHOOK_SECRET is missing: anybody could bring updates.")
        telegram.set_webhook(url, settings.TELEGRAM_WEBHOOK_SECRET)
        list_commands()
        self.stdout.write(f"Telegram sends updates to {url}.")
