"""What a tick does and how many senders it wakes; no message carries more than a hint."""

import datetime
import time

import dramatiq
import pytest
import time_machine
from django.db import OperationalError
from django.utils import timezone
from dramatiq.brokers.redis import RedisBroker
from pytest_django import Settings

from accounts.models import User
from habits.models import Habit
from notifications import actors, ledger, totals
from notifications.actors import answer, deliver, tick
from notifications.bot import inbox
from notifications.bot.linking import make_link
from notifications.broker import HintBroker
from notifications.delivery import RUN
from notifications.ledger import LEASE, SKEW
from notifications.middleware import WorkerMiddleware, stopping
from notifications.models import Kind, LastTick, Reason, Reminder, State, TelegramLink, Update
from notifications.receiving import receive
from tests.conftest import MakeHabit
from tests.fake_bot_api import FakeBotApi
from tests.notifications.shapes import message
from tests.notifications.stage import (
    DAY,
    HOUR,
    MINUTE,
    MOMENT,
    NOW,
    SECOND,
    TODAY,
    due,
    end_of,
    planned,
    states,
    under_way,
)


@pytest.fixture(autouse=True)
def broker() -> RedisBroker:
    """The process's own broker, on the real server; its queues are empty."""
    found = dramatiq.get_broker()
    assert isinstance(found, RedisBroker)
    found.flush_all()
    stopping.clear()
    return found


def pokes(broker: RedisBroker) -> int:
    count: int = broker.do_qsize(deliver.queue_name)
    return count


@pytest.mark.parametrize(
    ("rows", "threads", "expected"),
    [(0, 8, 0), (1, 8, 1), (5, 8, 1), (6, 8, 2), (40, 8, 8), (41, 8, 8), (300, 3, 3), (300, 1, 1)],
)
def test_a_tick_wakes_as_many_senders_as_there_is_work_for_and_never_more_than_threads(
    rows: int,
    threads: int,
    expected: int,
    alice: User,
    make_habit: MakeHabit,
    broker: RedisBroker,
    settings: Settings,
) -> None:
    settings.DELIVERY_THREADS = threads
    habit = make_habit(alice)
    Reminder.objects.bulk_create(
        Reminder(habit=habit, user=alice, local_date=TODAY - n * DAY, due_at=NOW, not_before=NOW)
        for n in range(rows)
    )

    tick()

    assert pokes(broker) == expected


def test_a_tick_plans_frees_and_expires(
    alice: User,
    make_habit: MakeHabit,
    broker: RedisBroker,
    clock: time_machine.Traveller,
    caplog: pytest.LogCaptureFixture,
) -> None:
    dead = planned(make_habit(alice, time="06:00"), NOW - 1.5 * HOUR)
    under_way()
    late = planned(make_habit(alice, time="05:00"), NOW - 2.5 * HOUR)
    clock.move_to(NOW + LEASE + SKEW + MOMENT)
    habit = due(make_habit(alice))

    with caplog.at_level("INFO"):
        tick()

    assert end_of(dead) == (State.PENDING, "")
    assert dead.ambiguities == 1
    assert end_of(late) == (State.EXPIRED, Reason.TOO_LATE)
    assert end_of(habit.reminders.get()) == (State.PENDING, "")
    assert "tick planned=1 expired=1 freed=1 woken=1" in caplog.text
    assert pokes(broker) == 1


def test_a_tick_counts_prunes_and_says_when_it_ended(
    alice: User, make_habit: MakeHabit, broker: RedisBroker
) -> None:
    planned(make_habit(alice), NOW - 100 * DAY)
    Reminder.objects.update(state=State.SENT, ended_at=NOW - 91 * DAY)
    Habit.objects.update(next_due_at=None)

    tick()

    assert not Reminder.objects.exists()
    counted = totals.read()
    assert counted[State.SENT, ""] == 1
    assert counted[totals.Total.TICKS, ""] == 1
    last = LastTick.objects.get()
    assert last.ended_at == NOW
    assert last.seconds >= 0


def test_ticks_send_no_hint_beside_one_that_waits_already(
    alice: User, make_habit: MakeHabit, broker: RedisBroker, settings: Settings
) -> None:
    settings.DELIVERY_THREADS = 3
    for _ in range(11):
        planned(make_habit(alice))

    for _ in range(60):
        tick()

    assert pokes(broker) == 3


def test_a_tick_wakes_a_worker_for_updates_whose_hint_was_lost(
    db: None, broker: RedisBroker
) -> None:
    for _ in range(3):
        tick()
    assert broker.do_qsize(answer.queue_name) == 0
    inbox.keep([Update(update_id=1, kind=Kind.MESSAGE, chat_id=1001, received_at=NOW)])

    for _ in range(3):
        tick()

    assert broker.do_qsize(answer.queue_name) == 1


def test_a_tick_forgets_old_updates_and_links(alice: User, broker: RedisBroker) -> None:
    inbox.keep([Update(update_id=1, kind=Kind.MESSAGE, received_at=NOW - 4 * DAY, handled_at=NOW)])
    make_link(alice, NOW - HOUR)

    tick()

    assert not Update.objects.exists()
    assert not TelegramLink.objects.exists()


