"""Requests that mean no good: the tests judge the answers, `benchmarks.hostile` what they cost."""

from tests.backend.hostile.bodies import bodies, tokens, types
from tests.backend.hostile.cursors import cursors
from tests.backend.hostile.documents import documents
from tests.backend.hostile.ids import ids
from tests.backend.hostile.limits import beyond_limits, within_limits
from tests.backend.hostile.request import Hostile, Outcome
from tests.backend.hostile.texts import strings
from tests.backend.hostile.values import values, variables

__all__ = ["HOSTILE", "Hostile", "Outcome"]

HOSTILE: tuple[Hostile, ...] = (
    *bodies(),
    *types(),
    *tokens(),
    *documents(),
    *beyond_limits(),
    *within_limits(),
    *strings(),
    *values(),
    *variables(),
    *ids(),
    *cursors(),
)
"""Each under a name of its own."""
