"""A process that compares cases, in a database of its own on the run's server."""

import os
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import django
import psycopg2
from django.core.management import call_command

from tests.parity.tally import Tally
from tests.servers import ENVIRONMENT

if TYPE_CHECKING:  # it imports models, which need the settings below
    from tests.parity.run import Run

_run: "Run"


def settle(number: Any, database_url: str, redis_url: str) -> None:
    """A process's start: a database of its own, with the rows that every case starts from."""
    with number.get_lock():
        number.value += 1
        name = f"parity{number.value}"
    with closing(psycopg2.connect(database_url)) as connection:
        connection.autocommit = True
        connection.cursor().execute(f"CREATE DATABASE {name}")
    os.environ.update(
        ENVIRONMENT,
        DJANGO_SETTINGS_MODULE="backend.settings",
        DATABASE_URL=urlunsplit(urlsplit(database_url)._replace(path=f"/{name}")),
        REDIS_URL=redis_url,
    )
    django.setup()
    call_command("migrate", verbosity=0)
    from tests.parity.run import Run

    global _run
    _run = Run.begun()


def compare(seed: int, numbers: Sequence[int]) -> tuple[Tally, str | None]:
    """What came of these cases, and the first failure."""
    _run.tally = Tally()
    failure = _run.of(seed, numbers)
    return _run.tally, str(failure) if failure else None