def test_a_run_answers_what_came_in(db: None, api: FakeBotApi, broker: RedisBroker) -> None:
    receive(message(1, "/help"), NOW)

    answer()

    assert len(api.texts(1001)) == 1


@pytest.mark.parametrize(("more", "expected"), [(False, 0), (True, 1)])
def test_answering_that_ran_out_of_time_goes_on(
    *, more: bool, expected: int, broker: RedisBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actors, "answer_waiting", lambda _stopping: more)

    answer()
    assert broker.do_qsize(answer.queue_name) == expected
    stopping.set()
    answer()
    assert broker.do_qsize(answer.queue_name) == expected


def test_a_tick_goes_on_when_redis_is_away(
    alice: User,
    make_habit: MakeHabit,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    away = HintBroker(url="redis://127.0.0.1:9", middleware=[])
    habit = due(make_habit(alice))
    monkeypatch.setattr(deliver, "broker", away)

    tick()

    assert end_of(habit.reminders.get()) == (State.PENDING, "")
    assert "hint_lost actor=deliver" in caplog.text


def test_a_tick_with_nothing_to_do_wakes_nobody(db: None, broker: RedisBroker) -> None:
    tick()

    assert pokes(broker) == 0


def test_ticks_of_an_hour_without_a_worker_leave_no_row_twice(
    alice: User, make_habit: MakeHabit, clock: time_machine.Traveller, broker: RedisBroker
) -> None:
    due(make_habit(alice))

    for _ in range(60):
        tick()
        clock.shift(60)

    assert states() == [State.PENDING]
    assert ledger.waiting(timezone.now(), at_most=9) == 1


def test_a_run_that_ran_out_of_time_is_followed_by_another(
    broker: RedisBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for more, expected in ((False, 0), (True, 1)):
        monkeypatch.setattr(actors, "run_delivery", lambda _stopping, run, more=more: more)
        deliver()
        assert pokes(broker) == expected


def test_a_run_that_ran_out_of_time_as_its_worker_stops_is_followed_by_none(
    broker: RedisBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_until_stopped(stop: object, run: datetime.timedelta) -> bool:
        stopping.set()
        return True

    monkeypatch.setattr(actors, "run_delivery", run_until_stopped)

    deliver()

    assert pokes(broker) == 0


def test_runs_that_begin_together_end_one_by_one(
    broker: RedisBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two runs a sender is idle; if all were, the bot's slots would pass unused."""
    runs: list[datetime.timedelta] = []
    monkeypatch.setattr(actors, "run_delivery", lambda _stopping, run: runs.append(run))

    for _ in range(20):
        deliver()

    assert len(set(runs)) == 20
    assert 0.75 * RUN <= min(runs) < max(runs) <= RUN


def test_a_run_sends_what_is_due(alice: User, make_habit: MakeHabit, api: FakeBotApi) -> None:
    planned(make_habit(alice))

    deliver()

    assert states() == [State.SENT]
    assert len(api.requests) == 1


def test_ticks_have_a_queue_of_their_own_and_come_each_minute() -> None:
    assert len({tick.queue_name, deliver.queue_name, answer.queue_name}) == 3
    assert str(tick.options["periodic"]) == "* * * * *"


@pytest.mark.parametrize("actor", [tick, deliver, answer])
def test_a_message_is_not_run_when_it_is_old(actor: dramatiq.Actor[[], None]) -> None:
    """A newer tick does the work; dramatiq's own defaults retry for a week."""
    retries = actor.options["max_retries"]
    assert retries * actor.options.get("max_backoff", 0) <= 30_000
    assert actor.options["max_age"] == MINUTE.total_seconds() * 1000


@pytest.mark.django_db(transaction=True)
def test_a_tick_that_lost_the_database_is_tried_again_within_the_half_minute(
    broker: RedisBroker, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    """Which is how long periodiq lets one be late; the next minute's tick would be later."""
    tries: list[str] = []

    def plan_or_fail(_now: object) -> int:
        tries.append("tick")
        if len(tries) == 1:
            raise OperationalError("terminating connection")
        return 0

    monkeypatch.setattr(actors, "plan_due", plan_or_fail)
    monkeypatch.setitem(tick.options, "min_backoff", 1)
    monkeypatch.setitem(tick.options, "max_backoff", 1)
    monkeypatch.setattr(WorkerMiddleware, "after_worker_boot", lambda *_arguments: None)
    worker = dramatiq.Worker(broker, queues={tick.queue_name}, worker_threads=1, worker_timeout=10)

    tick.send()
    worker.start()
    deadline = time.monotonic() + 10
    while len(tries) < 2 and time.monotonic() < deadline:
        clock.shift(SECOND)
        time.sleep(0.02)
    worker.stop()

    assert len(tries) == 2


@pytest.mark.parametrize("step", ["ledger.free_expired_leases", "zone_rules.keep_up"])
def test_a_step_of_a_tick_that_fails_keeps_nobody_from_being_planned(
    step: str,
    alice: User,
    make_habit: MakeHabit,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_now: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(f"notifications.actors.{step}", fail)
    habit = due(make_habit(alice))

    with pytest.raises(ValueError, match="a bug"):
        tick()

    assert end_of(habit.reminders.get()) == (State.PENDING, "")
    assert "tick_step_failed step=fail" in caplog.text
