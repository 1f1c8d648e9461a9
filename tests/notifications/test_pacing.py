"""The bot's slots are evenly spaced, whoever asks for them and when."""

import datetime
import threading
from collections.abc import Sequence
from itertools import pairwise

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from notifications import pacing
from notifications.models import Bot, Chat
from notifications.pacing import (
    GROUP_GAP,
    PRIVATE_GAP,
    TOLERANCE,
    Slots,
    deal_bot_slots,
    pause_bot,
    pause_end,
    take_chat_slot,
)
from tests.notifications.stage import (
    DAY,
    HOUR,
    MINUTE,
    MOMENT,
    NOW,
    SECOND,
    Steps,
    background,
)

ROUNDING = datetime.timedelta(microseconds=1)


def most_in_a_second(slots: Sequence[datetime.datetime]) -> int:
    """The most slots that any second holds, wherever it begins."""
    return max(sum(slot <= other < slot + SECOND for other in slots) for slot in slots)


def take(count: int, now: datetime.datetime) -> list[datetime.datetime]:
    """By one process; at a high rate it is dealt more than it asks for."""
    slots = Slots()
    taken = [slots.take(now) for _ in range(count)]
    return [slot for slot in taken if slot is not None]


@pytest.mark.django_db
@hypothesis_settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rate=st.sampled_from([1, 30, 1000]),
    calls=st.lists(st.tuples(st.integers(1, 8), st.integers(-400, 1500)), min_size=1, max_size=25),
)
def test_no_second_ever_holds_more_slots_than_the_rate(
    rate: int, calls: list[tuple[int, int]], settings: Settings
) -> None:
    """`calls`: how many slots, and how many milliseconds later; hosts' clocks differ."""
    settings.TELEGRAM_RATE = rate
    Bot.objects.all().delete()
    now = NOW
    slots: list[datetime.datetime] = []
    for count, milliseconds in calls:
        now += milliseconds * MOMENT
        slots += take(count, now)

    assert slots == sorted(slots)
    assert most_in_a_second(slots) <= rate
    gaps = [later - sooner for sooner, later in pairwise(slots)]
    assert all(gap >= SECOND / rate for gap in gaps)


@pytest.mark.django_db
@pytest.mark.parametrize("rate", [30, 1000])
def test_under_load_at_least_95_percent_of_the_rate_is_used(rate: int, settings: Settings) -> None:
    settings.TELEGRAM_RATE = rate

    slots = take(1000, NOW)

    assert len(slots) / (slots[-1] - slots[0]).total_seconds() >= 0.95 * rate


@pytest.mark.django_db
def test_a_bot_that_was_idle_saves_up_nothing() -> None:
    take(1, NOW)

    slots = [slot for _ in range(20) for slot in take(5, NOW + HOUR)]

    assert slots[0] == NOW + HOUR
    assert most_in_a_second(slots) <= 30


@pytest.mark.django_db(transaction=True)
def test_senders_at_once_share_the_slots() -> None:
    start = threading.Barrier(4)

    def sender() -> list[datetime.datetime]:
        start.wait(10)
        return [slot for _ in range(15) for slot in take(3, NOW)]

    senders = [background(sender) for _ in range(4)]
    slots = sorted(slot for each in senders for slot in each.result(20))

    assert len(set(slots)) == 4 * 15 * 3
    assert most_in_a_second(slots) <= 30


@pytest.mark.django_db
def test_slots_that_a_wrong_clock_dealt_far_ahead_count_for_nothing() -> None:
    """As when a host an hour ahead took slots before its clock was set right."""
    take(5, NOW + HOUR)

    assert take(1, NOW) == [NOW]


@pytest.mark.django_db
def test_a_fast_bots_slots_are_dealt_some_at_once(settings: Settings) -> None:
    settings.TELEGRAM_RATE = 1000

    one, other = deal_bot_slots(NOW, 99), deal_bot_slots(NOW, 99)

    assert len(one) == len(other) == 47
    gaps = [later - sooner for sooner, later in pairwise(one + other)]
    assert max(gaps) - min(gaps) <= ROUNDING


