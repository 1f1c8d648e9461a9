"""Strangers try as often as they like here, and there is a bot: neither is what stops them."""

import pytest
from pytest_django import Settings

from accounts import throttling


@pytest.fixture(autouse=True)
def no_throttle(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LOGIN_FREE_FAILURES = settings.LOGIN_FREE_FAILURES_PER_ADDRESS = 100_000
    settings.REGISTRATIONS_PER_HOUR = 100_000
    settings.TELEGRAM_BOT_NAME = "habits_bot"
    monkeypatch.setattr(throttling, "PARALLEL_REFRESHES", 100_000)
