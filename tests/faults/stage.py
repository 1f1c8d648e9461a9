"""What the tests of this folder do with processes, the ledger and a Bot API.

Time that has to pass, such as a lease, is not waited for: its row is moved into the past.
"""

import contextlib
import datetime
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from django.db import connection
from django.utils import timezone
from dramatiq.brokers.redis import RedisBroker

from notifications.actors import tick
from notifications.models import Reminder
from tests.fake_bot_api import FakeBotApi
from tests.faults import people
from tests.faults.processes import Process, Role
from tests.faults.reading import judged
from tests.faults.verdict import ENDS, Expected, Verdict
from tests.server_home import Server

HOST = (Role.SCHEDULER, Role.PLANNER, Role.SENDER)
"""One of each, as on a host of a small production."""

LONG_AGO = datetime.timedelta(minutes=1)


class Stage:
    """Starts processes, and ends them when the test does."""

    def __init__(self, bot: FakeBotApi, valkey: Server, logs: Path) -> None:
        self.bot = bot
        self.valkey = valkey
        self.expected: list[Expected] = []
        self._logs = logs
        self.processes: list[Process] = []
        # dramatiq leaves this one's types out.
        self._broker = RedisBroker(url=valkey.url, middleware=[])  # type: ignore[no-untyped-call]
        self.flush_redis()

    def start(self, *roles: Role, threads: int = 4, **settings: str) -> list[Process]:
        """One process for each, once all are ready; `threads` is how many a sender has."""
        given = {
            "DATABASE_URL": _database_url(),
            "REDIS_URL": self.valkey.url,
            "TELEGRAM_API_URL": self.bot.url,
            "TELEGRAM_BOT_TOKEN": "123:a-bot-of-nobody",
            "TELEGRAM_RATE": "1000",
            # Milliseconds until an idle worker looks for messages again, and one that lost its
            # broker for that; by default 1000 and 3000.
            "dramatiq_worker_timeout": "50",
            "dramatiq_restart_delay": "300",
            **settings,
        }
        processes = []
        for role in roles:
            log = self._logs / f"{len(self.processes)}-{role}.log"
            processes.append(Process(role, log, given, threads))
            self.processes.append(processes[-1])
        for process in processes:
            process.wait_until_ready()
        return processes

    def close(self) -> None:
        """Ends every process."""
        for process in self.processes:
            process.end()
        self._broker.close()

    def settle(self, count: int) -> None:
        """So many more people, with a habit each, due a moment ago."""
        begin = timezone.now() - datetime.timedelta(seconds=5)
        self.expected += people.settle(
            count, seed=1, begin=begin, seconds=1, first=len(self.expected)
        )

    def tick(self) -> None:
        """What the scheduler sends each minute."""
        self._broker.enqueue(tick.message())

    def flush_redis(self) -> None:
        self._broker.client.flushall()

    def free_leases(self) -> None:
        """Those of killed senders end, none lives, and a planner finds that."""
        past = timezone.now() - LONG_AGO
        leased = Reminder.objects.filter(lease_until__isnull=False)
        leased.update(lease_until=past)
        self.tick()
        wait_until(lambda: not leased.exists())

    def skip_delays(self) -> None:
        """The time that a row waits for its next attempt."""
        Reminder.objects.filter(state="pending").update(not_before=timezone.now() - LONG_AGO)

    def recover(self) -> None:
        """After a sender's death, as in a minute or two: its lease ends, the delay of an ambiguous
        row passes, another sender comes, and all is sent."""
        self.free_leases()
        self.skip_delays()
        self.start(Role.SENDER)
        self.tick()
        self.wait_until_all_ended()

    def wait_until_all_ended(self, seconds: float = 20) -> None:
        """Waits until each expected occurrence has a row that has ended."""
        ended = Reminder.objects.filter(state__in=ENDS)
        wait_until(lambda: ended.count() >= len(self.expected), seconds)

    def verdict(self) -> Verdict:
        """On everything that was to be sent."""
        return judged(self.expected, self.bot)


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Raises `TimeoutError` with the ledger's states when it does not come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(sorted(Reminder.objects.values_list("state", "reason")))
        time.sleep(0.02)


def wait_until_blocked() -> None:
    """Waits until somebody waits for a lock in the database."""

    def is_blocked() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            return bool(cursor.fetchone()[0])

    wait_until(is_blocked)


def end_the_blocked() -> None:
    """Ends the connections that wait for a lock; what they were about to do is not done."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted")


def ring(scheduler: Process) -> None:
    """Wakes a scheduler as its next minute would; its ticks are due in every second."""

    def listens() -> bool:
        # Until it has gone to sleep for the first time, the alarm would end it.
        status = Path(f"/proc/{scheduler.pid}/status").read_text()
        caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
        return bool(int(caught.split()[1], 16) >> (signal.SIGALRM - 1) & 1)

    wait_until(listens)
    scheduler.signal(signal.SIGALRM)


@contextlib.contextmanager
def database_at(url: str) -> Iterator[None]:
    """For the length of the block this process's database is another one."""
    connection.close()
    before = dict(connection.settings_dict)
    connection.settings_dict.update(dj_database_url.parse(url))
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


def _database_url() -> str:
    """Of the database that this process uses."""
    at = connection.settings_dict
    given = urlsplit(os.environ["DATABASE_URL"])
    place = given.netloc.rpartition("@")[0]
    return f"postgres://{place}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
