"""`make parity N=10000 SEED=7`: requests drawn at random, compiled and through graphql-core alone.

So many cases, each a document and some requests for it; `CASE=12` is only the one of that number.
The last line is a JSON object with what the requests came to. The exit status is 0 when every
answer and every row was the same in both ways, and enough of the requests had data.
"""

import argparse
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.parity.tally import Tally
from tests.parity.worker import compare, settle
from tests.wheel_servers import postgresql, valkey

BATCH = 50
"""Cases that a process takes at once."""

PROGRESS = 20
"""Batches between two lines that tell how it goes."""


def main() -> int:
    options = _options()
    numbers = range(options.n) if options.case is None else [options.case]
    _say(f"seed={options.seed} cases={len(numbers)}")
    started = time.monotonic()
    tally, failure = _compared(options.seed, numbers, started)
    lacking = tally.lacking if failure is None else []
    for line in (failure, *lacking):
        if line:
            _say(line)
    figures = {
        "seed": options.seed,
        "cases": len(numbers),
        "requests": tally.requests,
        "different": int(failure is not None),
        "seconds": round(time.monotonic() - started, 1),
        "shares": tally.shares,
        "codes": dict(tally.codes.most_common()),
    }
    _say(json.dumps(figures))
    return 1 if failure or lacking else 0


def _compared(seed: int, numbers: Sequence[int], started: float) -> tuple[Tally, str | None]:
    """What came of the cases up to the first failure, and that."""
    tally = Tally()
    context = multiprocessing.get_context("spawn")
    with postgresql() as database_url, valkey() as redis_url:
        given = (context.Value("i", 0), database_url, redis_url)
        processes = ProcessPoolExecutor(os.cpu_count(), context, settle, given)
        try:
            batches = (numbers[at : at + BATCH] for at in range(0, len(numbers), BATCH))
            begun = [processes.submit(compare, seed, batch) for batch in batches]
            for done, batch in enumerate(as_completed(begun), start=1):
                came, failure = batch.result()
                tally.merge(came)
                if failure is not None:
                    return tally, failure
                if done % PROGRESS == 0:
                    _say(f"{done * BATCH} cases, {time.monotonic() - started:.0f} s")
        finally:
            processes.shutdown(cancel_futures=True)
    return tally, None


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.parity", description=__doc__)
    parser.add_argument("--n", type=int, default=10_000, help="cases")
    parser.add_argument("--seed", type=int, help="of everything that is drawn; random when absent")
    parser.add_argument("--case", type=int, help="the number of the only case")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = int.from_bytes(os.urandom(3), "big")
    return options


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
