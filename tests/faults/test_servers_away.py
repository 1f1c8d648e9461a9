"""Redis is flushed, restarted, absent; PostgreSQL is restarted at once."""

import signal
import threading
import time

from django.db import connection

from notifications.models import Reminder
from tests.fake_bot_api import held, slow
from tests.faults.processes import Role
from tests.faults.stage import Stage, wait_until
from tests.server_home import Server


def assert_all_sent_once(stage: Stage) -> None:
    verdict = stage.verdict()
    assert verdict.wrong == []
    assert (verdict.sent, verdict.ambiguous, verdict.duplicates) == (verdict.expected, 0, 0)


def test_a_redis_that_is_flushed_again_and_again_costs_no_reminder(stage: Stage) -> None:
    stage.settle(100)
    stage.bot.default = slow(0.05)
    stage.start(Role.PLANNER, Role.SENDER)

    for sent in range(0, 60, 20):
        stage.tick()
        stage.bot.wait_for(sent)
        stage.flush_redis()
    stage.tick()
    stage.wait_until_all_ended()

    assert_all_sent_once(stage)


def test_with_redis_absent_sends_go_on_and_a_tick_after_its_return_catches_up(
    stage: Stage,
) -> None:
    stage.settle(60)
    gate = threading.Event()
    stage.bot.default = held(gate)
    stage.start(Role.PLANNER, Role.SENDER)
    stage.tick()
    stage.bot.wait_for(1)
    stage.valkey.stop()
    try:
        gate.set()
        stage.wait_until_all_ended()
        stage.settle(60)
    finally:
        stage.valkey.start()

    stage.tick()
    stage.wait_until_all_ended()

    assert_all_sent_once(stage)


def test_an_immediate_restart_of_postgresql_costs_no_reminder_and_doubles_none(
    stage: Stage, postgres: Server
) -> None:
    stage.settle(40)
    gate = threading.Event()
    stage.bot.next(*[held(gate)] * 4)
    stage.start(Role.PLANNER, Role.SENDER)
    stage.tick()
    # All threads of the sender have a message on its way.
    wait_until(lambda: Reminder.objects.filter(state="sending").count() == 4)
    stage.bot.wait_for(4)

    postgres.stop(signal.SIGQUIT)
    # What became of a message is learnt while there is nowhere to write it down.
    gate.set()
    time.sleep(1)
    postgres.start()
    connection.close()  # this process's own
    stage.tick()
    stage.wait_until_all_ended(30)

    assert_all_sent_once(stage)