@pytest.mark.django_db
def test_no_more_slots_are_dealt_than_a_claim_takes(settings: Settings) -> None:
    """Those that pass unused would be missing elsewhere."""
    settings.TELEGRAM_RATE = 1000
    taken = Slots().take_some(NOW, at_most=5)

    assert len(taken) == 5
    assert Bot.objects.get().next_slot_at == taken[-1] + pacing.bot_gap()


@pytest.mark.django_db
def test_threads_take_what_their_process_was_dealt_before_they_ask_for_more(
    settings: Settings,
) -> None:
    settings.TELEGRAM_RATE = 1000
    slots = Slots()

    taken = [slots.take(NOW) for _ in range(47)]
    promised = Bot.objects.get().next_slot_at

    assert promised is not None
    assert None not in taken
    assert slots.take(NOW) == promised


@pytest.mark.django_db
def test_a_slot_that_was_given_back_is_the_next_one_unless_it_passes() -> None:
    slots = Slots()
    first, second = slots.take(NOW), slots.take(NOW)
    assert first is not None
    assert second is not None
    slots.give_back(second)
    slots.give_back(first)

    assert slots.take(NOW) == first
    slots.give_back(first)
    assert slots.take(NOW + MOMENT) == second
    third = slots.take(second + MOMENT)
    assert third is not None
    assert third > second


@pytest.mark.django_db
def test_no_slots_are_dealt_while_the_bot_is_paused() -> None:
    pause_bot(NOW + MINUTE)

    assert take(1, NOW) == take(1, NOW + MINUTE - MOMENT) == []
    assert take(1, NOW + MINUTE) == [NOW + MINUTE]


@pytest.mark.parametrize(("chat_id", "gap"), [(1, PRIVATE_GAP), (-1, GROUP_GAP)])
@pytest.mark.django_db
def test_a_chat_gets_one_message_in_its_gap(chat_id: int, gap: datetime.timedelta) -> None:
    chat = Chat.objects.create(chat_id=chat_id)

    assert take_chat_slot(chat, None, NOW) is None
    second = take_chat_slot(chat, None, NOW)
    third = take_chat_slot(chat, None, NOW + gap - MOMENT)

    assert (second, third) == (NOW + gap, NOW + 2 * gap)
    assert take_chat_slot(chat, second, NOW + gap - MOMENT) == second
    assert take_chat_slot(chat, second, NOW + gap) is None
    chat.refresh_from_db()
    assert (chat.last_slot_at, chat.next_slot_at) == (NOW + gap, NOW + 3 * gap)


@pytest.mark.django_db
def test_promises_that_were_missed_together_spread_out_again() -> None:
    chat = Chat.objects.create(chat_id=1)
    promised = [take_chat_slot(chat, None, NOW) for _ in range(5)]

    again = [take_chat_slot(chat, each, NOW + HOUR) for each in promised[1:]]

    gaps = [PRIVATE_GAP * index for index in (1, 2, 3)]
    assert again == [None, *(NOW + HOUR + gap for gap in gaps)]


@pytest.mark.django_db
def test_a_chat_that_was_silent_saves_up_nothing() -> None:
    chat = Chat.objects.create(chat_id=1, last_slot_at=NOW, next_slot_at=NOW + PRIVATE_GAP)

    assert take_chat_slot(chat, None, NOW + HOUR) is None
    assert take_chat_slot(chat, None, NOW + HOUR) == NOW + HOUR + PRIVATE_GAP


def test_the_gaps_keep_within_what_telegram_allows() -> None:
    assert SECOND < PRIVATE_GAP <= 1.05 * SECOND
    assert MINUTE / GROUP_GAP < 20
    assert GROUP_GAP == 3.1 * SECOND


@pytest.mark.django_db
def test_a_chats_slot_that_a_wrong_clock_took_counts_for_nothing() -> None:
    chat = Chat.objects.create(chat_id=1, last_slot_at=NOW + HOUR, next_slot_at=NOW + HOUR)

    assert take_chat_slot(chat, None, NOW) is None


