"""What the drawn requests came to, so that nobody compares two ways of refusing everything."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.parity.exchange import Outcome, Request

LEAST = {
    "data": 0.5,
    "data, compiled": 0.3,
    "errors": 0.2,
    "errors beside data": 0.005,
    "mutations that ran": 0.2,
}
"""What share of the requests has to have what, at the least."""

ENOUGH = 250
"""Of fewer requests nothing is asked."""


@dataclass
class Tally:
    """Counts of requests, by what the answers hold; `codes` of errors, in all of them."""

    requests: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)

    def add(self, request: Request, outcome: Outcome) -> None:
        answer = outcome.answer
        data, errors = answer.get("data"), answer.get("errors", ())
        has_data = any(value is not None for value in (data or {}).values())
        self.requests += 1
        self.counts.update(
            name
            for name, holds in {
                "executed": "data" in answer,
                "data": has_data,
                "data, compiled": has_data and not outcome.by_core,
                "errors": bool(errors),
                "errors beside data": bool(errors) and _says_something(data),
                "errors inside lists": any(
                    isinstance(step, int) for error in errors for step in error.get("path", ())
                ),
                "unions of payloads": request.may_change and bool(data),
                "mutations that ran": bool(outcome.resolved),
                "several mutations": len(outcome.resolved) > 1,
                "variables": bool(request.body.get("variables")),
                "fragments": "fragment " in str(request.body["query"]),
                "directives": "@" in str(request.body["query"]),
            }.items()
            if holds
        )
        self.codes.update(error["extensions"]["code"] for error in errors)

    def merge(self, other: "Tally") -> None:
        self.requests += other.requests
        self.counts.update(other.counts)
        self.codes.update(other.codes)

    @property
    def shares(self) -> dict[str, float]:
        return {name: round(count / self.requests, 3) for name, count in self.counts.most_common()}

    @property
    def lacking(self) -> list[str]:
        """What there was too little of."""
        if self.requests < ENOUGH:
            return []
        return [
            f"only {self.shares.get(name, 0):.1%} of the requests have {name}"
            for name, least in LEAST.items()
            if self.shares.get(name, 0) < least
        ]


def _says_something(data: Any) -> bool:
    """Whether there is any value left, however deep."""
    if isinstance(data, dict):
        return any(map(_says_something, data.values()))
    if isinstance(data, list):
        return any(map(_says_something, data))
    return data is not None
