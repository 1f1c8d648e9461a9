"""Whether a web process grows: its memory after ever other requests against that before them."""

import random
import statistics
from typing import Any

from benchmarks.bench import database
from benchmarks.bench.operations import OPERATIONS, Call, People, new_habit
from benchmarks.bench.processes import tree
from benchmarks.bench.programs import Running, http_request
from benchmarks.bench.rounds import Load

DIFFERENT = 20_000
"""Requests, which come round again: more than any cache of documents holds."""
WARM_UP = 2000


def growth(product: Running, people: People, requests: int) -> dict[str, Any]:
    """The growth of the workers' resident memory, as a fraction, over so many requests."""
    # What is refused is an answer, too.
    load = Load(product, "", varied(people))
    newest = database.newest_habit()
    load.run_requests(WARM_UP)
    before = _memory(product)
    load.run_requests(requests)
    after = _memory(product)
    database.forget_habits_after(newest)
    return {
        "memory_growth": round(after / before - 1, 4),
        "memory_mib": [round(before, 1), round(after, 1)],
        "memory_requests": requests,
    }


def _memory(product: Running) -> float:
    """MiB of a worker, of the mean of them."""
    return statistics.mean(each.memory for each in tree(product.pid) if each.pid != product.pid)


def varied(people: People) -> list[str]:
    """All operations with all sizes of pages, documents that nobody has sent before, broken ones,
    and tokens of nobody.
    """
    draw = random.Random(11)  # noqa: S311  # no secret
    calls = {name: operation.calls(people) for name, operation in OPERATIONS.items()}

    def known(number: int) -> dict[str, Any]:
        name = draw.choice("aabbd")
        call = draw.choice(calls[name])
        size = draw.randint(1, 50)
        return OPERATIONS[name].body(call, {**call.variables, "first": size})

    def created(number: int) -> dict[str, Any]:
        call = Call("", {"input": new_habit(number)})
        return OPERATIONS["c"].body(call)

    def unknown(number: int) -> dict[str, Any]:
        fields = draw.sample(["action", "place", "time", "duration", "reward", "isPublic"], 3)
        document = f"query Q{number} {{ h{number}: habits(first: {number % 20 + 1}) {{ edges {{"
        return {"query": f"{document} node {{ id {' '.join(fields)} }} }} }} }}"}

    def broken(number: int) -> dict[str, Any]:
        return {"query": f"{{ habits {{ edges {{ node {{ nothing{number} }} }} }} }}"}

    kinds = draw.choices((known, created, unknown, broken), (70, 3, 22, 5), k=DIFFERENT)
    tokens = [*people.makers, "of.nobody.at-all"]
    return [
        http_request(
            "POST",
            "/graphql",
            draw.choice(tokens if kind is created else people.busy),
            kind(number),
        )
        for number, kind in enumerate(kinds)
    ]
