"""A bound on how long something is awaited, which costs next to nothing while it is kept."""

import asyncio
import time
from asyncio import Task
from collections.abc import Awaitable
from typing import Any, TypeVar, cast

Result = TypeVar("Result")


class Deadline:
    """Cancels what takes longer than `seconds`, up to a tenth of that later.

    `asyncio.timeout` sets a timer for each and takes it back: a tenth of what the server did for a
    small answer. Here one timer looks at all that are waiting, while there are any.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._began: dict[Task[Any], float] = {}
        self._late: set[Task[Any]] = set()
        self._is_looking = False

    async def keep(self, awaited: Awaitable[Result]) -> Result:
        """What is awaited; raises `TimeoutError`. A task awaits one thing at a time here."""
        task = cast("Task[Any]", asyncio.current_task())  # nothing else awaits
        self._began[task] = time.monotonic()
        if not self._is_looking:
            self._look_later()
        try:
            return await awaited
        except asyncio.CancelledError:
            if task not in self._late:
                raise
            task.uncancel()
            raise TimeoutError from None
        finally:
            self._began.pop(task, None)
            self._late.discard(task)

    def _look_later(self) -> None:
        self._is_looking = True
        asyncio.get_running_loop().call_later(self._seconds / 10, self._look)

    def _look(self) -> None:
        now = time.monotonic()
        # The oldest come first.
        for task, began in list(self._began.items()):
            if now - began <= self._seconds:
                break
            del self._began[task]
            self._late.add(task)
            task.cancel()
        self._is_looking = False
        if self._began:
            self._look_later()
