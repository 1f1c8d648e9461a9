"""A stopped clock, a hasher that is watched, and an ear for deletions."""

import datetime
from collections.abc import Iterator

import pytest
import time_machine
from pytest_django import Settings

from accounts.models import User
from accounts.signals import account_deleting
from tests.accounts.hashers import WatchedHasher

NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stands at noon in UTC until the test moves it."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def hasher(settings: Settings) -> Iterator[type[WatchedHasher]]:
    """Counts hashings from now on."""
    settings.PASSWORD_HASHERS = [f"{WatchedHasher.__module__}.{WatchedHasher.__qualname__}"]
    WatchedHasher.hashings = 0
    yield WatchedHasher
    WatchedHasher.meanwhile = None


@pytest.fixture
def deletions_heard() -> Iterator[list[User]]:
    """Whose deletion the apps above heard of; each was still there when they did."""
    heard: list[User] = []

    def listen(user: User, **_signal: object) -> None:
        heard.append(User.objects.get(pk=user.pk))

    account_deleting.connect(listen)
    yield heard
    account_deleting.disconnect(listen)
