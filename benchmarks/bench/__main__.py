"""The product against its twins, and what else the promises of speed rest on.

    make bench [SCALE=small] [ARGS="--only a,b --rounds 3 --seconds 1"]

`benchmarks/README.md` says what is measured and how to read it. The last line is one JSON object.
"""

import argparse
import contextlib
import json
import os
import signal
import sys
import time
from dataclasses import replace
from typing import Any

from benchmarks.backend import backend
from benchmarks.bench import reminders
from benchmarks.bench.scales import SCALES, Scale

OPERATIONS = ("a", "b", "c", "d")
OF_THE_PRODUCT = ("pages", "rows", "memory")
REMINDERS = ("ticks", "delivery")
PROGRAMS = ("product", "floor", "floor_prepared", "rest", "plain")

MAKERS = 5000
"""People who make the habits of (c): so many that nobody gets a thousand."""


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def requests(
    scale: Scale, environment: dict[str, str], wanted: list[str], names: list[str]
) -> dict[str, Any]:
    """Fills the database, starts the programs, and answers the figures that are wanted."""
    # They need the settings that `backend` has set up.
    from benchmarks.bench import memory, operations, pages, population, programs
    from benchmarks.bench.agreement import check, check_tokens
    from benchmarks.bench.report import ratios, table
    from benchmarks.bench.rounds import measure
    from benchmarks.bench.statements import statements_of

    say(f"{scale.people:,} people and {scale.habits:,} habits")
    population.fill(scale)
    people = operations.People(scale, MAKERS)
    measured = {
        name: (operation, operation.calls(people))
        for name, operation in operations.OPERATIONS.items()
        if name in wanted
    }
    figures: dict[str, Any] = {}
    with contextlib.ExitStack() as stack:
        running = {
            name: stack.enter_context(programs.running(programs.PROGRAMS[name], environment))
            for name in names
        }
        product = running["product"]
        if measured:
            say("do all programs answer the same?")
            for operation, calls in measured.values():
                check(operation, calls, running)
                check_tokens(operation, calls[0], population.bad_tokens_of(1), running)
            say(f"{scale.rounds} rounds of {scale.seconds:g} s for each operation of each program")
            found = measure(measured, running, scale.rounds, scale.seconds)
            print(table(found), flush=True)
            for name, (operation, calls) in measured.items():
                figures[name] = ratios(found[name], statements_of(product, operation, calls))
        if "pages" in wanted:
            say("the page far from the front")
            figures |= pages.depth(product, people, scale.rounds, scale.seconds)
        if "rows" in wanted:
            say("the further rows of a page")
            figures |= pages.rows(product, people, scale.rounds, scale.seconds)
        if "memory" in wanted:
            say(f"memory over {scale.varied:,} varied requests")
            figures |= memory.growth(product, people, scale.varied)
    return figures


def main() -> None:
    every = (*OPERATIONS, *OF_THE_PRODUCT, *REMINDERS)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--scale", choices=SCALES, default="full")
    parser.add_argument("--only", default=",".join(every), help=f"some of {','.join(every)}")
    parser.add_argument("--programs", default=",".join(PROGRAMS), help="product and some others")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="of an operation in a program in a round")
    parser.add_argument("--varied", type=int, help="requests between the two looks at the memory")
    given = parser.parse_args()
    wanted, names = given.only.split(","), given.programs.split(",")
    if not set(wanted) <= set(every):
        parser.error(f"--only takes {', '.join(every)}.")
    if "product" not in names or not set(names) <= set(PROGRAMS):
        parser.error(f"--programs takes product and any of {', '.join(PROGRAMS[1:])}.")
    scale = SCALES[given.scale]
    scale = replace(
        scale,
        rounds=given.rounds or scale.rounds,
        seconds=given.seconds or scale.seconds,
        varied=given.varied or scale.varied,
    )
    # A time limit's SIGTERM ends the run as Ctrl-C does, so that the servers are stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Others' work on the same machine makes each figure of time worth less.
    figures: dict[str, Any] = {"load_average": os.getloadavg()[0]}
    if not set(wanted) <= set(REMINDERS):
        with backend() as environment:
            figures |= requests(scale, environment, wanted, names)
    if "ticks" in wanted:
        say(f"ticks among {scale.few:,} and {scale.many:,} habits, and {scale.due:,} due at once")
        figures |= reminders.ticks(scale)
    if "delivery" in wanted:
        say(f"{scale.reminders:,} reminders through the ledger")
        figures |= reminders.delivery(scale)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
