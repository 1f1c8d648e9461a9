"""A request, all that it left behind, and what differs between two such outcomes."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Rows = Mapping[str, Counter[str]]
"""Of every table the rows, each as the database writes it."""


@dataclass(frozen=True)
class Request:
    """One HTTP request. A `tired` address has used up what it may register and ask for."""

    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    tired: bool = False

    @property
    def may_change(self) -> bool:
        return "mutation" in str(self.body.get("query"))


@dataclass(frozen=True)
class Outcome:
    """All that one request left: its answer, what it logged, the mutations whose resolvers ran, in
    order, what waits for the commit, and every row; None where nothing was to change. `by_core`
    tells whether graphql-core executed it, and is nothing to compare.
    """

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    logged: tuple[str, ...]
    resolved: tuple[str, ...]
    deferred: tuple[str, ...]
    rows: Rows | None
    by_core: bool

    @property
    def answer(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.body)
        return answer


def compared(core: Outcome, compiled: Outcome) -> list[str]:
    """What differs, each in a line."""
    found = [
        f"{name}: {getattr(core, name)!r} by graphql-core, {getattr(compiled, name)!r} compiled"
        for name in ("status", "headers", "logged", "resolved", "deferred")
        if getattr(core, name) != getattr(compiled, name)
    ]
    if core.body != compiled.body:
        found.append(
            f"body:\n  graphql-core {core.body.decode()}\n  compiled     {compiled.body.decode()}"
        )
    theirs, ours = core.rows or {}, compiled.rows or {}
    for table in sorted({*theirs, *ours}):
        rows, others = theirs.get(table, Counter()), ours.get(table, Counter())
        found += [f"{table}: only by graphql-core {row}" for row in rows - others]
        found += [f"{table}: only compiled {row}" for row in others - rows]
    return found
