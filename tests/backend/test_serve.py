"""`manage.py serve`, as a process of its own: how it starts, stops and outlives its workers."""

import http.client
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.backend.running import Program, running, wait_for


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Program]:
    """`serve` in production, once it answers."""
    given = {"DEBUG": "false", "ALLOWED_HOSTS": "127.0.0.1", **environment}
    with running(folder, "serve", **given) as serve:
        wait_for(lambda: serve.get("/healthz")[0] == 200, 30, serve.log.read_text)
        yield serve


def workers(serve: Program) -> list[int]:
    """The numbers of the processes that it has started, in that order."""
    found = re.findall(r"Spawning worker-\d+ with PID: (\d+)", serve.log.read_text())
    return [int(pid) for pid in found]


def is_alive(pid: int) -> bool:
    """Whether it runs: what nobody waited for stays in the table for a while."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_answers_and_stops_with_all_its_processes_on_a_signal(
    number: signal.Signals, tmp_path: Path
) -> None:
    with serving(tmp_path, WEB_WORKERS="3") as serve:
        assert serve.get("/readyz")[0] == 200
        assert serve.get("/static/admin/css/base.css")[0] == 200
        assert serve.get("/graphql", accept="text/html")[0] == 405
        assert serve.call("{ __typename }") == "Query"
        pids = workers(serve)
        idle = socket.create_connection(("127.0.0.1", serve.port))

        os.killpg(serve.process.pid, number)  # as a terminal does

        assert serve.process.wait(timeout=20) == 0
        idle.close()
        assert len(pids) == 3
        assert not any(is_alive(pid) for pid in pids)
        log = serve.log.read_text()
        assert "Traceback" not in log
        assert "ERROR" not in log


def test_serve_names_a_port_that_is_taken_even_by_another_serve(tmp_path: Path) -> None:
    with serving(tmp_path) as first:
        (tmp_path / "second").mkdir()
        environment = {"DEBUG": "false", "ALLOWED_HOSTS": "127.0.0.1", "PORT": str(first.port)}
        with running(tmp_path / "second", "serve", **environment) as second:
            assert second.process.wait(timeout=30) == 1

            (line,) = second.log.read_text().splitlines()
            assert f"Port {first.port} on 127.0.0.1 is taken" in line


def test_serve_is_not_for_development(tmp_path: Path) -> None:
    with running(tmp_path, "serve", DEBUG="true") as serve:
        assert serve.process.wait(timeout=30) == 1

        assert "DEBUG is on" in serve.log.read_text()


LIMIT = 2.0


@pytest.mark.parametrize("kind", ["waits", "computes"])
def test_a_stuck_request_ends_its_worker_and_a_new_one_answers(kind: str, tmp_path: Path) -> None:
    """`computes` keeps the interpreter's lock, so that no thread of Python's can end it."""
    stuck = {
        "DJANGO_SETTINGS_MODULE": "tests.backend.stuck_settings",
        "REQUEST_TIMEOUT_SECONDS": str(LIMIT),
        "WEB_WORKERS": "1",
    }
    with serving(tmp_path, **stuck) as serve:
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", serve.port, timeout=20)
        connection.request("GET", f"/{kind}?token=secret", headers={"Authorization": "secret"})
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            connection.getresponse()
        assert LIMIT - 1 < time.monotonic() - began < LIMIT + 2

        wait_for(lambda: serve.get("/healthz")[0] == 200, 10, serve.log.read_text)
        assert len(workers(serve)) == 2
        log = serve.log.read_text()
        assert 'stuck_urls.py", line' in log
        assert f" {kind}" in log
        if kind == "waits":
            (line,) = re.findall(r".*request_overdue.*", log)
            assert re.search(r"method=GET path='/waits' age=2\.\d$", line)
        assert "secret" not in log


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    with serving(tmp_path, WEB_WORKERS="1") as serve:
        (first,) = workers(serve)

        os.kill(first, signal.SIGKILL)

        wait_for(lambda: len(workers(serve)) == 2, 10, serve.log.read_text)
        wait_for(lambda: serve.get("/healthz")[0] == 200, 10, serve.log.read_text)


def test_workers_do_not_outlive_the_main_process(tmp_path: Path) -> None:
    with serving(tmp_path, WEB_WORKERS="2") as serve:
        serve.process.kill()
        serve.process.wait(timeout=5)

        wait_for(lambda: serve.get("/healthz")[0] == 0, 10, serve.log.read_text)
        pids = workers(serve)
        wait_for(lambda: not any(is_alive(pid) for pid in pids), 10, serve.log.read_text)
