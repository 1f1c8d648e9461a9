"""What answers when no view does."""

import json
import logging
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.test import Client

SECRET = "the secret /path of SELECT 1"


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """The parameter is raised, where all requests pass."""

    def fail(*_args: object) -> None:
        raise request.param

    monkeypatch.setattr(
        "django.contrib.messages.middleware.MessageMiddleware.process_request", fail
    )


def error_of(response: Any) -> dict[str, str]:
    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    (error,) = json.loads(response.content)["errors"]
    return {"message": error["message"], **error["extensions"]}


def test_a_path_that_is_not_there_answers_json_without_the_path(client: Client) -> None:
    response = client.get("/nowhere/secret")

    assert response.status_code == 404
    assert error_of(response)["code"] == "NOT_FOUND"
    assert b"secret" not in response.content


@pytest.mark.parametrize("host", ["evil.example", "a b", "[::1", "testserver:port"])
@pytest.mark.parametrize("path", ["/graphql", "/healthz", "/nowhere"])
def test_a_host_that_is_not_ours_answers_json_without_the_host(
    path: str, host: str, client: Client
) -> None:
    response = client.get(path, HTTP_HOST=host)

    assert response.status_code == 400
    assert error_of(response)["code"] == "BAD_USER_INPUT"
    assert host.encode() not in response.content


@pytest.mark.parametrize(
    ("broken", "status", "code"),
    [
        (PermissionDenied(SECRET), 403, "FORBIDDEN"),
        (SuspiciousOperation(SECRET), 400, "BAD_USER_INPUT"),
    ],
    indirect=["broken"],
)
@pytest.mark.usefixtures("broken")
def test_what_a_view_refuses_is_told_without_its_text(
    status: int, code: str, client: Client
) -> None:
    response = client.get("/healthz")

    assert response.status_code == status
    assert error_of(response)["code"] == code
    assert b"secret" not in response.content


def test_a_form_without_its_token_answers_json(client: Client) -> None:
    response = client.post("/healthz")

    assert response.status_code == 403
    assert error_of(response)["code"] == "FORBIDDEN"


@pytest.mark.parametrize("broken", [RuntimeError(SECRET)], indirect=True)
@pytest.mark.usefixtures("broken")
def test_what_nobody_expected_is_masked_and_logged_under_an_id(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        response = client.get("/healthz")

    assert response.status_code == 500
    error = error_of(response)
    assert error["code"] == "INTERNAL_SERVER_ERROR"
    assert error["id"] in error["message"]
    assert b"secret" not in response.content
    (record,) = [each for each in caplog.records if error["id"] in each.getMessage()]
    assert SECRET in str(record.exc_info)


@pytest.mark.parametrize(
    ("broken", "status"),
    [(RuntimeError(SECRET), 500), (PermissionDenied(SECRET), 403), (SuspiciousOperation(), 400)],
    indirect=["broken"],
)
@pytest.mark.usefixtures("broken")
def test_the_admin_keeps_its_pages(status: int, client: Client) -> None:
    response = client.get("/admin/login/")

    assert response.status_code == status
    assert response["Content-Type"].startswith("text/html")
    assert b"secret" not in response.content


@pytest.mark.django_db
def test_the_admin_keeps_its_page_for_a_form_without_its_token(client: Client) -> None:
    response = client.post("/admin/login/")

    assert response.status_code == 403
    assert response["Content-Type"].startswith("text/html")
