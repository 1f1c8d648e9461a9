"""What the tests of accounts share besides their fixtures."""

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any, TypeVar

from django.db import connection, connections
from django.db.models import Model
from django.urls import reverse

from accounts.models import PasswordReset, RefreshToken, User
from habits.models import Habit
from notifications.models import Chat, Reminder
from tests.accounts import documents
from tests.conftest import PASSWORD, Caller

Result = TypeVar("Result")


def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows that a call on accounts could touch."""
    models: tuple[type[Model], ...] = (User, RefreshToken, PasswordReset, Habit, Reminder, Chat)
    return {
        model.__name__: list(model._default_manager.order_by("pk").values()) for model in models
    }


@contextlib.contextmanager
def nothing_changes() -> Iterator[None]:
    before = everything()
    yield
    assert everything() == before


@dataclass
class Device(Caller):
    """A caller who logged in, and can stay so."""

    refresh_token: str = ""

    @classmethod
    def of(cls, pair: dict[str, Any]) -> "Device":
        assert pair["__typename"] == "TokenPair", pair
        return cls(pair["token"], refresh_token=pair["refreshToken"])

    def refresh(self) -> "Device":
        """The same device after a refresh; this one keeps the tokens it had."""
        return Device.of(Caller().data(documents.REFRESH, given=self.refresh_token))

    def is_in(self) -> bool:
        """Whether the access token is good."""
        return "errors" not in self.call(documents.ME)

    def can_refresh(self) -> bool:
        """Whether the refresh token is good, which spends it."""
        problems = Caller().problems(documents.REFRESH, given=self.refresh_token)
        assert problems in (set(), {("refreshToken", "refresh_token_invalid")})
        return not problems


def log_in(email: str = "alice@example.org", password: str = PASSWORD) -> Device:
    """A new device of alice's, unless told otherwise."""
    return Device.of(Caller().data(documents.TOKEN_AUTH, email=email, password=password))


def in_thread(call: Callable[[], Result]) -> Result:
    """What a thread runs, so that it leaves no connection behind."""
    try:
        return call()
    finally:
        connections.close_all()


def wait_until_blocked(call: Future[Any]) -> None:
    """Returns once `call`, in another thread, waits for a lock of this thread's transaction."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert not call.done(), f"It did not wait: {call.result()}"
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            if cursor.fetchone() == (True,):
                return
    raise TimeoutError


def at_once(*calls: Callable[[], Result]) -> list[Result]:
    """The results of all calls, made in a thread each and started together."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Result]) -> Result:
        start.wait(timeout=30)
        return in_thread(call)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def page_of(user: User) -> str:
    """Where the admin changes that person."""
    return reverse("admin:accounts_user_change", args=[user.pk])


def form_of(user: User, **changes: Any) -> dict[str, Any]:
    """What the browser sends when that page is saved with some changes."""
    fields: dict[str, Any] = {
        "email": user.email,
        "first_name": user.first_name or "",
        "chat_id": "" if user.chat_id is None else str(user.chat_id),
        "time_zone": user.time_zone,
        "day_starts_at": str(user.day_starts_at),
        "language": user.language,
        **{name: "on" for name in ("is_active", "is_staff", "is_superuser") if getattr(user, name)},
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}
