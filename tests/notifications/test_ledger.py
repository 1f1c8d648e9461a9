"""A row changes hands by conditional updates; who lost it can change nothing."""

import datetime
import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from accounts.models import User
from notifications import ledger, pacing
from notifications.ledger import AMBIGUOUS_DELAY, LEASE, MAX_BREAKS, SKEW
from notifications.models import UNSENT, Bot, Chat, Reason, Reminder, State
from tests.conftest import MakeHabit
from tests.notifications.stage import (
    DAY,
    HOUR,
    MINUTE,
    MOMENT,
    NOW,
    SECOND,
    TODAY,
    background,
    claimed,
    end_of,
    planned,
)


@pytest.fixture
def row(alice: User, make_habit: MakeHabit) -> Reminder:
    """A pending row, due now."""
    return planned(make_habit(alice))


def under_way(row: Reminder, now: datetime.datetime = NOW) -> Reminder:
    """The row as its sender knows it, once the intent to send is committed."""
    held = claimed(now)
    assert held == row
    assert ledger.intend(held, 1001, now)
    return held


def test_the_database_itself_holds_one_row_for_each_occurrence(row: Reminder) -> None:
    with pytest.raises(IntegrityError, match="reminder_once_per_occurrence"):
        Reminder.objects.create(
            habit=row.habit, user=row.user, local_date=TODAY, due_at=NOW, not_before=NOW
        )


def test_a_claimed_row_has_a_lease_and_a_token(row: Reminder) -> None:
    held = claimed()

    row.refresh_from_db()
    assert row.state == State.CLAIMED
    assert row.token == held.token == 1
    assert row.lease_until == NOW + LEASE


def test_claims_take_the_oldest_first_and_no_more_than_asked_for(
    alice: User, make_habit: MakeHabit
) -> None:
    hours = [3, 1, 4, 2]
    rows = {hour: planned(make_habit(alice), NOW - hour * HOUR) for hour in hours}

    first, second = ledger.claim(NOW, 3), ledger.claim(NOW, 3)

    assert [each.pk for each in first] == [rows[hour].pk for hour in (4, 3, 2)]
    assert [each.pk for each in second] == [rows[1].pk]


def test_a_row_is_not_claimed_before_its_time(row: Reminder) -> None:
    assert ledger.claim(NOW - MOMENT, 5) == []
    assert end_of(row) == (State.PENDING, "")


def test_nothing_is_claimed_while_the_bot_is_paused(row: Reminder) -> None:
    pacing.pause_bot(NOW + MINUTE)

    assert ledger.claim(NOW + MINUTE - MOMENT, 5) == []
    assert claimed(NOW + MINUTE) == row


def test_a_claim_without_rows_uses_up_no_slot(db: None) -> None:
    assert ledger.claim(NOW, 5) == []

    assert not Bot.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_senders_at_once_never_claim_the_same_row(alice: User, make_habit: MakeHabit) -> None:
    rows = {planned(make_habit(alice)).pk for _ in range(40)}
    start = threading.Barrier(4)

    def take_all() -> list[int]:
        start.wait(10)
        taken = []
        while claims := ledger.claim(NOW, 3):
            taken += [each.pk for each in claims]
        return taken

    senders = [background(take_all) for _ in range(4)]
    taken = [pk for sender in senders for pk in sender.result(20)]

    assert sorted(taken) == sorted(rows)


@pytest.mark.django_db(transaction=True)
def test_a_claim_passes_over_rows_that_are_locked(alice: User, make_habit: MakeHabit) -> None:
    held, free = planned(make_habit(alice)), planned(make_habit(alice))

    with transaction.atomic():
        Reminder.objects.select_for_update().get(pk=held.pk)
        claims = background(lambda: ledger.claim(NOW, 5)).result(10)

    assert list(claims) == [free]


def test_waiting_counts_what_may_be_sent_no_further_than_asked(
    alice: User, make_habit: MakeHabit
) -> None:
    for _ in range(3):
        planned(make_habit(alice))
    planned(make_habit(alice), NOW + HOUR)

    assert ledger.waiting(NOW - MOMENT, at_most=9) == 0
    assert ledger.waiting(NOW, at_most=9) == 3
    assert ledger.waiting(NOW, at_most=2) == 2


