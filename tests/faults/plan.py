"""What goes wrong when: drawn from a seed, so that a failure can be played again.

>>> plan(7, kills=2, seconds=10)[-1].kind in KILL_WEIGHTS
True
"""

import random
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """One fault. Workers are a parent and a child; plain names kill both at once."""

    SCHEDULER = "scheduler"
    PLANNER = "planner"
    PLANNER_CHILD = "planner_child"
    PLANNER_PARENT = "planner_parent"
    SENDER = "sender"
    SENDER_CHILD = "sender_child"
    SENDER_PARENT = "sender_parent"
    POSTGRES_DOWN = "postgres_down"
    POSTGRES_UP = "postgres_up"
    REDIS_FLUSH = "redis_flush"
    REDIS_DOWN = "redis_down"
    REDIS_UP = "redis_up"
    BOT_DOWN = "bot_down"
    BOT_UP = "bot_up"


KILL_WEIGHTS = {
    Kind.SCHEDULER: 20,
    Kind.PLANNER: 12,
    Kind.PLANNER_CHILD: 8,
    Kind.PLANNER_PARENT: 4,
    Kind.SENDER: 32,
    Kind.SENDER_CHILD: 16,
    Kind.SENDER_PARENT: 8,
}
"""How often each kind of kill -9 is drawn."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """`at` is in seconds from the start; `victim` says which of several, modulo their number."""

    at: float
    kind: Kind
    victim: int = 0


def plan(seed: int, *, kills: int, seconds: float) -> list[Fault]:
    """All faults of a run that long, in order: `kills` kill -9 and what is in due proportion."""
    draw = random.Random(f"{seed}:faults")  # noqa: S311  # nobody's secret
    kinds = draw.choices(list(KILL_WEIGHTS), list(KILL_WEIGHTS.values()), k=kills)
    faults = [Fault(draw.uniform(0, seconds), kind, draw.randrange(1000)) for kind in kinds]
    flushes = max(1, kills // 40)
    faults += [Fault(draw.uniform(0, seconds), Kind.REDIS_FLUSH) for _ in range(flushes)]
    faults += _absences(draw, Kind.POSTGRES_DOWN, Kind.POSTGRES_UP, kills // 75, seconds, (0, 1.5))
    faults += _absences(draw, Kind.REDIS_DOWN, Kind.REDIS_UP, kills // 150, seconds, (2, 8))
    faults += _absences(draw, Kind.BOT_DOWN, Kind.BOT_UP, kills // 100, seconds, (0.5, 2))
    return sorted(faults)


def _absences(
    draw: random.Random,
    down: Kind,
    up: Kind,
    count: int,
    seconds: float,
    length: tuple[float, float],
) -> list[Fault]:
    """`count`, at least one, of a length between the two; one in each equal part of the run."""
    parts = max(1, count)
    found = []
    for part in range(parts):
        away = min(draw.uniform(*length), seconds / parts)
        start = seconds / parts * part + draw.uniform(0, seconds / parts - away)
        found += [Fault(start, down), Fault(start + away, up)]
    return found
