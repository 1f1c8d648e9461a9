"""An answer's words are in the language that `Accept-Language` asks for; the rest stays."""

import json
import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.conf import settings as project
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from pytest_django import Settings
from strawberry import relay

from accounts.errors import RateLimited
from accounts.models import User
from backend.documents import CACHE
from backend.languages import asked_for
from tests.accounts import documents
from tests.accounts.helpers import nothing_changes
from tests.backend.test_bridge import call, echo
from tests.conftest import PASSWORD, Caller, MakeHabit
from tests.habits.conftest import CREATE, DELETE, ENJOYED, HABITS, UPDATE, USEFUL

CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
NOBODY = "{ me { id } }"
ACCOUNT = {"email": "carol@example.org", "password": "a-long-enough-one", "chatId": 7}


@pytest.fixture(autouse=True)
def unread() -> Iterator[None]:
    CACHE.clear()
    yield
    CACHE.clear()


def messages(answer: Any) -> list[str]:
    """All messages anywhere in an answer, in their order."""
    if isinstance(answer, list):
        return [message for each in answer for message in messages(each)]
    if not isinstance(answer, dict):
        return []
    return [
        message
        for name, value in answer.items()
        for message in ([value] if name == "message" else messages(value))
    ]


def wordless(answer: Any) -> Any:
    """An answer without its messages."""
    if isinstance(answer, list):
        return [wordless(each) for each in answer]
    if not isinstance(answer, dict):
        return answer
    return {name: None if name == "message" else wordless(answer[name]) for name in answer}


def operation(query: str, **variables: Any) -> dict[str, Any]:
    return {"query": query, "variables": variables}


def in_both(caller: Caller, body: Any, **headers: str) -> tuple[list[str], list[str]]:
    """The messages in English and in Russian, once the rest has been seen to be the same."""
    english, russian = (
        caller.post(body, HTTP_ACCEPT_LANGUAGE=language, **headers) for language in ("en", "ru")
    )
    assert english.status_code == russian.status_code
    assert (english["Content-Language"], russian["Content-Language"]) == ("en", "ru")
    assert wordless(english.json()) == wordless(russian.json())
    return messages(english.json()), messages(russian.json())


def assert_translated(english: list[str], russian: list[str]) -> None:
    assert english
    assert len(english) == len(russian)
    for one, other in zip(english, russian, strict=True):
        assert one != other
        assert not CYRILLIC.search(one), one
        assert CYRILLIC.search(other), other


# --- What a client sees --------------------------------------------------------------------------

