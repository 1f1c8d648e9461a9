"""A pytest plugin: real servers, and an environment that no developer's settings reach.

A DATABASE_URL or REDIS_URL given to the process wins, and that server is not started here. It is a
plugin and not a conftest.py because pytest-django reads the settings before any conftest.py.
"""

import contextlib
import os
import signal
from collections.abc import Generator

import pytest

from tests.server_home import ServerError
from tests.wheel_servers import postgresql, valkey

ENVIRONMENT = {
    "DEBUG": "false",
    "SECRET_KEY": "tests-sign-their-sessions-with-this-key",
    "JWT_SECRET_KEY": "tests-sign-their-access-tokens-with-this-key",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "TELEGRAM_API_URL": "http://127.0.0.1:9",  # nobody listens there
    # Given to the run: the same tests through graphql-core alone.
    "COMPILED_EXECUTION": os.environ.get("COMPILED_EXECUTION", ""),
    # Empty counts as absent, in the process and over a value in `.env`: the settings' defaults.
    **dict.fromkeys(
        (
            "CORS_ALLOWED_ORIGINS",
            "CSRF_TRUSTED_ORIGINS",
            "TRUSTED_PROXIES",
            "ARGON2_MEMORY_KIB",
            "ARGON2_PASSES",
            "LOGIN_FREE_FAILURES",
            "LOGIN_FREE_FAILURES_PER_ADDRESS",
            "REGISTRATIONS_PER_HOUR",
            "PASSWORD_RESETS_PER_HOUR",
            "TELEGRAM_BOT_TOKEN",
            "TELEGRAM_BOT_NAME",
            "TELEGRAM_WEBHOOK_SECRET",
            "TELEGRAM_RATE",
            "REMINDER_CATCH_UP_MINUTES",
            "REMINDER_RETENTION_DAYS",
            "REMINDER_AMBIGUOUS",
            "DELIVERY_THREADS",
            "METRICS_TOKEN",
            "HSTS_SECONDS",
            "SECURE_COOKIES",
            "ADMIN_PATH",
            "PREPARED_STATEMENTS",
            "STATEMENT_TIMEOUT_MS",
            "LOCK_TIMEOUT_MS",
            "IDLE_TRANSACTION_TIMEOUT_MS",
            "LIMIT_BODY_BYTES",
            "LIMIT_JSON_DEPTH",
            "LIMIT_JSON_VALUES",
            "LIMIT_TOKENS",
            "LIMIT_DEPTH",
            "LIMIT_ALIASES",
            "LIMIT_FIELDS",
            "LIMIT_ROOT_FIELDS",
            "LIMIT_FRAGMENTS",
            "LIMIT_OPERATIONS",
            "LIMIT_NODE_DIRECTIVES",
            "LIMIT_DIRECTIVES",
            "LIMIT_ERRORS",
            "LIMIT_CREDENTIAL_FIELDS",
            "LIMIT_COST",
            "PAGE_SIZE",
            "PAGE_SIZE_CAP",
            "HABITS_PER_PERSON",
            "HOST",
            "PORT",
            "WEB_WORKERS",
            "WEB_THREADS",
            "REQUEST_TIMEOUT_SECONDS",
            "SUPERUSER_EMAIL",
            "SUPERUSER_PASSWORD",
        ),
        "",
    ),
}
"""Every variable that backend/settings.py reads, but for the servers' two."""

SERVERS = {"DATABASE_URL": postgresql, "REDIS_URL": valkey}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Runs before pytest-django's own hook, because wrappers come first."""
    # A time limit's SIGTERM ends the run as Ctrl-C does, so that the servers are stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.environ.update(ENVIRONMENT)
    stack = contextlib.ExitStack()
    early_config.add_cleanup(stack.close)
    for variable, server in SERVERS.items():
        if not os.environ.get(variable, "").strip():
            try:
                os.environ[variable] = stack.enter_context(server())
            except ServerError as error:
                raise pytest.UsageError(f"{error}\n(A given {variable} is used instead.)") from None
    return (yield)
