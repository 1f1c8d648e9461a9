"""`manage.py telegram`: what it tells Telegram, and what it refuses."""

import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from tests.backend.running import KEYS, ROOT, wait_for
from tests.fake_bot_api import FakeBotApi, bad_request
from tests.notifications.shapes import message

URL = "https://habits.example.org/telegram/webhook"
SECRET = "a-secret-of-the-webhook"


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("telegram", *arguments, stdout=output)
    return output.getvalue()


def test_webhook_sets_it_and_lists_the_commands(api: FakeBotApi, settings: Settings) -> None:
    settings.TELEGRAM_WEBHOOK_SECRET = SECRET

    assert URL in run("webhook", URL)

    assert api.webhook is not None
    assert api.webhook["url"] == URL
    assert api.webhook["secret_token"] == SECRET
    assert api.webhook["allowed_updates"] == [
        "message",
        "channel_post",
        "callback_query",
        "my_chat_member",
    ]
    assert api.webhook["drop_pending_updates"] is False
    assert api.commands.keys() == {"", "ru"}
    for commands in api.commands.values():
        assert [each["command"] for each in commands] == ["today", "stats", "stop", "help"]
        assert all(1 <= len(each["description"]) <= 256 for each in commands)


def test_unhook_takes_it_back(api: FakeBotApi) -> None:
    api.webhook = {"url": URL}

    run("unhook")

    assert api.webhook is None
    assert api.requests[0].payload == {"drop_pending_updates": False}


@pytest.mark.parametrize("arguments", [["poll"], ["webhook", URL], ["unhook"]])
def test_without_a_bot_there_is_nobody_to_ask(
    arguments: list[str], api: FakeBotApi, settings: Settings
) -> None:
    settings.TELEGRAM_BOT_TOKEN = ""

    with pytest.raises(CommandError, match="TELEGRAM_BOT_TOKEN"):
        run(*arguments)


def test_a_webhook_needs_a_secret(api: FakeBotApi) -> None:
    with pytest.raises(CommandError, match="TELEGRAM_WEBHOOK_SECRET"):
        run("webhook", URL)

    assert api.requests == []


def test_what_telegram_refuses_is_told(api: FakeBotApi, settings: Settings) -> None:
    settings.TELEGRAM_WEBHOOK_SECRET = SECRET
    api.next(bad_request("Bad Request: bad webhook: An HTTPS URL must be provided"))

    with pytest.raises(CommandError, match="An HTTPS URL must be provided"):
        run("webhook", "http://habits.example.org/")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_poll_takes_updates_in_and_stops_at_once(number: signal.Signals, tmp_path: Path) -> None:
    """While Telegram holds its answer back for half a minute."""
    environment = {
        **KEYS,
        "DEBUG": "true",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'habits.sqlite3'}",
        "TELEGRAM_BOT_TOKEN": "123:test-token",
        "PATH": "",
    }
    log = tmp_path / "poll.log"
    with FakeBotApi() as api, log.open("w") as output:
        environment["TELEGRAM_API_URL"] = api.url
        command = [sys.executable, "manage.py"]
        subprocess.run([*command, "migrate", "-v0"], env=environment, cwd=ROOT, check=True)
        api.happens(message(7, "/help"))
        process = subprocess.Popen(
            [*command, "telegram", "poll"],
            env=environment,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            # The third of them waits for something to happen.
            wait_for(lambda: len(api.requests) >= 2 and not api.updates, 30, log.read_text)
            process.send_signal(number)
            assert process.wait(timeout=3) == 0
        finally:
            process.kill()
            process.wait()

    assert "Traceback" not in log.read_text()
    assert "test-token" not in log.read_text()
