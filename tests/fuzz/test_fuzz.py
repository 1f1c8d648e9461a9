"""Whatever is sent is answered as the contract says: never a 5xx, never an internal error."""

import datetime
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from graphql_jwt.shortcuts import get_token
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings
from strawberry import relay

from accounts.models import User
from accounts.refresh_tokens import open_session
from tests.backend.answers import checked
from tests.conftest import Caller, MakeHabit
from tests.fuzz.documents import ANY_DOCUMENT, CALLS
from tests.fuzz.http import BODIES, HEADERS
from tests.fuzz.profile import examples

SECRET = "a secret of bob's"
NONE: Mapping[str, str] = MappingProxyType({})
NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)


@dataclass
class Line:
    """To the endpoint, for a visitor and for alice; what a call changes is taken back."""

    token: str
    standing_in: dict[str, str]

    def send(
        self, body: bytes, headers: Mapping[str, str] = NONE, *, as_alice: bool = True
    ) -> dict[str, Any]:
        """The answer, once it has been seen to be one."""
        for name, value in self.standing_in.items():
            body = body.replace(name.encode(), value.encode())
            headers = {key: each.replace(name, value) for key, each in headers.items()}
        caller = Caller(self.token if as_alice else None)
        with transaction.atomic():
            response = caller.post(body, **headers)
            transaction.set_rollback(True)
        assert SECRET not in response.content.decode()
        return checked(response)


@pytest.fixture
def line(alice: User, bob: User, make_habit: MakeHabit, settings: Settings) -> Iterator[Line]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with time_machine.travel(NOON, tick=False):
        tea = make_habit(alice, action="tea", is_enjoyed=True, is_public=True)
        own = [
            make_habit(alice, related_habit=tea, is_public=number % 2 == 0) for number in range(5)
        ]
        foreign = make_habit(bob, action=SECRET)
        session = open_session(alice, timezone.now())
        page = Caller(session.token).data("{ habits(first: 2) { pageInfo { endCursor } } }")
        yield Line(
            get_token(alice),
            {
                "@own@": relay.to_base64("Habit", own[0].pk),
                "@public@": relay.to_base64("PublicHabit", tea.pk),
                "@foreign@": relay.to_base64("Habit", foreign.pk),
                "@cursor@": page["pageInfo"]["endCursor"],
                "@token@": session.token,
                "@refresh-token@": session.refresh_token,
            },
        )


@examples(100)
@given(body=BODIES)
def test_any_body(line: Line, body: bytes) -> None:
    line.send(body)


@examples(100)
@given(headers=HEADERS)
def test_any_headers(line: Line, headers: dict[str, str]) -> None:
    line.send(json.dumps({"query": "{ me { id } }"}).encode(), headers, as_alice=False)


@examples(100)
@given(body=BODIES, headers=HEADERS)
def test_any_body_under_any_headers(line: Line, body: bytes, headers: dict[str, str]) -> None:
    line.send(body, headers)


@examples(100)
@given(document=ANY_DOCUMENT, as_alice=st.booleans())
def test_any_document(line: Line, document: str, as_alice: bool) -> None:
    line.send(json.dumps({"query": document}).encode(), as_alice=as_alice)


@examples(250)
@given(call=CALLS)
def test_any_call_of_somebody_who_is_logged_in(
    line: Line, call: tuple[str, dict[str, Any]]
) -> None:
    query, variables = call
    line.send(json.dumps({"query": query, "variables": variables}).encode())


@examples(30)
@given(call=CALLS)
def test_any_call_of_a_visitor(line: Line, call: tuple[str, dict[str, Any]]) -> None:
    query, variables = call
    line.send(json.dumps({"query": query, "variables": variables}).encode(), as_alice=False)
