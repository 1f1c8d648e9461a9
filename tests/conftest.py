"""The cast of every test: alice owns, bob is another, the visitor is nobody."""

import datetime
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from graphql_jwt.shortcuts import get_token
from pytest_django import Settings

from accounts import throttling
from accounts.models import User
from accounts.sql import statements
from habits.models import Habit

PASSWORD = "a-long-enough-passphrase"


@dataclass
class Caller:
    """Somebody who calls the API over HTTP, with or without an access token."""

    token: str | None = None
    http: Client = field(default_factory=Client)

    def post(self, body: Any, **headers: str) -> Any:
        """The raw HTTP response to a JSON body."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"content_type": "application/json", **headers}
        if self.token:
            given.setdefault("HTTP_AUTHORIZATION", f"Bearer {self.token}")
        return self.http.post("/graphql", content, **given)  # type: ignore[arg-type]  # environ keys

    def call(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer: `data` and `errors`."""
        answer: dict[str, Any] = self.post({"query": query, "variables": variables}).json()
        return answer

    def data(self, query: str, **variables: Any) -> Any:
        """The value of the operation's only root field, where no error is expected."""
        answer = self.call(query, **variables)
        assert "errors" not in answer, answer
        (value,) = answer["data"].values()
        return value

    def problems(self, query: str, **variables: Any) -> set[tuple[str | None, str]]:
        """What a payload finds wrong: pairs of field and code. Empty where nothing is."""
        payload = self.data(query, **variables)
        return {(each["field"], each["code"]) for each in payload.get("messages", ())}

    def error_code(self, query: str, **variables: Any) -> str:
        """The code of the only top-level error."""
        (error,) = self.call(query, **variables)["errors"]
        code: str = error["extensions"]["code"]
        return code


@pytest.fixture(autouse=True)
def fresh_throttles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has failed yet, whatever other tests left in Redis."""
    monkeypatch.setattr(throttling, "NAMESPACE", f"throttle-{uuid.uuid4().hex}")


@pytest.fixture
def compiled(settings: Settings) -> None:
    """Operations run compiled, whichever way all others of this run go."""
    settings.COMPILED_EXECUTION = True


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user(
        "alice@example.org", PASSWORD, chat_id=1001, time_zone="Europe/Berlin", first_name="Alice"
    )


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob@example.org", PASSWORD, chat_id=1002)


@pytest.fixture
def as_alice(alice: User) -> Caller:
    return Caller(get_token(alice))


@pytest.fixture
def as_bob(bob: User) -> Caller:
    return Caller(get_token(bob))


@pytest.fixture
def visitor(db: None) -> Caller:
    return Caller()


MakeHabit = Callable[..., Habit]


@pytest.fixture
def make_habit() -> MakeHabit:
    """Saves a habit that keeps all rules, with what differs given by name."""

    def make(owner: User, **fields: Any) -> Habit:
        useful: dict[str, Any] = {"time": "07:30", "duration": 60, "reward": "a coffee"}
        defaults = {} if fields.get("is_enjoyed") or "related_habit" in fields else useful
        if "related_habit" in fields:
            defaults = {"time": "07:30", "duration": 60}
        habit = Habit(
            **{
                "owner": owner,
                "action": "walk",
                "place": "the park",
                "starts_on": datetime.date(2026, 1, 1),
                "periodicity": 1,
                **defaults,
                **fields,
            }
        )
        habit.clean_fields(exclude=["duration", "periodicity", "owner", "related_habit"])
        habit.save()
        return habit

    return make


@pytest.fixture
def _no_sql_written() -> Iterator[None]:
    """As if no shape's SQL had been written yet; nothing that a test has written outlives it."""
    statements.STATEMENTS.clear()
    yield
    statements.STATEMENTS.clear()
