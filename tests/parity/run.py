"""Many cases, one after the other, up to the first that differs."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.parity.cases import Case, case
from tests.parity.exchange import Request
from tests.parity.reducing import reduced
from tests.parity.tally import Tally
from tests.parity.ways import Ways, all_rows
from tests.parity.world import World, settle


@dataclass(frozen=True)
class Failure:
    """What differs in which case; `request` is the smallest that differs, if it does so alone."""

    case: Case
    request: Request
    differences: list[str]

    def __str__(self) -> str:
        return "\n".join(
            (
                f"Differs: make parity SEED={self.case.seed} CASE={self.case.number}",
                f"body: {json.dumps(self.request.body, ensure_ascii=False)}",
                f"headers: {dict(self.request.headers)}{' tired' if self.request.tired else ''}",
                self.request.body["query"],
                *self.differences,
            )
        )


@dataclass
class Run:
    """What came of the cases so far."""

    ways: Ways
    world: World
    tally: Tally = field(default_factory=Tally)

    @classmethod
    def begun(cls) -> "Run":
        """In a database without rows; it goes on until the process ends."""
        ways = Ways().__enter__()
        return cls(ways, settle())

    def of(self, seed: int, numbers: Iterable[int]) -> Failure | None:
        """The first failure; a read that changed anything is one, too."""
        before = all_rows()
        for number in numbers:
            drawn = case(seed, number, self.world)
            for request in drawn.requests:
                differences, outcome = self.ways.differences(request)
                if differences:
                    return self._reduced(drawn, request, differences)
                self.tally.add(request, outcome)
        assert all_rows() == before, "something was changed by what was to change nothing"
        return None

    def _reduced(self, drawn: Case, request: Request, differences: list[str]) -> Failure:
        smallest = reduced(request, lambda each: bool(self.ways.differences(each)[0]))
        found, _ = self.ways.differences(smallest)
        # It may take the requests before it to see the difference.
        return Failure(drawn, smallest, found or differences)
