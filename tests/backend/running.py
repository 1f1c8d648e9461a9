"""The programs that serve the web, `manage.py up` and `serve`, as processes of their own."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers import ENVIRONMENT, SERVERS

ROOT = Path(__file__).resolve().parents[2]

KEYS = {
    "SECRET_KEY": "a-session-key-that-is-for-this-test-alone",
    "JWT_SECRET_KEY": "and-a-token-key-that-is-for-this-test-too",
}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Program:
    """One running `manage.py up` or `serve`."""

    def __init__(self, process: subprocess.Popen[str], port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        self.log = log

    def get(self, path: str, accept: str = "*/*") -> tuple[int, str]:
        request = urllib.request.Request(f"{self.address}{path}", headers={"Accept": accept})  # noqa: S310  # loopback
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  # loopback
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def post(self, path: str, body: Any, headers: dict[str, str]) -> int:
        """The status of the answer to a JSON body."""
        content = json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **headers}
        request = urllib.request.Request(f"{self.address}{path}", content, headers)  # noqa: S310  # loopback
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  # loopback
                status: int = answer.status
                return status
        except urllib.error.HTTPError as error:
            return error.code

    def call(self, query: str, token: str = "", **variables: Any) -> Any:
        (value,) = self.answer(query, variables, Authorization=f"Bearer {token}")["data"].values()
        return value

    def answer(self, query: str, variables: dict[str, Any], **headers: str) -> Any:
        """The whole answer, errors included; headers are named with underscores."""
        request = urllib.request.Request(  # noqa: S310  # loopback
            f"{self.address}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            {
                "Content-Type": "application/json",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
        )
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  # loopback
            return json.load(answer)


def wait_for(condition: Callable[[], bool], seconds: float, what: object) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


@contextmanager
def running(folder: Path, command: str = "up", **environment: str) -> Iterator[Program]:
    """Starts it on an SQLite file in `folder`, for development; ends it if the test has not."""
    port = environment.get("PORT") or str(free_port())
    log = folder / f"{command}.log"
    blank = dict.fromkeys((*ENVIRONMENT, *SERVERS), "")
    database = f"sqlite:///{folder / 'habits.sqlite3'}"
    own = {"DEBUG": "true", "DATABASE_URL": database, "PORT": port, **KEYS, **environment}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", command],
            env={**os.environ, **blank, **own},
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            # A group of its own, which can be ended as a whole.
            start_new_session=True,
        )
    try:
        yield Program(process, int(port), log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
