"""Time stands still at `NOW`; a Bot API answers on 127.0.0.1."""

from collections.abc import Iterator

import pytest
import time_machine
from pytest_django import Settings

from notifications import connections, delivery, pacing
from notifications.outbox import Outbox
from tests.fake_bot_api import FakeBotApi
from tests.notifications.stage import NOW, TOKEN, Steps


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def slots(monkeypatch: pytest.MonkeyPatch) -> None:
    """No slots and no messages are left over from another test."""
    monkeypatch.setattr(delivery, "slots", pacing.Slots())
    monkeypatch.setattr(delivery, "outbox", Outbox())


@pytest.fixture
def steps(clock: time_machine.Traveller) -> Steps:
    return Steps(clock)


@pytest.fixture
def api(settings: Settings) -> Iterator[FakeBotApi]:
    """The Bot API that this test's senders talk to."""
    with FakeBotApi() as server:
        settings.TELEGRAM_API_URL = server.url
        settings.TELEGRAM_BOT_TOKEN = TOKEN
        yield server
    connections._local.__dict__.clear()
    assert server.failures == []