@pytest.mark.django_db
def test_the_longer_of_two_pauses_holds() -> None:
    pause_bot(NOW + MINUTE)
    pause_bot(NOW + SECOND)
    assert Bot.objects.get().paused_until == NOW + MINUTE

    pause_bot(NOW + HOUR)
    assert Bot.objects.get().paused_until == NOW + HOUR


@pytest.mark.django_db
def test_the_bot_is_one_row() -> None:
    take(1, NOW)
    pause_bot(NOW + DAY)
    take(1, NOW)

    assert Bot.objects.count() == 1


@pytest.mark.django_db
def test_a_message_that_goes_out_a_little_late_moves_the_next_by_as_little() -> None:
    chat = Chat.objects.create(chat_id=1)
    take_chat_slot(chat, None, NOW)
    second, third = (take_chat_slot(chat, None, NOW) for _ in range(2))
    assert (second, third) == (NOW + PRIVATE_GAP, NOW + 2 * PRIVATE_GAP)

    assert take_chat_slot(chat, second, NOW + PRIVATE_GAP + 20 * MOMENT) is None

    moved = take_chat_slot(chat, third, NOW + 2 * PRIVATE_GAP)
    assert moved == NOW + 2 * PRIVATE_GAP + 20 * MOMENT
    assert take_chat_slot(chat, moved, moved) is None


@pytest.mark.django_db
def test_a_message_that_was_held_up_goes_before_those_promised_later() -> None:
    chat = Chat.objects.create(chat_id=1)
    take_chat_slot(chat, None, NOW)
    second, *_others = (take_chat_slot(chat, None, NOW) for _ in range(20))

    assert take_chat_slot(chat, second, NOW + 5 * SECOND) is None


@pytest.mark.django_db
def test_senders_that_come_to_a_chat_in_another_order_than_their_slots_keep_its_distance() -> None:
    chat = Chat.objects.create(chat_id=1)
    later, sooner = NOW + 34 * MOMENT, NOW
    assert take_chat_slot(chat, NOW - 3 * SECOND, later) is None

    promised = take_chat_slot(chat, NOW - SECOND, sooner)

    assert promised is not None
    assert promised >= later + PRIVATE_GAP
    assert chat.last_slot_at == later


@pytest.mark.django_db
def test_a_pause_that_a_wrong_clock_made_counts_for_nothing() -> None:
    pause_bot(NOW + 30 * DAY)

    assert pause_end(NOW) is None
    assert take(1, NOW) == [NOW]
    pause_bot(NOW + MINUTE)
    assert Bot.objects.get().paused_until == NOW + MINUTE


@pytest.mark.django_db
def test_a_missed_slot_is_announced_before_it_is_waited_for(
    steps: Steps, settings: Settings
) -> None:
    """As what is told then asks the database, which may take its time."""
    settings.TELEGRAM_RATE = 30
    slots, told = Slots(), []

    def announce(slot: datetime.datetime) -> None:
        told.append((slot, timezone.now()))
        if len(told) == 1:
            steps.clock.shift(0.2)

    slot = slots.take(NOW)
    assert slot is not None
    steps.clock.move_to(NOW + 0.1 * SECOND)

    assert slots.keep(slot, steps, timezone.now, announce)

    assert len(told) == 2
    last, _at = told[-1]
    assert last <= timezone.now() <= last + TOLERANCE


@pytest.mark.django_db
@pytest.mark.parametrize("stop", [False, True])
def test_a_clock_that_is_set_back_makes_nobody_wait_for_its_slot(steps: Steps, stop: bool) -> None:
    slots = Slots()
    slot = slots.take(NOW)
    assert slot is not None
    steps.clock.move_to(NOW - HOUR)
    if stop:
        steps.set()

    assert not slots.keep(slot, steps, timezone.now, lambda _slot: None)

    assert steps.waits == []


@pytest.mark.django_db
def test_a_clock_that_is_set_back_after_a_missed_slot_makes_nobody_wait(steps: Steps) -> None:
    slots = Slots()
    slot = slots.take(NOW)
    assert slot is not None
    late = NOW + 0.1 * SECOND
    moments = iter([NOW, late, late, late])

    assert not slots.keep(slot, steps, lambda: next(moments, NOW - MINUTE), lambda _slot: None)

    assert steps.waits == []
