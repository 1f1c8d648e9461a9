"""How a row of the ledger moves from state to state.

Every step is a conditional update: it says which state it expects and, once a sender holds the row,
which token. A sender whose lease ran out finds its token gone and changes nothing.
"""

import datetime
import logging
from dataclasses import dataclass

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

MAX_BREAKS = 5
"""After so many attempts that broke before anything was sent, a row ends as broken."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A row in one sender's hands, and the bot's slot to send it in."""

    reminder: Reminder
    slot: datetime.datetime


@transaction.atomic
def claim(now: datetime.datetime, limit: int) -> list[Claim]:
    """Takes up to `limit` rows that may be sent by `now`, the oldest first, each with a lease.

    Skips what others hold; takes nothing while the bot is paused.
    """
    bot = pacing.locked_bot()
    if bot.paused_until is not None and bot.paused_until > now:
        return []
    rows = list(
        Reminder.objects.filter(state=State.PENDING, not_before__lte=now)
        .select_for_update(skip_locked=True)
        .order_by("not_before", "id")[:limit]
    )
    if not rows:
        return []
    slots = pacing.take_bot_slots(bot, len(rows), now)
    Reminder.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=State.CLAIMED, token=F("token") + 1, lease_until=slots[-1] + LEASE
    )
    for row in rows:
        row.token += 1
    return [Claim(row, slot) for row, slot in zip(rows, slots, strict=True)]


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


def release(claims: list[Claim]) -> None:
    """Claimed -> pending, as this sender stops."""
    for each in claims:
        _held(each.reminder, State.CLAIMED).update(state=State.PENDING, lease_until=None)


def put_back_broken(reminder: Reminder, not_before: datetime.datetime) -> None:
    """Claimed -> pending, or failed once it broke too often."""
    attempts = reminder.attempts + 1
    gives_up = attempts >= MAX_BREAKS
    _held(reminder, State.CLAIMED).update(
        state=State.FAILED if gives_up else State.PENDING,
        reason=Reason.BROKEN if gives_up else Reason.NONE,
        attempts=attempts,
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


def record_ambiguous(reminder: Reminder) -> bool:
    """Sending -> pending for one more try, or failed: nobody knows whether it arrived."""
    again = settings.REMINDER_AMBIGUOUS == "resend" and reminder.ambiguities == 0
    return _end_send(
        reminder,
        state=State.PENDING if again else State.FAILED,
        reason=Reason.NONE if again else Reason.AMBIGUOUS,
        ambiguities=F("ambiguities") + 1,
        token=F("token") + 1,
    )


def free_expired_leases(now: datetime.datetime) -> None:
    """Takes rows from senders that died: claimed ones silently, those on their way as ambiguous."""
    expired = Reminder.objects.filter(
        state__in=(State.CLAIMED, State.SENDING), lease_until__lt=now - SKEW
    )
    expired.filter(state=State.CLAIMED).update(
        state=State.PENDING, token=F("token") + 1, lease_until=None
    )
    for reminder in expired.filter(state=State.SENDING).iterator():
        logger.warning("reminder_ambiguous reminder=%s cause=lease_expired", reminder.pk)
        record_ambiguous(reminder)


def expire_late(now: datetime.datetime) -> int:
    """Pending -> expired, past the catch-up window; answers how many."""
    # No row may be sent before it is due, so the condition on `not_before` is there for its index.
    oldest = now - settings.REMINDER_CATCH_UP
    late = Reminder.objects.filter(state=State.PENDING, due_at__lt=oldest, not_before__lte=now)
    return late.update(state=State.EXPIRED, reason=Reason.TOO_LATE)


def _held(reminder: Reminder, state: State) -> QuerySet[Reminder]:
    return Reminder.objects.filter(pk=reminder.pk, token=reminder.token, state=state)


def _end_send(reminder: Reminder, **outcome: object) -> bool:
    recorded = _held(reminder, State.SENDING).update(lease_until=None, **outcome)
    if not recorded:
        logger.warning("reminder_outcome_too_late reminder=%s %s", reminder.pk, outcome)
    return bool(recorded)
