"""One run: the plan's faults at their moments, and then the wait until all rows have ended."""

import signal
import sys
import time
from collections import Counter
from collections.abc import Callable

import redis
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Count

from notifications.models import Reminder
from tests.fake_bot_api import FakeBotApi
from tests.faults.crew import Crew
from tests.faults.plan import KILL_WEIGHTS, Fault, Kind
from tests.faults.processes import Part, Role
from tests.faults.verdict import ENDS
from tests.server_home import Server

STEP = 0.05
PROGRESS = 12.0
"""Seconds between two lines that tell how it goes."""

PATIENCE = 240.0
"""Seconds in which, after the last fault, at least one more row has to end, or none will any more:
a lease of 30, 5 for skew, a tick of up to 60, the 30 of an ambiguous row, and another tick, with
room for a slow machine."""

VICTIMS = {
    Kind.SCHEDULER: (Role.SCHEDULER, Part.ALL),
    Kind.PLANNER: (Role.PLANNER, Part.ALL),
    Kind.PLANNER_CHILD: (Role.PLANNER, Part.CHILD),
    Kind.PLANNER_PARENT: (Role.PLANNER, Part.PARENT),
    Kind.SENDER: (Role.SENDER, Part.ALL),
    Kind.SENDER_CHILD: (Role.SENDER, Part.CHILD),
    Kind.SENDER_PARENT: (Role.SENDER, Part.PARENT),
}


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Run:
    """Faults done to a crew and its servers; `done` counts them by kind."""

    def __init__(self, crew: Crew, postgres: Server, valkey: Server, bot: FakeBotApi) -> None:
        self.done: Counter[Kind] = Counter()
        self._crew = crew
        self._valkey = valkey
        self._bot = bot
        self._start = self._said = time.monotonic()
        self._acts: dict[Kind, Callable[[], None]] = {
            # Immediate: it drops everything, and recovers at its start.
            Kind.POSTGRES_DOWN: lambda: postgres.stop(signal.SIGQUIT),
            Kind.POSTGRES_UP: postgres.start,
            Kind.REDIS_FLUSH: self._flush,
            Kind.REDIS_DOWN: valkey.stop,
            Kind.REDIS_UP: valkey.start,
            Kind.BOT_DOWN: bot.close,
            Kind.BOT_UP: bot.start,
        }

    @property
    def kills(self) -> int:
        return sum(self.done[kind] for kind in KILL_WEIGHTS)

    def play(self, faults: list[Fault]) -> None:
        """Does each fault when its time has come."""
        for fault in faults:
            while time.monotonic() < self._start + fault.at:
                self._step()
            self._do(fault)

    def settle(self, count: int) -> None:
        """Waits until `count` rows have ended, or none has for `PATIENCE`."""
        ended, since = -1, time.monotonic()
        while ended < count and time.monotonic() - since < PATIENCE:
            self._step()
            now_ended = sum(states().get(state, 0) for state in ENDS)
            if now_ended != ended:
                ended, since = now_ended, time.monotonic()
            time.sleep(10 * STEP)

    def _do(self, fault: Fault) -> None:
        if fault.kind in VICTIMS:
            self._kill(fault)
        else:
            self._acts[fault.kind]()
        self.done[fault.kind] += 1

    def _kill(self, fault: Fault) -> None:
        role, part = VICTIMS[fault.kind]
        while not (living := self._crew.living(role)):
            self._step()
        living[fault.victim % len(living)].kill(part)

    def _flush(self) -> None:
        client = redis.Redis.from_url(self._valkey.url)
        try:
            client.flushall()
        except redis.ConnectionError:
            # It is away, and comes back as empty.
            pass
        finally:
            client.close()

    def _step(self) -> None:
        self._crew.tend()
        if time.monotonic() - self._said >= PROGRESS:
            self._said = time.monotonic()
            counts = " ".join(f"{state}={count}" for state, count in sorted(states().items()))
            seconds = self._said - self._start
            messages = len(self._bot.delivered)
            say(f"{seconds:4.0f} s  kills={self.kills} messages={messages}  {counts}")
        time.sleep(STEP)


def states() -> dict[str, int]:
    """How many rows of the ledger are in each state; nothing while the database is away."""
    for _attempt in range(2):  # the first may find its connection cut by a restart
        try:
            counted = Reminder.objects.order_by().values_list("state").annotate(Count("pk"))
            return {str(state): count for state, count in counted}
        except (InterfaceError, OperationalError):
            connection.close()
    return {}