def test_the_next_moment_is_the_earliest_one_within_the_time_asked_for(
    alice: User, make_habit: MakeHabit
) -> None:
    for minutes in (2, 1, 3):
        planned(make_habit(alice), NOW + minutes * MINUTE)

    assert ledger.next_moment(NOW + HOUR) == NOW + MINUTE
    assert ledger.next_moment(NOW + MINUTE) is None


def test_an_intent_counts_an_attempt_and_renews_the_lease(row: Reminder) -> None:
    held = claimed()

    assert ledger.intend(held, 1001, NOW + 10 * SECOND)

    row.refresh_from_db()
    assert (row.state, row.chat_id, row.attempts) == (State.SENDING, 1001, 1)
    assert row.lease_until == NOW + 10 * SECOND + LEASE


def test_an_intent_is_committed_once(row: Reminder) -> None:
    held = under_way(row)

    assert not ledger.intend(held, 1001, NOW)


STEPS: dict[str, Callable[[Reminder], object]] = {
    "intend": lambda held: ledger.intend(held, 1, NOW),
    "end_unsent": lambda held: ledger.end_unsent(held, State.CANCELLED, Reason.NOT_DUE),
    "defer": lambda held: ledger.defer(held, NOW + HOUR),
    "defer_for_chat": lambda held: ledger.defer_for_chat(held, NOW + HOUR),
    "release": lambda held: ledger.release([held]),
    "put_back_broken": lambda held: ledger.put_back_broken(held, NOW + HOUR),
    "record_sent": lambda held: ledger.record_sent(held, 5, NOW),
    "record_failed": lambda held: ledger.record_failed(held, Reason.REJECTED),
    "record_not_delivered": lambda held: ledger.record_not_delivered(held, NOW + HOUR),
    "record_ambiguous": lambda held: ledger.record_ambiguous(held, NOW),
}
"""Everything that a sender writes."""


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("successor", ["waits", "holds", "sends"])
def test_a_sender_whose_lease_ran_out_changes_nothing(
    row: Reminder, step: str, successor: str
) -> None:
    late = claimed()
    later = NOW + LEASE + SKEW + SECOND
    ledger.free_expired_leases(later)
    if successor != "waits":
        held = claimed(later)
        if successor == "sends":
            ledger.intend(held, 1001, later)
    before = Reminder.objects.values().get()

    assert not STEPS[step](late)

    assert Reminder.objects.values().get() == before


@pytest.mark.parametrize("step", STEPS)
def test_a_sender_that_lost_its_row_on_the_way_changes_nothing(row: Reminder, step: str) -> None:
    late = under_way(row)
    later = NOW + LEASE + SKEW + SECOND
    ledger.free_expired_leases(later)
    later += AMBIGUOUS_DELAY
    ledger.intend(claimed(later), 1001, later)
    before = Reminder.objects.values().get()

    assert not STEPS[step](late)

    assert Reminder.objects.values().get() == before


def test_an_outcome_that_comes_too_late_is_logged(
    row: Reminder, caplog: pytest.LogCaptureFixture
) -> None:
    late = under_way(row)
    ledger.free_expired_leases(NOW + HOUR)

    assert not ledger.record_sent(late, 5, NOW)

    assert f"reminder_outcome_too_late reminder={row.pk}" in caplog.text


def test_a_claimed_row_whose_sender_died_is_silently_free_again(
    row: Reminder, caplog: pytest.LogCaptureFixture
) -> None:
    claimed()

    ledger.free_expired_leases(NOW + LEASE + SKEW + MOMENT)

    assert end_of(row) == (State.PENDING, "")
    assert (row.ambiguities, row.attempts, row.token, row.lease_until) == (0, 0, 2, None)
    assert caplog.records == []


def test_a_row_on_its_way_whose_sender_died_is_ambiguous_and_sent_again_once(
    row: Reminder, caplog: pytest.LogCaptureFixture
) -> None:
    under_way(row)

    later = NOW + LEASE + SKEW + MOMENT
    ledger.free_expired_leases(later)

    assert end_of(row) == (State.PENDING, "")
    assert (row.ambiguities, row.token, row.lease_until) == (1, 2, None)
    assert f"reminder_ambiguous reminder={row.pk}" in caplog.text

    later += AMBIGUOUS_DELAY
    under_way(row, later)
    ledger.free_expired_leases(later + LEASE + SKEW + MOMENT)

    assert end_of(row) == (State.FAILED, Reason.AMBIGUOUS)
    assert (row.ambiguities, row.attempts) == (2, 2)


