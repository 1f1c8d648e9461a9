"""A WSGI application behind an ASGI server: a thread is taken only for work.

The request has arrived as a whole before a thread runs the application, and its answer is whole
before it is sent, so that a client that is slow in either costs a connection and no thread. Answers
are small here; what is unbounded must not be served this way.
"""

import io
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication, WSGIEnvironment

from backend.serving.body import Reader, Receive, Refused
from backend.serving.refusals import servers_refusal
from backend.serving.threads import Threads

Headers = Iterable[tuple[str, str]]
Answer = tuple[int, Headers, bytes]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODILESS = frozenset((204, 304))


class Bridge:
    """ASGI outside, WSGI inside; at most `threads` requests run at a time, the rest wait.

    Of a body, the application gets the first `kept` bytes (backend/serving/body.py).
    """

    def __init__(self, application: WSGIApplication, *, threads: int, kept: int) -> None:
        self._application = application
        self._reader = Reader(kept)
        self._threads = Threads(self._run, threads)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = environ(scope)
        body = await self._reader.read(receive, _declared_length(request))
        if isinstance(body, Refused):
            asked = request.get("HTTP_ACCEPT_LANGUAGE", "")
            headers, content = servers_refusal(body.message, "BAD_USER_INPUT", asked)
            answer: Answer = body.status, (*headers, ("Connection", "close")), content
        else:
            request["wsgi.input"] = io.BytesIO(body)
            answer = await self._threads.call(request)
        await _send(send, *answer)

    def _run(self, environ: WSGIEnvironment) -> Answer:
        """Runs the application to its end, in the thread that its connections belong to."""
        started: list[tuple[str, Headers]] = []
        written: list[bytes] = []

        def start_response(status: str, headers: Headers, exc_info: object = None) -> Any:
            started[:] = [(status, headers)]
            return written.append

        chunks = self._application(environ, start_response)
        try:
            written.extend(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        ((status, headers),) = started
        return int(status[:3]), headers, b"".join(written)


def environ(scope: MutableMapping[str, Any]) -> WSGIEnvironment:
    """The request as WSGI has it, but for its body; one in chunks has no CONTENT_LENGTH."""
    host, port = scope.get("server") or ("", "")
    result: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        # `X_Forwarded_For` would stand for X-Forwarded-For, which the proxy in front takes away.
        if b"_" in name:
            continue
        key = KEYS.get(name) or _key(name)
        text = value.decode("latin-1")
        result[key] = f"{result[key]},{text}" if key in result else text
    if "HTTP_TRANSFER_ENCODING" in result:
        result.pop("CONTENT_LENGTH", None)
    else:
        # The server has checked it, so that a repeated one says the same.
        length = result.get("CONTENT_LENGTH", "0").partition(",")[0]
        result["CONTENT_LENGTH"] = str(int(length))
    return result


def _key(name: bytes) -> str:
    """What the environment calls the header."""
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"


KEYS = {
    name: _key(name)
    for name in (
        b"accept",
        b"accept-encoding",
        b"accept-language",
        b"authorization",
        b"connection",
        b"content-length",
        b"content-type",
        b"cookie",
        b"host",
        b"origin",
        b"referer",
        b"user-agent",
        b"x-forwarded-for",
        b"x-forwarded-proto",
    )
}
"""Of the headers that most requests have; nothing that is sent adds to it."""


def _declared_length(environ: WSGIEnvironment) -> int | None:
    """In bytes, 0 when there is no body; None for a body in chunks."""
    length = environ.get("CONTENT_LENGTH")
    return None if length is None else int(length)


async def _send(send: Send, status: int, headers: Headers, content: bytes) -> None:
    lines = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    if status not in BODILESS and not any(name == b"content-length" for name, _ in lines):
        lines.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": content})
