"""What a tick costs: nothing due among 10,000 and 1,000,000 habits, and 100,000 due at once.

    python -m benchmarks.planning [--few 10000] [--many 1000000] [--due 100000]

Everything is measured in one run, on one PostgreSQL. The last line is one JSON object; the exit
status is 1 when the idle ticks' ratio is over 1.5, or the planning takes more than 10 seconds.
"""

import argparse
import datetime
import json
import multiprocessing
import resource
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import django

from benchmarks.backend import backend

NOW = datetime.datetime(2026, 7, 1, 5, 30, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
ROUNDS = 300

MOST_IDLE_RATIO = 1.5
MOST_PLANNING_SECONDS = 10


def idle_tick() -> float:
    """Milliseconds that a tick takes when nothing is due: the median of many."""
    from notifications.actors import tick

    def once() -> float:
        start = time.perf_counter()
        tick()
        return time.perf_counter() - start

    return statistics.median(once() for _ in range(ROUNDS)) * 1000


def plan() -> tuple[int, float, float]:
    """Plans what is due; answers how many, the process's seconds of CPU, and the MB it grew by."""
    from notifications.planning import plan_due

    memory, cpu = _peak_memory(), time.process_time()
    planned = plan_due(NOW)
    return planned, time.process_time() - cpu, _peak_memory() - memory


def _peak_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _boot() -> None:
    django.setup()


def plan_with(processes: int) -> tuple[float, list[tuple[int, float, float]]]:
    """Seconds until so many planners, started together, have planned everything; what each did."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn, initializer=_boot) as pool:
        # Each has booted and is connected before the clock starts.
        list(pool.map(time.sleep, [1] * processes))
        start = time.perf_counter()
        shares = [pool.submit(plan) for _ in range(processes)]
        done = [share.result() for share in shares]
        return time.perf_counter() - start, done


def measure(*, few: int = 10_000, many: int = 1_000_000, due: int = 100_000) -> dict[str, Any]:
    """One run, as the command line's options say; answers the figures."""
    # Far away, so that the plain ticks of the idle part find nothing.
    far = datetime.datetime.now(datetime.UTC) + 365 * DAY
    with backend():
        from benchmarks.people import make_habits

        make_habits(few, far, people=few // 10)
        idle = [idle_tick()]
        rest = many - few
        make_habits(rest, far, people=rest // 10, first_chat=10**9)
        idle.append(idle_tick())
        make_habits(due, NOW, people=due // 10, first_chat=2 * 10**9)
        alone, (share,) = plan_with(1)
        make_habits(due, NOW, people=due // 10, first_chat=3 * 10**9)
        together, shares = plan_with(2)
    return {
        "habits": [few, many],
        "idle_tick_ms": [round(each, 3) for each in idle],
        "idle_ratio": round(idle[1] / idle[0], 2),
        "due": share[0],
        "planned_in_s": round(alone, 2),
        "us_each": round(alone / share[0] * 1e6, 1),
        "python_us_each": round(share[1] / share[0] * 1e6, 1),
        "memory_grew_by_mb": round(share[2], 1),
        "planned_by_two_in_s": round(together, 2),
        "shares_of_two": [each[0] for each in shares],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=100_000)
    figures = measure(**vars(parser.parse_args()))
    print(json.dumps(figures))
    is_slow = figures["planned_in_s"] > MOST_PLANNING_SECONDS
    if figures["idle_ratio"] > MOST_IDLE_RATIO or is_slow:
        sys.exit(1)


if __name__ == "__main__":
    main()