REFUSED: dict[str, dict[str, Any]] = {
    "an account that breaks every rule": operation(
        documents.REGISTER,
        input={
            "email": "?",
            "password": "1234",
            "chatId": 0,
            "timeZone": "Mars/Olympus",
            "language": "tlh",
            "firstName": "a\nb",
        },
    ),
    "a name that is too long": operation(
        documents.REGISTER, input={**ACCOUNT, "firstName": "x" * 151}
    ),
    "a common password": operation(documents.REGISTER, input={**ACCOUNT, "password": "password1"}),
    "a password like the e-mail": operation(
        documents.REGISTER, input={**ACCOUNT, "password": "carol@example.org"}
    ),
    "a taken e-mail": operation(
        documents.REGISTER, input={**ACCOUNT, "email": "alice@example.org"}
    ),
    "a wrong login": operation(documents.TOKEN_AUTH, email="nobody@example.org", password="wrong"),
    "a dead refresh token": operation(documents.REFRESH, given="1.2"),
    "a dead access token": operation(documents.VERIFY, given="1.2.3"),
    "an ended session": operation(documents.REVOKE, given="1.2"),
    "a profile without what it needs": operation(
        documents.UPDATE_PROFILE, input={"chatId": None, "timeZone": None, "firstName": " "}
    ),
    "a wrong old password": operation(
        documents.CHANGE_PASSWORD, input={"oldPassword": "wrong", "newPassword": "x"}
    ),
    "a short new password": operation(
        documents.CHANGE_PASSWORD, input={"oldPassword": PASSWORD, "newPassword": "x"}
    ),
    "a wrong last password": operation(documents.DELETE_ACCOUNT, password="wrong"),
    "a habit with nothing": operation(CREATE, input={"action": "", "place": "a\0b"}),
    "a habit with too much": operation(
        CREATE,
        input={
            **USEFUL,
            "duration": 0,
            "periodicity": 8,
            "startsOn": "0001-01-01",
            "relatedHabit": "nobody's",
        },
    ),
    "a habit that takes too long": operation(CREATE, input={**USEFUL, "duration": 121}),
    "an enjoyed habit with rewards": operation(
        CREATE, input={**ENJOYED, "reward": "a coffee", "relatedHabit": "nobody's"}
    ),
    "nobody's habit": operation(DELETE, id="nobody's"),
    "a habit that loses its place": operation(UPDATE, input={"id": "@tea@", "isPublic": None}),
    "a habit that others lean on": operation(DELETE, id="@tea@"),
    "a page that is too long": operation(HABITS, first=101),
    "two sizes of a page": operation(HABITS, first=1, last=1),
    "a cursor of nothing": operation(HABITS, after="?"),
    "no time": operation(CREATE, input={**USEFUL, "time": "25:00"}),
    "no time in the document": operation('{ habits(filters: {timeFrom: "7"}) { totalCount } }'),
    "no date": operation(CREATE, input={**USEFUL, "startsOn": "2026-02-30"}),
    "no chat": operation(documents.REGISTER, input={**ACCOUNT, "chatId": "many"}),
    "too many fields": operation("{" + " __typename" * 201 + "}"),
    "too many tokens": operation("{" + " __typename" * 2000 + "}"),
    "too deep": operation("{ a " * 9 + "}" * 9),
    "too many aliases": operation("{" + "".join(f" a{n}: __typename" for n in range(16)) + "}"),
    "too many passwords": operation(
        'mutation { a: verifyToken(token: "") { __typename }'
        ' b: deleteAccount(password: "") { __typename }'
        ' c: deleteAccount(password: "") { __typename } }'
    ),
    "too many rows": operation(
        "query ($n: Int) { habits(first: $n) { edges { node {" + " id" * 60 + "} } } }",
        n=100,
    ),
    "introspection": operation("{ __schema { types { name } } }"),
    "a long number": operation("{ habits(first: " + "9" * 4400 + ") { totalCount } }"),
    "an operation that is not there": {"query": "query A { __typename }", "operationName": "B"},
    "no document": {},
    "an operation's name that is none": {"query": NOBODY, "operationName": "?"},
    "variables that are none": {"query": NOBODY, "variables": []},
    "extensions that are none": {"query": NOBODY, "extensions": []},
}


@pytest.fixture
def tea(alice: User, make_habit: MakeHabit) -> str:
    """The id of an enjoyed habit that rewards another one."""
    tea = make_habit(alice, is_enjoyed=True, action="drink tea", place="the kitchen")
    make_habit(alice, related_habit=tea)
    return relay.to_base64("Habit", tea.pk)


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_worded_in_both_languages(name: str, tea: str, as_alice: Caller) -> None:
    body = json.loads(json.dumps(REFUSED[name]).replace("@tea@", tea))

    with nothing_changes():
        english, russian = in_both(as_alice, body)

    assert_translated(english, russian)


BODIES: dict[str, tuple[Any, dict[str, str]]] = {
    "not JSON": (b"{", {}),
    "not UTF-8": (b"\xff", {}),
    "a list": ([], {}),
    "half a surrogate pair": (b'{"query": "\\ud800"}', {}),
    "too many values": ({"query": NOBODY, "variables": {"a": [0] * 1001}}, {}),
    "too deep": (b'{"query": ' + b"[" * 30 + b"]" * 30 + b"}", {}),
    "too large": ({"query": NOBODY, "variables": {"a": "x" * 40_000}}, {}),
    "an answer that it does not give": (operation(NOBODY), {"HTTP_ACCEPT": "text/html"}),
    "another type": (operation(NOBODY), {"content_type": "text/plain"}),
    "chunks": (operation(NOBODY), {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}),
    "nobody": (operation(NOBODY), {}),
}


