"""Strangers try as often as they like here: what stops them is not the throttle."""

import pytest
from pytest_django import Settings

from accounts import throttling


@pytest.fixture(autouse=True)
def no_throttle(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LOGIN_FREE_FAILURES = settings.LOGIN_FREE_FAILURES_PER_ADDRESS = 100_000
    settings.REGISTRATIONS_PER_HOUR = 100_000
    monkeypatch.setattr(throttling, "PARALLEL_REFRESHES", 100_000)
