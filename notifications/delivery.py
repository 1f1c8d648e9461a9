"""From the ledger to Telegram: claim rows, commit the intents, send, record what became of them.

1. Slots of the bot are taken, and the first is awaited but for the last tenth of a second
   (`pacing`): one at 30 messages a second, as many as fill `pacing.SPAN` where the rate is high.
   That is done once nothing is left to send, or, where several threads are sending, half of it.
2. `intent.begin` locks as many of the oldest rows that may be sent, with their people and habits,
   checks that they are still due, and commits the intents to send them, one at each slot.
3. The process's threads take the messages from its `outbox`, and each goes out at its slot, outside
   of any transaction (`sending`).
4. The outcomes are recorded, unless a row was taken from this sender meanwhile: together those of
   messages that arrived, once the outbox is empty, or `pacing.SPAN` after the first.

A sender that dies before 2 has changed nothing. What it leaves between 2 and 4 is ambiguous: rows
whose slots lie no more than `pacing.LEAD` and `pacing.SPAN` ahead, those on their way, and those
that arrived within the last `pacing.SPAN` and one send. One that is told to stop gives back what
nobody has begun to send.
"""

import datetime
import logging
import threading
from collections.abc import Callable

from django.db import connection
from django.utils import timezone

from notifications import ledger, pacing
from notifications.intent import DATABASE_GONE, Begun, begin
from notifications.outbox import Outbox
from notifications.sending import RECONNECT, Sender

logger = logging.getLogger(__name__)

RUN = datetime.timedelta(seconds=20)
"""How long one run goes on while there is something to send."""

GRACE = datetime.timedelta(seconds=1)
"""How far beyond its time a run waits for a slot that it has taken."""

NONE = datetime.timedelta()

IDLE_STEP = datetime.timedelta(seconds=1)
"""How often a run looks for new rows while it waits for the next one."""

SHORT_STEP = datetime.timedelta(seconds=0.05)

Clock = Callable[[], datetime.datetime]

slots = pacing.Slots()
"""When this process may send."""

outbox = Outbox()
"""What this process is to send."""


def deliver(
    stopping: threading.Event, clock: Clock = timezone.now, run: datetime.timedelta = RUN
) -> bool:
    """Sends what is due until nothing is, `run` has passed or `stopping` is set.

    Answers whether its time ended before the work did.
    """
    sender = Sender(outbox, slots, stopping, clock)
    try:
        is_unfinished = _deliver(sender, clock() + run)
    except BaseException:
        sender.give_back_rest()
        raise
    finally:
        sender.record_arrived()
    if stopping.is_set():
        sender.give_back_rest()
    return is_unfinished


def _deliver(sender: Sender, deadline: datetime.datetime) -> bool:
    begin_at, is_busy = sender.clock(), False
    # A clock that is set back ends the run, too: it would last for hours. What was claimed is sent.
    while not sender.stopping.is_set() and (begin_at <= sender.clock() < deadline or outbox):
        try:
            # Looks before it takes a slot of the bot, which would be missing elsewhere.
            if is_busy or outbox or ledger.has_free(sender.clock()):
                is_busy = deliver_next(sender, deadline)
            elif not _wait_for_more(sender.stopping, sender.clock()):
                # Rows that another thread has claimed are nobody's until it puts them here.
                with outbox.claiming:
                    if not outbox:
                        return False
        except DATABASE_GONE:
            logger.warning("delivery_lost_the_database", exc_info=True)
            connection.close()
            sender.stopping.wait(RECONNECT.total_seconds())
    return not sender.stopping.is_set()


def deliver_next(sender: Sender, deadline: datetime.datetime) -> bool:
    """Brings a message to its outcome; where this process has none, or soon will have none, the
    next rows are claimed before.

    False when there is none, the bot is paused, or no slot comes soon after `deadline`, or before
    the stop.
    """
    is_busy = True
    is_empty, now = not outbox, sender.clock()
    # Nothing is claimed ahead beyond the deadline: others that do so would keep this run for ever.
    is_wanted = (is_empty or now < deadline) and outbox.asks_for_more(now)
    # What is left waits neither for another thread that claims, nor for a slot.
    if is_wanted and outbox.claiming.acquire(blocking=is_empty):
        try:
            if not is_empty:
                is_busy = _claim(sender, sender.clock(), grace=NONE)
            elif not outbox:  # no other thread has claimed some meanwhile
                is_busy = _claim(sender, deadline)
        finally:
            outbox.claiming.release()
    message = outbox.take(sender.clock())
    if message is not None:
        sender.bring_to_outcome(message)
    return is_busy


def _claim(sender: Sender, deadline: datetime.datetime, grace: datetime.timedelta = GRACE) -> bool:
    """Puts the next rows that may be sent into the outbox; answers whether there were any."""
    clock = sender.clock
    taken = slots.take_some(clock(), at_most=outbox.room())
    if not taken:
        return False
    ready_at = taken[0] - pacing.LEAD
    # A slot that was taken is used, or it would be missing in the bot's rate.
    is_soon = ready_at <= deadline + grace
    stops = sender.stopping.wait(((ready_at if is_soon else deadline) - clock()).total_seconds())
    begun = begin(taken, clock) if is_soon and not stops else Begun()
    outbox.put(begun.messages, clock())
    used = {each.slot for each in begun.messages}
    for slot in taken:
        if slot not in used:
            slots.give_back(slot)
    return begun.looked_at > 0


def _wait_for_more(stopping: threading.Event, now: datetime.datetime) -> bool:
    """Waits a step for rows that may be sent within `RUN`; False when there are none."""
    moment = ledger.next_moment(now + RUN)
    if moment is None:
        return False
    moment = max(moment, pacing.pause_end(now) or moment)
    # At least a little, as a row that may be sent already is in another sender's hands.
    step = min(max(moment - now, SHORT_STEP), IDLE_STEP)
    stopping.wait(step.total_seconds())
    return True
