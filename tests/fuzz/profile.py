"""How many examples a fuzz test draws."""

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings

from tests.fuzz import EXAMPLES

CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
"""Not made here: callers live through all examples, and large documents are what is wanted."""


def examples(in_the_suite: int) -> Callable[[Any], Any]:
    """Decorates a test: in the suite so many examples, and always the same."""
    wanted = os.environ.get(EXAMPLES)
    return settings(
        max_examples=int(wanted) if wanted else in_the_suite,
        derandomize=not wanted,
        database=None,
        deadline=None,
        suppress_health_check=CHECKS,
    )
