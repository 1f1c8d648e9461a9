"""How a row of the ledger moves from state to state.

Every step is a conditional update: it says which state it expects and, once a sender holds the row,
which token. A sender whose lease ran out finds its token gone and changes nothing.
"""

import datetime
import logging

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet

from notifications import pacing
from notifications.models import Reason, Reminder, State

logger = logging.getLogger(__name__)

LEASE = datetime.timedelta(seconds=30)
"""More than the longest send: the time-outs of `telegram` add up to 13 seconds."""

SKEW = datetime.timedelta(seconds=5)
"""How far the clocks of two hosts may differ."""

AMBIGUOUS_DELAY = datetime.timedelta(seconds=30)
"""Before the one resend of an ambiguous row: a Bot API that stumbles needs a moment."""

BATCH = 1000
"""Rows changed in one transaction."""

MAX_BREAKS = 5
"""After so many attempts that broke before anything was sent, a row ends as broken."""


@transaction.atomic
def claim(now: datetime.datetime, limit: int) -> list[Reminder]:
    """Takes up to `limit` rows that may be sent by `now`, the oldest first, each with a lease.

    Skips what others hold; takes nothing while the bot is paused.
    """
    if pacing.pause_end(now) is not None:
        return []
    rows = list(
        Reminder.objects.filter(state=State.PENDING, not_before__lte=now)
        .select_for_update(skip_locked=True)
        .order_by("not_before", "id")[:limit]
    )
    Reminder.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=State.CLAIMED, token=F("token") + 1, lease_until=now + LEASE
    )
    for row in rows:
        row.token += 1
    return rows


def waiting(now: datetime.datetime, *, at_most: int) -> int:
    """How many rows may be sent by `now`, counted no further than `at_most`."""
    return Reminder.objects.filter(state=State.PENDING, not_before__lte=now)[:at_most].count()


def next_moment(before: datetime.datetime) -> datetime.datetime | None:
    """The earliest moment before `before` at which a row may be sent."""
    row = Reminder.objects.filter(state=State.PENDING, not_before__lt=before)
    return row.order_by("not_before").values_list("not_before", flat=True).first()


def intend(reminder: Reminder, chat_id: int, now: datetime.datetime) -> bool:
    """Claimed -> sending: from here on, only an answer tells whether the message arrived."""
    return bool(
        _held(reminder, State.CLAIMED).update(
            state=State.SENDING,
            chat_id=chat_id,
            attempts=F("attempts") + 1,
            lease_until=now + LEASE,
        )
    )


def end_unsent(reminder: Reminder, state: State, reason: Reason) -> None:
    """Claimed -> an end, as there is nothing to send any more."""
    _held(reminder, State.CLAIMED).update(state=state, reason=reason, lease_until=None)


def defer(reminder: Reminder, not_before: datetime.datetime) -> None:
    """Claimed -> pending: its turn comes later."""
    _held(reminder, State.CLAIMED).update(
        state=State.PENDING, not_before=not_before, lease_until=None
    )


def defer_for_chat(reminder: Reminder, slot: datetime.datetime) -> None:
    """Claimed -> pending: its chat awaits it at `slot`."""
    _held(reminder, State.CLAIMED).update(
        state=State.PENDING, not_before=slot, chat_slot_at=slot, lease_until=None
    )


def release(reminders: list[Reminder]) -> None:
    """Claimed -> pending, as this sender stops."""
    for reminder in reminders:
        _held(reminder, State.CLAIMED).update(state=State.PENDING, lease_until=None)


def put_back_broken(reminder: Reminder, not_before: datetime.datetime) -> None:
    """Claimed -> pending, or failed once it broke too often."""
    breaks = reminder.breaks + 1
    gives_up = breaks >= MAX_BREAKS
    _held(reminder, State.CLAIMED).update(
        state=State.FAILED if gives_up else State.PENDING,
        reason=Reason.BROKEN if gives_up else Reason.NONE,
        breaks=breaks,
        not_before=not_before,
        lease_until=None,
    )


def record_sent(reminder: Reminder, message_id: int | None, now: datetime.datetime) -> bool:
    """Sending -> sent."""
    return _end_send(reminder, state=State.SENT, message_id=message_id, sent_at=now)


def record_failed(reminder: Reminder, reason: Reason) -> bool:
    """Sending -> failed, for good."""
    return _end_send(reminder, state=State.FAILED, reason=reason)


def record_not_delivered(
    reminder: Reminder, not_before: datetime.datetime, *, counts: bool = True
) -> bool:
    """Sending -> pending: nothing arrived, for certain. `counts`: as one of the row's attempts."""
    attempts = F("attempts") if counts else F("attempts") - 1
    return _end_send(reminder, state=State.PENDING, not_before=not_before, attempts=attempts)


def record_ambiguous(reminder: Reminder, now: datetime.datetime) -> bool:
    """Sending -> pending for one more try, or failed: nobody knows whether it arrived."""
    again = settings.REMINDER_AMBIGUOUS == "resend" and reminder.ambiguities == 0
    return _end_send(
        reminder,
        state=State.PENDING if again else State.FAILED,
        reason=Reason.NONE if again else Reason.AMBIGUOUS,
        ambiguities=F("ambiguities") + 1,
        not_before=now + AMBIGUOUS_DELAY,
        token=F("token") + 1,
    )


def free_expired_leases(now: datetime.datetime) -> None:
    """Takes rows from senders that died: claimed ones silently, those on their way as ambiguous."""
    expired = Reminder.objects.filter(lease_until__lt=now - SKEW)
    _update_in_batches(
        expired.filter(state=State.CLAIMED),
        state=State.PENDING,
        token=F("token") + 1,
        lease_until=None,
    )
    for reminder in expired.filter(state=State.SENDING):
        logger.warning("reminder_ambiguous reminder=%s cause=lease_expired", reminder.pk)
        record_ambiguous(reminder, now)


def expire_late(now: datetime.datetime) -> int:
    """Pending -> expired, past the catch-up window; answers how many."""
    # No row may be sent before it is due, so the condition on `not_before` is there for its index.
    oldest = now - settings.REMINDER_CATCH_UP
    late = Reminder.objects.filter(state=State.PENDING, due_at__lt=oldest, not_before__lte=now)
    return _update_in_batches(late, state=State.EXPIRED, reason=Reason.TOO_LATE)


def _update_in_batches(rows: QuerySet[Reminder], **values: object) -> int:
    """Updates `rows` in the order of their numbers, as `replan` locks them; answers how many.

    What somebody else has locked is skipped: the next tick finds it, if it still fits.
    """
    done = 0
    while True:
        with transaction.atomic():
            locked = rows.select_for_update(skip_locked=True).order_by("pk")
            pks = list(locked.values_list("pk", flat=True)[:BATCH])
            done += Reminder.objects.filter(pk__in=pks).update(**values)
        if len(pks) < BATCH:
            return done


def _held(reminder: Reminder, state: State) -> QuerySet[Reminder]:
    return Reminder.objects.filter(pk=reminder.pk, token=reminder.token, state=state)


def _end_send(reminder: Reminder, **outcome: object) -> bool:
    recorded = _held(reminder, State.SENDING).update(lease_until=None, **outcome)
    if not recorded:
        logger.warning("reminder_outcome_too_late reminder=%s %s", reminder.pk, outcome)
    return bool(recorded)
