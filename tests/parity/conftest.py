"""Both ways and the rows, once for all tests here."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from tests.parity.run import Run
from tests.parity.ways import Ways
from tests.parity.world import settle


@pytest.fixture(scope="module")
def run(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Run]:
    """Committed, as it takes seconds to make the rows; each test's transaction is on top."""
    with django_db_blocker.unblock():
        try:
            with Ways() as ways:
                yield Run(ways, settle())
        finally:
            call_command("flush", verbosity=0, interactive=False)
