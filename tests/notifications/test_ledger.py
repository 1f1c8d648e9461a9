"""A row changes hands by conditional updates; who lost it can change nothing."""

import datetime
import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from pytest_django import (
    DjangoAssertNumQueries,
    DjangoCaptureOnCommitCallbacks,
    Settings,
)

from accounts.models import User
from notifications import ledger, pacing
from notifications.bulk import Arrival, Deferral, Intent
from notifications.ledger import AMBIGUOUS_DELAY, LEASE, MAX_BREAKS, SKEW
from notifications.models import Bot, Chat, Reason, Reminder, State
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
    end_of,
    person,
    planned,
    under_way,
)


@pytest.fixture
def row(alice: User, make_habit: MakeHabit) -> Reminder:
    """A pending row, due now."""
    return planned(make_habit(alice))


def take(now: datetime.datetime = NOW) -> Reminder | None:
    """What a sender takes, in a transaction of its own."""
    with transaction.atomic():
        return next((each.row for each in ledger.lock_next(now)), None)


def test_the_database_itself_holds_one_row_for_each_occurrence(row: Reminder) -> None:
    with pytest.raises(IntegrityError, match="reminder_once_per_occurrence"):
        Reminder.objects.create(
            habit=row.habit, user=row.user, local_date=TODAY, due_at=NOW, not_before=NOW
        )


def test_the_oldest_row_is_taken_first(alice: User, make_habit: MakeHabit) -> None:
    hours = [3, 1, 4, 2]
    rows = {hour: planned(make_habit(alice), NOW - hour * HOUR) for hour in hours}

    for hour in (4, 3, 2, 1):
        row = take()
        assert row == rows[hour]
        ledger.end_unsent(row, State.CANCELLED, Reason.NOT_DUE, NOW)
    assert take() is None


