"""The endpoint: what it takes, what it refuses, and how an answer looks."""

import json
import logging
import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.conftest import PASSWORD, Caller

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
NOTHING = {"query": "{ __typename }"}


def errors_of(response: HttpResponse) -> list[dict[str, Any]]:
    body = json.loads(response.content)
    assert "data" not in body
    found: list[dict[str, Any]] = body["errors"]
    return found


@pytest.mark.parametrize("path", ["/graphql", "/graphql/"])
def test_the_endpoint_answers_with_and_without_a_slash(path: str, visitor: Caller) -> None:
    response = visitor.http.post(path, json.dumps(NOTHING), content_type=JSON)

    assert response.status_code == 200
    assert response.json() == {"data": {"__typename": "Query"}}
    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}; charset=utf-8, {JSON};q=0.9", GRAPHQL_JSON),
        (JSON, JSON),
        (f"{JSON}; charset=utf-8", JSON),
        (f"{GRAPHQL_JSON};q=0, {JSON}", JSON),
        (f"{GRAPHQL_JSON};q=0.1, {JSON}", JSON),
        (f"{GRAPHQL_JSON}, */*;q=0.5", GRAPHQL_JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
    ],
)
def test_the_answer_has_the_type_that_was_asked_for(
    accept: str, answered: str, visitor: Caller
) -> None:
    response = visitor.post(NOTHING, HTTP_ACCEPT=accept)

    assert response["Content-Type"] == f"{answered}; charset=utf-8"


def test_a_type_that_is_not_offered_is_refused(visitor: Caller) -> None:
    response = visitor.post(NOTHING, HTTP_ACCEPT="text/html")

    assert response.status_code == 406
    assert errors_of(response)[0]["extensions"]["code"] == "BAD_USER_INPUT"


def test_a_thousand_types_are_not_looked_at(visitor: Caller) -> None:
    response = visitor.post(NOTHING, HTTP_ACCEPT=f"{JSON}, " + "a/b;c," * 1000)

    assert response.status_code == 406
    assert errors_of(response)[0]["extensions"]["code"] == "BAD_USER_INPUT"


def test_a_body_in_chunks_is_told_to_come_in_one_piece(visitor: Caller) -> None:
    response = visitor.post(NOTHING, HTTP_TRANSFER_ENCODING="chunked", CONTENT_LENGTH="")

    assert response.status_code == 411
    assert "Content-Length" in errors_of(response)[0]["message"]


