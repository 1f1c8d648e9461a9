"""What a process refuses to start with, tried in a process of its own."""

import os
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
from django.conf import settings

from backend.settings import env
from tests.servers import ENVIRONMENT, SERVERS

GOOD = {
    "DEBUG": "false",
    "SECRET_KEY": "one-key-of-more-than-thirty-two-bytes",
    "JWT_SECRET_KEY": "another-key-of-more-than-thirty-two-bytes",
    "ALLOWED_HOSTS": "habits.example.org",
    "DATABASE_URL": "sqlite:////tmp/never-opened/../habits.sqlite3",
    "REDIS_URL": "",
}


SHOW = "import backend.settings as s; print(s.DEBUG, s.ALLOWED_HOSTS)"


def start(program: str = SHOW, **changes: str) -> subprocess.CompletedProcess[str]:
    """Runs Python that loads the settings, with `GOOD` and `changes` as its environment."""
    blank = dict.fromkeys((*ENVIRONMENT, *SERVERS), "")
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **blank, **GOOD, **changes},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_production_starts_with_all_that_it_needs() -> None:
    started = start()

    assert started.stdout.strip() == "False ['habits.example.org']", started.stderr


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is missing"),
        ({"JWT_SECRET_KEY": ""}, "JWT_SECRET_KEY is missing"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is weak"),
        ({"JWT_SECRET_KEY": "x" * 64}, "JWT_SECRET_KEY is weak"),
        ({"JWT_SECRET_KEY": GOOD["SECRET_KEY"]}, "JWT_SECRET_KEY must differ"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is missing"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name hosts"),
        ({"ALLOWED_HOSTS": ".example.org,*.example.org"}, "ALLOWED_HOSTS must name hosts"),
        ({"DEBUG": "perhaps"}, "DEBUG must be"),
        ({"PORT": "http"}, "PORT must be"),
        ({"PORT": "70000"}, "PORT must be"),
        ({"DATABASE_URL": "mysql://localhost/x"}, "DATABASE_URL must start with"),
        ({"DATABASE_URL": "postgres://u:p@[h/x"}, "DATABASE_URL cannot be read"),
        ({"DATABASE_URL": "postgres://"}, "DATABASE_URL must name a database"),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL cannot be read"),
        ({"REDIS_URL": "redis://localhost:abc"}, "REDIS_URL cannot be read"),
        ({"CORS_ALLOWED_ORIGINS": "app.example.org"}, "CORS_ALLOWED_ORIGINS must list origins"),
        ({"CSRF_TRUSTED_ORIGINS": "https://x.org/"}, "CSRF_TRUSTED_ORIGINS must list origins"),
        ({"TRUSTED_PROXIES": "10.0.0.1,proxy.example.org"}, "TRUSTED_PROXIES must list"),
        ({"TRUSTED_PROXIES": "10.0.0.1/8"}, "10.0.0.1/8 has host bits set"),
        ({"ARGON2_MEMORY_KIB": "7167", "ARGON2_PASSES": "9"}, "ARGON2_MEMORY_KIB must be"),
        ({"ARGON2_MEMORY_KIB": "19455"}, "ARGON2_PASSES must be at least 3"),
        ({"ARGON2_MEMORY_KIB": "7168", "ARGON2_PASSES": "4"}, "ARGON2_PASSES must be at least 5"),
        ({"ARGON2_PASSES": "1"}, "ARGON2_PASSES must be at least 2"),
        ({"LOGIN_FREE_FAILURES": "0"}, "LOGIN_FREE_FAILURES must be"),
        ({"REGISTRATIONS_PER_HOUR": "many"}, "REGISTRATIONS_PER_HOUR must be"),
        ({"TELEGRAM_API_URL": "api.telegram.org"}, "TELEGRAM_API_URL must be"),
        ({"TELEGRAM_API_URL": "https://"}, "TELEGRAM_API_URL must be"),
        ({"TELEGRAM_RATE": "0"}, "TELEGRAM_RATE must be"),
        ({"REMINDER_RETENTION_DAYS": "2"}, "REMINDER_RETENTION_DAYS must be"),
        ({"METRICS_TOKEN": "fifteen-letters"}, "METRICS_TOKEN must be"),
        ({"METRICS_TOKEN": "sixteen letters!!"}, "METRICS_TOKEN must be"),
        ({"METRICS_TOKEN": "sechzehn-zeichen-ä"}, "METRICS_TOKEN must be"),
        ({"ADMIN_PATH": "/"}, "ADMIN_PATH must be"),
        ({"ADMIN_PATH": "back office"}, "ADMIN_PATH must be"),
        ({"LIMIT_DEPTH": "101"}, "LIMIT_DEPTH must be"),
        ({"LIMIT_OPERATIONS": "0"}, "LIMIT_OPERATIONS must be"),
        ({"PAGE_SIZE": "101"}, "PAGE_SIZE must be a whole number, 1 to 100"),
        ({"REMINDER_AMBIGUOUS": "drop"}, "REMINDER_AMBIGUOUS must be"),
    ],
)
def test_a_setting_that_will_not_do_is_named_at_start(changes: dict[str, str], named: str) -> None:
    started = start(**changes)

    assert started.returncode != 0
    assert named in started.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("changes", "parameters"),
    [
        ({}, "m=19456,t=2,p=1"),
        ({"ARGON2_MEMORY_KIB": "7168", "ARGON2_PASSES": "5"}, "m=7168,t=5,p=1"),
        ({"ARGON2_MEMORY_KIB": "47104", "ARGON2_PASSES": "1"}, "m=47104,t=1,p=1"),
    ],
)
def test_passwords_are_hashed_as_the_settings_say(changes: dict[str, str], parameters: str) -> None:
    show = (
        "import django; django.setup();"
        "from django.contrib.auth.hashers import make_password; print(make_password('x'))"
    )

    started = start(show, DJANGO_SETTINGS_MODULE="backend.settings", **changes)

    assert f"$argon2id$v=19${parameters}$" in started.stdout, started.stderr


