"""Every zone, every change of clocks of the years in `rules`, every minute of the day.

    python -m tests.zones

Prints how far it is now and then, the first wrong answers, and last one JSON object with counts:
`zones` by name, `distinct` by their rules, `transitions` of the distinct ones, answers `compared`
and `wrong`. Ends with status 1 when there are any wrong ones. Uses every core.
"""

import json
import multiprocessing
import sys
import time
import zoneinfo

from tests.zones.checks import Findings, check, check_aliases
from tests.zones.rules import NAMES, Rules, all_zones, ordinary_day

Task = tuple[str, Rules, int]
"""A zone, its rules, and the POSIX second of a change or on an ordinary day."""

STEPS = 10
"""Lines of progress."""


def main() -> int:
    started = time.monotonic()
    zoneinfo.reset_tzpath(())
    zones = all_zones()
    tasks = [
        (names[0], rules, moment)
        for rules, names in zones.items()
        for moment in rules.changes() or [ordinary_day(rules)]
    ]
    findings = Findings()
    for rules, names in zones.items():
        findings.add(check_aliases(names, rules))
    with multiprocessing.Pool(initializer=zoneinfo.reset_tzpath, initargs=((),)) as workers:
        for done, found in enumerate(workers.imap_unordered(_check, tasks, chunksize=2), start=1):
            findings.add(found)
            if done * STEPS // len(tasks) > (done - 1) * STEPS // len(tasks):
                _say(f"{done} of {len(tasks)} weeks, {time.monotonic() - started:.0f} s")
    for line in findings.shown:
        _say(f"WRONG {line}")
    summary = {
        "zones": len(NAMES),
        "distinct": len(zones),
        "transitions": sum(len(rules.changes()) for rules in zones),
        "compared": findings.compared,
        "wrong": findings.wrong,
        "seconds": round(time.monotonic() - started, 1),
    }
    _say(json.dumps(summary))
    return 1 if findings.wrong else 0


def _check(task: Task) -> Findings:
    return check(*task, range(24 * 60))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
