"""Many rows claimed at once, where the bot's rate is high: what holds for one holds for each."""

import datetime
import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from habits.models import CheckIn, CheckInStatus, Habit
from notifications import delivery, intent, ledger, outbox, pacing, telegram
from notifications.bulk import Arrival
from notifications.buttons import Keyboard
from notifications.delivery import deliver
from notifications.intent import Message, begin
from notifications.ledger import AMBIGUOUS_DELAY, LEASE, SKEW
from notifications.messages import reminder_text
from notifications.models import Bot, Chat, Reason, Reminder, State
from notifications.outbox import MOST, TIME, Outbox
from notifications.sending import Sender
from tests.conftest import MakeHabit
from tests.fake_bot_api import FakeBotApi, Request, held, ok, too_many
from tests.notifications.stage import (
    HOUR,
    MINUTE,
    MOMENT,
    NOW,
    SECOND,
    NoWaits,
    Steps,
    background,
    blocked,
    edit,
    end_of,
    person,
    planned,
    sent,
    states,
)

RATE = 1000
SIZE = 12

MakeRows = Callable[[int], list[Reminder]]


@pytest.fixture(autouse=True)
def fast(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fast bot, whose process has found out that it sends many at once."""
    settings.TELEGRAM_RATE = RATE
    monkeypatch.setattr(Outbox, "room", lambda _self: MOST)


@pytest.fixture
def make_rows(db: None, make_habit: MakeHabit) -> MakeRows:
    """Pending rows, due now, of as many people with a chat each, from chat 1 on."""

    def make(count: int) -> list[Reminder]:
        return [planned(make_habit(person(n))) for n in range(1, count + 1)]

    return make


def claim(count: int, at: datetime.datetime = NOW) -> list[Message]:
    """What a sender claims at once with so many slots."""
    gap = pacing.bot_gap()
    return begin([at + gap * index for index in range(count)], lambda: at).messages


def test_a_batch_takes_as_many_statements_as_one_row(
    make_rows: MakeRows, api: FakeBotApi, steps: Steps
) -> None:
    rows = make_rows(1 + SIZE)
    Chat.objects.bulk_create(Chat(chat_id=n) for n in range(1, SIZE + 2))
    Reminder.objects.exclude(pk=rows[0].pk).update(not_before=NOW + HOUR)
    deliver(steps)  # the bot has its row from now on

    counts = []
    for wanted in (rows[1:2], rows[2:]):
        steps.clock.shift(1)
        Reminder.objects.filter(pk__in=[row.pk for row in wanted]).update(not_before=NOW)
        with CaptureQueriesContext(connection) as queries:
            deliver(steps)
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert all(sent(row) for row in rows)
    assert [each.chat_id for each in api.requests] == list(range(1, SIZE + 2))


def test_each_message_of_a_batch_has_a_slot_a_lease_and_a_chat_of_its_own(
    make_rows: MakeRows,
) -> None:
    rows = make_rows(SIZE)

    messages = claim(SIZE)

    slots = [each.slot for each in messages]
    assert slots == sorted(set(slots))
    for row, message in zip(rows, messages, strict=True):
        row.refresh_from_db()
        assert row == message.reminder
        assert (row.state, row.attempts, row.token) == (State.SENDING, 1, 1)
        assert row.token == message.reminder.token
        assert row.lease_until == message.slot + LEASE
        assert row.chat_id == message.chat_id == row.user.chat_id
        assert Chat.objects.get(chat_id=row.chat_id).last_slot_at == message.slot


@pytest.mark.parametrize(("rate", "most"), [(30, 1), (1000, 47), (10_000, MOST)])
def test_a_sender_claims_what_leaves_within_a_moment(
    make_rows: MakeRows, settings: Settings, rate: int, most: int
) -> None:
    """At Telegram's usual rate, one row: a crash leaves few in doubt."""
    settings.TELEGRAM_RATE = rate
    make_rows(MOST + 1)

    delivery._claim(sender(), NOW + HOUR)

    messages = delivery.outbox.take_all()
    assert len(messages) == most
    assert messages[-1].slot - messages[0].slot <= pacing.SPAN
    assert states().count(State.SENDING) == most


def test_a_thread_that_finds_no_row_sends_what_another_one_was_claiming(
    make_rows: MakeRows, api: FakeBotApi, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the intents and the outbox, rows are in nobody's hands that this thread can see."""
    rows = make_rows(3)
    claimed = claim(3)

    def another_one_is_done(*_args: object) -> bool:
        delivery.outbox.put(claimed, NOW)
        claimed.clear()
        return False

    monkeypatch.setattr(delivery, "_wait_for_more", another_one_is_done)
    deliver(steps)

    assert all(sent(row) for row in rows)
    assert [each.chat_id for each in api.requests] == [1, 2, 3]


def sender(stopping: threading.Event | None = None) -> Sender:
    return Sender(delivery.outbox, delivery.slots, stopping or NoWaits(), timezone.now)


def low_outbox(count: int) -> list[Message]:
    """So few messages are left that the next rows are wanted; another thread is sending one."""
    messages = claim(count + 1, NOW + MOMENT)
    send_all(delivery.outbox, MOST, NOW)
    delivery.outbox.put(messages, NOW)
    delivery.outbox.take(NOW)
    return messages[1:]


@pytest.mark.django_db
def test_while_others_send_what_is_left_a_thread_claims_the_next_rows(
    make_rows: MakeRows, api: FakeBotApi
) -> None:
    make_rows(SIZE)
    left = low_outbox(3)

    assert delivery.deliver_next(sender(), NOW + HOUR) is True

    assert [each.chat_id for each in api.requests] == [left[0].chat_id]
    assert len(delivery.outbox.take_all()) == SIZE - 2
    assert states().count(State.PENDING) == 0


@pytest.mark.django_db
def test_beyond_its_deadline_a_run_claims_nothing_ahead(
    make_rows: MakeRows, api: FakeBotApi
) -> None:
    """It would never end while others do so, too."""
    make_rows(SIZE)
    low_outbox(3)

    delivery.deliver_next(sender(), NOW)

    assert len(api.requests) == 1
    assert states().count(State.PENDING) == SIZE - 4


@pytest.mark.django_db
def test_what_is_left_waits_for_no_slot(make_rows: MakeRows, api: FakeBotApi) -> None:
    """The next slots are far: what is there goes out first, and they are kept for later."""
    make_rows(SIZE)
    left = low_outbox(3)
    far = NOW + 3 * SECOND
    Bot.objects.create(pk=Bot.PK, next_slot_at=far)

    delivery.deliver_next(sender(Unwaited()), NOW + HOUR)

    assert [each.chat_id for each in api.requests] == [left[0].chat_id]
    assert states().count(State.PENDING) == SIZE - 4
    assert delivery.slots.take(NOW) == far


class Unwaited(NoWaits):
    """Its waits are those for slots that are near."""

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        assert timeout <= pacing.LEAD.total_seconds()
        return super().wait(timeout)


@pytest.mark.django_db
def test_what_is_left_waits_for_no_other_thread(make_rows: MakeRows, api: FakeBotApi) -> None:
    make_rows(SIZE)
    left = low_outbox(3)

    with delivery.outbox.claiming:
        delivery.deliver_next(sender(), NOW + HOUR)

    assert [each.chat_id for each in api.requests] == [left[0].chat_id]


def gone(*_args: object, **_options: object) -> None:
    raise OperationalError("server closed the connection unexpectedly")


@pytest.mark.parametrize("step", ["deal_bot_slots", "note_late"])
def test_a_database_that_goes_away_while_late_messages_are_dealt_anew_costs_none_of_them(
    make_rows: MakeRows,
    api: FakeBotApi,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    make_rows(5)
    delivery.outbox.put(claim(5), NOW)
    clock.shift(SECOND)
    with monkeypatch.context() as patch:
        patch.setattr(pacing, step, gone)
        message = delivery.outbox.take(timezone.now())
        assert message is not None
        sender().bring_to_outcome(message)

    assert states() == [State.PENDING, *[State.SENDING] * 4]
    sender().give_back_rest()
    assert states() == [State.PENDING] * 5
    assert {row.attempts for row in Reminder.objects.all()} == {0}
    assert api.requests == []


def test_while_the_database_is_away_messages_are_given_back_together(
    make_rows: MakeRows, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_rows(SIZE)
    delivery.outbox.put(claim(SIZE), NOW)
    give_back = ledger.record_not_delivered
    tries: list[object] = []

    def gone_twice(*args: Any, **options: Any) -> None:
        tries.append(args)
        if len(tries) > 2:
            give_back(*args, **options)
        else:
            gone()

    monkeypatch.setattr(ledger, "record_not_delivered", gone_twice)
    monkeypatch.setattr(connection, "close", lambda: None)
    sender(steps).give_back_rest()

    assert steps.waits == [1, 1]
    assert states() == [State.PENDING] * SIZE


def test_a_stop_waits_for_no_database_to_take_messages_back(
    make_rows: MakeRows, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing of them was sent: when their leases end, others find them."""
    make_rows(2)
    delivery.outbox.put(claim(2), NOW)
    stopping = NoWaits()
    stopping.set()
    monkeypatch.setattr(ledger, "record_not_delivered", gone)
    monkeypatch.setattr(connection, "close", lambda: None)
    sender(stopping).give_back_rest()

    lost = [each for each in caplog.messages if "delivery_could_not_record" in each]
    assert len(lost) == 2
    assert states() == [State.SENDING] * 2


def test_of_several_rows_for_one_chat_a_batch_sends_one(
    make_rows: MakeRows, make_habit: MakeHabit, alice: User
) -> None:
    first, *others = [planned(make_habit(alice)) for _ in range(4)]
    (stranger,) = make_rows(1)

    messages = claim(SIZE)

    assert [each.reminder for each in messages] == [first, stranger]
    # The slots of those that wait are the next one's.
    assert messages[1].slot - messages[0].slot == pacing.bot_gap()
    for row in others:
        row.refresh_from_db()
    waits = [row.not_before - NOW for row in others]
    assert waits == [pacing.PRIVATE_GAP * index for index in (1, 2, 3)]
    assert {row.state for row in others} == {State.PENDING}


def test_a_row_whose_chat_was_promised_to_others_waits_for_it(make_rows: MakeRows) -> None:
    """As that of a chat that has got nothing yet, but is about to."""
    first, second = make_rows(2)
    Chat.objects.create(chat_id=1, next_slot_at=NOW + 2 * SECOND)

    messages = claim(2)

    assert [each.reminder for each in messages] == [second]
    first.refresh_from_db()
    assert first.not_before == first.chat_slot_at == NOW + 2 * SECOND
    chat = Chat.objects.get(chat_id=1)
    assert chat.last_slot_at is None
    assert chat.next_slot_at == NOW + 2 * SECOND + pacing.PRIVATE_GAP


def test_rows_that_end_unsent_leave_their_slots_to_the_others(make_rows: MakeRows) -> None:
    rows = make_rows(5)
    User.objects.filter(reminders__in=rows[:2]).update(is_active=False)
    User.objects.filter(reminders=rows[2]).update(chat_id=None)
    Chat.objects.create(chat_id=4, status="stopped")

    messages = claim(5)

    assert [each.reminder for each in messages] == [rows[4]]
    assert messages[0].slot == NOW
    assert [end_of(row)[1] for row in rows] == [
        *(Reason.ACCOUNT_DISABLED, Reason.ACCOUNT_DISABLED),
        *(Reason.NO_CHAT, Reason.CHAT_STOPPED, Reason.NONE),
    ]


# --- Several senders -------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_senders_share_what_is_due_and_send_each_once(
    make_rows: MakeRows, api: FakeBotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with an outbox of its own, as in two processes."""
    make_rows(60)
    start = threading.Barrier(2)

    def claim_all() -> list[int]:
        claimed: list[int] = []
        start.wait(10)
        while messages := claim(8):
            claimed += [each.reminder.pk for each in messages]
        return claimed

    one, other = [background(claim_all) for _ in range(2)]
    claimed = one.result(20) + other.result(20)

    assert len(claimed) == len(set(claimed))
    # What one passed over while the other held it is still there.
    claimed += [each.reminder.pk for each in claim(60)]
    assert len(claimed) == len(set(claimed)) == 60


@pytest.mark.django_db(transaction=True)
def test_the_threads_of_a_process_share_a_batch_and_a_slow_chat_delays_nobody_else(
    make_rows: MakeRows, api: FakeBotApi
) -> None:
    rows = make_rows(SIZE)
    gate = threading.Event()
    api.for_chat(2, held(gate))

    runs = [background(lambda: deliver(threading.Event())) for _ in range(2)]
    # All the others, while that one has no answer.
    api.wait_for(SIZE)
    gate.set()
    assert [each.result(20) for each in runs] == [False, False]

    assert all(sent(row) for row in rows)
    assert sorted(each.chat_id for each in api.requests) == list(range(1, SIZE + 1))


# --- Crashes and stops -----------------------------------------------------------------------


def test_a_sender_that_dies_in_the_middle_leaves_the_rest_ambiguous_and_nothing_is_lost(
    make_rows: MakeRows,
    api: FakeBotApi,
    clock: time_machine.Traveller,
    steps: Steps,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = make_rows(SIZE)
    sender = Sender(delivery.outbox, delivery.slots, NoWaits(), timezone.now)
    for _ in range(3):
        delivery.deliver_next(sender, NOW + HOUR)
    assert states() == [State.SENDING] * SIZE
    assert len(api.requests) == 3
    # It is gone with all it had in hand.
    monkeypatch.setattr(delivery, "outbox", Outbox())
    deliver(steps)
    assert len(api.requests) == 3

    clock.move_to(NOW + LEASE + SKEW + SECOND)
    assert ledger.free_expired_leases(timezone.now()) == SIZE
    clock.shift(AMBIGUOUS_DELAY)
    deliver(steps)

    assert all(sent(row) for row in rows)
    assert {row.ambiguities for row in rows} == {1}
    assert len(api.requests) == 3 + SIZE


def test_an_ambiguous_row_is_claimed_alone(make_rows: MakeRows) -> None:
    """One that kills its sender takes each neighbour along once, and no one twice."""
    rows = make_rows(5)
    Reminder.objects.filter(pk=rows[2].pk).update(ambiguities=1)

    claimed = [[each.reminder for each in claim(SIZE)] for _ in range(4)]

    assert claimed == [rows[:2], [rows[2]], rows[3:], []]


def test_what_nobody_has_begun_is_given_back_when_the_sender_is_told_to_stop(
    make_rows: MakeRows, api: FakeBotApi, steps: Steps
) -> None:
    rows = make_rows(SIZE)

    def stop(request: Request) -> None:
        if request.chat_id == 3:
            steps.set()

    api.on_request = stop
    assert deliver(steps) is False

    assert states() == [State.SENT] * 3 + [State.PENDING] * (SIZE - 3)
    left = Reminder.objects.filter(state=State.PENDING)
    assert set(left.values_list("lease_until", "attempts", "ambiguities")) == {(None, 0, 0)}

    steps.clear()
    api.on_request = None
    deliver(steps)
    assert all(sent(row) for row in rows)
    assert len(api.requests) == SIZE


def test_a_run_that_breaks_gives_back_what_it_has_in_hand(
    make_rows: MakeRows, api: FakeBotApi, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_rows(4)

    def interrupt(chat_id: int, html: str, buttons: Keyboard) -> telegram.Sent:
        raise KeyboardInterrupt

    monkeypatch.setattr(telegram, "send_message", interrupt)
    with pytest.raises(KeyboardInterrupt):
        deliver(steps)

    # Nobody knows of the one that was on its way.
    assert states() == [State.SENDING] + [State.PENDING] * 3


# --- What goes wrong with one of them --------------------------------------------------------


def test_a_row_that_breaks_is_put_back_and_its_neighbours_are_sent(
    make_rows: MakeRows, api: FakeBotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = make_rows(SIZE)
    poison = rows[4]

    def build(habit: Habit) -> str:
        if habit.pk == poison.habit_id:
            raise ValueError("poison")
        return reminder_text(habit)

    monkeypatch.setattr(intent, "reminder_text", build)
    messages = claim(SIZE)

    assert [each.reminder for each in messages] == [row for row in rows if row != poison]
    poison.refresh_from_db()
    assert (poison.state, poison.breaks, poison.attempts) == (State.PENDING, 1, 0)
    assert poison.not_before == NOW + SECOND


def test_a_row_that_the_database_refuses_is_put_back_and_its_neighbours_are_sent(
    make_rows: MakeRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = make_rows(4)
    intend = ledger.intend

    def refuse(intents: list[Any]) -> None:
        if any(each.row == rows[1] for each in intents):
            raise IntegrityError("out of range")
        intend(intents)

    monkeypatch.setattr(ledger, "intend", refuse)
    messages = claim(4)

    assert [each.reminder for each in messages] == [rows[0], *rows[2:]]
    assert end_of(rows[1]) == (State.PENDING, "")


def test_a_429_in_the_middle_gives_the_rest_back_unsent(
    make_rows: MakeRows, api: FakeBotApi, clock: time_machine.Traveller, steps: Steps
) -> None:
    rows = make_rows(SIZE)
    api.next(ok(), ok(), too_many(9))
    seen: list[float] = []
    api.on_request = lambda _request: seen.append((timezone.now() - NOW).total_seconds())

    deliver(steps)

    assert all(sent(row) for row in rows)
    assert len(seen) == SIZE + 1
    assert max(seen[:3]) < 0.1
    assert min(seen[3:]) >= 9
    assert {(row.attempts, row.ambiguities) for row in rows} == {(1, 0)}


def test_messages_that_missed_their_slots_get_others_all_at_once(
    make_rows: MakeRows, api: FakeBotApi, steps: Steps
) -> None:
    rows = make_rows(SIZE)
    slow = 0.5
    seen: list[datetime.datetime] = []

    def note(request: Request) -> None:
        seen.append(timezone.now())
        if request.chat_id == 1:
            steps.clock.shift(slow)

    api.on_request = note
    deliver(steps)

    assert all(sent(row) for row in rows)
    assert seen[1] - NOW >= slow * SECOND
    gaps = [later - sooner for sooner, later in pairwise(seen[1:])]
    assert min(gaps) >= SECOND / RATE
    # Each chat keeps its distance from when it really got its message.
    last = dict(Chat.objects.values_list("chat_id", "last_slot_at"))
    assert [last[n] for n in range(1, SIZE + 1)] == seen[:1] + seen[1:]
    assert {row.attempts for row in rows} == {1}


@pytest.mark.django_db(transaction=True)
def test_late_messages_of_a_bot_that_makes_a_pause_are_given_back(
    make_rows: MakeRows, api: FakeBotApi, steps: Steps
) -> None:
    rows = make_rows(4)

    def pause(request: Request) -> None:
        if request.chat_id == 1:
            pacing.pause_bot(timezone.now() + MINUTE)
            connection.close()
            steps.clock.shift(1)

    api.on_request = pause
    deliver(steps)

    assert len(api.requests) == 1
    assert states() == [State.SENT] + [State.PENDING] * 3
    assert {row.attempts for row in Reminder.objects.filter(state=State.PENDING)} == {0}
    steps.clock.shift(61)
    deliver(steps)
    assert all(sent(row) for row in rows)


# --- Changes in between ----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_an_edit_while_a_batch_is_claimed_comes_before_its_intents_or_after_them(
    make_rows: MakeRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = make_rows(SIZE)
    habit = rows[6].habit
    assert habit is not None
    edits: list[Any] = []
    order: list[str] = []

    def change() -> None:
        edit(habit, action="run")
        order.append("edited")

    def build(given: Habit) -> str:
        if not edits:
            edits.append(background(change))
            blocked(edits[0])
        return reminder_text(given)

    intend = ledger.intend

    def note(intents: list[Any]) -> None:
        order.append("intents")
        intend(intents)

    monkeypatch.setattr(intent, "reminder_text", build)
    monkeypatch.setattr(ledger, "intend", note)
    messages = claim(SIZE)
    edits[0].result(10)

    assert order == ["intents", "edited"]
    assert len(messages) == SIZE
    assert "walk" in messages[6].text


@pytest.mark.django_db(transaction=True)
def test_a_habit_that_is_held_is_passed_over_and_the_rest_of_the_batch_goes(
    make_rows: MakeRows,
) -> None:
    rows = make_rows(4)

    def claim_others() -> list[Reminder]:
        return [each.reminder for each in claim(4)]

    with transaction.atomic():
        Habit.objects.select_for_update(no_key=True).get(reminders=rows[1])
        claimed = background(claim_others).result(10)

    assert claimed == [rows[0], *rows[2:]]
    assert end_of(rows[1]) == (State.PENDING, "")


@pytest.mark.django_db(transaction=True)
def test_a_check_in_that_was_made_just_before_the_locks_is_seen(
    make_rows: MakeRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = make_rows(3)
    lock = ledger._lock

    def lock_and_look(moment: datetime.datetime, at_most: int) -> list[int]:
        # Commits after the locking statement has begun to read, and before the locks are used.
        check_in = CheckIn(
            habit=rows[1].habit, date=rows[1].local_date, status=CheckInStatus.DONE, made_at=NOW
        )
        background(check_in.save).result(10)
        return lock(moment, at_most)

    monkeypatch.setattr(ledger, "_lock", lock_and_look)
    messages = claim(3)

    assert [each.reminder for each in messages] == [rows[0], rows[2]]
    assert end_of(rows[1]) == (State.CANCELLED, Reason.CHECKED_IN)


# --- How much is claimed, and when outcomes are recorded --------------------------------------


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Outbox:
    monkeypatch.undo()
    return Outbox()


def a_message(slot: datetime.datetime) -> Message:
    return Message(Reminder(), 1, slot, slot + SECOND, "text", ())


def send_all(box: Outbox, count: int, now: datetime.datetime) -> None:
    """Claims so many at `NOW`, and brings them to their outcomes at `now`."""
    box.put([a_message(NOW)] * count, NOW)
    while box.take(now):
        box.note_outcome()


def test_a_process_claims_more_with_each_message_that_comes_to_its_outcome(box: Outbox) -> None:
    rooms = []
    for _ in range(9):
        rooms.append(box.room())
        send_all(box, rooms[-1], NOW + TIME)

    assert rooms == [1, 2, 4, 8, 16, 32, 64, MOST, MOST]

    send_all(box, 1, NOW + TIME + MOMENT)
    assert box.room() == MOST // 2
    assert box.room() == MOST // 2


def test_a_process_that_is_too_slow_claims_less_and_less_until_it_is_not(box: Outbox) -> None:
    send_all(box, MOST, NOW)
    rooms = []
    for _ in range(9):
        rooms.append(box.room())
        # Ten messages in `TIME`.
        box.put([a_message(NOW)] * rooms[-1], NOW)
        for sent_before in range(rooms[-1]):
            box.take(NOW + TIME * (sent_before + 1) / 10)
            box.note_outcome()

    assert rooms[0] == MOST
    assert max(rooms[4:]) <= 20


def test_it_claims_at_least_one_however_slow_it_is(box: Outbox) -> None:
    for _ in range(3):
        assert box.room() == 1
        box.put([a_message(NOW)], NOW)
        box.take(NOW + HOUR)


def test_while_answers_do_not_come_each_thread_claims_one(box: Outbox) -> None:
    """What it cannot send is left to other processes."""
    send_all(box, 3, NOW)
    assert box.room() == 4

    for left in (3, 2, 1, 1):
        box.put([a_message(NOW)], NOW)
        box.take(NOW)
        assert box.room() == left


def test_an_outbox_asks_for_more_when_it_is_empty_or_others_have_sent_half_of_it(
    box: Outbox,
) -> None:
    assert box.asks_for_more(NOW)

    send_all(box, MOST, NOW)
    box.put([a_message(NOW + MOMENT)] * MOST, NOW)
    asked = []
    while box.take(NOW):
        asked.append(box.asks_for_more(NOW))

    # Once, as whoever was asked is doing it; and then each of those who have nothing to send.
    assert [index + 1 for index, asks in enumerate(asked) if asks] == [MOST // 2, MOST]


def test_an_outbox_asks_once_more_after_each_claim(box: Outbox) -> None:
    send_all(box, MOST, NOW)
    box.put([a_message(NOW + MOMENT)] * 2, NOW)
    box.take(NOW)

    assert [box.asks_for_more(NOW) for _ in range(2)] == [True, False]
    box.put([], NOW)
    assert not box.asks_for_more(NOW)
    box.put([a_message(NOW + MOMENT)], NOW)
    assert box.asks_for_more(NOW)


def test_an_outbox_from_which_nobody_sends_asks_for_no_more(box: Outbox) -> None:
    """Its one thread would keep it waiting."""
    send_all(box, MOST, NOW)
    box.put([a_message(NOW + MOMENT)], NOW)

    assert not box.asks_for_more(NOW)


def test_an_outbox_that_is_late_asks_for_no_more(box: Outbox) -> None:
    """What its threads cannot send in time would miss its slot, and the bot's rate that slot."""
    send_all(box, MOST, NOW)
    box.put([a_message(NOW)] * 2, NOW)
    box.take(NOW)

    assert not box.asks_for_more(NOW)


def test_the_time_of_a_claim_begins_with_its_first_slot(box: Outbox) -> None:
    box.put([a_message(NOW + SECOND)], NOW)
    box.take(NOW + SECOND + TIME)
    box.note_outcome()

    assert box.room() == 2


def test_a_message_that_no_thread_came_to_is_given_back_before_its_lease_ends(
    make_rows: MakeRows, api: FakeBotApi, steps: Steps
) -> None:
    rows = make_rows(4)

    def hang(request: Request) -> None:
        if request.chat_id == 1:
            steps.clock.shift(intent.LONGEST_WAIT + SECOND)

    api.on_request = hang
    deliver(steps)

    assert all(sent(row) for row in rows)
    assert {row.ambiguities for row in rows} == {0}
    # They had been given back, and were claimed anew.
    assert [row.token for row in rows] == [2, 4, 4, 4]


@pytest.mark.django_db(transaction=True)
def test_outcomes_wait_for_a_moment_at_the_most(
    make_rows: MakeRows, api: FakeBotApi, steps: Steps
) -> None:
    """While there is more to send, those that arrived are recorded together, but soon."""
    make_rows(SIZE)
    recorded: list[int] = []

    def note(request: Request) -> None:
        steps.clock.shift(pacing.SPAN.total_seconds() / 4)
        recorded.append(states().count(State.SENT))
        connection.close()

    api.on_request = note
    deliver(steps)

    unrecorded = [index - count for index, count in enumerate(recorded)]
    assert max(unrecorded) <= 5
    assert states() == [State.SENT] * SIZE


def test_those_that_come_while_others_are_written_are_the_next_ones() -> None:
    arrivals = outbox.Arrivals()
    first, second = (Arrival(Reminder(), n, NOW) for n in (1, 2))
    written: list[list[Any]] = []

    def write(given: list[Any]) -> None:
        if not written:
            arrivals.add(second)
        written.append(given)

    arrivals.add(first)
    arrivals.write(write)
    arrivals.write(write)
    arrivals.write(write)

    assert written == [[first], [second]]


def test_an_arrival_too_late_for_its_lease_changes_nothing_and_its_neighbours_are_recorded(
    make_rows: MakeRows,
) -> None:
    rows = make_rows(3)
    messages = claim(3)
    Reminder.objects.filter(pk=rows[1].pk).update(lease_until=NOW - MINUTE)
    ledger.free_expired_leases(NOW)

    arrivals = [Arrival(each.reminder, None, NOW) for each in messages]
    assert ledger.record_sent(arrivals) is False

    assert [end_of(row)[0] for row in rows] == [State.SENT, State.PENDING, State.SENT]


def test_a_fast_bot_keeps_its_rate_and_each_chat_its_distance(
    make_rows: MakeRows, make_habit: MakeHabit, api: FakeBotApi, steps: Steps
) -> None:
    for row in make_rows(20):
        planned(make_habit(row.user))
    seen: list[tuple[float, int]] = []
    api.on_request = lambda request: seen.append(
        ((timezone.now() - NOW).total_seconds(), request.chat_id)
    )

    while deliver(steps):
        pass

    assert len(seen) == 40
    times = [moment for moment, _chat in seen]
    assert min(later - sooner for sooner, later in pairwise(times)) >= 1 / RATE
    for chat in range(1, 21):
        sooner, later = [moment for moment, each in seen if each == chat]
        assert later - sooner >= 1
    assert Bot.objects.get().paused_until is None