@pytest.mark.parametrize(("debug", "numbers"), [("false", "5 50 30"), ("true", "20 1000 1000")])
def test_development_is_more_patient_with_failures(debug: str, numbers: str) -> None:
    show = (
        "import backend.settings as s; print(s.LOGIN_FREE_FAILURES,"
        " s.LOGIN_FREE_FAILURES_PER_ADDRESS, s.REGISTRATIONS_PER_HOUR)"
    )

    assert start(show, DEBUG=debug).stdout.strip() == numbers


@pytest.mark.parametrize(
    ("proxies", "told"),
    [
        ("", "[] None"),
        (
            "10.0.0.0/8, ::1",
            "['10.0.0.0/8', '::1/128'] ('HTTP_X_FORWARDED_PROTO', 'https')",
        ),
    ],
)
def test_only_with_a_trusted_proxy_a_header_tells_what_is_secure(proxies: str, told: str) -> None:
    show = (
        "import backend.settings as s; print([str(each) for each in s.TRUSTED_PROXIES],"
        " getattr(s, 'SECURE_PROXY_SSL_HEADER', None))"
    )

    assert start(show, TRUSTED_PROXIES=proxies).stdout.strip() == told


def test_the_rules_of_time_zones_are_the_pinned_ones_whatever_the_host_says(
    tmp_path: Path,
) -> None:
    """A host whose Berlin lives by Tokyo's clocks."""
    tokyo = resources.files("tzdata") / "zoneinfo" / "Asia" / "Tokyo"
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "Berlin").write_bytes(tokyo.read_bytes())
    look = (
        "import datetime, zoneinfo; berlin = zoneinfo.ZoneInfo('Europe/Berlin');"
        "print(datetime.datetime(2026, 7, 1, tzinfo=berlin).utcoffset())"
    )
    poisoned = {"PYTHONTZPATH": str(tmp_path)}

    assert start(f"import django; {look}", **poisoned).stdout.strip() == "9:00:00"
    set_up = "import django; django.setup()"
    django = {**poisoned, "DJANGO_SETTINGS_MODULE": "backend.settings"}
    started = start(f"{set_up}; {look}", **django)
    assert started.stdout.strip() == "2:00:00", started.stderr


def test_every_variable_that_is_read_stands_in_the_sample() -> None:
    sample = (Path(settings.BASE_DIR) / ".env.sample").read_text()
    named = {line.lstrip("#").split("=")[0] for line in sample.splitlines() if "=" in line}
    read = env.names

    assert read <= named
    # Prose holds an equals sign now and then; a variable's name is all capitals.
    assert {name for name in named if name.isupper()} == read


def test_the_tests_set_every_variable_that_is_read() -> None:
    """Otherwise one in a developer's `.env` would reach the tests."""

    assert env.names <= {*ENVIRONMENT, *SERVERS}
