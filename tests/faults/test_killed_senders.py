"""kill -9 of a sender at each point where it matters."""

import socket
import threading

from django.db import transaction

from notifications.models import Chat, Reminder
from notifications.outbox import MOST
from tests.fake_bot_api import Request, held
from tests.faults.people import FIRST_CHAT
from tests.faults.processes import Part, Role
from tests.faults.stage import Stage, end_the_blocked, wait_until, wait_until_blocked


def test_before_the_intent_nothing_is_ambiguous_and_the_message_comes_once(stage: Stage) -> None:
    stage.settle(1)
    Chat.objects.create(chat_id=FIRST_CHAT)
    with transaction.atomic():
        # The intent is committed together with the chat's slot.
        Chat.objects.select_for_update().get()
        _planner, sender = stage.start(Role.PLANNER, Role.SENDER)
        stage.tick()
        wait_until_blocked()
        sender.kill()

    stage.recover()

    assert len(stage.bot.requests) == 1
    verdict = stage.verdict()
    assert verdict.wrong == []
    assert (verdict.sent, verdict.ambiguous, verdict.duplicates) == (1, 0, 0)


def test_after_the_intent_the_row_is_ambiguous_and_the_message_comes_once(stage: Stage) -> None:
    stage.settle(1)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        stage.start(Role.PLANNER)
        (sender,) = stage.start(Role.SENDER, TELEGRAM_API_URL=url)
        stage.tick()
        wait_until(lambda: Reminder.objects.filter(state="sending").exists())
        sender.kill()

    stage.recover()

    verdict = stage.verdict()
    assert verdict.wrong == []
    assert (verdict.sent, verdict.ambiguous, verdict.duplicates) == (1, 1, 0)
    assert Reminder.objects.get().attempts == 2


def test_after_telegram_received_it_the_row_is_ambiguous_and_sent_once_more(
    stage: Stage,
) -> None:
    stage.settle(1)
    gate = threading.Event()
    stage.bot.next(held(gate))
    _planner, sender = stage.start(Role.PLANNER, Role.SENDER)
    stage.tick()
    stage.bot.wait_for(1)
    sender.kill(Part.CHILD)
    # A parent whose child was killed ends by itself: a supervisor has something to start again.
    wait_until(lambda: not sender.is_alive)
    gate.set()

    stage.recover()

    verdict = stage.verdict()
    assert verdict.wrong == []
    assert (verdict.sent, verdict.ambiguous, verdict.duplicates) == (1, 1, 1)


def test_an_ambiguous_row_that_is_to_be_left_ends_as_failed(stage: Stage) -> None:
    stage.settle(1)
    gate = threading.Event()
    stage.bot.next(held(gate))
    planner, sender = stage.start(Role.PLANNER, Role.SENDER, REMINDER_AMBIGUOUS="leave")
    stage.tick()
    stage.bot.wait_for(1)
    sender.kill()
    gate.set()

    stage.free_leases()

    assert planner.is_alive
    row = Reminder.objects.get()
    assert (row.state, row.reason, row.ambiguities) == ("failed", "ambiguous", 1)
    assert len(stage.bot.delivered) == 1


def test_before_the_outcome_is_committed_the_row_is_ambiguous_and_sent_once_more(
    stage: Stage,
) -> None:
    stage.settle(1)
    gate = threading.Event()
    stage.bot.next(held(gate))
    _planner, sender = stage.start(Role.PLANNER, Role.SENDER)
    stage.tick()
    stage.bot.wait_for(1)
    with transaction.atomic():
        Reminder.objects.select_for_update().get()
        gate.set()
        wait_until_blocked()
        sender.kill()
        # A server that has the statement already would carry it out for a client that is dead.
        end_the_blocked()

    stage.recover()

    verdict = stage.verdict()
    assert verdict.wrong == []
    assert (verdict.sent, verdict.ambiguous, verdict.duplicates) == (1, 1, 1)


def lose_two_senders(stage: Stage, chat_id: int, **settings: str) -> None:
    """Until all has ended: the first two senders die as their message reaches that chat.

    They have one thread: what others have under way then is ambiguous, too.
    """
    is_started, is_killed = threading.Event(), threading.Event()

    def kill(request: Request) -> None:
        if request.chat_id == chat_id:
            assert is_started.wait(20)
            stage.processes[-1].kill()
            is_started.clear()
            is_killed.set()

    stage.bot.on_request = kill
    stage.start(Role.PLANNER)
    stage.tick()
    for _attempt in range(2):
        stage.start(Role.SENDER, threads=1, **settings)
        is_started.set()
        stage.tick()
        assert is_killed.wait(20)
        is_killed.clear()
        stage.free_leases()
        stage.skip_delays()
    stage.start(Role.SENDER)
    stage.tick()
    stage.wait_until_all_ended()


def test_a_row_that_kills_its_senders_ends_and_its_neighbours_are_sent_once(stage: Stage) -> None:
    stage.settle(20)
    poison = FIRST_CHAT + 7
    # A slow bot, so that no neighbour is under way when its sender dies.
    lose_two_senders(stage, poison, TELEGRAM_RATE="30")

    row = Reminder.objects.get(user__chat_id=poison)
    assert (row.state, row.reason, row.ambiguities) == ("failed", "ambiguous", 2)
    verdict = stage.verdict()
    assert verdict.wrong == []
    assert (verdict.sent, verdict.failed, verdict.ambiguous) == (19, 1, 1)
    assert len(stage.bot.requests) == 19 + 2


def test_a_row_that_kills_the_sender_of_a_whole_batch_takes_no_neighbour_along(
    stage: Stage,
) -> None:
    """They are ambiguous, too, as nobody knows how far it came; each of them arrives."""
    stage.settle(60)
    poison = FIRST_CHAT + 40
    lose_two_senders(stage, poison)

    verdict = stage.verdict()
    assert verdict.wrong == []
    assert (verdict.sent, verdict.failed) == (59, 1)
    row = Reminder.objects.get(user__chat_id=poison)
    assert (row.state, row.reason, row.ambiguities) == ("failed", "ambiguous", 2)
    assert 1 <= verdict.ambiguous <= 2 * MOST
