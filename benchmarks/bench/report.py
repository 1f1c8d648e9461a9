"""The table for people, and the figures for programs."""

from collections.abc import Mapping
from typing import Any

from benchmarks.bench.rounds import Sample

AGAINST = ("floor", "rest", "plain", "floor_prepared")
HEAD = (
    "",
    "program",
    "requests/s",
    "product's",
    "of CPU",
    "ms",
    "p99 ms",
    "CPU ms",
    "+ PostgreSQL",
    "load",
)


def table(found: Mapping[str, Mapping[str, Sample]]) -> str:
    """A line for each program of each operation.

    `product's` are the product's requests a second against the program's, and `of CPU` is the same
    of requests for each second of CPU; `load` is the generator's own CPU a request.
    """
    rows = [HEAD]
    for name, samples in found.items():
        for program, sample in samples.items():
            product = samples["product"]
            rows.append(
                (
                    f"({name})",
                    program,
                    f"{sample.per_second:.0f}",
                    f"{product.per_second / sample.per_second:.2f}",
                    f"{sample.cpu_ms / product.cpu_ms:.2f}",
                    f"{sample.median_ms:.2f}",
                    f"{sample.p99_ms:.1f}",
                    f"{sample.program_ms:.2f}",
                    f"{sample.postgresql_ms:.2f}",
                    f"{sample.load_ms:.3f}",
                )
            )
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(
            text.ljust(width) if column < 2 else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def ratios(samples: Mapping[str, Sample], sql: float) -> dict[str, Any]:
    """The product's requests a second against each other's; null against one without the operation.

    CPU is in ms a request, of the program's processes and PostgreSQL's.
    """
    product = samples["product"]
    found: dict[str, Any] = {
        f"vs_{name}": round(product.per_second / samples[name].per_second, 3)
        if name in samples
        else None
        for name in AGAINST
    }
    return {
        **found,
        "sql": int(sql) if sql == int(sql) else sql,
        "per_second": round(product.per_second),
        "cpu_ms": {name: round(sample.cpu_ms, 3) for name, sample in samples.items()},
    }
