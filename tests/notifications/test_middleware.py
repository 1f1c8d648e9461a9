"""A worker looks for work when it starts, and its stop reaches the run that is under way."""

import dramatiq
import pytest
from dramatiq import Worker
from dramatiq.brokers.redis import RedisBroker

from notifications.actors import deliver, tick
from notifications.middleware import WorkerMiddleware, stopping


@pytest.fixture
def broker() -> RedisBroker:
    """The process's own broker; its queues are empty."""
    found = dramatiq.get_broker()
    assert isinstance(found, RedisBroker)
    found.flush_all()
    return found


def test_a_stop_is_set_while_a_worker_shuts_down_and_clear_when_one_boots(
    broker: RedisBroker,
) -> None:
    middleware, worker = WorkerMiddleware(), Worker(broker)

    middleware.before_worker_shutdown(broker, worker)
    assert stopping.is_set()

    middleware.before_worker_boot(broker, worker)
    assert not stopping.is_set()


def test_a_worker_that_starts_sends_itself_a_tick(broker: RedisBroker) -> None:
    """The hints that a killed one held come back after minutes, if at all."""
    WorkerMiddleware().after_worker_boot(broker, Worker(broker))

    assert broker.do_qsize(tick.queue_name) == 1
    assert broker.do_qsize(deliver.queue_name) == 0


def test_a_worker_keeps_no_more_hints_than_it_has_threads(broker: RedisBroker) -> None:
    worker = Worker(broker, worker_threads=3)

    WorkerMiddleware().before_worker_boot(broker, worker)

    assert worker.queue_prefetch == 3
