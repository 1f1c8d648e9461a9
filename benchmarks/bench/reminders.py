"""What reminders cost: the two programs that measure them, run for their figures."""

import json
import subprocess
import sys
from typing import Any

from benchmarks.backend import ROOT
from benchmarks.bench.scales import Scale

MOST_RATE = 10_000
"""The highest TELEGRAM_RATE, in messages a second: more than the machine can send."""

THREADS = 2
"""Of each worker process: more wait for each other where answers come at once."""


def ticks(scale: Scale) -> dict[str, Any]:
    """The idle tick among many habits against that among few, and the planning of what is due."""
    figures = _figures("benchmarks.planning", few=scale.few, many=scale.many, due=scale.due)
    return {
        "tick_1m_vs_10k": figures["idle_ratio"],
        "tick_ms": figures["idle_tick_ms"],
        "tick_habits": figures["habits"],
        "plan_us_per_due": figures["us_each"],
        "plan_due": figures["due"],
    }


def delivery(scale: Scale) -> dict[str, Any]:
    """Messages a second of two worker processes, through the ledger, against a bare loop's."""
    due = scale.reminders
    figures = _figures(
        "benchmarks.sending", "--bare", rate=MOST_RATE, due=due, chats=due, threads=THREADS
    )
    return {
        "delivery_vs_loop": figures["ratio_to_bare"],
        "delivery_per_second": figures["reached"],
        "delivery_bare_loop": figures["bare_loop"],
        "delivery_sent": figures["sent"],
    }


def _figures(program: str, *flags: str, **options: float) -> dict[str, Any]:
    """The last line of the program; its exit status says whether its own goals were reached."""
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    done = subprocess.run(
        [sys.executable, "-m", program, *flags, *arguments],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        check=False,
    )
    lines = done.stdout.splitlines()
    if not lines:
        raise RuntimeError(f"{program} ended with status {done.returncode}")
    figures: dict[str, Any] = json.loads(lines[-1])
    return figures
