"""What this process has in hand: messages that wait for their slots, and those that arrived.

Its threads take the messages one by one, whoever claimed them, so a slow answer keeps one thread
and delays no other message.
"""

import datetime
import threading
from collections import deque
from collections.abc import Callable, Sequence

from notifications.bulk import Arrival
from notifications.intent import Message
from notifications.pacing import SPAN

MOST = 128
"""Rows that one process has in hand, at the very most: more make a row hardly cheaper."""

TIME = 2 * SPAN
"""In which the process's threads are to have taken all that was claimed at once."""


class Arrivals:
    """Messages of this process that arrived and whose rows do not say so yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._arrivals: list[Arrival] = []

    def add(self, arrival: Arrival) -> None:
        with self._lock:
            self._arrivals.append(arrival)

    def are_due(self, now: datetime.datetime) -> bool:
        """Whether one of them has waited for `SPAN`; a clock that was set back hides none."""
        with self._lock:
            return any(abs(now - each.at) >= SPAN for each in self._arrivals[:1])

    def write(self, record: Callable[[list[Arrival]], object]) -> None:
        """Records all of them together; those that come meanwhile are the next caller's."""
        with self._writing:
            with self._lock:
                arrivals, self._arrivals = self._arrivals, []
            if arrivals:
                record(arrivals)


class Outbox:
    """The messages of this process whose intents are committed and that nobody sends yet."""

    def __init__(self) -> None:
        self.claiming = threading.Lock()
        """Held by the one thread that claims more."""
        self.arrivals = Arrivals()
        self._lock = threading.Lock()
        self._messages: deque[Message] = deque()
        self._under_way = 0
        self._window = 1
        self._empty_by: datetime.datetime | None = None
        self._is_behind = False
        self._was_asked = False

    def __bool__(self) -> bool:
        return bool(self._messages)

    def asks_for_more(self, now: datetime.datetime) -> bool:
        """Whether the caller is to claim the next rows: nothing is left; or, once after each claim,
        no more than half of the window, and others are sending it in time."""
        with self._lock:
            if not self._messages:
                return True
            is_low = len(self._messages) <= self._window // 2
            is_in_time = self._under_way > 0 and self._messages[0].slot > now
            asks = is_low and is_in_time and not self._was_asked
            self._was_asked |= asks
            return asks

    def room(self) -> int:
        """For how many rows there is room, at least one: the window less those in hand.

        The window is that of TCP's slow start: it grows by one with each message that comes to its
        outcome, until those of a claim are not all taken within `TIME`, and is halved then. So what
        is claimed soon leaves, however long answers take and however many threads there are.
        """
        with self._lock:
            if self._is_behind:
                self._window, self._is_behind = max(self._window // 2, 1), False
            return max(self._window - self._under_way - len(self._messages), 1)

    def put(self, messages: Sequence[Message], now: datetime.datetime) -> None:
        """Messages that were claimed, in the order of their slots."""
        with self._lock:
            self._messages.extend(messages)
            if messages:
                self._was_asked = False
                self._empty_by = max(now, messages[0].slot) + TIME

    def put_back(self, messages: Sequence[Message]) -> None:
        """Messages of `take_all` that are to be the next again."""
        with self._lock:
            self._messages.extendleft(reversed(messages))

    def take(self, now: datetime.datetime) -> Message | None:
        """The next message, which is the caller's from now on."""
        with self._lock:
            if not self._messages:
                return None
            self._is_behind |= self._empty_by is not None and now > self._empty_by
            self._under_way += 1
            return self._messages.popleft()

    def note_outcome(self) -> None:
        """A message that was taken is under way no longer."""
        with self._lock:
            self._under_way -= 1
            if not self._is_behind:
                self._window = min(self._window + 1, MOST)

    def take_all(self) -> list[Message]:
        """All messages, which are the caller's from now on."""
        with self._lock:
            messages = list(self._messages)
            self._messages.clear()
            return messages
