"""The programs that are measured: how each is started, and how each is asked."""

import base64
import contextlib
import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.backend import ROOT
from benchmarks.bench.operations import Call, Operation
from tests.wheel_servers import free_port

TWINS = ROOT / "build" / "twins" / "bin"
WORKERS = 2
FLOOR_THREADS, DJANGO_THREADS = 4, 1
"""Of a worker: with how many of 1, 2, 4 and 8 each of them was the fastest."""

START_SECONDS = 30
LOG_SHOWN = 3000
"""Characters of what a program has logged, when something went wrong."""


@dataclass(frozen=True, slots=True)
class Program:
    """A server's name, its command and environment, and how a call of an operation is written."""

    name: str
    command: Callable[[int], list[str | Path]]
    request: Callable[[Operation, Call], str]
    """The whole HTTP request."""
    operations: str = "abcd"
    """The names of those that it has."""
    settings: dict[str, str] = field(default_factory=dict)
    created: str = "200"
    """The status of the answer to (c)."""


def http_request(method: str, path: str, token: str, body: object = None) -> str:
    """An HTTP/1.1 request on a connection that is kept, as text in ASCII."""
    text = "" if body is None else json.dumps(body, separators=(",", ":"))
    content = f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n" if text else ""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
        f"Authorization: Bearer {token}\r\n{content}\r\n{text}"
    )


def graphql(operation: Operation, call: Call, path: str = "/graphql") -> str:
    return http_request("POST", path, call.token, operation.body(call))


def floor(operation: Operation, call: Call) -> str:
    return graphql(operation, call, f"/{operation.name}")


def plain(operation: Operation, call: Call) -> str:
    if call.after is None:
        return graphql(operation, call)
    cursor = base64.b64encode(f'orderedcursor:["{call.after}"]'.encode()).decode()
    variables = {**call.variables, "after": cursor}
    return http_request("POST", "/graphql", call.token, operation.body(call, variables))


def rest(operation: Operation, call: Call) -> str:
    """Its own resources, and the same values in their own spelling."""
    match operation.name:
        case "a":
            return http_request("GET", "/api/habits/", call.token)
        case "b":
            query = ""
            if call.after is not None:
                position = urlencode({"p": call.after}).encode()
                query = "?" + urlencode({"cursor": base64.b64encode(position).decode()})
            return http_request("GET", f"/api/public-habits/{query}", call.token)
        case "c":
            given = call.variables["input"]
            body = {SNAKE.get(name, name): value for name, value in given.items()}
            return http_request("POST", "/api/habits/", call.token, body)
        case name:
            raise ValueError(f"there is no ({name})")


SNAKE = {"isPublic": "is_public", "isEnjoyed": "is_enjoyed", "startsOn": "starts_on"}


def served(application: str, threads: int) -> Callable[[int], list[str | Path]]:
    """The command of a twin: two workers of granian."""
    options = ["--interface", "wsgi", "--http", "1", "--no-ws", "--workers", str(WORKERS)]
    options += ["--blocking-threads", str(threads), "--host", "127.0.0.1", "--log-level", "warning"]
    return lambda port: [TWINS / "granian", *options, "--port", str(port), application]


PROGRAMS = {
    program.name: program
    for program in (
        Program("product", lambda _port: [sys.executable, "manage.py", "serve"], graphql),
        Program("floor", served("benchmarks.twins.floor.wsgi:application", FLOOR_THREADS), floor),
        Program(
            "floor_prepared",
            served("benchmarks.twins.floor.wsgi:application", FLOOR_THREADS),
            floor,
            settings={"FLOOR": "prepared"},
        ),
        Program(
            "rest",
            served("benchmarks.twins.rest.wsgi:application", DJANGO_THREADS),
            rest,
            "abc",
            {"DJANGO_SETTINGS_MODULE": "benchmarks.twins.rest.settings"},
            created="201",
        ),
        Program(
            "plain",
            served("benchmarks.twins.plain.wsgi:application", DJANGO_THREADS),
            plain,
            "abc",
            {"DJANGO_SETTINGS_MODULE": "benchmarks.twins.plain.settings"},
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Running:
    """A program that has been started."""

    program: Program
    port: int
    pid: int

    def ask(self, request: str) -> tuple[int, object]:
        """The status and the JSON of one answer."""
        head, _, body = request.partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        method, path, _ = first.split(" ")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS)
        with contextlib.closing(connection):
            headers = dict(line.split(": ", 1) for line in lines)
            connection.request(method, path, body.encode(), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())


@contextlib.contextmanager
def running(program: Program, environment: dict[str, str]) -> Iterator[Running]:
    """The program on a free port, from the moment it listens; stopped at the end."""
    port = free_port()
    settings = {"PORT": str(port), "WEB_WORKERS": str(WORKERS), "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryFile() as log:
        started = subprocess.Popen(
            program.command(port),
            cwd=ROOT,
            env={**environment, **settings, **program.settings},
            stdout=log,
            stderr=log,
        )
        try:
            _wait_until_it_answers(program.name, port, started)
            yield Running(program, port, started.pid)
        except BaseException:
            log.seek(0)
            print(log.read().decode(errors="replace")[-LOG_SHOWN:], file=sys.stderr)
            raise
        finally:
            started.terminate()
            try:
                started.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


def _wait_until_it_answers(name: str, port: int, started: subprocess.Popen[bytes]) -> None:
    """Until an HTTP answer comes, whatever it says: granian listens before its workers are up."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if started.poll() is not None:
            raise RuntimeError(f"{name} ended with status {started.returncode}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
        with contextlib.closing(connection), contextlib.suppress(OSError):
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            return
        time.sleep(0.1)
    raise TimeoutError(f"{name} did not answer in {START_SECONDS} s")
