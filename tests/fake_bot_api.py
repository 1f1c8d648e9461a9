"""Telegram's Bot API as a real HTTP server on 127.0.0.1, which remembers and obeys.

    with FakeBotApi() as api:
        api.next(too_many(3), ok())      # the next two requests, whoever they are for
        api.for_chat(1002, forbidden())  # every further request for this chat
        ...                              # a sender works with TELEGRAM_API_URL = api.url
        assert api.texts(1001) == ["..."]

        api.happens({"update_id": 7, "message": {...}})  # for whoever fetches updates
        assert api.edits(1001) == ["..."]

It sends and edits messages and pictures, answers presses, gives updates to `getUpdates`, and keeps
the webhook and the commands that were set. It needs neither pytest nor Django, so that programs can
use it too. `requests` holds every request that was read, `delivered` those whose message reached
the chat, whatever the caller was told.
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
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

BLOCKED = "Forbidden: bot was blocked by the user"


SENDS = frozenset({"sendMessage", "sendPhoto"})
METHODS = SENDS | {
    *("editMessageText", "answerCallbackQuery", "getUpdates"),
    *("setWebhook", "deleteWebhook", "setMyCommands"),
}


@dataclass(frozen=True, slots=True)
class Request:
    """One call as it came in; `at` is in seconds of `time.monotonic`.

    `payload` holds all of it, a picture as its bytes. A call about no chat has the `chat_id` 0.
    """

    at: float
    token: str
    method: str
    payload: dict[str, Any]
    authorization: str | None = None

    @property
    def chat_id(self) -> int:
        return int(self.payload.get("chat_id", 0))

    @property
    def text(self) -> str:
        """Of a message, a caption, or an answer to a press."""
        text: str = self.payload.get("text", self.payload.get("caption", ""))
        return text

    @property
    def parse_mode(self) -> str | None:
        return self.payload.get("parse_mode")

    @property
    def buttons(self) -> list[list[tuple[str, str]]]:
        """Texts and data of the buttons below the message, row by row."""
        rows = self.payload.get("reply_markup", {}).get("inline_keyboard", [])
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


def conflict() -> Answer:
    """409: updates go to a webhook."""
    text = "Conflict: can't use getUpdates method while webhook is active"
    return _error(409, text)


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


def result(value: object) -> Answer:
    """200 with that result."""
    return Answer(body=json.dumps({"ok": True, "result": value}).encode())


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
        self.updates: list[dict[str, Any]] = []
        """What happened and nobody has confirmed yet."""
        self.webhook: dict[str, Any] | None = None
        self.commands: dict[str, list[dict[str, str]]] = {}
        """What was set last, by language."""
        self._messages: dict[tuple[int, int], tuple[object, object]] = {}
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

    def edits(self, chat_id: int) -> list[str]:
        """What messages of a chat were to say from then on, in order."""
        return [each.text for each in self.calls("editMessageText") if each.chat_id == chat_id]

    def calls(self, method: str) -> list[Request]:
        """Every request for `method`, in order."""
        return [each for each in list(self.requests) if each.method == method]

    def happens(self, *updates: dict[str, Any]) -> None:
        """People did that: whoever fetches updates gets them until they are confirmed."""
        with self.changed:
            self.updates.extend(updates)
            self.changed.notify_all()

    def shows(self, chat_id: int, message_id: int, text: str) -> None:
        """The chat has a message that this server did not send itself."""
        self._messages[chat_id, message_id] = (text, None)

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
        if answer.delivers and request.method in SENDS:
            self.delivered.append(request)
            content = (request.text, request.payload.get("reply_markup"))
            self._messages[request.chat_id, len(self.delivered)] = content
        if self.on_request is not None:
            try:
                self.on_request(request)
            except BaseException as error:  # noqa: BLE001  # shown to whoever reads `failures`
                self.failures.append(error)
        return answer

    def outcome(self, request: Request) -> Answer:
        """What the method answers when nothing goes wrong. For the server's own threads."""
        payload = request.payload
        match request.method:
            case "editMessageText":
                return self._edited(request)
            case "getUpdates":
                return self._updates(payload)
            case "setWebhook":
                self.webhook = payload
            case "deleteWebhook":
                self.webhook = None
            case "setMyCommands":
                self.commands[payload.get("language_code", "")] = payload["commands"]
            case "sendMessage" | "sendPhoto":
                return result({"message_id": len(self.delivered), "chat": {"id": request.chat_id}})
        return result(value=True)

    def _edited(self, request: Request) -> Answer:
        key = request.chat_id, request.payload["message_id"]
        content = (request.text, request.payload.get("reply_markup"))
        if key not in self._messages:
            return bad_request("Bad Request: message to edit not found")
        if self._messages[key] == content:
            return bad_request(
                "Bad Request: message is not modified: specified new message content and reply"
                " markup are exactly the same as a current content and reply markup of the message"
            )
        self._messages[key] = content
        return result({"message_id": key[1], "chat": {"id": key[0]}})

    def _updates(self, payload: dict[str, Any]) -> Answer:
        if self.webhook:
            return conflict()
        deadline = time.monotonic() + payload.get("timeout", 0)
        with self.changed:
            offset = payload.get("offset", 0)
            self.updates = [each for each in self.updates if each["update_id"] >= offset]
            while not self.updates and not self.closing.is_set() and time.monotonic() < deadline:
                self.changed.wait(0.02)
            return result(self.updates[: payload.get("limit", 100)])


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
        found = re.fullmatch(r"/bot(.+)/(\w+)", self.path)
        size = int(self.headers["Content-Length"])
        received = self.rfile.read(size)
        if len(received) < size:
            # The caller was killed in the middle: nobody asks for anything.
            self.close_connection = True
            return
        payload = self._payload(received)
        if found is None or found[2] not in METHODS:
            self._send(not_found(), b"{}")
            return
        user = self.headers["Authorization"]
        request = Request(time.monotonic(), found[1], found[2], payload, user)
        answer = api.take(request)
        if answer.after:
            api.closing.wait(answer.after)
        while answer.gate is not None and not answer.gate.wait(0.02) and not api.closing.is_set():
            pass
        if answer.cut:
            self.close_connection = True
        elif answer.body is None and answer.status == 200:
            self._send(replace(api.outcome(request), headers=answer.headers), b"")
        else:
            self._send(answer, b"{}")

    def _payload(self, received: bytes) -> dict[str, Any]:
        """A JSON object, or a form, whose files come as their bytes."""
        kind = self.headers["Content-Type"] or ""
        if not kind.startswith("multipart/"):
            payload: dict[str, Any] = json.loads(received)
            return payload
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        parts = BytesParser(policy=HTTP).parsebytes(head + received).iter_parts()
        form: dict[str, Any] = {}
        for part in parts:
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            form[str(name)] = content if part.get_filename() else content.decode()
        return form

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
