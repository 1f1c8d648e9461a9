"""A worker that stops tells the runs under way."""

from collections.abc import Iterator

import dramatiq
import pytest
from dramatiq import Worker
from dramatiq.brokers.stub import StubBroker

from notifications.middleware import DrainMiddleware, stopping


@pytest.fixture(autouse=True)
def running() -> Iterator[None]:
    stopping.clear()
    yield
    stopping.clear()


def test_the_broker_of_the_process_has_the_middleware() -> None:
    assert any(isinstance(each, DrainMiddleware) for each in dramatiq.get_broker().middleware)


def test_a_worker_that_stops_says_so_and_one_that_boots_takes_it_back() -> None:
    worker = Worker(StubBroker(middleware=[DrainMiddleware()]), worker_threads=1, worker_timeout=10)

    worker.start()
    assert not stopping.is_set()
    worker.stop()
    assert stopping.is_set()

    worker = Worker(worker.broker, worker_threads=1, worker_timeout=10)
    worker.start()
    assert not stopping.is_set()
    worker.stop()
