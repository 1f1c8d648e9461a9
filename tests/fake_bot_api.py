"""Telegram's Bot API as a real HTTP server on 127.0.0.1, which remembers and obeys.

    with FakeBotApi() as api:
        api.next(too_many(3), ok())      # the next two requests, whoever they are for
        api.for_chat(1002, forbidden())  # every further request for this chat
        ...                              # a sender works with TELEGRAM_API_URL = api.url
        assert api.texts(1001) == ["..."]

It knows `sendMessage` only. It needs neither pytest nor Django, so that programs can use it too.
`requests` holds every request that was read, `delivered` those whose message reached the chat,
whatever the caller was told.
"""

import contextlib
import json
import re
import socket
import ssl
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

BLOCKED = "Forbidden: bot was blocked by the user"


@dataclass(frozen=True, slots=True)
class Request:
    """One call as it came in; `at` is in seconds of `time.monotonic`."""

    at: float
    token: str
    chat_id: int
    text: str
    parse_mode: str | None
    reply_markup: dict[str, Any]

    @property
    def buttons(self) -> list[list[tuple[str, str]]]:
        """Texts and data of the buttons below the message, row by row."""
        rows = self.reply_markup.get("inline_keyboard", [])
        return [[(each["text"], each["callback_data"]) for each in row] for row in rows]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request gets: `status` and `body`, or nothing at all when it is cut.

    `delivers`: whether the chat gets the message. `after`: seconds to wait before the answer.
    `gate`: an event to wait for. `headers`: raw lines, for answers that are no good HTTP.
    """

    status: int = 200
    body: bytes | None = None
    delivers: bool = False
    cut: bool = False
    after: float = 0
    gate: threading.Event | None = None
    headers: tuple[bytes, ...] = ()


def ok() -> Answer:
    """The message arrives, and the caller learns its id."""
    return Answer(delivers=True)


def too_many(retry_after: float | None) -> Answer:
    """429; None leaves the parameter out."""
    parameters = {} if retry_after is None else {"retry_after": retry_after}
    return _error(429, "Too Many Requests: retry later", **parameters)


def forbidden(description: str = BLOCKED) -> Answer:
    return _error(403, description)


def bad_request(description: str = "Bad Request: can't parse entities") -> Answer:
    return _error(400, description)


def migrated(to_chat_id: int) -> Answer:
    """400 with the id of the supergroup that a group became."""
    text = "Bad Request: group chat was upgraded to a supergroup chat"
    return _error(400, text, migrate_to_chat_id=to_chat_id)


def unauthorized() -> Answer:
    return _error(401, "Unauthorized")


def not_found() -> Answer:
    return _error(404, "Not Found")


def server_error(status: int = 500, *, delivers: bool = False) -> Answer:
    return replace(_error(status, "Internal Server Error"), delivers=delivers)


def raw(body: bytes, *, status: int = 200, delivers: bool = True) -> Answer:
    """Any bytes as the body: broken JSON, or JSON of another shape."""
    return Answer(status, body, delivers)


def broken_json() -> Answer:
    """200, the message arrives, and the answer breaks off in the middle."""
    return raw(b'{"ok": true, "resu')


def slow(seconds: float, then: Answer | None = None) -> Answer:
    """`then` (by default `ok`) after `seconds`, or as soon as the server closes."""
    return replace(then or ok(), after=seconds)


def held(gate: threading.Event, then: Answer | None = None) -> Answer:
    """`then` (by default `ok`) once `gate` is set, or as soon as the server closes."""
    return replace(then or ok(), gate=gate)


def cut(*, delivers: bool = True) -> Answer:
    """The request is read to its end, and the connection is closed without an answer."""
    return Answer(delivers=delivers, cut=True)


def _error(status: int, description: str, **parameters: float) -> Answer:
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        body["parameters"] = parameters
    return Answer(status, json.dumps(body).encode())


class FakeBotApi:
    """The server; it runs from `start` to `close`, or for the length of a `with` block.

    `port` 0 takes a free one. With `certificate`, a PEM file of a key and a certificate, it speaks
    TLS. `on_request` is called in the thread of each request, before the request is answered.
    """

    def __init__(self, port: int = 0, certificate: Path | None = None) -> None:
        self.requests: list[Request] = []
        self.delivered: list[Request] = []
        self.failures: list[BaseException] = []
        """What went wrong in this server or in `on_request`; no caller's doing."""
        self.default = ok()
        self.on_request: Callable[[Request], None] | None = None
        self.closing = threading.Event()
        self.changed = threading.Condition()
        self._next: deque[Answer] = deque()
        self._chats: dict[int, Answer] = {}
        self._port = port
        self._tls = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "FakeBotApi":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """What `TELEGRAM_API_URL` is to be set to."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listens; on the same port as before when it did so already."""
        self.closing.clear()
        self._server = _Server(("127.0.0.1", self._port), self, self._tls)
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stops to listen, drops all connections, and waits for the threads of the requests."""
        if self._server is None or self._thread is None:
            return
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.drop_connections()
        self._server.server_close()
        self._server = self._thread = None

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """For the length of the block connections to this port are refused."""
        self.close()
        try:
            yield
        finally:
            self.start()

    def next(self, *answers: Answer) -> None:
        """Answers the next requests, one each, before anything else that was said."""
        self._next.extend(answers)

    def for_chat(self, chat_id: int, answer: Answer | None) -> None:
        """Answers every request for this chat; None takes that back."""
        if answer is None:
            self._chats.pop(chat_id, None)
        else:
            self._chats[chat_id] = answer

    def texts(self, chat_id: int) -> list[str]:
        """The messages that reached a chat, in order."""
        return [each.text for each in list(self.delivered) if each.chat_id == chat_id]

    def wait_for(self, count: int, seconds: float = 10) -> None:
        """Waits until `count` requests were read; raises `TimeoutError`."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.requests) >= count, seconds):
                raise TimeoutError(f"{len(self.requests)} of {count} requests in {seconds} s")

    def choose(self, request: Request) -> Answer:
        """What a request gets that `next` said nothing of; for servers with a mind of their own."""
        return self._chats.get(request.chat_id, self.default)

    def take(self, request: Request) -> Answer:
        """Remembers a request and chooses its answer. For the server's own threads."""
        with self.changed:
            self.requests.append(request)
            answer = self._next.popleft() if self._next else self.choose(request)
            self.changed.notify_all()
        if answer.delivers:
            self.delivered.append(request)
        if self.on_request is not None:
            try:
                self.on_request(request)
            except BaseException as error:  # noqa: BLE001  # shown to whoever reads `failures`
                self.failures.append(error)
        return answer


