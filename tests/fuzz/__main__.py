"""Many more requests drawn at random than the suite draws, each held against what must hold.

    make fuzz
    make fuzz EXAMPLES=50000 SEED=7

So many examples of every test; the same seed draws the same again. The exit status is pytest's,
and a failure shows the smallest request that causes it.
"""

import argparse
import os
import sys

import pytest

from tests.fuzz import EXAMPLES


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--examples", type=int, default=5_000, help="of every test")
    parser.add_argument("--seed", type=int, help="of everything drawn; random when absent")
    options = parser.parse_args()
    seed = int.from_bytes(os.urandom(3), "big") if options.seed is None else options.seed
    os.environ[EXAMPLES] = str(options.examples)
    sys.stdout.write(f"seed={seed} examples={options.examples}\n")
    sys.stdout.flush()
    return pytest.main(["tests/fuzz", f"--hypothesis-seed={seed}", "--durations=0"])


if __name__ == "__main__":
    sys.exit(main())