def test_options_name_the_methods(visitor: Caller) -> None:
    response = visitor.http.options("/graphql")

    assert (response.status_code, response["Allow"]) == (200, "POST, OPTIONS")
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_other_methods_are_refused_and_told_which_to_use(method: str, visitor: Caller) -> None:
    response = getattr(visitor.http, method)("/graphql?query={__typename}")

    assert response.status_code == 405
    assert response["Allow"] == "POST, OPTIONS"
    assert errors_of(response)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "",
    ],
)
def test_other_bodies_are_refused(content_type: str, visitor: Caller) -> None:
    response = visitor.post(NOTHING, content_type=content_type)

    assert response.status_code == 415
    assert errors_of(response)


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b" ", "not JSON"),
        (b"{", "not JSON"),
        (b"5", "a JSON object"),
        (b"null", "a JSON object"),
        (b'"{ me }"', "a JSON object"),
        (b"[]", "a JSON object"),
        (b'[{"query": "{ __typename }"}]', "a JSON object"),
        (b"{}", "`query`"),
        (b'{"query": ""}', "`query`"),
        (b'{"query": 5}', "`query`"),
        (b'{"query": "{ __typename }", "variables": []}', "`variables`"),
        (b'{"query": "{ __typename }", "variables": "{}"}', "`variables`"),
        (b'{"query": "{ __typename }", "operationName": 5}', "`operationName`"),
        (b'{"query": "{ __typename }", "operationName": "a b"}', "`operationName`"),
        (b'{"query": "{ __typename }", "extensions": 5}', "`extensions`"),
        (b'{"query": "\xff"}', "not UTF-8"),
        (b'{"query": "{ __typename }", "variables": {"a": NaN}}', "not JSON"),
        (b'{"query": "{ __typename }", "variables": {"a": -Infinity}}', "not JSON"),
        (b'{"query": "{ __typename }", "variables": {"a": 1e999}}', "not JSON"),
        (b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}', "surrogate"),
        (b'{"query": "{ __typename }", "variables": {"\\udc00": 1}}', "surrogate"),
        (b'{"variables": ' + b'{"a":' * 20 + b"1" + b"}" * 21, "levels deep"),
        (b"[" * 30_000, "levels deep"),
        (b'{"query": "{ __typename }", "variables": {"a": [' + b"[]," * 999 + b"[]]}}", "values"),
        (b'{"query": "{ __typename }", "variables": {"a": ' + b"9" * 5000 + b"}}", "not JSON"),
    ],
)
def test_a_broken_body_is_a_400_in_json_that_says_why(
    body: bytes, said: str, accept: str, visitor: Caller
) -> None:
    response = visitor.post(body, HTTP_ACCEPT=accept)

    assert response.status_code == 400
    (error,) = errors_of(response)
    assert said in error["message"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_twenty_levels_and_whole_surrogate_pairs_are_fine(visitor: Caller) -> None:
    deep = b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 18 + b'"\\ud83d\\ude00"'

    response = visitor.post(deep + b"]" * 18 + b"}}")

    assert response.status_code == 200


def test_a_body_over_the_limit_is_a_413(visitor: Caller, settings: Settings) -> None:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert limit == 32 * 1024

    response = visitor.post({"query": "{ __typename }" + " " * limit})

    assert response.status_code == 413
    assert str(limit) in errors_of(response)[0]["message"]


@pytest.mark.parametrize(
    "query",
    [
        "{ me",
        "{ nope }",
        "{ me { nope } }",
        "query ($a: Nope) { __typename }",
        "{ ...a }",
        "subscription { __typename }",
        '{ habit(id: "\\ud800") { id } }',
        "{ habits(first: " + "9" * 5000 + ") { totalCount } }",
        "query ($n: Int = " + "9" * 5000 + ") { habits(first: $n) { totalCount } }",
    ],
)
def test_a_document_that_cannot_run_has_no_data(query: str, visitor: Caller) -> None:
    older = visitor.post({"query": query}, HTTP_ACCEPT=JSON)
    newer = visitor.post({"query": query}, HTTP_ACCEPT=GRAPHQL_JSON)

    assert (older.status_code, newer.status_code) == (200, 400)
    for response in (older, newer):
        assert {each["extensions"]["code"] for each in errors_of(response)} == {"BAD_USER_INPUT"}


def test_variables_that_do_not_fit_have_no_data(visitor: Caller) -> None:
    response = visitor.post(
        {"query": "query ($n: Int!) { habits(first: $n) { totalCount } }", "variables": {"n": "x"}}
    )

    assert response.status_code == 200
    assert errors_of(response)[0]["extensions"]["code"] == "BAD_USER_INPUT"


def test_a_document_has_one_operation_and_its_name_must_fit(visitor: Caller) -> None:
    named = visitor.post({"query": "query A { __typename }", "operationName": "A"})
    unknown = visitor.post({"query": "query A { __typename }", "operationName": "B"})
    several = visitor.post(
        {"query": "query A { __typename } query B { __typename }", "operationName": "B"}
    )

    assert named.json() == {"data": {"__typename": "Query"}}
    assert errors_of(unknown)[0]["extensions"]["code"] == "BAD_USER_INPUT"
    (error,) = errors_of(several)
    assert error["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    assert error["message"] == "The document has 2 operations; the limit is 1."


def test_apollos_persisted_query_is_told_to_send_the_whole(visitor: Caller) -> None:
    stored = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}

    response = visitor.post({"operationName": None, "variables": {}, "extensions": stored})
    whole = visitor.post({**NOTHING, "extensions": stored})

    assert response.status_code == 200
    (error,) = errors_of(response)
    assert error["message"] == "PersistedQueryNotSupported"
    assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_SUPPORTED"
    assert whole.json() == {"data": {"__typename": "Query"}}


def test_an_error_while_running_keeps_the_status_and_names_its_place(visitor: Caller) -> None:
    response = visitor.post({"query": "{ me { id } }"}, HTTP_ACCEPT=GRAPHQL_JSON)

    assert response.status_code == 200
    body = response.json()
    assert body["data"] is None
    assert body["errors"][0]["path"] == ["me"]
    assert body["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


def test_what_nobody_expected_is_masked_and_logged_under_an_id(
    as_alice: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the secret /path of SELECT 1")

    monkeypatch.setattr("habits.queries.filter_habits", break_down)
    with caplog.at_level(logging.ERROR):
        answer = as_alice.call("{ habits { totalCount } }")

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "secret" not in json.dumps(answer)
    (record,) = caplog.records
    assert error["extensions"]["id"] in record.getMessage()
    assert error["extensions"]["id"] in error["message"]
    assert record.exc_info is not None
    assert "the secret /path" in str(record.exc_info[1])


def test_what_breaks_before_anything_runs_is_masked_as_well(
    visitor: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_args: object) -> None:
        raise RuntimeError("the secret /path")

    monkeypatch.setattr("backend.documents.check_limits", break_down)

    answer = visitor.call("query OfThisTestAlone { __typename }")

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "secret" not in json.dumps(answer)
    assert error["extensions"]["id"] in caplog.text


def test_a_session_cookie_counts_for_nothing(alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)

    response = browser.post("/graphql", '{"query": "{ me { id } }"}', content_type=JSON)

    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert browser.login(username=alice.email, password=PASSWORD)


def test_an_origin_that_is_not_listed_gets_no_permission(
    visitor: Caller, settings: Settings
) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.org"]

    ours = visitor.post(NOTHING, HTTP_ORIGIN="https://app.example.org")
    foreign = visitor.post(NOTHING, HTTP_ORIGIN="https://evil.example.org")
    preflight = visitor.http.options(
        "/graphql",
        HTTP_ORIGIN="https://app.example.org",
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS="authorization,content-type",
    )

    assert ours["Access-Control-Allow-Origin"] == "https://app.example.org"
    assert "Access-Control-Allow-Origin" not in foreign
    assert preflight.status_code == 200
    assert preflight["Access-Control-Allow-Methods"] == "POST, OPTIONS"
    assert "authorization" in preflight["Access-Control-Allow-Headers"]
    assert "apollographql-client-name" in preflight["Access-Control-Allow-Headers"]
    for response in (ours, preflight):
        assert "Access-Control-Allow-Credentials" not in response


def test_graphiql_is_for_development_only(visitor: Caller, settings: Settings) -> None:
    production = visitor.http.get("/graphql", HTTP_ACCEPT="text/html")
    settings.DEBUG = True
    development = visitor.http.get("/graphql", HTTP_ACCEPT="text/html")
    script = visitor.http.get("/graphql", HTTP_ACCEPT=JSON)

    assert production.status_code == 405
    assert script.status_code == 405
    assert development.status_code == 200
    assert b'id="graphiql"' in development.content
    assert re.findall(rb'(?:src|href)="(?!/static/|data:)', development.content) == []
    assert "default-src 'none'" in development["Content-Security-Policy"]
