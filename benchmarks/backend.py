"""The project's own database, broker, settings and processes, for the length of a measurement."""

import contextlib
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.wheel_servers import postgresql, valkey

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent


@contextlib.contextmanager
def backend(**settings: str) -> Iterator[dict[str, str]]:
    """Django, set up in this process on new servers; answers the environment for other processes.

    `settings` are variables of `.env.sample`.
    """
    # Commits are flushed as in production, to a file system that need not be.
    with postgresql(synchronous_commit="on") as database_url, valkey() as redis_url:
        environment = {
            "DEBUG": "false",
            "SECRET_KEY": "a-key-of-a-measurement-signs-nothing-that-lasts",
            "JWT_SECRET_KEY": "and-so-does-this-one-which-is-another-key",
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "DJANGO_SETTINGS_MODULE": "backend.settings",
            **settings,
        }
        os.environ.update(environment)
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        logging.disable(logging.INFO)
        call_command("migrate", verbosity=0)
        try:
            yield {**os.environ}
        finally:
            connection.close()


@contextlib.contextmanager
def process(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program of the environment's own, stopped as an operator would at the end."""
    program = subprocess.Popen(
        [PROGRAMS / arguments[0], *arguments[1:]],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield program
    finally:
        program.terminate()
        try:
            program.wait(30)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
