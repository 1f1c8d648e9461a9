"""What a page costs far from the front, and what each further row of it costs."""

from collections.abc import Mapping
from typing import Any

from benchmarks.bench.operations import OPERATIONS, SIZE, Call, People, public_pages
from benchmarks.bench.programs import Running
from benchmarks.bench.rounds import Load, Sample

DEEP = 10_000
"""The page far from the front, or the last one of a shorter list."""
LONG = 100
"""Rows of a long page."""


def depth(product: Running, people: People, rounds: int, seconds: float) -> dict[str, Any]:
    """The time of a request for a deep public page against one for the first, one at a time."""
    page = min(DEEP, len(people.public) // SIZE - 1)
    cursor, pk = people.cursor((page - 1) * SIZE - 1)
    first = [Call(token, {"first": SIZE}) for token in people.busy]
    deep = [Call(token, {"first": SIZE, "after": cursor}, pk) for token in people.busy]
    found = _in_turn(product, {"first": first, "deep": deep}, rounds, seconds, connections=1)
    milliseconds = [found[name].median_ms for name in ("deep", "first")]
    return {
        "page10000_vs_page1": round(milliseconds[0] / milliseconds[1], 2),
        "page": page,
        "page_ms": [round(each, 2) for each in milliseconds],
    }


def rows(product: Running, people: People, rounds: int, seconds: float) -> dict[str, Any]:
    """CPU of the product and PostgreSQL for each row that a public page has more."""
    short, long = public_pages(people), public_pages(people, LONG)
    found = _in_turn(product, {"short": short, "long": long}, rounds, seconds, connections=8)
    cpu = {name: each.cpu_ms for name, each in found.items()}
    return {"row_us": round(1000 * (cpu["long"] - cpu["short"]) / (LONG - SIZE), 2)}


def _in_turn(
    product: Running,
    calls: Mapping[str, list[Call]],
    rounds: int,
    seconds: float,
    *,
    connections: int,
) -> dict[str, Sample]:
    loads = {name: Load.of(product, OPERATIONS["b"], each) for name, each in calls.items()}
    samples: dict[str, list[Sample]] = {name: [] for name in calls}
    for number in range(rounds + 1):
        for name, load in loads.items():
            sample = load.run(seconds, connections=connections)
            # The first round warms up.
            if number:
                samples[name].append(sample)
    return {name: Sample.median(each) for name, each in samples.items()}
