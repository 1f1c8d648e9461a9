"""What the workers run: a tick each minute, runs of the sender that it sets off, and of answers.

A message is only a hint to look into the database, so a lost or doubled one changes nothing.
"""

import contextlib
import datetime
import logging
import random
import time
from collections.abc import Callable, Iterator

import dramatiq
from django.conf import settings
from django.utils import timezone
from periodiq import cron

from accounts import password_resets
from habits import zone_rules
from notifications import ledger, password_codes, retention, totals
from notifications.bot import inbox, linking
from notifications.bot.answering import answer_waiting
from notifications.broker import queued
from notifications.delivery import RUN
from notifications.delivery import deliver as run_delivery
from notifications.middleware import stopping
from notifications.planning import plan_due

logger = logging.getLogger(__name__)

ROWS_EACH = 5
"""For so many rows that may be sent one more sender is woken."""

MINUTE = 60_000
"""Milliseconds: an older message is not run, as a newer tick has done its work."""


# A queue of its own, so that a worker can keep a thread for it whatever the sends take. Tried again
# when the database went away in the middle, while periodiq's half a minute lasts.
@dramatiq.actor(
    queue_name="tick",
    periodic=cron("* * * * *"),
    max_retries=3,
    min_backoff=5_000,
    max_backoff=10_000,
    max_age=MINUTE,
    time_limit=10 * MINUTE,
)
def tick() -> None:
    """Frees what died, plans what is due, and wakes as many senders as there is work for.

    Then it does what can wait: it counts what ended, and prunes what ended long ago.
    """
    began, now = time.monotonic(), timezone.now()
    with _failing_at_the_end() as attempt:
        freed = attempt(ledger.free_expired_leases, now)
        attempt(zone_rules.keep_up, now)
        planned = attempt(plan_due, now)
        expired = attempt(ledger.expire_late, now)
        woken = attempt(wake_senders, now)
        attempt(wake_answers, now)
        logger.info("tick planned=%s expired=%s freed=%s woken=%s", planned, expired, freed, woken)
        attempt(wake_for_codes, now)
        attempt(password_resets.prune, now)
        attempt(totals.count_ended)
        attempt(retention.prune, now)
        attempt(inbox.prune, now)
        attempt(linking.forget_old_links, now)
    totals.note_tick(timezone.now(), time.monotonic() - began)


@contextlib.contextmanager
def _failing_at_the_end() -> Iterator[Callable[..., object]]:
    """Calls each step that it is given, whatever became of those before, and then fails as the
    first one did: what is wrong with one of them is to silence nobody."""
    errors: list[Exception] = []

    def attempt(step: Callable[..., object], *arguments: object) -> object:
        try:
            return step(*arguments)
        except Exception as error:
            logger.exception("tick_step_failed step=%s", step.__name__)
            errors.append(error)
            return None

    yield attempt
    if errors:
        raise errors[0]


def wake_senders(now: datetime.datetime) -> int:
    """Sends as many hints as senders are needed, but for those that wait already."""
    rows = ledger.waiting(now, at_most=settings.DELIVERY_THREADS * ROWS_EACH)
    missing = -(-rows // ROWS_EACH) - queued(deliver)
    for _ in range(missing):
        deliver.send()
    return max(missing, 0)


def wake_answers(now: datetime.datetime) -> None:
    """Sends a hint where updates wait and none waits already: that of their arrival was lost."""
    if inbox.waiting(now, at_most=1) and not queued(answer):
        answer.send()


def wake_for_codes(now: datetime.datetime) -> None:
    """Sends a hint for each code that is still to be sent: one was lost, or a sender died."""
    for reset_id in password_codes.waiting(now):
        send_password_code.send(reset_id)


# In a worker that serves all queues, a tick goes first, then answers.
@dramatiq.actor(
    queue_name="deliver", max_retries=0, max_age=MINUTE, time_limit=10 * MINUTE, priority=10
)
def deliver() -> None:
    """One run of the sender; one that ran out of time is followed by another."""
    # Senders that were woken together do not all pause together.
    run = RUN * random.uniform(0.75, 1)  # noqa: S311  # nobody's secret
    if run_delivery(stopping, run=run) and not stopping.is_set():
        deliver.send()


# Before reminders: somebody waits for it.
@dramatiq.actor(queue_name="deliver", max_retries=0, max_age=MINUTE, time_limit=MINUTE, priority=0)
def send_password_code(reset_id: int) -> None:
    """Sends the code of that request, which nothing but the message to the chat may hold."""
    password_codes.send_code(reset_id, stopping)


# A person waits for the answer.
@dramatiq.actor(
    queue_name="updates", max_retries=0, max_age=MINUTE, time_limit=10 * MINUTE, priority=5
)
def answer() -> None:
    """One run over the updates that came in; one that ran out of time is followed by another."""
    if answer_waiting(stopping) and not stopping.is_set():
        answer.send()
