"""Fetching updates: none is lost, whatever stops in between, and a stop comes soon."""

import threading
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from notifications import polling, telegram
from notifications.bot import commands, inbox
from notifications.models import Update
from notifications.polling import poll
from tests.fake_bot_api import (
    Answer,
    FakeBotApi,
    conflict,
    cut,
    server_error,
    too_many,
    unauthorized,
)
from tests.notifications.shapes import STRANGE, message
from tests.notifications.stage import Steps

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram, "POLL_SECONDS", 0)
    monkeypatch.setattr(polling, "list_commands", lambda: None)
    # The test's own connection, which the poller closes at its end.
    monkeypatch.setattr(connection, "close", lambda: None)


def polled(api: FakeBotApi, steps: Steps, calls: int) -> None:
    """Polls until so many calls were made."""
    before = len(api.requests)

    def stop_after_calls(_request: object) -> None:
        if len(api.requests) - before >= calls:
            steps.set()

    api.on_request = stop_after_calls
    poll(steps)
    steps.clear()


def kept() -> list[int]:
    return list(Update.objects.order_by("pk").values_list("pk", flat=True))


def test_clients_are_told_what_to_offer(
    api: FakeBotApi, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "list_commands", commands.list_commands)

    polled(api, steps, calls=3)

    assert api.commands.keys() == {"", "ru"}


def test_a_list_of_commands_that_is_refused_stops_nothing(
    api: FakeBotApi, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "list_commands", commands.list_commands)
    api.next(server_error())
    api.happens(message(7, "/help"))

    polled(api, steps, calls=3)

    assert kept() == [7]


def test_updates_are_taken_in_and_confirmed(api: FakeBotApi, steps: Steps) -> None:
    api.happens(message(7, "/help"), message(8, "/stop"))

    polled(api, steps, calls=3)

    assert kept() == [7, 8]
    assert api.updates == []
    assert [request.payload.get("offset") for request in api.requests] == [None, 9, None]


def test_more_than_one_answer_holds_are_taken_in(api: FakeBotApi, steps: Steps) -> None:
    api.happens(*(message(n, "/help") for n in range(250)))

    polled(api, steps, calls=5)

    assert kept() == list(range(250))
    assert api.updates == []


def test_what_asks_for_nothing_is_confirmed_too(api: FakeBotApi, steps: Steps) -> None:
    api.happens(*({"update_id": n, **it} for n, it in enumerate(STRANGE.values())))

    polled(api, steps, calls=2)

    assert api.updates == []


def test_what_was_not_taken_in_is_not_confirmed(
    api: FakeBotApi, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, failures = inbox.keep, 3

    def fail_first(updates: Any) -> None:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise OperationalError("terminating connection")
        keep(updates)

    monkeypatch.setattr(inbox, "keep", fail_first)
    api.happens(message(7, "/help"))

    polled(api, steps, calls=5)

    assert kept() == [7]
    assert [request.payload.get("offset") for request in api.requests] == [None] * 4 + [8]
    assert steps.waits == [1, 2, 4]


def test_a_crash_before_the_confirmation_brings_the_updates_again_and_keeps_them_once(
    api: FakeBotApi, steps: Steps
) -> None:
    api.happens(message(7, "/help"))
    polled(api, steps, calls=1)
    polled(api, steps, calls=3)

    assert kept() == [7]


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (conflict(), "polling_conflict"),
        (server_error(), "polling_failed"),
        (cut(), "polling_failed"),
        (unauthorized(), "telegram_token_refused"),
    ],
)
def test_troubles_are_told_and_survived(
    trouble: Answer, said: str, api: FakeBotApi, steps: Steps, caplog: pytest.LogCaptureFixture
) -> None:
    api.happens(message(7, "/help"))
    api.next(trouble, trouble)

    polled(api, steps, calls=4)

    assert kept() == [7]
    assert caplog.text.count(said) == 2
    assert steps.waits == [1, 2]


def test_a_conflict_says_what_to_do(
    api: FakeBotApi, steps: Steps, caplog: pytest.LogCaptureFixture
) -> None:
    api.next(conflict())

    polled(api, steps, calls=2)

    assert "manage.py telegram unhook" in caplog.text


def test_a_429_is_waited_for(api: FakeBotApi, steps: Steps) -> None:
    api.next(too_many(17))

    polled(api, steps, calls=2)

    assert steps.waits == [17]


def test_a_network_that_is_away_is_waited_for(api: FakeBotApi, steps: Steps) -> None:
    steps.stop_after = 3

    with api.refusing():
        poll(steps)

    assert steps.waits == [1, 2, 4]


def test_a_bug_is_told_and_survived(
    api: FakeBotApi,
    steps: Steps,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def stumble(*_arguments: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(polling, "receive_all", stumble)
    steps.stop_after = 1

    poll(steps)

    assert "polling_broke" in caplog.text


def test_what_came_as_the_poller_stops_is_left_to_the_next_one(
    api: FakeBotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping = threading.Event()
    api.on_request = lambda _request: stopping.set()
    api.happens(message(7, "/help"))

    poll(stopping, timezone.now)

    assert kept() == []
    assert len(api.updates) == 1
