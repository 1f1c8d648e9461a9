"""What an operator does to rows by hand; nothing here happens by itself.

Each batch is one short transaction, its rows locked in the order of their numbers. A row that
somebody else holds is passed over: it is told to the operator, who may ask again.
"""

import datetime
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import ChatStatus
from notifications import ledger
from notifications.models import Chat, Reason, Reminder, State
from notifications.outcomes import tell

BATCH = 1000
"""Rows changed in one transaction."""


@dataclass(slots=True)
class Requeued:
    """What became of the failed rows that were to be sent again.

    `too_old` lie before the catch-up window, `orphans` have lost their habit, and `silent` have
    nobody to send to: a disabled account, none or an unreachable or stopped chat. They would fail
    again at once, so they stay as they are, with their reason; a chat opens again when a person
    gives its id anew. `busy` rows were in other hands.
    """

    rows: int = 0
    too_old: int = 0
    orphans: int = 0
    silent: int = 0
    busy: int = 0


@dataclass(slots=True)
class Left:
    """How many rows were left, and how many were in other hands."""

    rows: int = 0
    busy: int = 0


class NotFailed(Exception):
    """Some of the given numbers belong to no failed row; nothing was changed.

    `missing` have no row at all, `others` have one in another state, by number.
    """

    def __init__(self, missing: list[int], others: dict[int, str]) -> None:
        super().__init__(missing, others)
        self.missing = missing
        self.others = others


@dataclass(frozen=True, slots=True)
class Selection:
    """Which failed rows: those with one of the reasons and one of the numbers; None means any."""

    reasons: frozenset[str] | None = None
    numbers: frozenset[int] | None = None

    def rows(self) -> QuerySet[Reminder]:
        failed = Reminder.objects.filter(state=State.FAILED)
        if self.reasons is not None:
            failed = failed.filter(reason__in=self.reasons)
        if self.numbers is not None:
            failed = failed.filter(pk__in=self.numbers)
        return failed


def requeue(selection: Selection, now: datetime.datetime) -> Requeued:
    """Failed -> pending, to be sent now; raises `NotFailed` where a number is no failed row's.

    Attempts start again. The mark of an ambiguous send stays: such a row may reach its person a
    second time, and is not sent a third time should that be ambiguous as well.
    """
    _check_numbers(selection)
    found = selection.rows()
    recent = found.filter(due_at__gte=now - settings.REMINDER_CATCH_UP)
    with_habit = recent.filter(habit__owner=F("user")).select_related("habit")
    reachable = with_habit.filter(~_is_silent())
    told = Requeued(
        too_old=found.count() - recent.count(), orphans=recent.filter(habit=None).count()
    )
    told.silent = with_habit.count() - reachable.count()
    wanted = reachable.count()
    told.rows = _change(reachable, ("self", "habit"), partial(_reopen, now=now))
    told.busy = max(wanted - told.rows, 0)
    return told


def leave_ambiguous(now: datetime.datetime) -> Left:
    """Pending after an ambiguous send -> failed, so that nobody gets those a second time."""
    ambiguous = Reminder.objects.filter(state=State.PENDING, ambiguities__gt=0)
    wanted = ambiguous.count()
    left = _change(ambiguous, ("self",), partial(_leave, now=now))
    return Left(rows=left, busy=max(wanted - left, 0))


def _reopen(rows: list[Reminder], now: datetime.datetime) -> None:
    found = Reminder.objects.filter(pk__in=[row.pk for row in rows])
    ledger.reopen(found, not_before=now, attempts=0, breaks=0)
    for row in rows:
        tell("requeued", row, failed=row.reason, ambiguities=row.ambiguities or None)


def _leave(rows: list[Reminder], now: datetime.datetime) -> None:
    Reminder.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=State.FAILED, reason=Reason.AMBIGUOUS, ended_at=now
    )
    for row in rows:
        told = {"ambiguities": row.ambiguities, "cause": repr("left by the operator")}
        tell("failed", row, level=logging.WARNING, reason=Reason.AMBIGUOUS, **told)


def _check_numbers(selection: Selection) -> None:
    if selection.numbers is None:
        return
    states = dict(Reminder.objects.filter(pk__in=selection.numbers).values_list("pk", "state"))
    missing = sorted(selection.numbers - states.keys())
    others = {pk: state for pk, state in sorted(states.items()) if state != State.FAILED}
    if missing or others:
        raise NotFailed(missing, others)


def _is_silent() -> Q:
    """Whether the row's person gets nothing as things stand."""
    chat = Chat.objects.filter(chat_id=OuterRef("user__chat_id")).exclude(status=ChatStatus.OK)
    return Q(user__is_active=False) | Q(user__chat_id=None) | Q(Exists(chat))


def _change(
    rows: QuerySet[Reminder], locked: tuple[str, ...], change: Callable[[list[Reminder]], None]
) -> int:
    """Changes all of `rows` that nobody else holds, batch after batch; answers how many.

    With "habit" among what is locked, a habit's deletion comes before or after, never between.
    """
    changed = last = 0
    while True:
        with transaction.atomic():
            batch = list(
                rows.filter(pk__gt=last)
                .select_for_update(of=locked, skip_locked=True, no_key=True)
                .order_by("pk")[:BATCH]
            )
            if not batch:
                return changed
            change(batch)
        changed += len(batch)
        last = batch[-1].pk
