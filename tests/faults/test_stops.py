"""SIGTERM: what a deploy does to processes at work."""

import signal
import time

from notifications.models import Reminder
from tests.fake_bot_api import slow
from tests.faults.processes import Role
from tests.faults.stage import HOST, Stage

DRAIN = 14
"""Seconds that a stop may take."""


def test_a_sender_that_is_stopped_drains_and_leaves_the_rest_to_others(stage: Stage) -> None:
    stage.settle(40)
    stage.bot.default = slow(1)
    _planner, sender = stage.start(Role.PLANNER, Role.SENDER)
    stage.tick()
    stage.bot.wait_for(4)

    stopped = time.monotonic()
    sender.signal(signal.SIGTERM)
    assert sender.wait(DRAIN) == 0
    assert time.monotonic() - stopped < DRAIN

    sent = Reminder.objects.filter(state="sent").count()
    assert 4 <= sent == len(stage.bot.requests) < 40
    assert Reminder.objects.filter(state="pending", lease_until=None).count() == 40 - sent
    stage.bot.default = slow(0)
    stage.start(Role.SENDER)
    stage.tick()
    stage.wait_until_all_ended()
    verdict = stage.verdict()
    assert verdict.wrong == []
    assert (verdict.sent, verdict.ambiguous, verdict.duplicates) == (40, 0, 0)


def test_a_rolling_restart_while_sending_makes_nothing_ambiguous(stage: Stage) -> None:
    stage.settle(300)
    stage.bot.default = slow(0.3)
    _scheduler, _planner, *old = stage.start(*HOST, Role.SENDER)

    for process in old:
        stage.bot.wait_for(len(stage.bot.requests) + 10)
        process.signal(signal.SIGTERM)
        stage.start(process.role)
        assert process.wait(DRAIN) == 0
        assert Reminder.objects.filter(state="pending").exists()
        stage.tick()
    stage.wait_until_all_ended(40)

    verdict = stage.verdict()
    assert verdict.wrong == []
    assert (verdict.sent, verdict.ambiguous, verdict.duplicates) == (300, 0, 0)
