"""The product against its twins, and what else the promises of speed rest on.

    make bench [SCALE=small] [ARGS="--only a,b --rounds 3 --seconds 1"]

`benchmarks/README.md` says what is measured and how to read it. The last line is one JSON object.
"""

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from benchmarks.backend import backend
from benchmarks.bench.scales import SCALES, Scale

OPERATIONS = ("a", "b", "c", "d")
MAKERS = 5000
"""People who make the habits of (c): so many that nobody gets a thousand."""


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def compare(
    scale: Scale, environment: dict[str, str], only: list[str], names: list[str]
) -> dict[str, Any]:
    """Fills the database, starts the programs, and answers the figures of the named operations."""
    from benchmarks.bench import population
    from benchmarks.bench.agreement import check
    from benchmarks.bench.operations import OPERATIONS as ALL
    from benchmarks.bench.operations import People
    from benchmarks.bench.programs import PROGRAMS, Running, running
    from benchmarks.bench.report import ratios, table
    from benchmarks.bench.rounds import measure
    from benchmarks.bench.statements import statements_of

    say(f"{scale.people:,} people and {scale.habits:,} habits")
    population.fill(scale)
    people = People(scale, MAKERS)
    with contextlib.ExitStack() as stack:
        programs: Mapping[str, Running] = {
            name: stack.enter_context(running(PROGRAMS[name], environment)) for name in names
        }
        operations = {name: (ALL[name], ALL[name].calls(people)) for name in only if name in ALL}
        say("the programs answer the same")
        for operation, calls in operations.values():
            check(operation, calls, programs)
        say(f"{scale.rounds} rounds of {scale.seconds:g} s each")
        found = measure(operations, programs, scale.rounds, scale.seconds)
        print(table(found), flush=True)
        return {
            name: ratios(found[name], statements_of(programs["product"], *operations[name]))
            for name in operations
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", choices=SCALES, default="full")
    parser.add_argument("--only", default=",".join(OPERATIONS), help="such as a,b")
    parser.add_argument("--programs", default="product,floor,floor_prepared,rest,plain")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="of an operation in a program in a round")
    given = parser.parse_args()
    scale = SCALES[given.scale]
    scale = replace(
        scale,
        rounds=given.rounds or scale.rounds,
        seconds=given.seconds or scale.seconds,
    )
    with backend() as environment:
        figures = compare(scale, environment, given.only.split(","), given.programs.split(","))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
