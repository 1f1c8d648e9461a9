"""A temporary folder with one server in it, run as another account where root must not run it."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

START_SECONDS = 60
STOP_SECONDS = 30
LOG_LINES_SHOWN = 15


class ServerError(RuntimeError):
    """A server could not be started; the text ends with the last lines of its log."""


class Home:
    """A temporary folder in which one server lives, and the account that runs it."""

    def __init__(self, name: str) -> None:
        self._name = name
        # PostgreSQL refuses to run as root.
        self._account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._temporary = tempfile.TemporaryDirectory(prefix=f"{name}-")
        self.path = Path(self._temporary.name).resolve()
        self.log = self.path / "log"

    def __enter__(self) -> "Home":
        self._hand_over(self.path)
        return self

    def __exit__(self, *error: object) -> None:
        self._temporary.cleanup()

    def reachable(self, site: Path, *parts: str) -> Path:
        """A folder with these parts of `site` which the account can read: `site`, or a copy.

        root's packages may lie under a folder that only root can enter.
        """
        if self._account is None:
            return site
        copy = self.path / "programs"
        for part in parts:
            source, target = site / part, copy / part
            if source.is_dir():
                shutil.copytree(source, target, symlinks=True)
            elif source.exists():
                target.parent.mkdir(parents=True)
                shutil.copy(source, target)
        for path in (copy, *copy.rglob("*")):
            self._hand_over(path)
        return copy

    def run(self, command: list[Path | str]) -> None:
        """Run a program to its end."""
        process = self.start(command)
        try:
            status = process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            raise self._failure(f"{command[0]} took over {START_SECONDS} s") from None
        finally:
            _stop(process)
        if status != 0:
            raise self._failure(f"{command[0]} ended with status {status}")

    @contextlib.contextmanager
    def running(self, url: str, command: list[Path | str]) -> Iterator["Server"]:
        """Keep a server running, from the moment it answers."""
        server = Server(self, url, command)
        try:
            server.start()
            yield server
        finally:
            server.stop()

    def start(self, command: list[Path | str]) -> subprocess.Popen[bytes]:
        """Start a program as the account, with its output in the log."""
        # Not the caller's environment: PGPORT and its like would change what runs here.
        environment = {"PATH": os.defpath, "LC_ALL": "C"}
        if "LD_LIBRARY_PATH" in os.environ:
            environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
        account = self._account
        with self.log.open("ab") as log:
            try:
                return subprocess.Popen(
                    command,
                    cwd=self.path,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    # A Ctrl-C in the terminal stops the tests, which then stop their servers.
                    start_new_session=True,
                    user=account and account.pw_uid,
                    group=account and account.pw_gid,
                    extra_groups=account and [],
                )
            except OSError as error:
                hint = f"; can {account.pw_name} enter {self.path}? (TMPDIR)" if account else ""
                raise ServerError(f"{self._name} could not be started: {error}{hint}") from error

    def wait_until_ready(self, process: subprocess.Popen[bytes], log_from: int) -> None:
        """Wait for the line that says so, from that byte of the log on."""
        deadline = time.monotonic() + START_SECONDS
        while b"ready to accept connections" not in self.log.read_bytes()[log_from:].lower():
            if process.poll() is not None:
                raise self._failure(f"{self._name} ended with status {process.returncode}")
            if time.monotonic() > deadline:
                raise self._failure(f"{self._name} was not ready within {START_SECONDS} s")
            time.sleep(0.02)

    def _failure(self, what: str) -> ServerError:
        tail = self.log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        return ServerError("\n".join([f"{what}. The end of its log:", *tail]))

    def _hand_over(self, path: Path) -> None:
        if self._account:
            os.chown(path, self._account.pw_uid, self._account.pw_gid, follow_symlinks=False)


class Server:
    """A server that can be taken down and brought back: the same port, the same folder."""

    def __init__(self, home: Home, url: str, command: list[Path | str]) -> None:
        self.url = url
        self._home = home
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        log = self._home.log
        log_from = log.stat().st_size if log.exists() else 0
        self._process = self._home.start(self._command)
        self._home.wait_until_ready(self._process, log_from)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it, if it runs, and wait until it has ended.

        For PostgreSQL SIGINT is the fast shutdown, which drops its clients and leaves in order, and
        SIGQUIT the immediate one, after which it has to recover.
        """
        if self._process is not None:
            _stop(self._process, number)
            self._process = None


def _stop(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGINT) -> None:
    process.send_signal(number)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
