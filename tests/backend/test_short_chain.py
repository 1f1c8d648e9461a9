"""Requests to `/graphql` by the short chain and by the long one: no answer tells which."""

import json
import logging
import re
from typing import Any

import pytest
import time_machine
from django.conf import settings as project
from django.test import Client
from django.utils.module_loading import import_string
from pytest_django import Settings

from backend.short_chain import NOT_IN_IT
from tests.backend.test_headers import ORIGIN, without_the_short_chain

QUERY = json.dumps({"query": "{ __typename }"})
JSON = {"content-type": "application/json"}
COOKIES = {
    "short": "sessionid=x; csrftoken=y",
    "empty": "sessionid=; csrftoken=",
    "strange": "sessionid=0123456789abcdef; messages=x; other=z",
}

REQUESTS: dict[str, tuple[str, dict[str, str]]] = {
    "a query": (QUERY, JSON),
    "no JSON": ("{", JSON),
    "an unknown field": (json.dumps({"query": "{ nothing }"}), JSON),
    "a bad token": (
        json.dumps({"query": "{ habits(first: 1) { edges { cursor } } }"}),
        {**JSON, "authorization": "Bearer x"},
    ),
    "a type that we do not have": (QUERY, {**JSON, "accept": "text/html"}),
    "another type of body": (QUERY, {"content-type": "text/plain"}),
    "too large": (" " * 1024 * 1024, JSON),
    "in Russian": ("{", {**JSON, "accept-language": "ru-RU, en;q=0.1"}),
    "a wrong host": (QUERY, {**JSON, "host": "evil.example"}),
    "no host": (QUERY, {**JSON, "host": "a b"}),
    "an origin": (QUERY, {**JSON, "origin": ORIGIN}),
    "another origin": (QUERY, {**JSON, "origin": "https://evil.example"}),
    "an origin that is none": (QUERY, {**JSON, "origin": "https://["}),
    "an empty origin": (QUERY, {**JSON, "origin": ""}),
    "somebody's proxy": (QUERY, {**JSON, "x-forwarded-proto": "https", "forwarded": "for=x"}),
    **{f"cookies, {name}": (QUERY, {**JSON, "cookie": text}) for name, text in COOKIES.items()},
}


def sent(client: Client, path: str, body: str, headers: dict[str, str], **more: Any) -> Any:
    given = dict(headers)
    type_ = given.pop("content-type")
    return client.post(path, body, content_type=type_, headers=given, **more)


def both(settings: Settings) -> tuple[Client, Client]:
    """A client of the short chain, and one of the long."""
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    short = Client(raise_request_exception=False)
    short.handler.load_middleware()
    settings.MIDDLEWARE = without_the_short_chain(settings.MIDDLEWARE)
    return short, Client(raise_request_exception=False)


def told(response: Any) -> tuple[int, list[tuple[str, str]], str, bytes]:
    """All of an answer, its headers in their order; what is random left out."""
    cookies = re.sub(r"(?<=csrftoken=)\w+", "", response.cookies.output())
    body = re.sub(rb"[0-9a-f]{32}", b"", response.content)
    return response.status_code, list(response.items()), cookies, body


@pytest.mark.django_db
@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("name", REQUESTS)
def test_the_answer_is_the_same(name: str, secure: bool, settings: Settings) -> None:
    body, headers = REQUESTS[name]
    for path in ("/graphql", "/graphql/", "/graphql?x=1", "/graphql%0A"):
        # A cookie says when it expires.
        with time_machine.travel("2026-01-05T12:00:00Z", tick=False):
            short, long = (
                sent(client, path, body, headers, secure=secure) for client in both(settings)
            )

        assert told(short) == told(long)


def test_an_unexpected_error_is_answered_and_logged_in_the_same_way(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError("all is lost")

    monkeypatch.setattr("backend.views.parse_body", fail)
    found, logged = [], []
    for client in both(settings):
        caplog.clear()
        with caplog.at_level(logging.INFO):
            found.append(told(sent(client, "/graphql", QUERY, JSON)))
        logged.append(
            [
                (each.name, each.levelname, re.sub("[0-9a-f]{32}", "", each.getMessage()))
                for each in caplog.records
            ]
        )

    assert found[0] == found[1]
    assert found[0][0] == 500
    assert b"all is lost" not in found[0][3]
    assert logged[0] == logged[1] != []


def test_a_post_without_cookies_takes_the_short_one_and_all_else_the_long(db: None) -> None:
    client = Client()

    def took_the_long(response: Any) -> bool:
        return hasattr(response.wsgi_request, "session")

    assert not took_the_long(sent(client, "/graphql", QUERY, JSON))
    assert not took_the_long(sent(client, "/graphql/", QUERY, JSON))
    assert took_the_long(sent(client, "/graphql", QUERY, {**JSON, "cookie": "a=b"}))
    assert took_the_long(client.get("/graphql"))
    assert took_the_long(client.options("/graphql"))
    assert took_the_long(client.get("/healthz"))


def test_all_that_the_short_one_leaves_out_stands_in_the_long_one() -> None:
    assert set(project.MIDDLEWARE) >= NOT_IN_IT


def test_no_middleware_of_the_short_one_waits_for_a_call_that_only_django_makes() -> None:
    hooks = ("process_view", "process_exception", "process_template_response")

    for name in set(project.MIDDLEWARE) - NOT_IN_IT:
        assert not any(hasattr(import_string(name), hook) for hook in hooks), name
