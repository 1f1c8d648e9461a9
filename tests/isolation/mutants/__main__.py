"""`make mutants`: takes each permission check away in turn, and the state machines have to notice.

Works in copies of the tree, two at a time, on one PostgreSQL and one Valkey; a DATABASE_URL or
REDIS_URL given to the process wins. A mutant is killed when an assertion of a machine fails; one
that only makes the server crash proves nothing and counts as broken. Ends with status 1 when one
survived or was broken, when a check has no mutant, or when the machines fail on the code as it is.
"""

import argparse
import contextlib
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.isolation.mutants.catalogue import MUTANTS, ROOT, Mutant
from tests.isolation.mutants.checks import uncovered
from tests.wheel_servers import postgresql, valkey

WORKERS = 2
TIME_LIMIT = 900
"""Seconds for one run of the machines, which take some ten, and a long one some minutes."""

EFFORTS = (3, 20)
"""Times the lives of the tests, which have little time: who survives the first gets the second, and
with it more chances to do the one thing in the one order that shows it."""

COPIED = ("accounts", "habits", "notifications", "backend", "tests")
FILES = ("manage.py", "pyproject.toml", "schema.graphql")
TOKENS = "tests/isolation/test_any_token_life.py"
MIXTURE = "tests/isolation/test_any_mixture.py"
PASSED, FAILED = 0, 1
"""pytest's exit statuses; others mean that it could not run the tests."""


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant: `killed`, `survived` or `broken`, by what, in how many seconds."""

    mutant: Mutant
    outcome: str
    reason: str
    seconds: float

    def __str__(self) -> str:
        what = f"{self.outcome:8} {self.mutant.removes} ({self.mutant.file}, {self.seconds:.0f} s)"
        return f"{what}\n         {self.reason}" if self.reason else what


@dataclass(frozen=True)
class Bench:
    """A copy of the tree with a database of its own, in which one mutant at a time lives."""

    tree: Path
    environment: dict[str, str]
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def run(self, *tests: str, times: int = EFFORTS[0]) -> tuple[int, str]:
        """pytest's status and output for these tests; they stop at the first failure."""
        arguments = ["-x", "-q", "--tb=short", "--reuse-db", "-p", "no:cacheprovider", *tests]
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=self.tree,
            env={**self.environment, "ISOLATION_TIMES": str(times)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.running.append(process)
        try:
            output, _ = process.communicate(timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            output = f"{process.communicate()[0]}\nIt took over {TIME_LIMIT} s."
        return process.returncode, output

    def judge(self, mutant: Mutant) -> Verdict:
        path, began = self.tree / mutant.file, time.monotonic()
        source = path.read_text()
        path.write_text(mutant.mutated(source))
        # The machine that is nearer to the check goes first.
        tests = (TOKENS, MIXTURE) if mutant.file.startswith("accounts") else (MIXTURE, TOKENS)
        for times in EFFORTS:
            status, output = self.run(*tests, times=times)
            if status != PASSED:
                break
        path.write_text(source)
        outcome = {PASSED: "survived", FAILED: "killed"}.get(status, "broken")
        reason = "" if outcome == "survived" else _reason(output)
        if outcome == "killed" and not reason.startswith(("Assertion", "assert")):
            outcome = "broken"
        return Verdict(mutant, outcome, reason, time.monotonic() - began)


def main() -> int:
    options = _options()
    chosen = [mutant for mutant in MUTANTS if options.only in mutant.removes]
    for mutant in MUTANTS:
        mutant.mutated((ROOT / mutant.file).read_text())
    bare = uncovered(ROOT, MUTANTS)
    for check in bare:
        _say(f"no mutant {check}")
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        benches = list(_benches(stack, fresh=options.fresh))
        pool = ThreadPoolExecutor(WORKERS)
        stack.callback(_end, pool, benches)
        for status, output in pool.map(lambda bench: bench.run(MIXTURE, TOKENS), benches):
            if status != PASSED:
                _say(f"The machines fail on the code as it is:\n{output}")
                return 1
        verdicts = []
        for verdict in _judged(pool, benches, chosen):
            verdicts.append(verdict)
            _say(f"{len(verdicts):3}/{len(chosen)} {verdict}")
    killed = sum(verdict.outcome == "killed" for verdict in verdicts)
    for verdict in verdicts:
        if verdict.outcome != "killed":
            _say(f"{verdict.outcome.upper()}: {verdict.mutant.removes}")
    _say(
        f"{killed} of {len(chosen)} mutants killed, {len(bare)} checks without a mutant,"
        f" {time.monotonic() - began:.0f} s"
    )
    return 0 if killed == len(chosen) and not bare else 1


def _judged(
    pool: ThreadPoolExecutor, benches: list[Bench], mutants: list[Mutant]
) -> Iterator[Verdict]:
    free: queue.SimpleQueue[Bench] = queue.SimpleQueue()
    for bench in benches:
        free.put(bench)

    def judge(mutant: Mutant) -> Verdict:
        bench = free.get()
        try:
            return bench.judge(mutant)
        finally:
            free.put(bench)

    yield from pool.map(judge, mutants)


def _end(pool: ThreadPoolExecutor, benches: list[Bench]) -> None:
    """Ends what still runs, so that an interrupted run leaves nothing behind."""
    pool.shutdown(wait=False, cancel_futures=True)
    for bench in benches:
        for process in bench.running:
            if process.poll() is None:
                process.terminate()
    pool.shutdown()


def _benches(stack: contextlib.ExitStack, *, fresh: bool) -> Iterator[Bench]:
    database = os.environ.get("DATABASE_URL") or stack.enter_context(postgresql())
    redis = os.environ.get("REDIS_URL") or stack.enter_context(valkey())
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mutants-")))
    for number in range(WORKERS):
        tree, url = folder / str(number), urlsplit(database)
        for name in COPIED:
            ignored = shutil.ignore_patterns("__pycache__", "static")
            shutil.copytree(ROOT / name, tree / name, ignore=ignored)
        for name in FILES:
            shutil.copy(ROOT / name, tree / name)
        yield Bench(
            tree,
            {
                **os.environ,
                "DATABASE_URL": url._replace(path=f"{url.path}_mutants_{number}").geturl(),
                "REDIS_URL": redis,
                "ISOLATION_SHRINK": "no",
                "ISOLATION_FRESH": "yes" if fresh else "no",
                # A mutant may be as long as the code, and written in the same second.
                "PYTHONDONTWRITEBYTECODE": "1",
            },
        )


def _reason(output: str) -> str:
    """The first line of pytest's that says what went wrong."""
    if "ServerBroke" in output:
        return "the server broke"
    # Of several failures that were found, each is told inside of a group.
    found = re.search(
        r"^[\s|]*E\s+(?!\+)(?:\| *)?((?:Assertion|assert|\w+Error).*)", output, re.MULTILINE
    )
    return found[1][:160] if found else output[-300:]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.isolation.mutants", description=__doc__)
    parser.add_argument("--only", default="", help="mutants with this in their names")
    parser.add_argument("--fresh", action="store_true", help="lives that are drawn anew each time")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _stop(*_signal: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
