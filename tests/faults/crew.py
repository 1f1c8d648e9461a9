"""A supervisor with its processes: what dies is started again."""

import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults.processes import Process, Role

RESPAWN = 0.5
"""Seconds from a death to the next start; a supervisor's usual haste."""


@dataclass
class Place:
    """A process that there is to be, and since when it is missing."""

    role: Role
    log: Path
    process: Process
    dead_since: float | None = None


class Crew:
    """Runs `counts` processes of each role, from the call until `close`."""

    def __init__(
        self, counts: dict[Role, int], *, logs: Path, settings: dict[str, str], threads: int
    ) -> None:
        self._settings = settings
        self._threads = threads
        self._places: list[Place] = []
        for role, count in counts.items():
            for number in range(count):
                log = logs / f"{role}-{number}.log"
                self._places.append(Place(role, log, self._started(role, log)))

    def tend(self) -> None:
        """Starts what has been dead for long enough; to be called often."""
        for place in self._places:
            if place.process.is_alive:
                continue
            now = time.monotonic()
            if place.dead_since is None:
                place.dead_since = now
            elif now - place.dead_since >= RESPAWN:
                place.process.end()
                place.process = self._started(place.role, place.log)
                place.dead_since = None

    def living(self, role: Role) -> list[Process]:
        """The processes of a role that run."""
        return [
            place.process for place in self._places if place.role is role and place.process.is_alive
        ]

    def close(self) -> None:
        """Ends them all."""
        for place in self._places:
            place.process.end()

    def _started(self, role: Role, log: Path) -> Process:
        return Process(role, log, self._settings, self._threads)
