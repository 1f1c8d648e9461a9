"""A server of our own to be audited, with throw-away keys and an empty SQLite file."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.audit.reference import AuditError
from tests.servers import ENVIRONMENT, SERVERS

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
STOP_SECONDS = 30


@contextlib.contextmanager
def serving(server: str, *, development: bool) -> Iterator[str]:
    """The address of the endpoint of a running `serve` or `up`; raises `AuditError`."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="audit-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "manage.py", server],
                cwd=ROOT,
                env=_environment(Path(folder), port, development=development),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A Ctrl-C in the terminal is ours to handle.
                start_new_session=True,
            )
        try:
            _wait_until_healthy(f"{address}/healthz", process, log)
            yield f"{address}/graphql"
        finally:
            _stop(process)


def _environment(folder: Path, port: int, *, development: bool) -> dict[str, str]:
    return {
        **os.environ,
        # Empty: no developer's settings, and the defaults of ours.
        **dict.fromkeys((*ENVIRONMENT, *SERVERS), ""),
        "DEBUG": str(development).lower(),
        "SECRET_KEY": secrets.token_urlsafe(32),
        "JWT_SECRET_KEY": secrets.token_urlsafe(32),
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": f"sqlite:///{folder / 'habits.sqlite3'}",
        "PORT": str(port),
    }


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):  # noqa: S310  # loopback
            return
        time.sleep(0.1)
    raise AuditError(f"The server did not start. The end of its log:\n{log.read_text()[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
