"""Ends a process whose request takes too long, so that the server puts a fresh one in its place.

A thread cannot be ended from outside, and one that waits for ever is lost to the pool. Only the
time inside the application counts: a client cannot make it pass by sending slowly.
"""

import faulthandler
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)

STANDARD_ERROR = 2
LONGEST_PATH = 200
"""Characters of a path that the log shows."""


class Watchdog:
    """Watches the requests of this process; `limit` is in seconds.

    A request that passes it is logged with the stack of every thread, and the process ends at once
    with status 1, whatever else it is doing. The clock is looked at four times within `limit`, but
    at least twice a second.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._interval = min(0.5, limit / 4)
        self._running: dict[int, tuple[float, str, str]] = {}
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @contextmanager
    def watching(self, method: str, path: str) -> Iterator[None]:
        """Counts what runs inside as a request, in the thread that calls."""
        if self._thread is None:
            self._start()
        thread = threading.get_ident()
        self._running[thread] = (time.monotonic(), method, path)
        try:
            yield
        finally:
            del self._running[thread]

    def _start(self) -> None:
        """At the first request, since a thread does not outlive the fork of a worker."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
                self._thread.start()

    def _watch(self) -> None:
        while True:
            # Code in C may keep the interpreter's lock, and then nothing below runs. This timer
            # needs no lock: unless it is set anew, it prints the stacks and ends the process.
            faulthandler.dump_traceback_later(self._limit, exit=True, file=STANDARD_ERROR)
            time.sleep(self._interval)
            now = time.monotonic()
            # A copy in one step, as other threads go on adding and removing.
            for began, method, path in list(self._running.values()):
                if now - began > self._limit:
                    logger.critical(
                        "request_overdue method=%s path=%.*s age=%.1f\n%s",
                        method,
                        LONGEST_PATH,
                        ascii(path),
                        now - began,
                        _stacks(),
                    )
                    os._exit(1)


def _stacks() -> str:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return "\n".join(
        f"Thread {names.get(ident, ident)}:\n{''.join(traceback.format_stack(frame)).rstrip()}"
        for ident, frame in sys._current_frames().items()
    )
