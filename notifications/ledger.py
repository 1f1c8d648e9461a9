"""How a row of the ledger moves from state to state.

Every step is a conditional update: it says which state it expects and, once a send began, which
token. A sender whose lease ran out finds its token gone and changes nothing.
"""

import datetime
import logging
from collections.abc import Sequence
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from habits.models import CheckIn, Habit
from notifications import bulk, totals
from notifications.bulk import Arrival, Deferral, Intent
from notifications.models import Reason, Reminder, State
from notifications.outcomes import tell
from notifications.pacing import paused

LEASE = datetime.timedelta(seconds=30)
"""More than a send takes: the time-outs of `telegram` add up to 13 seconds. One that takes longer,
as its answer comes drop by drop, is ambiguous."""

SKEW = datetime.timedelta(seconds=5)
"""How far the clocks of two hosts may differ."""

AMBIGUOUS_DELAY = datetime.timedelta(seconds=30)
"""Before the one resend of an ambiguous row: a Bot API that stumbles needs a moment."""

BATCH = 1000
"""Rows changed in one transaction."""

MAX_BREAKS = 5
"""After so many attempts that broke before anything was sent, a row ends as broken."""


NEEDED = (
    *(
        "state",
        "local_date",
        "due_at",
        "attempts",
        "breaks",
        "ambiguities",
        "token",
        "round",
        "chat_slot_at",
    ),
    *("user__is_active", "user__chat_id", "user__chat_status"),
    *("user__time_zone", "user__language"),
    *("habit__action", "habit__place", "habit__time", "habit__duration", "habit__reward"),
    *("habit__starts_on", "habit__periodicity", "habit__weekdays", "habit__owner"),
    *("habit__paused_from", "habit__paused_until"),
    *("habit__related_habit__action", "habit__related_habit__place"),
)
"""What is asked of a row that is to be sent. The ORM's time goes by the number of columns."""


class Taken(NamedTuple):
    """A row that may be sent, its habit with the owner, and whether that date is checked in."""

    row: Reminder
    habit: Habit
    is_checked_in: bool


def lock_next(moment: datetime.datetime, *, at_most: int = 1) -> list[Taken]:
    """The oldest rows that may be sent at `moment`, locked with their persons and habits.

    Waits for nobody: what another sender, a planner or a mutation holds is passed over. None when
    nothing is left, or the bot is paused then. A row that was ambiguous comes alone, so that one
    which kills its senders takes no neighbour along twice. To be called in a transaction.
    """
    locked = _lock(moment, at_most)
    if not locked:
        return []
    # Read once the locks are held: the locking statement itself may see a habit without the
    # check-in that was made a moment before.
    said = CheckIn.objects.filter(habit=OuterRef("habit"), date=OuterRef("local_date"))
    rows = (
        Reminder.objects.filter(pk__in=locked)
        .annotate(is_checked_in=Exists(said))
        .select_related("user", "habit__related_habit")
        .only(*NEEDED)
        .in_bulk()
    )
    taken: list[Taken] = []
    for row in (rows[pk] for pk in locked):
        if row.ambiguities and taken:
            break
        if row.habit is not None:
            row.habit.owner = row.user
            taken.append(Taken(row, row.habit, row.is_checked_in))
        if row.ambiguities:
            break
    return taken


def _lock(moment: datetime.datetime, at_most: int) -> list[int]:
    bulk.find_rows_by_key()
    rows = (
        Reminder.objects.filter(
            ~Exists(paused(moment)), state=State.PENDING, not_before__lte=moment
        )
        # Says nothing new, but makes the join an inner one: the other kind cannot be locked. To
        # compare its owner with the row's would do so, too, but PostgreSQL takes that for rare,
        # and sorts all that waits instead of walking the index to the first.
        .filter(habit__action__isnull=False)
        # All that it joins: the row, its person and its habit.
        .select_for_update(skip_locked=True, no_key=True)
        .order_by("not_before", "id")
        .values_list("pk", "user__is_active")
    )
    return [pk for pk, _is_active in rows[:at_most]]


@transaction.atomic
def has_free(moment: datetime.datetime) -> bool:
    """Whether there is a row that may be sent at `moment` and that nobody holds."""
    return bool(_lock(moment, at_most=1))


