"""How failures slow down what comes after them: plain numbers, no store and no clock.

All moments and spans are whole milliseconds, moments since 1970. A failure is forgotten after a
while, so that everything that is remembered ends by itself.
"""

from dataclasses import dataclass
from typing import NamedTuple

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Tally(NamedTuple):
    """What is remembered of one key; it is void once its last moment has passed."""

    clear_at: int = 0
    """When the last failure is forgotten. How many there are, `Pace.memory` tells."""
    next_at: int = 0
    """Before that moment nobody may try."""
    trusted_until: int = 0
    """How long a success still counts."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The first `free` failures cost nothing, each further one doubles the delay after it.

    Delays begin with `first` and end at `cap`. One failure is forgotten after each `memory`.
    """

    free: int
    cap: int
    memory: int
    first: int = SECOND

    @property
    def most(self) -> int:
        """How many failures lead to the longest delay; more are not counted."""
        doublings = (-(-self.cap // self.first) - 1).bit_length()
        return self.free + 1 + doublings

    def delay(self, failures: int) -> int:
        """How long the next attempt has to wait after so many failures."""
        paid = failures - self.free
        return min(self.first << (paid - 1), self.cap) if paid > 0 else 0

    def wait(self, tally: Tally, now: int) -> int:
        """How long nobody may try; 0 when somebody may."""
        # What lies further ahead than any delay was set by a clock that was wrong.
        return tally.next_at - now if now < tally.next_at <= now + self.cap else 0

    def failed(self, tally: Tally, now: int) -> Tally:
        """After one more failure."""
        clear_at = max(tally.clear_at, now) + self.memory
        failures = min(-(-(clear_at - now) // self.memory), self.most)
        delay = self.delay(failures)
        return tally._replace(
            clear_at=min(clear_at, now + self.memory * self.most),
            # Not `now` where nothing is to be waited for: another host's clock may be behind.
            next_at=now + delay if delay else 0,
        )

    def forgiven(self, tally: Tally, counted: Tally) -> Tally:
        """After what had made it `counted` turned out to be no failure."""
        is_last = tally.next_at == counted.next_at
        return tally._replace(
            clear_at=max(tally.clear_at - self.memory, 0), next_at=0 if is_last else tally.next_at
        )