@pytest.mark.parametrize("name", BODIES)
def test_what_is_no_request_is_refused_in_both_languages(name: str, visitor: Caller) -> None:
    body, headers = BODIES[name]

    assert_translated(*in_both(visitor, body, **headers))


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("get", "/graphql", {}, 405),
        ("get", "/nowhere", {}, 404),
        ("post", "/healthz", {}, 403),
        ("get", "/graphql", {"HTTP_HOST": "evil.example"}, 400),
    ],
)
def test_an_error_page_is_worded_in_both_languages(
    method: str, path: str, headers: dict[str, str], status: int
) -> None:
    client = Client(enforce_csrf_checks=True)
    english, russian = (
        getattr(client, method)(path, HTTP_ACCEPT_LANGUAGE=language, **headers)
        for language in ("en", "ru")
    )

    assert english.status_code == russian.status_code == status
    assert (english["Content-Language"], russian["Content-Language"]) == ("en", "ru")
    assert wordless(english.json()) == wordless(russian.json())
    assert_translated(messages(english.json()), messages(russian.json()))


@pytest.mark.parametrize(
    ("seconds", "english", "russian"),
    [
        (1, "in 1 second.", "через 1 секунду."),
        (2, "in 2 seconds.", "через 2 секунды."),
        (11, "in 11 seconds.", "через 11 секунд."),
        (21, "in 21 seconds.", "через 21 секунду."),
    ],
)
def test_how_long_to_wait_is_told_in_the_right_form(
    seconds: int, english: str, russian: str
) -> None:
    for language, end in (("en", english), ("ru", russian)):
        with translation.override(language):
            assert RateLimited(seconds=seconds).message.endswith(end)


def test_who_tries_too_often_is_told_so_in_their_language(visitor: Caller) -> None:
    attempt = operation(documents.TOKEN_AUTH, email="nobody@example.org", password="wrong")
    for _attempt in range(project.LOGIN_FREE_FAILURES + 1):
        visitor.post(attempt)

    (error,) = visitor.post(attempt, HTTP_ACCEPT_LANGUAGE="ru").json()["errors"]

    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert error["message"].startswith("Слишком много попыток")


def test_a_limits_name_stays_the_same_for_programs(visitor: Caller) -> None:
    answer = visitor.post(REFUSED["too many fields"], HTTP_ACCEPT_LANGUAGE="ru").json()

    (error,) = answer["errors"]
    assert error["extensions"]["limit"] == "fields at the root"
    assert "число полей верхнего уровня — 201" in error["message"]


# --- What operators see --------------------------------------------------------------------------


def test_an_error_is_masked_in_both_languages_and_logged_in_english(
    as_alice: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: object) -> None:
        raise ValidationError(_("This is required."))

    monkeypatch.setattr("habits.queries.filter_habits", fail)
    for language in ("en", "ru"):
        with caplog.at_level(logging.ERROR):
            response = as_alice.post(operation(HABITS), HTTP_ACCEPT_LANGUAGE=language)

        (error,) = response.json()["errors"]
        assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert error["extensions"]["id"] in error["message"]
        assert bool(CYRILLIC.search(error["message"])) == (language == "ru")
    assert "This is required." in caplog.text
    assert not CYRILLIC.search(caplog.text)


# --- Which language ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ru", "ru"),
        ("RU", "ru"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("en-GB,en;q=0.9,ru;q=0.8", "en"),
        ("en;q=0.1, ru;q=0.2", "ru"),
        ("de, fr;q=0.9, ru;q=0.1", "ru"),
        ("ru;q=0", "en"),
        ("*", "en"),
        ("de", "en"),
        ("", "en"),
        ("ru;q=x", "en"),
        ("ru;;", "en"),
        ("русский", "en"),
        ("ru\0", "en"),
        ("../ru", "en"),
        (", ".join(["de"] * 20_000) + ", ru", "en"),
        ("ru-" + "x" * 20_000, "en"),
        ("ru, " + "de," * 20_000, "ru"),
    ],
)
def test_the_best_language_that_there_is_wins_and_english_where_none_is(
    header: str, language: str
) -> None:
    assert asked_for(header) == language


