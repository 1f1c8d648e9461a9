"""The check of every answer sees what it is there to see."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse

from tests.backend.answers import GIVEN_AWAY, JSON, checked


def response(
    body: Any, status: int = 200, type_: str = JSON, cache: str = "no-store"
) -> HttpResponse:
    return HttpResponse(
        json.dumps(body),
        status=status,
        content_type=f"{type_}; charset=utf-8",
        headers={"Cache-Control": cache, "X-Content-Type-Options": "nosniff"},
    )


def error(message: str = "No.", code: str = "BAD_USER_INPUT", **rest: Any) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code}}], **rest}


@pytest.mark.parametrize(
    "text",
    [
        "Traceback (most recent call last):",
        f"{settings.BASE_DIR}/backend",
        "backend/schema.py",
        "SELECT 1 FROM habits",
        'relation "accounts_user" does not exist',
        "violates habit_useful_has_one_reward",
        "habit_public_action",
        "raised a ValidationError",
        "psycopg2.errors",
        "<class 'int'>",
        "<User object at 0x7f>",
    ],
)
def test_what_is_given_away_is_seen(text: str) -> None:
    with pytest.raises(AssertionError):
        checked(response(error(text)))


def test_what_the_contract_says_gives_nothing_away() -> None:
    assert not GIVEN_AWAY.search((settings.BASE_DIR / "schema.graphql").read_text())


@pytest.mark.parametrize(
    "answer",
    [
        response(error(), status=500),
        response(error(code="INTERNAL_SERVER_ERROR")),
        response({"data": None}),
        response({"data": {}}, status=400),
        response({"errors": []}),
        response([]),
        response({}),
        response({"data": {}, "extensions": {}}),
        response({"data": {}}, cache="public"),
        response({"data": {}}, type_="text/html"),
        response(error('Unknown. Did you mean "me"?')),
    ],
)
def test_what_is_no_answer_is_seen(answer: HttpResponse) -> None:
    with pytest.raises(AssertionError):
        checked(answer)


def test_an_answer_is_let_through() -> None:
    checked(response({"data": {"me": None}}))
    checked(response(error(data=None)))
    checked(response(error(), status=400))
