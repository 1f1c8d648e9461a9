"""How fast, and how evenly, worker processes send what is due.

    python -m benchmarks.sending [--rate 30] [--due 900] [--chats 900] [--processes 2] [--threads 8]
        [--pause 3] [--bare]

Real workers on PostgreSQL and Valkey send `due` reminders, due at once, to a Bot API on loopback.
It tells the rate that they reached (from the first arrival to the last, in % of the bot's rate),
the most arrivals in any second, wherever it begins, the shortest distance between two messages to
one chat, and the workers' CPU for each message, their start included. `--bare` also times one plain
`requests` loop against the same Bot API, before and after, and gives the ratio, for which `--rate`
has to be more than the machine can send, such as 10000. The last line is one JSON object; the exit
status is 1 when a second held more than the bot's rate, or a chat got two messages within a second.
A second run with `--pause 3` has a 429 in the middle.
"""

import argparse
import datetime
import json
import resource
import socket
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import requests

from benchmarks.backend import backend, process

BARE = 2000
"""Messages of the plain loop."""


def most_in_a_second(times: Sequence[float]) -> int:
    """The most arrivals in any half-open second; `times` are sorted."""
    most, start = 0, 0
    for end, moment in enumerate(times):
        while times[start] <= moment - 1:
            start += 1
        most = max(most, end - start + 1)
    return most


def shortest_gap(arrivals: Sequence[tuple[float, int]]) -> float | None:
    """Seconds between two messages to one chat; None when no chat got two."""
    chats: dict[int, list[float]] = {}
    for moment, chat in arrivals:
        chats.setdefault(chat, []).append(moment)
    gaps = [later - sooner for times in chats.values() for sooner, later in pairwise(times)]
    return min(gaps, default=None)


def bare_loop(url: str) -> float:
    """Messages a second of one `requests` session that does nothing else."""
    with requests.Session() as session:
        session.trust_env = False
        body = {"chat_id": 1, "text": "drink a glass of water", "parse_mode": "HTML"}
        start = time.perf_counter()
        for _ in range(BARE):
            session.post(f"{url}/bot1:x/sendMessage", json=body, timeout=10)
        return BARE / (time.perf_counter() - start)


def ended_children_cpu() -> float:
    """Seconds of CPU of the programs that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def arrivals(url: str) -> list[tuple[float, int]]:
    return [(moment, chat) for moment, chat in requests.get(f"{url}/arrivals", timeout=30).json()]


def wait_until_it_listens(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nobody listens on {port}")


def wait_until_all_is_sent() -> None:
    """Until the planner has worked and no row waits any more; workers wake themselves at boot."""
    from notifications.models import Reminder, State

    deadline = time.monotonic() + 900
    while time.monotonic() < deadline:
        time.sleep(0.5)
        rows = Reminder.objects.all()
        if rows.exists() and not rows.filter(state__in=(State.PENDING, State.SENDING)).exists():
            return
    raise TimeoutError("not everything was sent in 15 minutes")


def measure(
    *,
    rate: float = 30,
    due: int = 900,
    chats: int | None = None,
    processes: int = 2,
    threads: int = 8,
    pause: int = 0,
    bare: bool = False,
) -> dict[str, Any]:
    """One run, as the command line's options say; answers the figures."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {
        "TELEGRAM_BOT_TOKEN": "1:a-bot-of-a-measurement",
        "TELEGRAM_API_URL": url,
        "TELEGRAM_RATE": str(rate),
        "DELIVERY_THREADS": str(processes * threads),
    }
    refusal = [str(pause), str(due // 2)] if pause else []
    with backend(**settings) as environment:
        from benchmarks.people import make_habits

        now = datetime.datetime.now(datetime.UTC).replace(second=0, microsecond=0)
        make_habits(due, now, people=chats or due)
        workers = ["manage.py", "rundramatiq", "--processes", str(processes)]
        workers += ["--threads", str(threads)]
        with process(environment, "python", "-m", "benchmarks.bot_api", str(port), *refusal):
            wait_until_it_listens(port)
            loops = [bare_loop(url)] if bare else []
            before, started = len(arrivals(url)), ended_children_cpu()
            with process(environment, "python", *workers):
                wait_until_all_is_sent()
            cpu = ended_children_cpu() - started
            arrived = arrivals(url)[before:]
            loops += [bare_loop(url)] if bare else []
    times = [moment for moment, _chat in arrived]
    reached = (len(times) - 1) / (times[-1] - times[0])
    gap = shortest_gap(arrived)
    return {
        "rate": rate,
        "processes": processes,
        "threads": threads,
        "sent": len(times),
        "reached": round(reached, 1),
        "used_percent": round(100 * reached / rate, 1),
        "most_in_a_second": most_in_a_second(times),
        "shortest_gap_of_a_chat": gap and round(gap, 3),
        "workers_cpu_ms_each": round(1000 * cpu / len(times), 2),
        "bare_loop": [round(each) for each in loops],
        "ratio_to_bare": round(reached / (sum(loops) / len(loops)), 2) if loops else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=30)
    parser.add_argument("--due", type=int, default=900)
    parser.add_argument("--chats", type=int, help="how many chats they go to (one each)")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--pause", type=int, default=0, help="seconds of a 429 in the middle")
    parser.add_argument("--bare", action="store_true")
    figures = measure(**vars(parser.parse_args()))
    print(json.dumps(figures))
    gap = figures["shortest_gap_of_a_chat"]
    if figures["most_in_a_second"] > figures["rate"] or (gap is not None and gap < 1):
        sys.exit(1)


if __name__ == "__main__":
    main()
