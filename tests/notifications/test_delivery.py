"""From a pending row to its outcome, against a real Bot API."""

import datetime
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import ChatStatus, User
from habits.models import Habit
from notifications import bot_api, delivery, intent, ledger, pacing, telegram
from notifications.buttons import Keyboard
from notifications.delivery import IDLE_STEP, RUN, deliver
from notifications.ledger import AMBIGUOUS_DELAY, LEASE, MAX_BREAKS, SKEW, Taken
from notifications.messages import reminder_text
from notifications.models import Bot, Chat, Reason, Reminder, State
from notifications.planning import plan_due
from tests.conftest import MakeHabit
from tests.fake_bot_api import (
    Answer,
    FakeBotApi,
    Request,
    bad_request,
    broken_json,
    cut,
    forbidden,
    migrated,
    not_found,
    ok,
    server_error,
    slow,
    too_many,
    unauthorized,
)
from tests.notifications.stage import (
    HOUR,
    MINUTE,
    MOMENT,
    NOW,
    SECOND,
    TOKEN,
    Steps,
    background,
    blocked,
    due,
    edit_profile,
    end_of,
    person,
    planned,
    send_next,
    sent,
    states,
)


@pytest.fixture
def row(alice: User, make_habit: MakeHabit) -> Reminder:
    """A pending row of alice's, due now."""
    return planned(make_habit(alice))


@pytest.fixture
def moments(api: FakeBotApi) -> list[tuple[int, float]]:
    """For each request the chat and the seconds since `NOW`, by the frozen clock."""
    seen: list[tuple[int, float]] = []

    def note(request: Request) -> None:
        seen.append((request.chat_id, (timezone.now() - NOW).total_seconds()))

    api.on_request = note
    return seen


MakeRows = Callable[..., list[Reminder]]


@pytest.fixture
def make_rows(db: None, make_habit: MakeHabit) -> MakeRows:
    """Pending rows, due now, of as many people with a chat each, from chat 1 on."""

    def make(count: int, **fields: Any) -> list[Reminder]:
        return [planned(make_habit(person(n), **fields)) for n in range(1, count + 1)]

    return make


# --- One row ---------------------------------------------------------------------------------


def test_a_due_reminder_reaches_its_owners_chat(row: Reminder, api: FakeBotApi) -> None:
    send_next()

    assert sent(row)
    assert (row.chat_id, row.message_id, row.ended_at) == (1001, 1, NOW)
    assert (row.attempts, row.ambiguities, row.lease_until) == (1, 0, None)
    assert row.habit is not None
    assert api.texts(1001) == [reminder_text(row.habit)]


@pytest.mark.django_db(transaction=True)
def test_the_intent_is_committed_before_the_request_leaves(row: Reminder, api: FakeBotApi) -> None:
    seen: list[Reminder] = []
    api.on_request = lambda _request: seen.append(background(Reminder.objects.get).result(10))

    send_next()

    (under_way,) = seen
    assert under_way.state == State.SENDING
    assert (under_way.attempts, under_way.chat_id) == (1, 1001)
    assert under_way.lease_until == NOW + LEASE


@pytest.mark.django_db(transaction=True)
def test_no_transaction_and_no_lock_lasts_over_the_request(row: Reminder, api: FakeBotApi) -> None:
    def look() -> int:
        with transaction.atomic():
            for table in (Habit, User, Chat, Bot, Reminder):
                assert table._default_manager.select_for_update(nowait=True).count() == 1
                list(table._default_manager.select_for_update(nowait=True))
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
                )
                count: int = cursor.fetchone()[0]
                return count

    open_transactions: list[int] = []
    api.on_request = lambda _request: open_transactions.append(background(look).result(10))

    deliver(threading.Event())

    assert open_transactions == [0]
    assert sent(row)


