"""Updates wait in the database, each once, until they are handled; each chat's in their order.

A row is taken for `LEASE`, as what it asks for ends in calls to Telegram, during which no
transaction is open. One whose holder died is taken again.
"""

import datetime
import logging
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from notifications.models import Kind, Update

logger = logging.getLogger(__name__)

LEASE = datetime.timedelta(seconds=90)
"""More than the calls for one update take: a press has two of 13 seconds each, a picture one of 33,
and all of them wait a second for their slot."""

MAX_ATTEMPTS = 5
"""After so many that broke or reached nobody, an update is given up."""

KEPT = datetime.timedelta(days=3)
"""Telegram repeats an update for a day; after a week without any it may begin to count anew."""

MINUTE = datetime.timedelta(minutes=1)

MOST_A_MINUTE = {Kind.MESSAGE: 10, Kind.PRESS: 60, Kind.MEMBERSHIP: 60}
"""Updates of a chat that are answered; a flood of further ones costs no call to Telegram."""

BATCH = 1000


def keep(updates: Iterable[Update]) -> None:
    """Takes in what came; what is here already changes nothing."""
    Update.objects.bulk_create(updates, ignore_conflicts=True)


def take(now: datetime.datetime) -> Update | None:
    """The oldest update that is nobody's and the first of its chat, for `LEASE`."""
    with transaction.atomic():
        update = _free(now).select_for_update(of=("self",), skip_locked=True).first()
        if update is None:
            return None
        update.attempts += 1
        update.lease_until = now + LEASE
        update.save(update_fields=["attempts", "lease_until"])
        return update


def give_back(
    update: Update,
    until: datetime.datetime,
    now: datetime.datetime,
    *,
    counts: bool = False,
    **values: object,
) -> None:
    """To be taken again at `until`, with `values`. `counts`: as one of its attempts."""
    _held(update).update(
        lease_until=min(until, now + LEASE),
        attempts=update.attempts if counts else update.attempts - 1,
        sent=update.sent,
        **values,
    )


def finish(update: Update, now: datetime.datetime) -> None:
    """It is handled, and stays only so that a repetition is known."""
    _held(update).update(handled_at=now, lease_until=None)


def is_overtaken(update: Update, **by: str) -> bool:
    """Whether a later update of the chat, which says the opposite, was handled before this one."""
    later = Update.objects.filter(chat_id=update.chat_id, update_id__gt=update.update_id)
    return later.filter(**by, handled_at__isnull=False).exists()


def is_flood(update: Update) -> bool:
    """Whether the chat has sent more in the minute before than is answered."""
    earlier = Update.objects.filter(
        chat_id=update.chat_id,
        kind=update.kind,
        update_id__lt=update.update_id,
        received_at__gt=update.received_at - MINUTE,
        received_at__lte=update.received_at,
    )
    most = MOST_A_MINUTE[Kind(update.kind)]
    return earlier[:most].count() == most


def last_handled(update: Update) -> datetime.datetime | None:
    """When the update of its chat before this one was handled."""
    handled = Update.objects.filter(chat_id=update.chat_id, handled_at__isnull=False)
    recent = handled.filter(received_at__gt=update.received_at - MINUTE)
    return recent.order_by("-handled_at").values_list("handled_at", flat=True).first()


def waiting(now: datetime.datetime, *, at_most: int) -> int:
    """How many updates may be taken now, counted no further than `at_most`."""
    return _free(now)[:at_most].count()


def next_moment(before: datetime.datetime) -> datetime.datetime | None:
    """The earliest moment before `before` at which an update that is held may be taken."""
    held = Update.objects.filter(handled_at=None, lease_until__lt=before)
    return held.order_by("lease_until").values_list("lease_until", flat=True).first()


def prune(now: datetime.datetime) -> int:
    """Deletes what was handled long ago; answers how many."""
    old = Update.objects.filter(received_at__lt=now - KEPT, handled_at__isnull=False)
    pks = list(old.order_by("received_at").values_list("pk", flat=True)[:BATCH])
    deleted, _ = Update.objects.filter(pk__in=pks).delete()
    return deleted


def _free(now: datetime.datetime) -> QuerySet[Update]:
    earlier = Update.objects.filter(
        handled_at=None, chat_id=OuterRef("chat_id"), update_id__lt=OuterRef("update_id")
    )
    # A lease that ends later than any begun now was given by a clock that was wrong.
    is_free = Q(lease_until=None) | Q(lease_until__lte=now) | Q(lease_until__gt=now + 2 * LEASE)
    return Update.objects.filter(is_free, ~Exists(earlier), handled_at=None).order_by("update_id")


def _held(update: Update) -> QuerySet[Update]:
    """The row while nobody else has taken it."""
    return Update.objects.filter(pk=update.pk, lease_until=update.lease_until)
