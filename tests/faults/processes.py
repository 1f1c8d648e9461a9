"""The processes of production, started as README says, and ended by their numbers."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from enum import StrEnum
from pathlib import Path

from tests.servers import ENVIRONMENT

ROOT = Path(__file__).resolve().parents[2]


class Role(StrEnum):
    """What a process is there for."""

    SCHEDULER = "scheduler"
    PLANNER = "planner"
    SENDER = "sender"


READY = {
    Role.SCHEDULER: "Scheduling Actor(tick)",
    Role.PLANNER: "Worker process is ready",
    Role.SENDER: "Worker process is ready",
}
"""What a process logs once it works."""


class Part(StrEnum):
    """Of a worker: the parent, which serves nobody but is what a supervisor sees, or the child."""

    ALL = "all"
    PARENT = "parent"
    CHILD = "child"


def command(role: Role, threads: int = 4) -> list[str]:
    """The command line; `threads` is how many a sender has."""
    if role is Role.SCHEDULER:
        periodiq = Path(sys.executable).with_name("periodiq")
        return [str(periodiq), "-v", "django_dramatiq.setup", "notifications.actors"]
    queue, number = ("tick", 1) if role is Role.PLANNER else ("deliver", threads)
    worker = [sys.executable, "manage.py", "rundramatiq", "--processes", "1"]
    return [*worker, "--threads", str(number), "--queues", queue]


def environment(**given: str) -> dict[str, str]:
    """The environment of production, with what differs given by name."""
    settings = {"DJANGO_SETTINGS_MODULE": "backend.settings", **given}
    return {**os.environ, **ENVIRONMENT, **settings}


class Process:
    """One process with its children; all that it logs goes to the end of `log`."""

    def __init__(self, role: Role, log: Path, given: dict[str, str], threads: int = 4) -> None:
        self.role = role
        self.log = log
        self._log_from = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command(role, threads),
                cwd=ROOT,
                env=environment(**given),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A group of its own: a Ctrl-C does not reach it, and it can be ended as a whole.
                start_new_session=True,
            )
        self.pid = self._popen.pid
        self._is_orphaned = False

    @property
    def is_alive(self) -> bool:
        """Whether the process that was started runs; once it does not, its children do not."""
        if self._is_orphaned:
            return False
        if self._popen.poll() is None:
            return True
        self._kill_group()
        return False

    @property
    def output(self) -> str:
        """What it has logged."""
        return self.log.read_bytes()[self._log_from :].decode(errors="replace")

    def wait_until_ready(self, seconds: float = 30) -> None:
        """Waits until it works; raises `TimeoutError` with what it logged instead."""
        self.wait_for_log(READY[self.role], seconds)

    def wait_for_log(self, text: str, seconds: float = 30) -> None:
        """Waits until it has logged `text`; raises `TimeoutError` with what it logged instead."""
        deadline = time.monotonic() + seconds
        while text not in self.output:
            if time.monotonic() > deadline or not self.is_alive:
                raise TimeoutError(f"{self.role} did not log {text!r}:\n{self.output}")
            time.sleep(0.02)

    def signal(self, number: signal.Signals) -> None:
        self._popen.send_signal(number)

    def wait(self, seconds: float) -> int:
        """Its exit status, once it has ended by itself; raises `subprocess.TimeoutExpired`."""
        return self._popen.wait(seconds)

    def kill(self, part: Part = Part.ALL) -> None:
        """kill -9. What a killed parent leaves behind works on until `end`."""
        children = _children(self.pid) if part is Part.CHILD else []
        if part is Part.PARENT:
            self._is_orphaned = True
            self._popen.kill()
        elif children:
            for pid in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        else:
            # It may have no child yet.
            self.end()

    def end(self) -> None:
        """kill -9 of whatever is left of it."""
        # Before the parent is waited for: until then nobody else's group has its number.
        self._kill_group()
        self._popen.wait()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    """None where the system does not tell."""
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
