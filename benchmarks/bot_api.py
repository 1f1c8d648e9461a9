"""A Bot API that takes every message and remembers when it came, fast enough not to be the limit.

    python -m benchmarks.bot_api PORT [RETRY_AFTER AT]

With RETRY_AFTER, the request number AT gets a 429 with so many seconds, and does not count.
`GET /arrivals` answers `[[seconds, chat], ...]`; every POST is a `sendMessage`. The one of the
tests misbehaves, and costs ten times as much.
"""

import asyncio
import json
import re
import sys
import time
from typing import ClassVar

CHAT = re.compile(rb'"chat_id":\s*(-?\d+)')
LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)

arrivals: list[tuple[float, int]] = []


class Connection(asyncio.Protocol):
    """One caller's connection, kept open."""

    refusals: ClassVar[list[tuple[int, int]]] = []
    """What is still to be refused: seconds of `retry_after`, and after how many messages."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end]
            length = LENGTH.search(head)
            size = end + 4 + (int(length[1]) if length else 0)
            if len(self.received) < size:
                return
            body, self.received = self.received[end + 4 : size], self.received[size:]
            self.answer(head, body)

    def answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"GET /arrivals"):
            self.send(json.dumps(arrivals).encode())
            return
        if self.refusals and len(arrivals) >= self.refusals[-1][1]:
            seconds, _at = self.refusals.pop()
            parameters = b'{"ok": false, "parameters": {"retry_after": %d}}' % seconds
            self.send(parameters, b"429 Too Many Requests")
            return
        chat = CHAT.search(body)
        arrivals.append((time.monotonic(), int(chat[1]) if chat else 0))
        self.send(b'{"ok": true, "result": {"message_id": %d}}' % len(arrivals))

    def send(self, body: bytes, status: bytes = b"200 OK") -> None:
        head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self.transport.write(head % (status, len(body)) + body)  # type: ignore[attr-defined]  # a socket's


async def serve(port: int) -> None:
    """Listens on 127.0.0.1 until the process ends."""
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        Connection.refusals.append((int(sys.argv[2]), int(sys.argv[3])))
    asyncio.run(serve(int(sys.argv[1])))