def waiting(now: datetime.datetime, *, at_most: int) -> int:
    """How many rows may be sent by `now`, counted no further than `at_most`."""
    return Reminder.objects.filter(state=State.PENDING, not_before__lte=now)[:at_most].count()


def next_moment(before: datetime.datetime) -> datetime.datetime | None:
    """The earliest moment before `before` at which a row may be sent."""
    row = Reminder.objects.filter(state=State.PENDING, not_before__lt=before)
    return row.order_by("not_before").values_list("not_before", flat=True).first()


def intend(intents: Sequence[Intent]) -> None:
    """Pending -> sending: from here on, only an answer tells whether they arrived."""
    bulk.intend(intents, LEASE)
    for each in intents:
        each.row.token += 1
        each.row.chat_id = each.chat_id


def end_unsent(reminder: Reminder, state: State, reason: Reason, now: datetime.datetime) -> None:
    """Pending -> an end, as there is nothing to send any more."""
    _held(reminder, State.PENDING).update(state=state, reason=reason, ended_at=now)
    tell(state, reminder, reason=reason)


def reopen(rows: QuerySet[Reminder], **values: object) -> None:
    """Pending once more, with `values`; what they came to before stays in the totals.

    To be called in a transaction, for rows whose habits the caller holds.
    """
    totals.count_first(rows)
    rows.update(
        state=State.PENDING,
        reason=Reason.NONE,
        chat_slot_at=None,
        ended_at=None,
        is_counted=False,
        **values,
    )


def put_off(reminder: Reminder, until: datetime.datetime, message_id: int | None) -> None:
    """Goes out once more at `until`, as the row's next round; what it came to stays in the totals.

    For a row that the caller has locked, and that nobody sends just now. `message_id` is that of
    the message that arrived in this round.
    """
    reopen(
        Reminder.objects.filter(pk=reminder.pk),
        due_at=until,
        not_before=until,
        round=F("round") + 1,
        token=F("token") + 1,
        attempts=0,
        breaks=0,
        ambiguities=0,
        message_id=message_id,
    )
    tell("put_off", reminder, chat=reminder.chat_id, round=reminder.round + 1)


def move(reminder: Reminder, due_at: datetime.datetime) -> None:
    """Pending as before, but its date is due at another instant."""
    _held(reminder, State.PENDING).update(due_at=due_at, not_before=due_at, chat_slot_at=None)


def defer_for_chats(deferrals: Sequence[Deferral]) -> None:
    """Pending as before, but their chats await them at their slots."""
    bulk.defer(deferrals)


def put_back_broken(
    reminder: Reminder, not_before: datetime.datetime, now: datetime.datetime
) -> None:
    """Pending until `not_before`, or failed once it broke too often."""
    breaks = reminder.breaks + 1
    if breaks < MAX_BREAKS:
        _held(reminder, State.PENDING).update(breaks=breaks, not_before=not_before)
        return
    _held(reminder, State.PENDING).update(
        breaks=breaks, state=State.FAILED, reason=Reason.BROKEN, ended_at=now
    )
    tell("failed", reminder, level=logging.ERROR, reason=Reason.BROKEN)


@transaction.atomic
def record_sent(arrivals: Sequence[Arrival]) -> bool:
    """Sending -> sent; answers whether all of them were still their sender's."""
    bulk.find_rows_by_key()
    recorded = bulk.record_sent(arrivals)
    for each in arrivals:
        row = each.row
        if row.pk not in recorded:
            _tell_too_late(row, State.SENT)
            continue
        late = round((each.at - row.due_at).total_seconds(), 3)
        chat, ambiguities = row.chat_id, row.ambiguities or None
        tell("sent", row, chat=chat, message=each.message_id, late=late, ambiguities=ambiguities)
    return len(recorded) == len(arrivals)


def record_failed(reminder: Reminder, reason: Reason, cause: str, now: datetime.datetime) -> None:
    """Sending -> failed, for good; `cause` says it in words."""
    if _end_send(reminder, state=State.FAILED, reason=reason, ended_at=now):
        chat = reminder.chat_id
        tell("failed", reminder, level=logging.WARNING, reason=reason, chat=chat, cause=repr(cause))


