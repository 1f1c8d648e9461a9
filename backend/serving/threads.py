"""Threads for work that blocks, given to them by an event loop.

`ThreadPoolExecutor` does the same with two futures, four locks and two wake-ups of the loop a call;
for a small answer that was a tenth of all that the server did.
"""

import asyncio
import threading
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

Given = TypeVar("Given")
Result = TypeVar("Result")


class Threads(Generic[Given, Result]):
    """Up to `number` calls of `work` run at a time, the rest wait in their order.

    One event loop makes all the calls. A thread starts when all others are busy, and ends with the
    process, whatever it is doing.
    """

    def __init__(self, work: Callable[[Given], Result], number: int) -> None:
        self._work = work
        self._number = number
        self._started = 0
        self._under_way = 0
        self._calls: SimpleQueue[tuple[AbstractEventLoop, Future[Result], Given]] = SimpleQueue()

    def call(self, given: Given) -> "Future[Result]":
        """What `work` makes of it, or raises, in one of the threads."""
        loop = asyncio.get_running_loop()
        future: Future[Result] = loop.create_future()
        self._under_way += 1
        if self._started < min(self._under_way, self._number):
            self._started += 1
            name = f"web_{self._started}"
            threading.Thread(target=self._run, name=name, daemon=True).start()
        self._calls.put((loop, future, given))
        return future

    def _run(self) -> None:
        while True:
            # Named nowhere here: an idle thread would keep what it was given last.
            self._do(*self._calls.get())

    def _do(self, loop: AbstractEventLoop, future: "Future[Result]", given: Given) -> None:
        try:
            result = self._work(given)
        except BaseException as error:  # noqa: BLE001  # for whoever awaits it
            loop.call_soon_threadsafe(self._settle, future, future.set_exception, error)
        else:
            loop.call_soon_threadsafe(self._settle, future, future.set_result, result)

    def _settle(
        self, future: "Future[Result]", tell: Callable[..., object], outcome: object
    ) -> None:
        """In the event loop, to which the future and the counters belong."""
        self._under_way -= 1
        if not future.cancelled():
            tell(outcome)