def test_a_taken_row_knows_its_person_and_both_habits(
    row: Reminder, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # With BEGIN and COMMIT of the savepoint, and what forbids to sort.
    with django_assert_num_queries(5):
        taken = take()
        assert taken is not None
        assert taken.habit is not None
        assert taken.habit.owner is taken.user
        assert taken.habit.related_habit is None
    assert taken.user.email == "alice@example.org"


def test_a_row_is_not_taken_before_its_time(row: Reminder) -> None:
    assert take(NOW - MOMENT) is None
    assert end_of(row) == (State.PENDING, "")


@pytest.mark.parametrize("state", set(State) - {State.PENDING})
def test_only_a_pending_row_is_taken(row: Reminder, state: State) -> None:
    Reminder.objects.update(state=state)

    assert take() is None


def test_nothing_is_taken_while_the_bot_is_paused(row: Reminder) -> None:
    pacing.pause_bot(NOW + MINUTE)

    assert take(NOW + MINUTE - MOMENT) is None
    assert take(NOW + MINUTE) == row


@pytest.mark.django_db(transaction=True)
def test_senders_at_once_never_take_the_same_row(make_habit: MakeHabit) -> None:
    rows = {planned(make_habit(person(n))).pk for n in range(1, 41)}
    start = threading.Barrier(4)

    def take_all() -> list[int]:
        start.wait(10)
        taken: list[int] = []
        while len(taken) < 40:
            with transaction.atomic():
                row = take()
                if row is None:
                    return taken
                ledger.intend([Intent(row, 1001, NOW)])
                taken.append(row.pk)
        return taken

    senders = [background(take_all) for _ in range(4)]
    taken = [pk for sender in senders for pk in sender.result(20)]

    assert len(taken) == len(set(taken))
    assert set(taken) <= rows
    # What the senders passed over while another one held it is free again.
    assert (take() is None) == (len(taken) == 40)


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


def test_an_intent_counts_an_attempt_and_brings_a_token_and_a_lease(row: Reminder) -> None:
    with transaction.atomic():
        held = take()
        assert held is not None
        ledger.intend([Intent(held, 1001, NOW + SECOND)])

    row.refresh_from_db()
    assert (row.state, row.chat_id, row.attempts) == (State.SENDING, 1001, 1)
    assert row.token == held.token == 1
    assert row.lease_until == NOW + SECOND + LEASE


def test_an_intent_is_committed_once(row: Reminder) -> None:
    held = under_way()
    before = Reminder.objects.values().get()

    ledger.intend([Intent(held, 1001, NOW)])

    assert Reminder.objects.values().get() == before


STEPS: dict[str, Callable[[Reminder], object]] = {
    "intend": lambda held: ledger.intend([Intent(held, 1, NOW)]),
    "end_unsent": lambda held: ledger.end_unsent(held, State.CANCELLED, Reason.NOT_DUE, NOW),
    "defer_for_chats": lambda held: ledger.defer_for_chats([Deferral(held, NOW + HOUR)]),
    "put_back_broken": lambda held: ledger.put_back_broken(held, NOW + HOUR, NOW),
    "record_sent": lambda held: ledger.record_sent([Arrival(held, 5, NOW)]),
    "record_failed": lambda held: ledger.record_failed(held, Reason.REJECTED, "no", NOW),
    "record_not_delivered": lambda held: ledger.record_not_delivered(held, NOW + HOUR, "no", NOW),
    "record_ambiguous": lambda held: ledger.record_ambiguous(held, "cut", NOW),
}
"""Everything that a sender writes."""


@pytest.mark.parametrize("successor", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_a_sender_whose_lease_ran_out_changes_nothing(
    row: Reminder, step: str, successor: bool
) -> None:
    late = under_way()
    later = NOW + LEASE + SKEW + SECOND
    ledger.free_expired_leases(later)
    if successor:
        under_way(later + AMBIGUOUS_DELAY)
    before = Reminder.objects.values().get()

    assert not STEPS[step](late)

    assert Reminder.objects.values().get() == before


def test_an_outcome_that_comes_too_late_is_logged(
    row: Reminder,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    late = under_way()
    ledger.free_expired_leases(NOW + HOUR)

    with django_capture_on_commit_callbacks(execute=True):
        ledger.record_sent([Arrival(late, 5, NOW)])

    assert end_of(row) == (State.PENDING, "")
    assert f"reminder_outcome_too_late reminder={row.pk}" in caplog.text


def test_a_row_on_its_way_whose_sender_died_is_ambiguous_and_sent_again_once(
    row: Reminder,
) -> None:
    under_way()

    later = NOW + LEASE + SKEW + MOMENT
    assert ledger.free_expired_leases(later) == 1

    assert end_of(row) == (State.PENDING, "")
    assert (row.ambiguities, row.ended_at, row.lease_until) == (1, None, None)

    later += AMBIGUOUS_DELAY
    under_way(later)
    assert ledger.free_expired_leases(later + LEASE + SKEW + MOMENT) == 1

    assert end_of(row) == (State.FAILED, Reason.AMBIGUOUS)
    assert (row.ambiguities, row.attempts) == (2, 2)
    assert row.ended_at == later + LEASE + SKEW + MOMENT


def test_a_row_whose_habit_was_deleted_on_the_way_ends_instead_of_coming_back(
    row: Reminder,
) -> None:
    """Nobody takes a row without a habit, so it would wait for ever."""
    habit = row.habit
    for record in (
        lambda held: ledger.record_ambiguous(held, "cut", NOW),
        lambda held: ledger.record_not_delivered(held, NOW + HOUR, "429", NOW),
    ):
        Reminder.objects.update(
            state=State.PENDING, habit=habit, ambiguities=0, not_before=NOW, reason=""
        )
        Chat.objects.all().delete()
        held = under_way()
        Reminder.objects.update(habit=None)

        record(held)

        assert end_of(row) == (State.CANCELLED, Reason.HABIT_DELETED)
        assert row.ended_at == NOW


def test_leases_allow_for_clocks_that_differ(row: Reminder) -> None:
    under_way()

    assert ledger.free_expired_leases(NOW + LEASE + SKEW) == 0

    assert end_of(row) == (State.SENDING, "")


def test_an_ambiguous_row_may_be_left(row: Reminder, settings: Settings) -> None:
    settings.REMINDER_AMBIGUOUS = "leave"
    held = under_way()

    ledger.record_ambiguous(held, "cut", NOW)

    assert end_of(row) == (State.FAILED, Reason.AMBIGUOUS)
    assert (row.ambiguities, row.lease_until) == (1, None)


def test_two_schedulers_that_free_the_same_row_count_one_ambiguity(row: Reminder) -> None:
    held = under_way()
    first, second = (Reminder.objects.get(pk=held.pk) for _ in range(2))

    assert ledger.record_ambiguous(first, "its sender died", NOW)
    assert not ledger.record_ambiguous(second, "its sender died", NOW)

    row.refresh_from_db()
    assert row.ambiguities == 1


def test_a_row_that_breaks_again_and_again_ends_as_broken(row: Reminder) -> None:
    for attempt in range(1, MAX_BREAKS):
        row.refresh_from_db()
        ledger.put_back_broken(row, NOW, NOW)
        assert end_of(row) == (State.PENDING, "")
        assert (row.breaks, row.attempts, row.ended_at) == (attempt, 0, None)

    ledger.put_back_broken(row, NOW, NOW)

    assert end_of(row) == (State.FAILED, Reason.BROKEN)
    assert row.ended_at == NOW


def test_what_did_not_arrive_waits_and_counts_as_told(row: Reminder) -> None:
    ledger.record_not_delivered(under_way(), NOW, "no connection", NOW)
    assert end_of(row) == (State.PENDING, "")
    assert row.attempts == 1

    Chat.objects.all().delete()  # its turn has come
    ledger.record_not_delivered(under_way(), NOW + MINUTE, "429", NOW, counts=False)
    assert end_of(row) == (State.PENDING, "")
    assert (row.attempts, row.not_before, row.lease_until) == (1, NOW + MINUTE, None)


def test_a_row_that_waits_for_its_chat_is_not_taken_before(row: Reminder) -> None:
    ledger.defer_for_chats([Deferral(row, NOW + SECOND)])

    assert end_of(row) == (State.PENDING, "")
    assert (row.attempts, row.chat_slot_at) == (0, NOW + SECOND)
    assert take(NOW + SECOND - MOMENT) is None
    assert take(NOW + SECOND) == row


LINES: dict[str, tuple[Callable[[Reminder], object], str]] = {
    "sent": (
        lambda held: ledger.record_sent([Arrival(held, 5, NOW + SECOND)]),
        "reminder_sent {row} chat=1001 message=5 late=1.0",
    ),
    "failed": (
        lambda held: ledger.record_failed(held, Reason.REJECTED, "Bad Request: no", NOW),
        "reminder_failed {row} reason=rejected chat=1001 cause='Bad Request: no'",
    ),
    "deferred": (
        lambda held: ledger.record_not_delivered(held, NOW + MINUTE, "retry after 60", NOW),
        "reminder_deferred {row} cause='retry after 60' wait=60.0",
    ),
    "ambiguous": (
        lambda held: ledger.record_ambiguous(held, "cut", NOW),
        "reminder_ambiguous {row} reason=ambiguous chat=1001 cause='cut' ambiguities=1",
    ),
}


@pytest.mark.parametrize("outcome", LINES)
def test_each_outcome_of_a_send_has_its_line_in_the_log(
    outcome: str,
    row: Reminder,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    record, line = LINES[outcome]
    held = under_way()

    with caplog.at_level("INFO"), django_capture_on_commit_callbacks(execute=True):
        record(held)

    which = f"reminder={row.pk} habit={row.habit_id} user={row.user_id} date=2026-07-01"
    assert caplog.messages == [line.format(row=which)]


def test_each_end_without_a_send_has_its_line_in_the_log(
    row: Reminder,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with caplog.at_level("INFO"), django_capture_on_commit_callbacks(execute=True):
        ledger.end_unsent(row, State.CANCELLED, Reason.NOT_DUE, NOW)
    with caplog.at_level("INFO"), django_capture_on_commit_callbacks(execute=True):
        Reminder.objects.update(state=State.PENDING)
        ledger.expire_late(NOW + DAY)

    which = f"reminder={row.pk} habit={row.habit_id} user={row.user_id} date=2026-07-01"
    assert caplog.messages == [
        f"reminder_cancelled {which} reason=not_due",
        f"reminder_expired {which} reason=too_late",
    ]


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


def test_a_lease_that_a_wrong_clock_gave_ends(row: Reminder) -> None:
    held = under_way()
    Reminder.objects.filter(pk=held.pk).update(lease_until=NOW + DAY)

    assert ledger.free_expired_leases(NOW) == 1

    assert end_of(row) == (State.PENDING, "")
    assert row.ambiguities == 1


def test_rows_expire_past_the_window_though_they_wait_for_later(
    row: Reminder, settings: Settings
) -> None:
    """As behind a 429 of a day."""
    Reminder.objects.update(not_before=NOW + DAY)

    assert ledger.expire_late(NOW + settings.REMINDER_CATCH_UP + MOMENT) == 1
