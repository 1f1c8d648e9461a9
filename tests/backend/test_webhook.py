"""Where Telegram brings updates: who may, in what form, and what is written then."""

import json
from typing import Any

import dramatiq
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from dramatiq.brokers.redis import RedisBroker
from pytest_django import Settings

from backend.webhook import MAX_BODY
from notifications.actors import answer
from notifications.models import Update
from tests.notifications.shapes import STRANGE, membership, message, press

pytestmark = pytest.mark.django_db
SECRET = "a-secret_of-the-webhook"
PATH = "/telegram/webhook"


@pytest.fixture(autouse=True)
def own_secret(settings: Settings) -> None:
    settings.TELEGRAM_WEBHOOK_SECRET = SECRET


@pytest.fixture
def broker() -> RedisBroker:
    """The process's own broker, on the real server; its queues are empty."""
    found = dramatiq.get_broker()
    assert isinstance(found, RedisBroker)
    found.flush_all()
    return found


def post(body: Any, secret: str | None = SECRET, **more: str) -> Any:
    """The answer to what Telegram would send."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"content_type": "application/json", **more}
    if secret is not None:
        given["HTTP_X_TELEGRAM_BOT_API_SECRET_TOKEN"] = secret
    return Client().post(PATH, content, **given)  # type: ignore[arg-type]  # environ keys


def kept() -> list[int]:
    return list(Update.objects.order_by("pk").values_list("pk", flat=True))


def test_an_update_is_kept_and_a_worker_woken(broker: RedisBroker) -> None:
    for number, payload in enumerate(
        (message(1, "/today"), press(2, "x"), membership(3, "kicked")), start=1
    ):
        assert post(payload).status_code == 200
        assert broker.do_qsize(answer.queue_name) == number

    assert kept() == [1, 2, 3]


def test_an_update_costs_one_statement() -> None:
    with CaptureQueriesContext(connection) as queries:
        post(message(1, "/today"))

    assert len([each for each in queries if "SAVEPOINT" not in each["sql"]]) == 1


def test_an_update_that_is_sent_again_is_kept_once() -> None:
    for _ in range(3):
        assert post(message(1, "/today")).status_code == 200

    assert kept() == [1]


@pytest.mark.parametrize("what", STRANGE)
def test_what_asks_for_nothing_is_taken_and_left(
    what: str, settings: Settings, broker: RedisBroker
) -> None:
    """Otherwise Telegram would send it again and again."""
    settings.TELEGRAM_BOT_NAME = "habits_bot"

    assert post({"update_id": 1, **STRANGE[what]}).status_code == 200

    assert kept() == []
    assert broker.do_qsize(answer.queue_name) == 0


@pytest.mark.parametrize("secret", [None, "", SECRET[:-1], f"{SECRET}x", SECRET.upper(), "\xe9"])
def test_without_the_secret_nothing_is_written_and_nothing_told(secret: str | None) -> None:
    for body in (message(1, "/stop"), b"{", b"x" * (MAX_BODY + 1)):
        answered = post(body, secret)

        assert answered.status_code == 403
        assert "ecret" not in answered.content.decode()
    assert kept() == []


def test_a_stranger_leaves_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    post(message(1, "/stop"), "guessed")

    (record,) = caplog.records
    assert record.exc_info is None


def test_without_a_secret_of_its_own_there_is_no_such_page(settings: Settings) -> None:
    settings.TELEGRAM_WEBHOOK_SECRET = ""

    for secret in (SECRET, "", None):
        assert post(message(1, "/stop"), secret).status_code == 404
    assert kept() == []


@pytest.mark.parametrize("method", ["get", "put", "delete", "head", "options"])
def test_only_a_post_brings_updates(method: str) -> None:
    header = {"HTTP_X_TELEGRAM_BOT_API_SECRET_TOKEN": SECRET}

    answered = getattr(Client(), method)(PATH, **header)

    assert answered.status_code == 405
    assert answered["Allow"] == "POST"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_read(kind: str) -> None:
    assert post(message(1, "/stop"), content_type=kind).status_code == 415
    assert kept() == []


NESTED = b'{"update_id": 1, "message": %s}'


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"{",
        b"null",
        b"[]",
        b"5",
        b'"update"',
        b"{}",
        b'{"update_id": "1"}',
        b'{"update_id": 1.5}',
        b'{"update_id": true}',
        b'{"update_id": null}',
        b'{"update_id": -1}',
        b'{"update_id": 9223372036854775808}',
        b'{"update_id": NaN}',
        b'{"update_id": 1, "x": 1e999}',
        b'{"update_id": 1, "x": "\xff"}',
        b'{"update_id": 1, "x": "\\ud800"}',
        NESTED % (b"[" * 30 + b"]" * 30),
        NESTED % (b"[" * 100_000),
        NESTED % (b"[" * 100_000 + b"]" * 100_000),
        NESTED % (b'{"a":' * 30_000 + b"1" + b"}" * 30_000),
        NESTED % json.dumps([0] * 20_000).encode(),
        json.dumps({"update_id": 10**4000}).encode(),
    ],
    ids=lambda body: body[:40].decode(errors="replace"),
)
def test_what_is_no_update_is_refused_and_leaves_nothing(body: bytes) -> None:
    assert post(body).status_code == 400
    assert kept() == []


def test_the_largest_message_that_telegram_takes_passes() -> None:
    emoji = "\N{GRINNING FACE}" * 2048
    link = "https://example.org/" + "x" * 60
    entities = [
        {"offset": n * 20, "length": 20, "type": "text_link", "url": link} for n in range(100)
    ]
    keyboard = [[{"text": emoji[:32], "callback_data": "x" * 64}] for _ in range(100)]
    largest = {"text": emoji, "entities": entities}
    quoted = {**message(1, None)["message"], **largest}
    quoted["reply_markup"] = {"inline_keyboard": keyboard}
    body = message(7, None, reply_to_message=quoted, quote=largest)
    body["message"] |= largest
    assert 32 * 1024 < len(json.dumps(body)) <= MAX_BODY

    assert post(body).status_code == 200
    assert kept() == [7]


def test_what_is_larger_is_refused(settings: Settings) -> None:
    body = json.dumps(message(1, "/stop")).encode()

    assert post(body.ljust(MAX_BODY)).status_code == 200
    assert post(json.dumps(message(2, "/stop")).encode().ljust(MAX_BODY + 1)).status_code == 413
    assert kept() == [1]


@pytest.mark.parametrize("length", ["", "many", "1e3"])
def test_a_body_without_its_length_is_refused(length: str) -> None:
    assert post(message(1, "/stop"), CONTENT_LENGTH=length).status_code == 411
    assert kept() == []


def test_a_body_that_ends_too_early_is_refused() -> None:
    assert post(message(1, "/stop"), CONTENT_LENGTH="50").status_code == 400
    assert kept() == []
