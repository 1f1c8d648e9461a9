"""The load: so many kept connections, each with one request under way, until the time is over.

    python -m benchmarks.bench.load PORT CONNECTIONS SECONDS MOST START MARK STATUS < requests

A program of its own, so that it takes nothing from the servers' Python, and without a library, so
that it costs little. Standard input is a JSON array of whole requests, sent in turn from number
START on; a MOST that is not 0 ends it after so many answers. Each of these has to have that STATUS
and to hold the text MARK, and no `"errors"`; with an empty MARK only the status counts. Else the
exit status is 1 and standard error shows the answer. The output is one JSON object.
"""

import json
import re
import selectors
import socket
import sys
import time

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
PIECE = 1 << 18
PATIENCE = 30
"""Seconds without any answer, after which something is wrong."""


class Connection:
    """One caller: sends a request, and the next one once it has the answer."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """The whole answer, once it is there."""
        piece = self.socket.recv(PIECE)
        if not piece:
            raise SystemExit("The server has closed a connection.")
        self.received += piece
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return None
        length = LENGTH.search(self.received, 0, end)
        if length is None:
            raise SystemExit(f"An answer without a length: {self.received[:end]!r}")
        return self.received if len(self.received) >= end + 4 + int(length[1]) else None


def load(
    port: int,
    connections: int,
    seconds: float,
    most: int,
    requests: list[bytes],
    start: int,
    mark: bytes,
    status: bytes,
) -> dict[str, float]:
    """Requests a second, and the latency's median and 99th percentile in milliseconds."""
    selector = selectors.DefaultSelector()
    callers = [Connection(port) for _ in range(connections)]
    latencies: list[float] = []
    number, expected = start, b"HTTP/1.1 " + status
    cpu, began = time.process_time(), time.perf_counter()
    for caller in callers:
        selector.register(caller.socket, selectors.EVENT_READ, caller)
        caller.send(requests[number % len(requests)])
        number += 1
    while time.perf_counter() - began < seconds and not 0 < most <= len(latencies):
        ready = selector.select(PATIENCE)
        if not ready:
            raise SystemExit(f"No answer in {PATIENCE} seconds.")
        for key, _ in ready:
            answer = key.data.receive()
            if answer is None:
                continue
            is_good = not mark or (mark in answer and b'"errors"' not in answer)
            if not is_good or not answer.startswith(expected):
                raise SystemExit(f"Not as expected: {answer[:3000].decode(errors='replace')}")
            latencies.append(time.perf_counter() - key.data.sent_at)
            key.data.send(requests[number % len(requests)])
            number += 1
    took = time.perf_counter() - began
    cpu = time.process_time() - cpu
    for caller in callers:
        caller.socket.close()
    latencies.sort()
    return {
        "requests": len(latencies),
        "per_second": len(latencies) / took,
        "median_ms": 1000 * latencies[len(latencies) // 2],
        "p99_ms": 1000 * latencies[len(latencies) * 99 // 100],
        "load_cpu_ms": 1000 * cpu / len(latencies),
        "next": number,
    }


def main() -> None:
    port, connections, seconds, most, start, mark, status = sys.argv[1:]
    requests = [request.encode() for request in json.load(sys.stdin)]
    figures = load(
        int(port),
        int(connections),
        float(seconds),
        int(most),
        requests,
        int(start),
        mark.encode(),
        status.encode(),
    )
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