class _Server(ThreadingHTTPServer):
    """Knows its connections, so that they can be dropped."""

    request_queue_size = 256
    # Threads of requests are waited for in `server_close`.
    daemon_threads = False

    def __init__(
        self, address: tuple[str, int], api: FakeBotApi, tls: ssl.SSLContext | None
    ) -> None:
        self.api = api
        self._tls = tls
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        if self._tls is not None:
            # The thread of the connection shakes hands, with its first read.
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Callers that go away or dislike the certificate are no failure of this server."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):
            self.api.failures.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections stay open, as Telegram's do
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        api = self.server.api
        found = re.fullmatch(r"/bot(.+)/sendMessage", self.path)
        size = int(self.headers["Content-Length"])
        received = self.rfile.read(size)
        if len(received) < size:
            # The caller was killed in the middle: nobody asks for anything.
            self.close_connection = True
            return
        body = json.loads(received)
        if found is None:
            self._send(not_found(), b"{}")
            return
        request = Request(
            time.monotonic(),
            found[1],
            body["chat_id"],
            body["text"],
            body.get("parse_mode"),
            body.get("reply_markup", {}),
        )
        answer = api.take(request)
        if answer.after:
            api.closing.wait(answer.after)
        while answer.gate is not None and not answer.gate.wait(0.02) and not api.closing.is_set():
            pass
        if answer.cut:
            self.close_connection = True
        else:
            result = {"message_id": len(api.delivered), "chat": {"id": request.chat_id}}
            self._send(answer, json.dumps({"ok": True, "result": result}).encode())

    def _send(self, answer: Answer, default: bytes) -> None:
        body = default if answer.body is None else answer.body
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if answer.headers:
            self.flush_headers()
            self.wfile.writelines(answer.headers)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # its name
        """Says nothing; `requests` remembers."""
