"""The whole way, with real workers on the real broker and on the one inside the process."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

import dramatiq
import pytest
import time_machine
from django.conf import settings as project_settings
from django.core.management import CommandError, call_command
from django.utils.module_loading import import_string
from dramatiq import Broker, Worker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import SkipMessage
from pytest_django import Settings

from accounts.models import User
from habits.models import Habit
from notifications.actors import deliver, tick
from notifications.middleware import WorkerMiddleware, stopping
from notifications.models import Reminder, State
from tests.conftest import MakeHabit
from tests.fake_bot_api import FakeBotApi, held
from tests.notifications.stage import (
    NOW,
    TODAY,
    background,
    due,
    person,
    planned,
    sent,
    states,
)

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 10_000
"""Milliseconds that a queue may take to run empty."""


@pytest.fixture(params=["redis", "in the process"])
def broker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Broker:
    """Both that settings can choose, with the settings' own middleware."""
    if request.param == "redis":
        return redis()
    options = project_settings.DRAMATIQ_BROKER
    stub = StubBroker(middleware=[import_string(path)() for path in options["MIDDLEWARE"]])
    for actor in (tick, deliver):
        monkeypatch.setattr(actor, "broker", stub)
        stub.declare_actor(actor)
    return stub


def redis() -> RedisBroker:
    """The broker of this process, with empty queues."""
    found = dramatiq.get_broker()
    assert isinstance(found, RedisBroker)
    found.flush_all()
    return found


StartWorker = Callable[..., Worker]


@pytest.fixture
def start_worker(caplog: pytest.LogCaptureFixture) -> Iterator[StartWorker]:
    """Starts workers, which stop when the test ends."""
    started: list[Worker] = []

    def start(broker: Broker, actor: Any = None, threads: int = 4) -> Worker:
        queues = {actor.queue_name} if actor else None
        worker = Worker(broker, queues=queues, worker_threads=threads, worker_timeout=50)
        worker.start()
        started.append(worker)
        return worker

    caplog.set_level(logging.ERROR)
    yield start
    for worker in started:
        worker.stop()
        for each in list(worker.broker.middleware):
            if getattr(each, "worker", None) is worker:
                worker.broker.middleware.remove(each)
    stopping.clear()
    assert caplog.records == []


@pytest.fixture
def habits(make_habit: MakeHabit, settings: Settings) -> list[Habit]:
    """Twenty, due now, of as many people."""
    settings.TELEGRAM_RATE = 1000
    return [due(make_habit(person(n))) for n in range(1, 21)]


def chats(api: FakeBotApi) -> list[int]:
    return sorted(request.chat_id for request in api.requests)


def joined(broker: Broker, actor: dramatiq.Actor[[], None]) -> None:
    """Waits until the actor's queue is empty and its messages are done."""
    if isinstance(broker, RedisBroker):
        broker.join(actor.queue_name, interval=20, timeout=SECONDS)
    else:
        broker.join(actor.queue_name, timeout=SECONDS)


def drained(broker: Broker) -> None:
    """Waits for ticks first, and then for the senders that they have woken."""
    for actor in (tick, deliver):
        joined(broker, actor)


def test_a_tick_brings_every_due_reminder_to_its_chat(
    broker: Broker, start_worker: StartWorker, habits: list[Habit], api: FakeBotApi
) -> None:
    start_worker(broker)

    tick.send()
    drained(broker)

    assert chats(api) == list(range(1, 21))
    assert states() == [State.SENT] * 20
    assert {row.local_date for row in Reminder.objects.all()} == {TODAY}


def test_a_reminder_is_sent_once_when_two_ticks_overlap(
    broker: Broker, start_worker: StartWorker, habits: list[Habit], api: FakeBotApi
) -> None:
    for _ in range(2):  # two schedulers
        tick.send()
    for actor in (tick, deliver) * 2:  # two hosts, as far as one process can be
        start_worker(broker, actor, threads=2)

    drained(broker)

    assert chats(api) == list(range(1, 21))
    assert states() == [State.SENT] * 20


def test_ticks_are_not_held_up_by_sends(
    broker: Broker,
    start_worker: StartWorker,
    habits: list[Habit],
    make_habit: MakeHabit,
    api: FakeBotApi,
) -> None:
    gate = Event()
    api.default = held(gate)
    start_worker(broker, tick, threads=1)
    start_worker(broker, deliver, threads=2)
    tick.send()
    api.wait_for(2)

    late = due(make_habit(person(99)))
    tick.send()
    joined(broker, tick)

    assert late.reminders.exists()
    gate.set()
    drained(broker)


def test_a_flushed_broker_costs_a_tick_and_no_reminder(
    start_worker: StartWorker, habits: list[Habit], api: FakeBotApi
) -> None:
    broker = redis()
    start_worker(broker, tick, threads=1)
    tick.send()
    joined(broker, tick)
    assert states() == [State.PENDING] * 20
    broker.client.flushall()

    start_worker(broker, deliver, threads=2)
    tick.send()
    drained(broker)

    assert chats(api) == list(range(1, 21))
    assert states() == [State.SENT] * 20


def test_a_hint_that_waited_for_too_long_is_not_followed(
    broker: Broker,
    start_worker: StartWorker,
    habits: list[Habit],
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A worker sends itself a fresh one.
    monkeypatch.setattr(WorkerMiddleware, "after_worker_boot", lambda *_arguments: None)
    tick.send()
    clock.shift(61)

    start_worker(broker)
    with contextlib.suppress(SkipMessage):  # of which the stub broker tells who waits
        joined(broker, tick)

    assert not Reminder.objects.exists()


def test_a_worker_that_stops_finishes_the_send_at_hand_and_no_other(
    broker: Broker, start_worker: StartWorker, habits: list[Habit], api: FakeBotApi
) -> None:
    gate = Event()
    api.default = held(gate)
    worker = start_worker(broker, deliver, threads=1)
    for habit in habits:
        planned(habit)
    deliver.send()
    api.wait_for(1)

    stop = background(worker.stop)
    assert stopping.wait(5)
    assert not stop.done()
    gate.set()
    stop.result(5)

    assert len(api.requests) == 1
    assert sorted(states()) == [State.PENDING] * 19 + [State.SENT]
    assert not Reminder.objects.filter(ambiguities__gt=0).exists()


def test_a_worker_that_starts_again_goes_on_with_what_is_left(
    broker: Broker, start_worker: StartWorker, alice: User, make_habit: MakeHabit, api: FakeBotApi
) -> None:
    start_worker(broker, deliver, threads=1).stop()
    row = planned(make_habit(alice), NOW)

    start_worker(broker, deliver, threads=1)
    deliver.send()
    joined(broker, deliver)

    assert sent(row)


def test_a_worker_without_a_broker_to_share_does_not_start(settings: Settings) -> None:
    settings.REDIS_URL = ""

    with pytest.raises(CommandError, match="REDIS_URL is missing"):
        call_command("rundramatiq")


def test_a_worker_with_a_broker_is_dramatiqs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr("os.execvp", lambda _program, arguments: started.append(arguments))

    call_command("rundramatiq", processes=1, threads=1, queues=["tick"])

    (arguments,) = started
    assert "notifications.actors" in arguments
    assert arguments[-2:] == ["--queues", "tick"]
