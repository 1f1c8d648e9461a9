"""A Bot API that takes every message and remembers when it came, fast enough not to be the limit.

    python -m benchmarks.bot_api PORT

`GET /arrivals` answers `[[seconds, chat], ...]`; every POST is a `sendMessage`. The one of the
tests misbehaves, and costs ten times as much.
"""

import asyncio
import json
import re
import sys
import time

CHAT = re.compile(rb'"chat_id":\s*(-?\d+)')
LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)

arrivals: list[tuple[float, int]] = []


class Connection(asyncio.Protocol):
    """One caller's connection, kept open."""

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
        chat = CHAT.search(body)
        arrivals.append((time.monotonic(), int(chat[1]) if chat else 0))
        self.send(b'{"ok": true, "result": {"message_id": %d}}' % len(arrivals))

    def send(self, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self.transport.write(head % len(body) + body)  # type: ignore[attr-defined]  # a socket's


async def serve(port: int) -> None:
    """Listens on 127.0.0.1 until the process ends."""
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