@pytest.mark.parametrize("send", [False, True])
def test_leases_allow_for_clocks_that_differ(row: Reminder, send: bool) -> None:
    if send:
        under_way(row)
    else:
        claimed()
    before = end_of(row)

    ledger.free_expired_leases(NOW + LEASE + SKEW)

    assert end_of(row) == before


def test_an_ambiguous_row_may_be_left(row: Reminder, settings: Settings) -> None:
    settings.REMINDER_AMBIGUOUS = "leave"
    held = under_way(row)

    ledger.record_ambiguous(held, NOW)

    assert end_of(row) == (State.FAILED, Reason.AMBIGUOUS)
    assert (row.ambiguities, row.lease_until) == (1, None)


def test_two_schedulers_that_free_the_same_row_count_one_ambiguity(row: Reminder) -> None:
    held = under_way(row)
    first, second = (Reminder.objects.get(pk=held.pk) for _ in range(2))

    assert ledger.record_ambiguous(first, NOW)
    assert not ledger.record_ambiguous(second, NOW)

    row.refresh_from_db()
    assert row.ambiguities == 1


def test_a_row_that_breaks_again_and_again_ends_as_broken(row: Reminder) -> None:
    for attempt in range(1, MAX_BREAKS):
        ledger.put_back_broken(claimed(), NOW)
        assert end_of(row) == (State.PENDING, "")
        assert (row.breaks, row.attempts, row.lease_until) == (attempt, 0, None)

    ledger.put_back_broken(claimed(), NOW)

    assert end_of(row) == (State.FAILED, Reason.BROKEN)


def test_what_did_not_arrive_waits_and_counts_as_told(row: Reminder) -> None:
    ledger.record_not_delivered(under_way(row), NOW)
    assert end_of(row) == (State.PENDING, "")
    assert row.attempts == 1

    ledger.record_not_delivered(under_way(row), NOW + MINUTE, counts=False)
    assert end_of(row) == (State.PENDING, "")
    assert (row.attempts, row.not_before, row.lease_until) == (1, NOW + MINUTE, None)


def test_released_rows_are_at_once_free_for_others(alice: User, make_habit: MakeHabit) -> None:
    rows = [planned(make_habit(alice)) for _ in range(2)]

    ledger.release(ledger.claim(NOW, 5))

    assert list(ledger.claim(NOW, 5)) == rows


def test_a_deferred_row_waits_for_its_turn(row: Reminder) -> None:
    ledger.defer(claimed(), NOW + SECOND)

    assert end_of(row) == (State.PENDING, "")
    assert row.attempts == 0
    assert ledger.claim(NOW, 5) == []
    assert claimed(NOW + SECOND) == row


def test_rows_expire_past_the_catch_up_window_and_not_at_its_edge(
    row: Reminder, settings: Settings
) -> None:
    edge = NOW + settings.REMINDER_CATCH_UP

    assert ledger.expire_late(edge) == 0
    assert ledger.expire_late(edge + MOMENT) == 1

    assert end_of(row) == (State.EXPIRED, Reason.TOO_LATE)


def test_more_rows_than_a_batch_expire_together(
    alice: User, make_habit: MakeHabit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "BATCH", 2)
    for _ in range(5):
        planned(make_habit(alice))

    assert ledger.expire_late(NOW + DAY) == 5


def test_only_rows_that_wait_expire(alice: User, make_habit: MakeHabit) -> None:
    for state in State:
        row = planned(make_habit(alice))
        Reminder.objects.filter(pk=row.pk).update(state=state)

    assert ledger.expire_late(NOW + DAY) == 1

    kept = set(Reminder.objects.exclude(reason=Reason.TOO_LATE).values_list("state", flat=True))
    assert kept == set(State) - {State.PENDING, State.EXPIRED} | {State.EXPIRED}


def test_rows_chats_and_the_bot_say_what_they_are() -> None:
    row = Reminder(local_date=TODAY, state=State.SENT)
    assert [str(each) for each in (row, Chat(chat_id=-7), Bot())] == [
        "2026-07-01 sent",
        "-7",
        "the bot",
    ]
    assert set(UNSENT) == {State.PENDING, State.CLAIMED}
