"""Every header of the API's answers, name by name: none comes or goes by chance."""

import json

import pytest
from django.test import Client
from pytest_django import Settings

from backend.short_chain import PATHS

ORIGIN = "https://app.example.org"
SHORT_CHAIN = "backend.short_chain.ShortChain"
QUERY = json.dumps({"query": "{ __typename }"})

ALWAYS = {
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
WORDED = {**ALWAYS, "content-language": "en", "vary": "Accept-Language, origin"}
ANSWER = {
    **WORDED,
    "cache-control": "no-store",
    "content-type": "application/json; charset=utf-8",
    "x-frame-options": "DENY",
}
ALLOWED = {"access-control-allow-origin": ORIGIN}


@pytest.fixture(params=["the short chain", "Django's alone"])
def client(request: pytest.FixtureRequest, settings: Settings) -> Client:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    if request.param == "Django's alone":
        settings.MIDDLEWARE = without_the_short_chain(settings.MIDDLEWARE)
    return Client()


def without_the_short_chain(middleware: list[str]) -> list[str]:
    replaced = {"backend.cors.Cors": "corsheaders.middleware.CorsMiddleware"}
    return [replaced.get(each, each) for each in middleware if each != SHORT_CHAIN]


def headers_of(response: object) -> dict[str, str]:
    assert not response.cookies  # type: ignore[attr-defined]  # a test client's response
    return named(response)


def named(response: object) -> dict[str, str]:
    """Names in small letters, as the server sends them."""
    return {name.lower(): value for name, value in response.headers.items()}  # type: ignore[attr-defined]  # the same


@pytest.mark.parametrize("path", sorted(PATHS))
@pytest.mark.parametrize(
    ("sent", "added"),
    [
        ({}, {}),
        ({"origin": ORIGIN}, ALLOWED),
        ({"origin": "https://evil.example"}, {}),
        ({"accept-language": "ru"}, {"content-language": "ru"}),
        ({"x-forwarded-proto": "https"}, {}),
        ({"cookie": "sessionid=0123456789abcdef; messages=x; csrftoken=" + "a" * 32}, {}),
        (
            {"accept": "application/graphql-response+json, application/json;q=0.9"},
            {"content-type": "application/graphql-response+json; charset=utf-8"},
        ),
    ],
)
def test_an_answer(path: str, sent: dict[str, str], added: dict[str, str], client: Client) -> None:
    response = client.post(path, QUERY, content_type="application/json", headers=sent)

    assert response.content == b'{"data":{"__typename":"Query"}}'
    assert headers_of(response) == {**ANSWER, "content-length": "31", **added}


def test_an_answer_over_https(client: Client) -> None:
    response = client.post("/graphql", QUERY, content_type="application/json", secure=True)

    hsts = {"strict-transport-security": "max-age=31536000"}
    assert headers_of(response) == {**ANSWER, "content-length": "31", **hsts}


@pytest.mark.parametrize(("origin", "added"), [(ORIGIN, ALLOWED), ("https://evil.example", {})])
def test_a_preflight(origin: str, added: dict[str, str], client: Client) -> None:
    sent = {"origin": origin, "access-control-request-method": "POST"}

    response = client.options("/graphql", headers=sent)

    if added:
        added = {
            **added,
            "access-control-allow-headers": "accept, accept-language, authorization, content-type,"
            " apollographql-client-name, apollographql-client-version, apollo-require-preflight",
            "access-control-allow-methods": "POST, OPTIONS",
            "access-control-max-age": "86400",
        }
    assert response.content == b""
    assert headers_of(response) == {
        "content-length": "0",
        "content-type": "text/html; charset=utf-8",
        "vary": "origin",
        **added,
    }


def test_options_that_are_no_preflight(client: Client) -> None:
    response = client.options("/graphql")

    assert headers_of(response) == {
        **ANSWER,
        "allow": "POST, OPTIONS",
        "content-length": "0",
        "content-type": "text/html; charset=utf-8",
    }


def test_a_wrong_method(client: Client) -> None:
    response = client.get("/graphql")

    assert response.status_code == 405
    length = str(len(response.content))
    assert headers_of(response) == {**ANSWER, "allow": "POST, OPTIONS", "content-length": length}


def test_a_wrong_host(client: Client) -> None:
    sent = {"host": "evil.example"}

    response = client.post("/graphql", QUERY, content_type="application/json", headers=sent)

    assert response.status_code == 400
    expected = {**ANSWER, "content-length": str(len(response.content))}
    del expected["x-frame-options"]
    assert headers_of(response) == expected


def test_a_path_that_is_not_there(client: Client) -> None:
    response = client.post("/nowhere", QUERY, content_type="application/json")

    assert response.status_code == 404
    length = str(len(response.content))
    assert headers_of(response) == {**ANSWER, "content-length": length, "vary": "Accept-Language"}


def test_a_post_to_what_is_no_api_needs_its_token() -> None:
    response = Client(enforce_csrf_checks=True).post("/healthz")

    assert response.status_code == 403


@pytest.mark.django_db
def test_the_admins_login_page(client: Client) -> None:
    response = client.get("/admin/login/")

    assert response.status_code == 200
    assert set(response.cookies) == {"csrftoken"}
    headers = named(response)
    assert headers.pop("expires")
    assert headers == {
        **ALWAYS,
        "cache-control": "max-age=0, no-cache, no-store, must-revalidate, private",
        "content-language": "en",
        "content-length": str(len(response.content)),
        "content-type": "text/html; charset=utf-8",
        "vary": "Cookie, Accept-Language",
        "x-frame-options": "DENY",
    }
