"""`manage.py up`, as a process of its own: from a fresh SQLite file to a reminder in a chat."""

import re
import signal
import socket
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.backend.running import running, wait_for
from tests.fake_bot_api import FakeBotApi
from tests.notifications.shapes import message, press

TOKEN = "123:test-token"
REGISTER = """
    mutation ($input: RegisterInput!) {
      register(input: $input) { ... on TokenPair { token } }
    }
"""
CREATE = """
    mutation ($input: HabitInput!) {
      createHabit(input: $input) { ... on Habit { id nextDueAt } }
    }
"""


def test_up_brings_a_reminder_to_its_chat_at_its_minute_and_stops_cleanly(tmp_path: Path) -> None:
    with (
        FakeBotApi() as bot,
        running(tmp_path, TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_API_URL=bot.url) as up,
    ):
        wait_for(lambda: up.get("/readyz")[0] == 200, 30, up.log.read_text)
        account = up.call(
            REGISTER,
            input={
                "email": "a@example.org",
                "password": "a-long-enough-passphrase",
                "chatId": -1001234567890,
                "timeZone": "Asia/Kathmandu",
                "language": "ru",
            },
        )
        # Kathmandu is at +05:45 all year.
        due = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        local = due + timedelta(hours=5, minutes=45)
        habit = up.call(
            CREATE,
            account["token"],
            input={
                "action": "пить <воду>",
                "place": "кухня",
                "time": f"{local:%H:%M}",
                "duration": 2,
                "reward": "чай & печенье",
            },
        )
        assert datetime.fromisoformat(habit["nextDueAt"]) == due

        wait_for(lambda: bool(bot.delivered), 75, up.log.read_text)
        arrived = datetime.now(UTC)
        time.sleep(1.5)  # a doubled message would come right behind

        (reminder,) = bot.delivered
        assert reminder.chat_id == -1001234567890
        assert reminder.text == (
            f"Я буду <b>пить &lt;воду&gt;</b> в {local:%H:%M}, место: кухня.\n"
            "Это займёт 2 секунды.\nПотом: чай &amp; печенье."
        )
        assert due <= arrived < due + timedelta(seconds=15)

        ((done, _skip, _later),) = reminder.buttons
        for number, data in enumerate((done[1], done[1]), start=7):
            bot.happens(press(number, data, reminder.chat_id, language="ru"))
        wait_for(lambda: len(bot.calls("answerCallbackQuery")) == 2, 15, up.log.read_text)
        wait_for(lambda: len(bot.edits(reminder.chat_id)) == 2, 15, up.log.read_text)
        assert [it.text for it in bot.calls("answerCallbackQuery")] == [
            "Сделано!",
            "Уже сделано.",
        ]
        assert bot.edits(reminder.chat_id)[0].endswith("✅ Сделано.")

        up.process.send_signal(signal.SIGTERM)
        assert up.process.wait(timeout=20) == 0
        log = up.log.read_text()
        assert TOKEN not in log
        assert "Traceback" not in log


def test_up_fetches_what_people_say_and_answers(tmp_path: Path) -> None:
    with (
        FakeBotApi() as bot,
        running(tmp_path, TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_API_URL=bot.url) as up,
    ):
        wait_for(lambda: up.get("/readyz")[0] == 200, 30, up.log.read_text)
        bot.happens(message(7, "/help", 9009))

        wait_for(lambda: bool(bot.texts(9009)), 10, up.log.read_text)
        wait_for(lambda: not bot.updates, 10, up.log.read_text)

        up.process.send_signal(signal.SIGTERM)
        assert up.process.wait(timeout=20) == 0
        assert TOKEN not in up.log.read_text()
        assert "Traceback" not in up.log.read_text()


