"""Interleaved rounds: each operation in each program for a moment, again and again."""

import json
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from benchmarks.backend import ROOT
from benchmarks.bench import database
from benchmarks.bench.operations import Call, Operation
from benchmarks.bench.processes import cpu_of
from benchmarks.bench.programs import Running

CONNECTIONS = 16
WARM_UP_SECONDS = 1.0
LONGEST_SECONDS = 24 * 60 * 60.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What one program did in one moment. CPU is in ms a request: the program's processes, those of
    PostgreSQL, and the load's own."""

    per_second: float
    median_ms: float
    p99_ms: float
    program_ms: float
    postgresql_ms: float
    load_ms: float

    @property
    def cpu_ms(self) -> float:
        """Of the program and PostgreSQL together."""
        return self.program_ms + self.postgresql_ms

    @classmethod
    def median(cls, samples: Iterable["Sample"]) -> "Sample":
        samples = list(samples)
        return cls(
            *(
                statistics.median(getattr(sample, name) for sample in samples)
                for name in cls.__dataclass_fields__
            )
        )


class Load:
    """Requests that one program can be put under, in turn, whoever comes next."""

    def __init__(self, program: Running, mark: str, requests: list[str], status: str = "200"):
        self.program, self._mark, self._status = program, mark, status
        self._requests = json.dumps(requests)
        self._next = 0

    @classmethod
    def of(cls, program: Running, operation: Operation, calls: list[Call]) -> "Load":
        """Calls of an operation that the program has."""
        status = program.program.created if operation.name == "c" else "200"
        requests = [program.program.request(operation, call) for call in calls]
        return cls(program, operation.mark, requests, status)

    def run(self, seconds: float, *, connections: int = CONNECTIONS) -> Sample:
        """As many requests as are answered in that time. Raises where an answer is not good."""
        return self._run(seconds, 0, connections)

    def run_requests(self, requests: int) -> Sample:
        """So many requests, however long they take."""
        return self._run(LONGEST_SECONDS, requests, CONNECTIONS)

    def _run(self, seconds: float, most: int, connections: int) -> Sample:
        pid, postmaster = self.program.pid, database.postmaster()
        before = cpu_of(pid), cpu_of(postmaster)
        given = (
            self.program.port,
            connections,
            seconds,
            most,
            self._next,
            self._mark,
            self._status,
        )
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.bench.load", *map(str, given)],
            cwd=ROOT,
            input=self._requests,
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{self.program.program.name}: {done.stderr}")
        after = cpu_of(pid), cpu_of(postmaster)
        figures = json.loads(done.stdout)
        self._next = figures["next"]
        requests = figures["requests"]
        return Sample(
            per_second=figures["per_second"],
            median_ms=figures["median_ms"],
            p99_ms=figures["p99_ms"],
            program_ms=1000 * (after[0] - before[0]) / requests,
            postgresql_ms=1000 * (after[1] - before[1]) / requests,
            load_ms=figures["load_cpu_ms"],
        )


def measure(
    operations: Mapping[str, tuple[Operation, list[Call]]],
    programs: Mapping[str, Running],
    rounds: int,
    seconds: float,
) -> dict[str, dict[str, Sample]]:
    """The medians of each program, by operation."""
    loads = {
        (name, program): Load.of(running, operation, calls)
        for name, (operation, calls) in operations.items()
        for program, running in programs.items()
        if name in running.program.operations
    }
    newest = database.newest_habit()
    for load in loads.values():
        load.run(WARM_UP_SECONDS)
    database.forget_habits_after(newest)
    samples = defaultdict(list)
    for number in range(rounds):
        # Nobody is always the one after the same other.
        order = sorted(loads, key=lambda key: (key[0], _turn(key[1], list(programs), number)))
        for key in order:
            samples[key].append(loads[key].run(seconds))
            if key[0] == "c":
                database.forget_habits_after(newest)
    found: dict[str, dict[str, Sample]] = defaultdict(dict)
    for (name, program), each in samples.items():
        found[name][program] = Sample.median(each)
    return found


def _turn(program: str, programs: list[str], number: int) -> int:
    return (programs.index(program) + number) % len(programs)
