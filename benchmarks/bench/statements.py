"""How many SQL statements a request costs, as PostgreSQL itself has logged them.

The execution of a prepared statement counts as one, its preparation, once a connection, does not;
the beginning and the end of a transaction do not.
"""

import re
import time
from collections.abc import Iterator

import sqlparse

from benchmarks.bench import database
from benchmarks.bench.operations import Call, Operation
from benchmarks.bench.programs import Running

WARM_UP = 60
"""Requests before the count: every thread has its connection then, and what it prepares."""
CALLS = 40

ENTRY = re.compile(r"LOG:  (?:statement|execute [^:]+): ")
NOT_COUNTED = ("BEGIN", "START TRANSACTION", "COMMIT", "PREPARE")


def statements_of(program: Running, operation: Operation, calls: list[Call]) -> float:
    """Statements for each request of the operation, a whole number where all cost the same."""
    requests = [program.program.request(operation, call) for call in calls[: WARM_UP + CALLS]]
    for request in requests[:WARM_UP]:
        program.ask(request)
    log = database.log()
    database.log_statements("all")
    time.sleep(0.5)  # a backend looks for new settings before its next statement
    start = log.stat().st_size
    try:
        for request in requests[WARM_UP:]:
            program.ask(request)
    finally:
        text = log.read_bytes()[start:].decode(errors="replace")
        database.log_statements("none")
    counted = [each for each in _statements(text) if not each.upper().startswith(NOT_COUNTED)]
    return round(len(counted) / (len(requests) - WARM_UP), 2)


def _statements(log: str) -> Iterator[str]:
    """Each statement of a log, also those that were sent as one text."""
    # A statement's further lines begin with a tab.
    for line in log.replace("\n\t", " ").splitlines():
        entry = ENTRY.search(line)
        if entry:
            yield from sqlparse.split(line[entry.end() :])