def test_up_with_a_webhook_lets_telegram_bring_updates_and_fetches_none(tmp_path: Path) -> None:
    secret = "a-secret-of-the-webhook"
    environment = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_WEBHOOK_SECRET": secret}
    with (
        FakeBotApi() as bot,
        running(tmp_path, TELEGRAM_API_URL=bot.url, **environment) as up,
    ):
        wait_for(lambda: up.get("/readyz")[0] == 200, 30, up.log.read_text)
        header = "X-Telegram-Bot-Api-Secret-Token"

        answered = up.post("/telegram/webhook", message(7, "/help", 9009), {header: secret})
        wait_for(lambda: bool(bot.texts(9009)), 10, up.log.read_text)

        assert answered == 200
        assert up.post("/telegram/webhook", message(8, "/help"), {header: "guessed"}) == 403
        assert bot.calls("getUpdates") == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_says_where_graphiql_is_and_stops_on_a_signal(
    number: signal.Signals, tmp_path: Path
) -> None:
    with running(tmp_path) as up:
        wait_for(lambda: up.get("/readyz")[0] == 200, 30, up.log.read_text)
        page = up.get("/graphql", accept="text/html")
        assets = re.findall(r'(?:src|href)="(/static/[^"]+)"', page[1])
        found = {asset: up.get(asset)[0] for asset in assets}

        up.process.send_signal(number)
        up.process.send_signal(number)  # make passes on what the terminal sends, too

        assert up.process.wait(timeout=20) == 0
        assert page[0] == 200
        assert found
        assert set(found.values()) == {200}
        log = up.log.read_text()
        assert f"GraphiQL is at {up.address}/graphql" in log
        assert "DEBUG=true .venv/bin/python manage.py csu" in log
        assert "Traceback" not in log


def test_a_small_production_set_up_runs_in_one_process(tmp_path: Path) -> None:
    with running(tmp_path, DEBUG="false", ALLOWED_HOSTS="127.0.0.1") as up:
        wait_for(lambda: up.get("/readyz")[0] == 200, 30, up.log.read_text)

        assert up.get("/graphql", accept="text/html")[0] == 405
        assert up.get("/admin/login/")[0] == 200
        assert up.get("/static/admin/css/base.css")[0] == 200
        assert up.get("/nowhere")[0] == 404
        assert up.call("{ __typename }") == "Query"


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with running(tmp_path, PORT=port) as up:
            assert up.process.wait(timeout=30) == 1

            assert f"Port {port} on 127.0.0.1 is taken" in up.log.read_text()
            assert "Traceback" not in up.log.read_text()


def test_a_host_that_is_not_here_is_named(tmp_path: Path) -> None:
    with running(tmp_path, HOST="192.0.2.1") as up:
        assert up.process.wait(timeout=30) == 1

        assert "Cannot listen on HOST=192.0.2.1" in up.log.read_text()


def test_a_second_up_on_the_same_file_stops_with_a_message(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        wait_for(lambda: first.get("/readyz")[0] == 200, 30, first.log.read_text)
        (tmp_path / "second").mkdir()
        database = f"sqlite:///{tmp_path / 'habits.sqlite3'}"
        with running(tmp_path / "second", DATABASE_URL=database) as second:
            assert second.process.wait(timeout=30) == 1

            assert "Another `up` runs on" in second.log.read_text()
        assert first.get("/readyz")[0] == 200


def test_behind_a_trusted_proxy_callers_are_told_apart(tmp_path: Path) -> None:
    """The web server must leave the headers to the middleware."""

    def register(name: str, forwarded_for: str) -> list[str]:
        person = {"email": f"{name}@example.org", "password": "a-long-enough-passphrase"}
        variables = {"input": {**person, "chatId": 1}}
        answer = up.answer(REGISTER, variables, X_Forwarded_For=forwarded_for)
        return [error["extensions"]["code"] for error in answer.get("errors", ())]

    with running(tmp_path, TRUSTED_PROXIES="127.0.0.1", REGISTRATIONS_PER_HOUR="1") as up:
        wait_for(lambda: up.get("/readyz")[0] == 200, 30, up.log.read_text)

        assert register("a", "203.0.113.7") == []
        assert register("b", "203.0.113.8") == []
        assert register("c", "1.2.3.4, 203.0.113.7") == ["RATE_LIMITED"]
