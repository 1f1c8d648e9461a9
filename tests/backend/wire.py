"""HTTP by hand: what no client library would send."""

import contextlib
import json
import socket
import time
from dataclasses import dataclass
from typing import Any

HOST = b"Host: 127.0.0.1\r\n"
QUERY = b'{"query":"{ __typename }"}'


@dataclass(frozen=True)
class Reply:
    """What came back until the connection closed, and after how many seconds that was."""

    data: bytes
    seconds: float
    sent: int = 0

    @property
    def status(self) -> int | None:
        """None when the connection was closed without an answer."""
        return int(self.data.split(None, 2)[1]) if self.data else None

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def error(self) -> dict[str, Any]:
        """The only error of a JSON answer."""
        (error,) = json.loads(self.body)["errors"]
        found: dict[str, Any] = error
        return found


def post(length: int, *, close: bool = True) -> bytes:
    """The head of a GraphQL request whose body has `length` bytes."""
    end = b"Connection: close\r\n\r\n" if close else b"\r\n"
    head = b"POST /graphql HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
    return head + b"Content-Length: %d\r\n" % length + end


def exchange(
    port: int, payload: bytes, *, drip: bytes = b"", pause: float = 0.25, seconds: float = 20
) -> Reply:
    """Sends `payload`, then `drip` after each `pause`, until the server closes.

    Raises `TimeoutError` when it has not within `seconds`.
    """
    began = time.monotonic()
    data = b""
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        # A server that refuses closes while there is more to come.
        with contextlib.suppress(ConnectionError):
            for start in range(0, len(payload), 65536):
                sent += connection.send(payload[start : start + 65536])
        connection.settimeout(pause if drip else seconds)
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - began < seconds:
                try:
                    received = connection.recv(65536)
                except TimeoutError:
                    if not drip:
                        raise
                    sent += connection.send(drip)
                    continue
                if not received:
                    break
                data += received
            else:
                raise TimeoutError(data)
    return Reply(data, time.monotonic() - began, sent)


def read_answer(connection: socket.socket) -> Reply:
    """One answer with a Content-Length, on a connection that stays open."""
    began = time.monotonic()
    file = connection.makefile("rb")
    head = b""
    length = 0
    while (line := file.readline()) not in {b"", b"\r\n"}:
        head += line
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return Reply(head + b"\r\n" + file.read(length), time.monotonic() - began)
