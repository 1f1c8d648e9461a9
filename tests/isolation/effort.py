"""How much a state machine does: the same few lives in every run of the tests, or many new ones.

In the environment, ISOLATION_TIMES multiplies the lives, ISOLATION_FRESH=yes draws them anew in
each run (Hypothesis then prints how to play a failure again), and ISOLATION_SHRINK=no leaves a
failure as long as it was found.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

TIMES = int(os.environ.get("ISOLATION_TIMES", "1"))
FRESH = os.environ.get("ISOLATION_FRESH", "no") == "yes"
SHRINK = os.environ.get("ISOLATION_SHRINK", "yes") != "no"


def run(
    machine: Callable[[], RuleBasedStateMachine], tally: Counter[str], *, lives: int, steps: int
) -> None:
    """Runs `lives` of `machine`, times ISOLATION_TIMES; `tally` counts their steps by name.

    What was done is printed (`pytest -s` shows it), and has to be worth the name.
    """
    phases = (Phase.explicit, Phase.generate, *((Phase.shrink,) if SHRINK else ()))
    run_state_machine_as_test(
        machine,  # type: ignore[arg-type]  # a function that makes one is documented to do
        settings=settings(
            max_examples=lives * TIMES,
            stateful_step_count=steps,
            derandomize=not FRESH,
            database=None,
            deadline=None,
            phases=phases,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    told = ", ".join(f"{name} {count}" for name, count in sorted(tally.items()))
    sys.stdout.write(f"\n{tally.total()} steps: {told}\n")
    assert tally.total() >= lives * TIMES * steps // 2