def record_not_delivered(
    reminder: Reminder,
    not_before: datetime.datetime,
    cause: str,
    now: datetime.datetime,
    *,
    counts: bool = True,
) -> None:
    """Sending -> pending: nothing arrived, for certain. `counts`: as one of the row's attempts."""
    attempts = F("attempts") if counts else F("attempts") - 1
    if _end_send(reminder, **_again(now), not_before=not_before, attempts=attempts):
        if _tell_cancelled(reminder):
            return
        wait = round((not_before - now).total_seconds(), 3)
        tell("deferred", reminder, level=logging.WARNING, cause=repr(cause), wait=wait)


@transaction.atomic
def record_ambiguous(reminder: Reminder, cause: str, now: datetime.datetime) -> bool:
    """Sending -> pending for one more try, or failed: nobody knows whether it arrived."""
    again = settings.REMINDER_AMBIGUOUS == "resend" and reminder.ambiguities == 0
    failed = {"state": State.FAILED, "reason": Reason.AMBIGUOUS, "ended_at": now}
    recorded = _end_send(
        reminder,
        **(_again(now) if again else failed),
        ambiguities=F("ambiguities") + 1,
        not_before=now + AMBIGUOUS_DELAY,
    )
    if recorded:
        totals.add(totals.Total.AMBIGUOUS, 1)
        chat, ambiguities = reminder.chat_id, reminder.ambiguities + 1
        event = "ambiguous" if again else "failed"
        told = {"chat": chat, "cause": repr(cause), "ambiguities": ambiguities}
        tell(event, reminder, level=logging.WARNING, reason=Reason.AMBIGUOUS, **told)
        if again:
            _tell_cancelled(reminder)
    return recorded


def free_expired_leases(now: datetime.datetime) -> int:
    """Takes the rows of senders that died on the way, as ambiguous; answers how many."""
    sending = Reminder.objects.filter(state=State.SENDING)
    # A lease that ends later than any begun now was given by a clock that was wrong.
    is_over = Q(lease_until__lt=now - SKEW) | Q(lease_until__gt=now + LEASE + 2 * SKEW)
    expired = sending.filter(is_over)
    return sum(record_ambiguous(reminder, "its sender died", now) for reminder in expired)


def expire_late(now: datetime.datetime) -> int:
    """Pending -> expired, past the catch-up window; answers how many."""
    oldest = now - settings.REMINDER_CATCH_UP
    late = Reminder.objects.filter(state=State.PENDING, due_at__lt=oldest)
    expired = 0
    while batch := _expire_batch(late, now):
        expired += batch
    return expired


@transaction.atomic
def _expire_batch(late: QuerySet[Reminder], now: datetime.datetime) -> int:
    # In the order in which `replan` locks them; the next tick finds what is locked just now.
    rows = list(late.select_for_update(skip_locked=True).order_by("pk")[:BATCH])
    Reminder.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=State.EXPIRED, reason=Reason.TOO_LATE, ended_at=now
    )
    for row in rows:
        tell("expired", row, reason=Reason.TOO_LATE)
    return len(rows)


def _again(now: datetime.datetime) -> dict[str, object]:
    """Pending once more; cancelled where the habit was deleted meanwhile, as nobody takes those."""
    return {
        "state": _if_orphan(State.CANCELLED, State.PENDING),
        "reason": _if_orphan(Reason.HABIT_DELETED, Reason.NONE),
        "ended_at": _if_orphan(now, None),
    }


def _tell_cancelled(reminder: Reminder) -> bool:
    """Tells of a row that `_again` did not open, as its habit is gone; whether that is so."""
    ended = _held(reminder, State.CANCELLED, steps=1).exists()
    if ended:
        tell("cancelled", reminder, reason=Reason.HABIT_DELETED)
    return ended


def _if_orphan(then: object, default: object) -> Case:
    return Case(When(habit__isnull=True, then=Value(then)), default=Value(default))


def _held(reminder: Reminder, state: State, *, steps: int = 0) -> QuerySet[Reminder]:
    """The row in `state`, with the token that its holder knows, or one so many steps later."""
    token = reminder.token + steps
    return Reminder.objects.filter(pk=reminder.pk, token=token, state=state)


def _end_send(reminder: Reminder, **outcome: object) -> bool:
    held = _held(reminder, State.SENDING)
    recorded = held.update(lease_until=None, token=F("token") + 1, **outcome)
    if not recorded:
        _tell_too_late(reminder, outcome["state"])
    return bool(recorded)


def _tell_too_late(reminder: Reminder, lost: object) -> None:
    tell("outcome_too_late", reminder, level=logging.WARNING, lost=lost)