def test_without_a_token_the_row_is_sent_and_the_message_is_in_the_log(
    row: Reminder, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    assert not settings.TELEGRAM_BOT_TOKEN

    with caplog.at_level("INFO"):
        send_next()

    assert sent(row)
    assert (row.chat_id, row.message_id, row.ended_at) == (1001, None, NOW)
    assert "telegram_message chat=1001 text='I will <b>walk</b> at 07:30" in caplog.text


# --- What each answer does -------------------------------------------------------------------


@dataclass(frozen=True)
class After:
    """What one send leaves behind."""

    state: str = State.PENDING
    reason: str = ""
    wait: float = 0
    """Seconds until the row may be sent."""
    attempts: int = 1
    ambiguities: int = 0
    chat: str = ChatStatus.OK
    paused: float | None = None
    """Seconds for which the bot is paused."""


AMBIGUOUS = After(wait=30, ambiguities=1)
UNREACHABLE = After(State.FAILED, Reason.CHAT_UNREACHABLE, chat=ChatStatus.UNREACHABLE)
NO_TOKEN = After(wait=60, attempts=0, paused=60)

OUTCOMES: dict[str, tuple[Answer, After]] = {
    "200": (ok(), After(State.SENT)),
    "429": (too_many(7), After(wait=7, attempts=0, paused=7)),
    "blocked": (forbidden(), UNREACHABLE),
    "deactivated": (forbidden("Forbidden: user is deactivated"), UNREACHABLE),
    "kicked": (forbidden("Forbidden: bot was kicked from the group chat"), UNREACHABLE),
    "not found": (bad_request("Bad Request: chat not found"), UNREACHABLE),
    "rejected": (bad_request(), After(State.FAILED, Reason.REJECTED)),
    "migrated": (migrated(-1005), After()),
    "401": (unauthorized(), NO_TOKEN),
    "404": (not_found(), NO_TOKEN),
    "500": (server_error(), AMBIGUOUS),
    "502": (server_error(502), AMBIGUOUS),
    "broken": (broken_json(), AMBIGUOUS),
    "slow": (slow(60), AMBIGUOUS),
    "cut": (cut(), AMBIGUOUS),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_each_answer_leaves_the_row_the_chat_and_the_bot_in_its_own_state(
    outcome: str,
    row: Reminder,
    api: FakeBotApi,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    monkeypatch.setattr(bot_api, "TIMEOUTS", (3, 0.1))
    answer, expected = OUTCOMES[outcome]
    api.next(answer)

    with caplog.at_level("DEBUG"), django_capture_on_commit_callbacks(execute=True):
        send_next()

    row.refresh_from_db()
    chat, bot = Chat.objects.get(chat_id=1001), Bot.objects.first() or Bot()
    assert expected == After(
        row.state,
        row.reason,
        (row.not_before - NOW).total_seconds(),
        row.attempts,
        row.ambiguities,
        chat.status,
        None if bot.paused_until is None else (bot.paused_until - NOW).total_seconds(),
    )
    assert row.lease_until is None
    assert User.objects.get().chat_status == expected.chat
    assert len(api.requests) == 1
    event = {AMBIGUOUS: "ambiguous", After(State.SENT): "sent"}.get(expected)
    event = event or ("failed" if expected.state == State.FAILED else "deferred")
    assert f"reminder_{event} reminder={row.pk}" in caplog.text
    assert ("CRITICAL" in caplog.text) == (expected == NO_TOKEN)
    assert TOKEN not in caplog.text


def test_a_request_that_never_left_is_tried_again_later_and_later(
    row: Reminder, api: FakeBotApi, clock: time_machine.Traveller
) -> None:
    waits = []
    with api.refusing():
        while row.attempts < 8:
            attempts = row.attempts
            send_next()
            row.refresh_from_db()
            if row.attempts > attempts:  # it was not the chat's turn that it waited for
                waits.append((row.not_before - timezone.now()).total_seconds())
            clock.move_to(row.not_before)

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert (row.state, row.attempts, row.ambiguities) == (State.PENDING, 8, 0)
    send_next()
    assert sent(row)


def test_an_hour_without_telegram_loses_nothing(
    row: Reminder, api: FakeBotApi, clock: time_machine.Traveller
) -> None:
    """A row that was tried more than forty times is still only late."""
    with api.refusing():
        while timezone.now() < NOW + 1.5 * HOUR:
            send_next()
            row.refresh_from_db()
            assert (row.state, row.ambiguities) == (State.PENDING, 0)
            clock.move_to(row.not_before)

    assert row.attempts > 50
    send_next()
    assert sent(row)
    assert len(api.requests) == 1


def test_a_group_that_moved_gets_its_reminder_under_its_new_id(
    make_habit: MakeHabit, db: None, api: FakeBotApi, steps: Steps
) -> None:
    row = planned(make_habit(person(-5)))
    api.for_chat(-5, migrated(-1005))

    deliver(steps)

    assert sent(row)
    assert (row.chat_id, row.attempts, row.ambiguities) == (-1005, 2, 0)
    assert User.objects.get().chat_id == -1005
    assert api.texts(-1005) == [each.text for each in api.requests if each.chat_id == -1005]


def test_an_ambiguous_reminder_is_sent_again_once_and_a_second_time_ends_it(
    row: Reminder, api: FakeBotApi, steps: Steps
) -> None:
    api.default = cut()

    deliver(steps)
    # A Bot API that stumbles for some seconds does not cost the second try, too.
    assert (end_of(row), len(api.requests)) == ((State.PENDING, ""), 1)
    steps.clock.shift(AMBIGUOUS_DELAY)
    deliver(steps)

    assert end_of(row) == (State.FAILED, Reason.AMBIGUOUS)
    assert (row.ambiguities, row.attempts, len(api.requests)) == (2, 2, 2)


def test_an_ambiguous_reminder_that_arrives_at_last_stays_marked(
    row: Reminder, api: FakeBotApi, steps: Steps
) -> None:
    api.next(cut())

    deliver(steps)
    steps.clock.shift(AMBIGUOUS_DELAY)
    deliver(steps)

    assert sent(row)
    assert (row.ambiguities, len(api.texts(1001))) == (1, 2)


def test_an_ambiguous_reminder_may_be_left(
    row: Reminder, api: FakeBotApi, steps: Steps, settings: Settings
) -> None:
    settings.REMINDER_AMBIGUOUS = "leave"
    api.default = cut()

    deliver(steps)

    assert end_of(row) == (State.FAILED, Reason.AMBIGUOUS)
    assert (row.ambiguities, len(api.requests)) == (1, 1)


def test_an_error_nobody_foresaw_while_sending_is_ambiguous(
    row: Reminder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(chat_id: int, html: str, buttons: Keyboard) -> telegram.Sent:
        raise RuntimeError("a bug")

    monkeypatch.setattr(telegram, "send_message", break_down)

    send_next()

    assert end_of(row) == (State.PENDING, "")
    assert row.ambiguities == 1
    assert f"reminder_broke_while_sending reminder={row.pk}" in caplog.text


@pytest.mark.parametrize("received", [False, True])
def test_a_sender_that_dies_after_the_intent_leaves_an_ambiguous_row_that_is_sent_again(
    received: bool,
    row: Reminder,
    api: FakeBotApi,
    clock: time_machine.Traveller,
    steps: Steps,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(chat_id: int, html: str, buttons: Keyboard) -> telegram.Sent:
        if received:
            send(chat_id, html, buttons)
        raise SystemExit

    send = telegram.send_message
    with monkeypatch.context() as patch:
        patch.setattr(telegram, "send_message", die)
        with pytest.raises(SystemExit):
            send_next()
    assert end_of(row) == (State.SENDING, "")
    deliver(steps)
    assert len(api.requests) == received

    clock.move_to(NOW + LEASE + SKEW + MOMENT)
    ledger.free_expired_leases(timezone.now())
    clock.shift(AMBIGUOUS_DELAY)
    deliver(steps)

    assert sent(row)
    assert row.ambiguities == 1
    assert len(api.requests) == received + 1


def test_a_sender_that_dies_before_the_intent_has_changed_nothing(
    row: Reminder, api: FakeBotApi, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(habit: Habit) -> str:
        raise SystemExit

    before = Reminder.objects.values().get()
    with monkeypatch.context() as patch:
        patch.setattr(intent, "reminder_text", die)
        with pytest.raises(SystemExit):
            send_next()
    assert Reminder.objects.values().get() == before

    deliver(steps)

    assert sent(row)
    assert (row.ambiguities, row.attempts) == (0, 1)


@pytest.mark.parametrize("seconds", [0.025, 0.026, 10])
def test_a_sender_that_stood_still_until_its_slot_had_passed_takes_another_or_gives_up(
    seconds: float, row: Reminder, api: FakeBotApi, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many that wake up together would send all at once."""
    begin = intent.begin

    def stand_still(*arguments: Any) -> Any:
        begun = begin(*arguments)
        steps.clock.shift(seconds)
        if seconds > 9:
            pacing.pause_bot(timezone.now() + MINUTE)
        return begun

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "begin", stand_still)
        send_next()

    chat = Chat.objects.get()
    if seconds > 9:
        assert api.requests == []
        assert end_of(row) == (State.PENDING, "")
        assert (row.attempts, row.ambiguities, row.lease_until) == (0, 0, None)
        steps.clock.shift(MINUTE)
        deliver(steps)
    else:
        assert chat.last_slot_at == (NOW if seconds == 0.025 else NOW + pacing.bot_gap())

    assert sent(row)
    assert row.ambiguities == 0


# --- What is checked at the last moment ------------------------------------------------------


def test_a_disabled_account_gets_nothing(
    row: Reminder, alice: User, api: FakeBotApi, steps: Steps
) -> None:
    alice.is_active = False
    alice.save()

    deliver(steps)

    assert end_of(row) == (State.CANCELLED, Reason.ACCOUNT_DISABLED)
    assert api.requests == []


def test_an_account_without_a_chat_fails_with_that_reason(
    db: None, make_habit: MakeHabit, api: FakeBotApi, steps: Steps
) -> None:
    row = planned(make_habit(person(None)))

    deliver(steps)

    assert end_of(row) == (State.FAILED, Reason.NO_CHAT)
    assert api.requests == []


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (ChatStatus.UNREACHABLE, Reason.CHAT_UNREACHABLE),
        (ChatStatus.STOPPED, Reason.CHAT_STOPPED),
    ],
)
def test_a_chat_that_gets_nothing_fails_the_row(
    row: Reminder, api: FakeBotApi, steps: Steps, status: ChatStatus, reason: Reason
) -> None:
    Chat.objects.create(chat_id=1001, status=status)

    deliver(steps)

    assert end_of(row) == (State.FAILED, reason)
    assert api.requests == []


def test_a_row_past_the_catch_up_window_expires_instead_of_being_sent(
    row: Reminder, api: FakeBotApi, clock: time_machine.Traveller, steps: Steps
) -> None:
    clock.move_to(NOW + 2 * HOUR + MOMENT)

    deliver(steps)

    assert end_of(row) == (State.EXPIRED, Reason.TOO_LATE)
    assert api.requests == []


def test_a_row_within_the_catch_up_window_is_sent(
    row: Reminder, api: FakeBotApi, clock: time_machine.Traveller, steps: Steps
) -> None:
    clock.move_to(NOW + 2 * HOUR)

    deliver(steps)

    assert sent(row)


def test_the_text_is_that_of_the_moment_it_is_sent(
    row: Reminder, alice: User, api: FakeBotApi
) -> None:
    assert row.habit is not None
    Habit.objects.filter(pk=row.habit.pk).update(action="run")
    edit_profile(alice, language="ru")

    send_next()

    assert "<b>run</b>" in api.texts(1001)[0]
    assert api.texts(1001)[0].startswith("Я буду")


@pytest.mark.parametrize("ends", ["disabled", "another chat"])
@pytest.mark.django_db(transaction=True)
def test_a_change_of_the_account_comes_before_the_intent_or_after_it_never_between(
    ends: str, row: Reminder, alice: User, api: FakeBotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a change's caller is told is done must hold for every intent committed later."""
    change: dict[str, Any] = {"is_active": False} if ends == "disabled" else {"chat_id": 1009}
    order: list[str] = []

    def change_now() -> None:
        User.objects.filter(pk=alice.pk).update(**change)
        order.append("changed")

    def build(habit: Habit) -> str:
        changes.append(background(change_now))
        blocked(changes[0])
        return reminder_text(habit)

    changes: list[Any] = []
    intend = ledger.intend

    def note_intent(*arguments: Any) -> None:
        order.append("intent")
        intend(*arguments)

    monkeypatch.setattr(intent, "reminder_text", build)
    monkeypatch.setattr(ledger, "intend", note_intent)
    send_next()
    changes[0].result(10)

    assert order == ["intent", "changed"]
    assert sent(row)


@pytest.mark.parametrize("model", [User, Habit, Reminder])
@pytest.mark.django_db(transaction=True)
def test_a_sender_waits_for_nobodys_lock_and_takes_another_row(
    model: type[User | Habit | Reminder], make_rows: MakeRows, api: FakeBotApi, steps: Steps
) -> None:
    """So it can block no mutation that locks in another order, and none delays other people."""
    held, free = make_rows(2)
    name = "pk" if model is Reminder else "reminders"
    with transaction.atomic():
        model._default_manager.select_for_update(no_key=True).get(**{name: held.pk})
        assert background(send_next).result(10) is True
        assert background(send_next).result(10) is False

    assert [request.chat_id for request in api.requests] == [free.user.chat_id]
    assert end_of(held) == (State.PENDING, "")
    deliver(steps)
    assert sent(held)


# --- Poison ----------------------------------------------------------------------------------


def test_a_row_that_cannot_be_built_ends_as_broken_and_its_neighbours_are_sent(
    make_rows: MakeRows,
    api: FakeBotApi,
    steps: Steps,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    rows = make_rows(4)
    poison = rows[1]
    tries: list[datetime.datetime] = []

    def build(habit: Habit) -> str:
        if habit.pk == poison.habit_id:
            tries.append(timezone.now())
            raise ValueError("poison")
        return reminder_text(habit)

    monkeypatch.setattr(intent, "reminder_text", build)
    deliver(steps)

    assert end_of(poison) == (State.FAILED, Reason.BROKEN)
    assert len(tries) == poison.breaks == MAX_BREAKS == 5
    gaps = [later - sooner for sooner, later in pairwise(tries)]
    assert [round(gap.total_seconds()) for gap in gaps] == [1, 2, 4, 8]
    assert all(sent(row) for row in rows if row != poison)
    assert caplog.text.count(f"reminder_broken reminder={poison.pk}") == MAX_BREAKS


# --- Paces and pauses ------------------------------------------------------------------------


@pytest.mark.parametrize(("chat_id", "gap"), [(1, 1.05), (-1, 3.1)])
def test_reminders_for_one_chat_spread_out_and_delay_nobody_else(
    chat_id: int,
    gap: float,
    db: None,
    make_habit: MakeHabit,
    api: FakeBotApi,
    moments: list[tuple[int, float]],
    steps: Steps,
) -> None:
    owner = person(chat_id)
    rows = [planned(make_habit(owner)) for _ in range(4)]
    rows += [planned(make_habit(person(n))) for n in range(101, 105)]

    deliver(steps)

    assert all(sent(row) for row in rows)
    times = [seconds for chat, seconds in moments if chat == chat_id]
    gaps = [later - sooner for sooner, later in pairwise(times)]
    assert all(gap - 1e-6 <= each < gap + 0.2 for each in gaps), gaps
    assert max(seconds for chat, seconds in moments if chat > 100) < 0.5


def test_a_minute_holds_no_more_than_twenty_messages_to_a_group(
    db: None, make_habit: MakeHabit, api: FakeBotApi, moments: list[tuple[int, float]], steps: Steps
) -> None:
    owner = person(-1)
    for _ in range(25):
        planned(make_habit(owner))

    while deliver(steps):
        pass

    times = [seconds for _chat, seconds in moments]
    assert len(times) == 25
    assert max(sum(start <= each < start + 60 for each in times) for start in times) <= 20


def test_senders_wait_for_the_bots_slots(
    make_rows: MakeRows, api: FakeBotApi, moments: list[tuple[int, float]], steps: Steps
) -> None:
    make_rows(60)

    deliver(steps)

    times = [seconds for _chat, seconds in moments]
    assert len(times) == 60
    assert max(sum(start <= each < start + 1 for each in times) for start in times) <= 30
    assert times[-1] - times[0] < 60 / 30 / 0.95


def test_a_429_pauses_all_senders_for_as_long_as_it_says(
    make_rows: MakeRows, api: FakeBotApi, moments: list[tuple[int, float]], steps: Steps
) -> None:
    """Rows that are already in a sender's hands wait, too."""
    rows = make_rows(8)
    api.next(ok(), too_many(9))

    deliver(steps)

    assert all(sent(row) for row in rows)
    assert len(moments) == 9
    before, after = moments[:2], moments[2:]
    assert max(seconds for _chat, seconds in before) < 1
    assert min(seconds for _chat, seconds in after) >= before[1][1] + 9
    assert {row.attempts for row in Reminder.objects.all()} == {1}


def test_a_429_at_one_sender_stops_the_others(
    make_rows: MakeRows, api: FakeBotApi, clock: time_machine.Traveller
) -> None:
    first, second = make_rows(2)
    api.next(too_many(30))
    send_next()

    assert send_next() is False

    assert len(api.requests) == 1
    assert [end_of(row) for row in (first, second)] == [(State.PENDING, "")] * 2
    assert (first.not_before, first.attempts) == (NOW + 30 * SECOND, 0)
    clock.move_to(NOW + 30 * SECOND)
    send_next()
    send_next()
    assert sent(first)
    assert sent(second)


def test_a_pause_that_comes_after_a_slot_was_taken_holds_all_the_same(
    row: Reminder, api: FakeBotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_some = delivery.slots.take_some

    def take_and_pause(now: datetime.datetime, *, at_most: int) -> list[datetime.datetime]:
        taken = take_some(now, at_most=at_most)
        pacing.pause_bot(NOW + MINUTE)
        return taken

    monkeypatch.setattr(delivery.slots, "take_some", take_and_pause)

    assert send_next() is False

    assert api.requests == []
    assert end_of(row) == (State.PENDING, "")


def test_a_wrong_token_stops_everything_loudly_and_loses_nothing(
    make_rows: MakeRows,
    api: FakeBotApi,
    clock: time_machine.Traveller,
    steps: Steps,
    caplog: pytest.LogCaptureFixture,
) -> None:
    rows = make_rows(6)
    api.default = unauthorized()

    while timezone.now() < NOW + 4 * MINUTE:
        deliver(steps)
        clock.shift(1)

    assert states() == [State.PENDING] * 6
    assert len(api.requests) <= 5
    assert "telegram_token_refused" in caplog.text
    assert TOKEN not in caplog.text

    api.default = ok()
    clock.move_to(NOW + 12 * MINUTE)
    deliver(steps)
    assert all(sent(row) for row in rows)


def test_a_slot_is_taken_when_it_is_used_however_slow_the_answers_are(
    make_rows: MakeRows, api: FakeBotApi, clock: time_machine.Traveller, steps: Steps
) -> None:
    make_rows(5)
    api.on_request = lambda _request: clock.shift(2)

    deliver(steps)

    assert states() == [State.SENT] * 5
    assert steps.waits == []
    # Five slots for five messages, and one that found nothing more, ten seconds on.
    assert Bot.objects.get().next_slot_at == NOW + 10 * SECOND + pacing.bot_gap()


def test_a_slot_that_no_message_went_out_in_serves_the_next_row(
    make_rows: MakeRows, api: FakeBotApi, steps: Steps
) -> None:
    rows = make_rows(5)
    User.objects.filter(reminders__in=rows[:4]).update(is_active=False)

    deliver(steps)

    assert states() == [*[State.CANCELLED] * 4, State.SENT]
    assert Bot.objects.get().next_slot_at == NOW + 2 * pacing.bot_gap()


def test_sixty_reminders_for_one_chat_are_looked_at_twice_each_and_delay_nobody(
    alice: User,
    make_habit: MakeHabit,
    api: FakeBotApi,
    steps: Steps,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[int] = []
    lock_next = ledger.lock_next

    def note(moment: datetime.datetime, *, at_most: int) -> list[Taken]:
        taken = lock_next(moment, at_most=at_most)
        looks.extend(each.row.pk for each in taken)
        return taken

    monkeypatch.setattr(ledger, "lock_next", note)
    for _ in range(60):
        planned(make_habit(alice))
    other = planned(make_habit(person(1002)), NOW)

    while deliver(steps):
        pass

    assert states() == [State.SENT] * 61
    gaps = [later - sooner for sooner, later in pairwise(sent_times(alice))]
    assert min(gaps) >= pacing.PRIVATE_GAP
    assert max(gaps) < 2 * pacing.PRIVATE_GAP
    other.refresh_from_db()
    assert other.ended_at is not None
    assert other.ended_at < NOW + SECOND
    # Once to be promised a moment, and once to be sent.
    assert max(Counter(looks).values()) <= 3


def sent_times(user: User) -> list[datetime.datetime]:
    return [row.ended_at for row in user.reminders.order_by("ended_at") if row.ended_at is not None]


def test_a_run_goes_on_when_the_database_comes_back(
    make_rows: MakeRows,
    api: FakeBotApi,
    steps: Steps,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (row,) = make_rows(1)
    lock_next, failures = ledger.lock_next, [OperationalError("gone"), InterfaceError("closed")]

    def flaky(moment: datetime.datetime, *, at_most: int) -> list[Taken]:
        if failures:
            raise failures.pop()
        return lock_next(moment, at_most=at_most)

    monkeypatch.setattr(ledger, "lock_next", flaky)
    monkeypatch.setattr(connection, "close", lambda: None)  # it holds this test's transaction

    deliver(steps)

    assert sent(row)
    assert caplog.text.count("delivery_lost_the_database") == 2


def test_a_known_outcome_is_recorded_once_the_database_is_back(
    row: Reminder, api: FakeBotApi, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a message that arrived would be sent again."""
    failures = [OperationalError("gone"), InterfaceError("closed")]
    record_sent = ledger.record_sent
    pauses: list[float] = []

    def flaky(*arguments: Any) -> None:
        if failures:
            raise failures.pop()
        record_sent(*arguments)

    monkeypatch.setattr(ledger, "record_sent", flaky)
    monkeypatch.setattr(connection, "close", lambda: None)  # it holds this test's transaction
    monkeypatch.setattr("notifications.sending.time.sleep", pauses.append)

    deliver(steps)

    assert sent(row)
    assert row.ambiguities == 0
    assert pauses == [1, 1]


def test_an_outcome_that_nobody_can_record_is_left_to_the_lease(
    row: Reminder,
    api: FakeBotApi,
    steps: Steps,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def gone(*_arguments: object) -> None:
        raise OperationalError("gone")

    pauses: list[float] = []
    monkeypatch.setattr(ledger, "record_sent", gone)
    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr("notifications.sending.time.sleep", pauses.append)

    send_next()

    assert end_of(row) == (State.SENDING, "")
    assert sum(pauses) == LEASE.total_seconds()
    assert f"delivery_could_not_record reminder={row.pk}" in caplog.text
    assert "walk" not in caplog.text


def test_a_database_that_goes_away_does_not_count_as_the_rows_own_break(
    row: Reminder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_habit: Habit) -> str:
        raise OperationalError("gone")

    monkeypatch.setattr(intent, "reminder_text", gone)

    with pytest.raises(OperationalError):
        send_next()

    row.refresh_from_db()
    assert (row.state, row.breaks) == (State.PENDING, 0)


def test_an_error_that_is_no_rows_own_is_not_hidden(
    row: Reminder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_moment: datetime.datetime, *, at_most: int) -> list[Taken]:
        raise ValueError("a bug")

    monkeypatch.setattr(ledger, "lock_next", broken)

    with pytest.raises(ValueError, match="a bug"):
        send_next()


def test_a_group_that_migrates_to_itself_is_a_refusal(row: Reminder, api: FakeBotApi) -> None:
    api.next(migrated(1001))

    send_next()

    assert end_of(row) == (State.FAILED, Reason.REJECTED)


# --- A run -----------------------------------------------------------------------------------


def test_a_run_without_work_ends_at_once(db: None, steps: Steps) -> None:
    assert deliver(steps) is False

    assert steps.waits == []


def test_a_run_waits_for_rows_that_come_soon(
    make_rows: MakeRows, api: FakeBotApi, moments: list[tuple[int, float]], steps: Steps
) -> None:
    (row,) = make_rows(1)
    Reminder.objects.update(not_before=NOW + 5.5 * SECOND)

    assert deliver(steps) is False

    assert sent(row)
    assert moments[0][1] == pytest.approx(5.5, abs=0.001)
    assert max(steps.waits) <= IDLE_STEP.total_seconds()


def test_a_run_that_waits_notices_what_comes_sooner(
    make_rows: MakeRows,
    make_habit: MakeHabit,
    api: FakeBotApi,
    moments: list[tuple[int, float]],
    steps: Steps,
) -> None:
    make_rows(1)
    Reminder.objects.update(not_before=NOW + 10 * SECOND)
    newcomer = due(make_habit(person(50)))
    wait = steps.wait

    def wait_and_plan(timeout: float | None = None) -> bool:
        plan_due(timezone.now())
        return wait(timeout)

    steps.wait = wait_and_plan  # type: ignore[method-assign]  # a tick that comes in between
    deliver(steps)

    assert [chat for chat, _seconds in moments] == [50, 1]
    assert moments[0][1] <= 1.1
    assert sent(newcomer.reminders.get())


def test_a_run_does_not_wait_for_rows_beyond_its_end(make_rows: MakeRows, steps: Steps) -> None:
    make_rows(1)
    Reminder.objects.update(not_before=NOW + RUN)

    assert deliver(steps) is False

    assert steps.waits == []


def test_a_run_whose_time_ends_before_the_work_does_says_so(
    make_rows: MakeRows, api: FakeBotApi, steps: Steps, settings: Settings
) -> None:
    settings.TELEGRAM_RATE = 1
    make_rows(30)

    assert deliver(steps) is True

    assert RUN <= timezone.now() - NOW < RUN + 6 * SECOND
    assert 15 < states().count(State.SENT) < 30
    assert deliver(steps) is False
    assert states() == [State.SENT] * 30


def test_a_run_stops_at_its_end_while_it_waits(make_rows: MakeRows, steps: Steps) -> None:
    """A paused bot has rows that it may not send."""
    make_rows(1)
    pacing.pause_bot(NOW + HOUR)

    assert deliver(steps) is True

    assert RUN <= timezone.now() - NOW < RUN + SECOND
    assert states() == [State.PENDING]
    # It does not ask the database again and again what it knows already.
    assert len(steps.waits) <= RUN / IDLE_STEP


@pytest.mark.parametrize("stop_after", range(1, 4))
def test_a_run_that_is_told_to_stop_keeps_what_is_promised_and_takes_nothing_more(
    stop_after: int, make_rows: MakeRows, api: FakeBotApi, steps: Steps
) -> None:
    """Whether the stop comes between two messages or between an intent and its message."""
    make_rows(5)
    steps.stop_after = stop_after

    assert deliver(steps) is False

    count = len(api.requests)
    assert 1 <= count <= stop_after + 1
    assert states() == [State.SENT] * count + [State.PENDING] * (5 - count)
    pending = Reminder.objects.filter(state=State.PENDING)
    assert set(pending.values_list("lease_until", "attempts")) == {(None, 0)}


def test_a_run_that_was_told_to_stop_before_takes_nothing(
    make_rows: MakeRows, api: FakeBotApi, steps: Steps
) -> None:
    make_rows(1)
    steps.set()

    assert deliver(steps) is False

    assert states() == [State.PENDING]
    assert api.requests == []


@pytest.mark.django_db(transaction=True)
def test_a_real_stop_ends_a_run_that_waits_within_a_moment(make_rows: MakeRows) -> None:
    make_rows(1)
    Reminder.objects.update(not_before=NOW + 10 * SECOND)
    stopping = threading.Event()

    run = background(lambda: deliver(stopping))
    stopping.set()

    assert run.result(0.9) is False


@pytest.mark.django_db(transaction=True)
def test_senders_at_once_send_each_reminder_once(
    make_rows: MakeRows, api: FakeBotApi, settings: Settings
) -> None:
    settings.TELEGRAM_RATE = 1000
    make_rows(60)
    start = threading.Barrier(4)

    def run() -> bool:
        start.wait(10)
        return deliver(threading.Event())

    runs = [background(run) for _ in range(4)]
    assert [each.result(30) for each in runs] == [False] * 4

    assert states() == [State.SENT] * 60
    assert sorted(each.chat_id for each in api.requests) == list(range(1, 61))


def test_a_clock_that_is_set_back_ends_a_run(
    make_rows: MakeRows, api: FakeBotApi, steps: Steps
) -> None:
    make_rows(3)
    api.on_request = lambda _request: steps.clock.move_to(NOW - HOUR)

    assert deliver(steps) is True

    assert len(api.requests) == 1


def test_a_pause_is_never_longer_than_a_day(row: Reminder, api: FakeBotApi) -> None:
    api.next(too_many(1e300))

    send_next()

    assert end_of(row) == (State.PENDING, "")
    assert Bot.objects.get().paused_until == NOW + pacing.LONGEST_PAUSE


def test_a_database_that_goes_away_before_a_slot_is_kept_leaves_nothing_in_doubt(
    row: Reminder, api: FakeBotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing went out, and that is known."""

    def gone(*_arguments: object) -> bool:
        raise OperationalError("gone")

    monkeypatch.setattr(delivery.slots, "keep", gone)

    send_next()

    assert api.requests == []
    assert end_of(row) == (State.PENDING, "")
    assert (row.attempts, row.ambiguities) == (0, 0)
