"""The reference audits of GraphQL over HTTP, against a server that is started here or runs already.

    make audit
    make audit URL=http://127.0.0.1:8000/graphql
    make audit ARGS="--server up"
    make audit ARGS=--development

Prints each audit with its level and its result, and how many of each level passed. The exit status
is 1 when a MUST or a SHOULD fails, and 2 when the audits could not be run. Needs Node.js and npm.
"""

import argparse
import contextlib
import signal
import sys

from tests.audit.reference import REQUIRED, AuditError, Outcome, audit, is_good, tallies
from tests.audit.server import serving


def main() -> int:
    options = _options()
    try:
        with contextlib.ExitStack() as stack:
            url = options.url or stack.enter_context(
                serving(options.server, development=options.development)
            )
            outcomes = audit(url)
    except AuditError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for outcome in outcomes:
        sys.stdout.write(f"{_line(outcome)}\n")
    counts = ", ".join(f"{each.level} {each.passed} of {each.of}" for each in tallies(outcomes))
    sys.stdout.write(f"{counts}\n")
    return 0 if is_good(outcomes) else 1


def _line(outcome: Outcome) -> str:
    if outcome.passed:
        return f"passed  {outcome.id} {outcome.name}"
    result = "FAILED" if outcome.level in REQUIRED else "differs"
    return f"{result:7} {outcome.id} {outcome.name} ({outcome.reason})"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.audit",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--url", help="of an endpoint that runs; without it one is started")
    parser.add_argument("--server", choices=["serve", "up"], help="the command of manage.py")
    parser.add_argument("--development", action="store_true", help="DEBUG=true, which is `up`")
    options = parser.parse_args()
    options.server = options.server or ("up" if options.development else "serve")
    if options.development and options.server == "serve":
        parser.error("`serve` is for production: --development goes with --server up.")
    return options


if __name__ == "__main__":
    # A time limit's SIGTERM stops the server as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