@pytest.mark.parametrize("header", [None, "de", "ru;q=x", "x" * 20_000])
def test_whoever_asks_for_no_language_of_ours_gets_english(
    header: str | None, visitor: Caller
) -> None:
    asked = {} if header is None else {"HTTP_ACCEPT_LANGUAGE": header}

    response = visitor.post(operation(NOBODY), **asked)

    assert response["Content-Language"] == "en"
    assert not CYRILLIC.search(response.content.decode())


def test_neither_a_cookie_nor_a_session_nor_the_account_chooses_it(
    as_alice: Caller, alice: User
) -> None:
    User.objects.filter(pk=alice.pk).update(language="ru")
    as_alice.http.force_login(alice)
    as_alice.http.cookies[project.LANGUAGE_COOKIE_NAME] = "ru"

    response = as_alice.post(operation(HABITS, first=0))

    assert response["Content-Language"] == "en"
    assert not CYRILLIC.search(response.content.decode())


def test_a_cache_between_us_keeps_one_answer_for_each_language(visitor: Caller) -> None:
    response = visitor.post(operation(NOBODY))

    assert "accept-language" in [name.strip().lower() for name in response["Vary"].split(",")]


def test_a_page_elsewhere_may_ask_for_a_language(visitor: Caller, settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.org"]

    preflight = visitor.http.options(
        "/graphql",
        HTTP_ORIGIN="https://app.example.org",
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS="accept-language",
    )

    assert "accept-language" in preflight["Access-Control-Allow-Headers"]


def test_the_admin_speaks_the_browsers_language(db: None) -> None:
    page = Client().get("/admin/login/", HTTP_ACCEPT_LANGUAGE="ru-RU,ru;q=0.9")

    assert page["Content-Language"] == "ru"
    assert "адрес электронной почты" in page.content.decode().lower()


# --- One request's language is not another's -----------------------------------------------------


@pytest.mark.parametrize("name", ["too many fields", "introspection", "a long number"])
def test_a_remembered_refusal_is_worded_for_whoever_asks(
    name: str, visitor: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = in_both(visitor, REFUSED[name])

    def parse_again(*_args: object) -> None:
        raise AssertionError

    monkeypatch.setattr("backend.documents._parse", parse_again)

    assert in_both(visitor, REFUSED[name]) == first
    assert_translated(*first)


def test_a_requests_language_ends_with_it(visitor: Caller) -> None:
    with translation.override("en"):
        visitor.post(operation(NOBODY), HTTP_ACCEPT_LANGUAGE="ru")

        assert translation.get_language() == "en"
    assert not CYRILLIC.search(visitor.post(operation(NOBODY)).content.decode())


def test_a_requests_language_ends_also_where_the_request_breaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("backend.views.GraphQLView.get", fail)
    with translation.override("en"):
        response = Client(raise_request_exception=False).get("/graphql", HTTP_ACCEPT_LANGUAGE="ru")

        assert translation.get_language() == "en"
    assert response.status_code == 500
    assert CYRILLIC.search(response.json()["errors"][0]["message"])


def test_requests_at_once_keep_their_languages() -> None:
    """Both are under way at the same time, again and again, in threads that are used again."""
    meeting = Barrier(2)

    def ask(language: str) -> list[tuple[str, bool]]:
        caller, found = Caller(), []
        for _turn in range(50):
            meeting.wait(10)
            response = caller.post(operation(NOBODY), HTTP_ACCEPT_LANGUAGE=language)
            is_russian = bool(CYRILLIC.search(response.json()["errors"][0]["message"]))
            found.append((response["Content-Language"], is_russian))
        return found

    with ThreadPoolExecutor(2) as pool:
        english, russian = pool.map(ask, ("en", "ru"))

    assert set(english) == {("en", False)}
    assert set(russian) == {("ru", True)}


# --- What the web server refuses by itself -------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_bridge_refuses_in_the_language_that_is_asked_for(language: str) -> None:
    headers = [
        (b"content-length", b"99999999"),
        (b"accept-language", language.encode()),
    ]

    start, body = call(echo, b"", headers=headers)

    (error,) = json.loads(body["body"])["errors"]
    assert start["status"] == 413
    assert dict(start["headers"])[b"content-language"] == language.encode()
    assert dict(start["headers"])[b"vary"] == b"Accept-Language"
    assert bool(CYRILLIC.search(error["message"])) == (language == "ru")
