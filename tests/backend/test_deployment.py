"""What production sends, keeps to itself, and asks of the database."""

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from tests.backend.test_settings import start
from tests.conftest import Caller

CHECK = (
    "from django.core.management import execute_from_command_line as run; run(['manage.py', {}])"
)
DJANGO = {"DJANGO_SETTINGS_MODULE": "backend.settings"}


def test_djangos_own_check_of_a_deployment_is_clean() -> None:
    checked = start(CHECK.format("'check', '--deploy', '--fail-level', 'WARNING'"), **DJANGO)

    assert checked.returncode == 0, checked.stderr
    assert "no issues (4 silenced)" in checked.stdout


def test_the_check_tells_what_was_turned_off() -> None:
    checked = start(
        CHECK.format("'check', '--deploy', '--fail-level', 'WARNING'"),
        HSTS_SECONDS="0",
        SECURE_COOKIES="false",
        **DJANGO,
    )

    assert checked.returncode != 0
    for warning in ("security.W004", "security.W012", "security.W016"):
        assert warning in checked.stderr


def test_hsts_is_for_those_who_came_by_https(client: Client) -> None:
    plain = client.get("/healthz")
    secure = client.get("/healthz", secure=True)

    assert "Strict-Transport-Security" not in plain
    assert secure["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/graphql", "/healthz", "/readyz", "/nowhere"])
def test_every_answer_keeps_browsers_from_guessing_and_framing(path: str, client: Client) -> None:
    response = client.get(path, secure=True)

    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert not response.cookies


@pytest.mark.django_db
def test_the_admins_cookies_travel_over_https_alone_and_from_its_own_pages(client: Client) -> None:
    response = client.get("/admin/login/", secure=True)

    cookie = response.cookies["csrftoken"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Strict"


def test_the_admin_stands_where_the_setting_says() -> None:
    look = (
        "import django; django.setup();"
        "from django.urls import reverse; print(reverse('admin:login'))"
    )

    assert start(look, ADMIN_PATH="/back/office/", **DJANGO).stdout.strip() == "/back/office/login/"
    assert start(look, **DJANGO).stdout.strip() == "/admin/login/"


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        (value,) = cursor.fetchone()
    return str(value)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("statement_timeout", "15s"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "30s"),
        ("synchronous_commit", "on"),
    ],
)
def test_postgresql_is_asked_to_end_what_takes_too_long(name: str, value: str) -> None:
    assert setting(name) == value


@pytest.mark.django_db
def test_a_statement_that_takes_too_long_is_ended_and_masked(
    as_alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dawdle(*_args: object) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 10")
            cursor.execute("SELECT pg_sleep(60)")

    monkeypatch.setattr("habits.queries.filter_habits", dawdle)

    answer = as_alice.call("{ habits { totalCount } }")

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "statement" not in error["message"]


@pytest.mark.django_db
def test_a_migration_may_take_its_time_and_what_follows_may_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(
        "django.core.management.commands.migrate.Command.handle",
        lambda *_args, **_options: seen.append(setting("statement_timeout")),
    )

    call_command("migrate", verbosity=0)

    assert seen == ["0"]
    assert setting("statement_timeout") == "15s"
