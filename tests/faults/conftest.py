"""Processes of production for one test: on the run's PostgreSQL, and on a Valkey of their own."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from tests.fake_bot_api import FakeBotApi
from tests.faults.stage import Stage, database_at
from tests.server_home import Server
from tests.wheel_servers import postgresql_server, valkey_server


@pytest.fixture(scope="session")
def valkey() -> Iterator[Server]:
    """Not the run's: here it is flushed and goes away, and killed workers leave things in it."""
    with valkey_server() as server:
        yield server


@pytest.fixture
def stage(transactional_db: None, valkey: Server, tmp_path: Path) -> Iterator[Stage]:
    with FakeBotApi() as bot, contextlib.closing(Stage(bot, valkey, tmp_path)) as found:
        yield found
    assert bot.failures == []


@pytest.fixture
def postgres(stage: Stage) -> Iterator[Server]:
    """A PostgreSQL of this test's own, which it may restart; everything in the test uses it."""
    with postgresql_server(synchronous_commit="on") as server, database_at(server.url):
        call_command("migrate", verbosity=0)
        yield server
        stage.close()
        connection.close()
