"""The web server inside `manage.py up`, with its bounds.

Waitress reads a request as a whole before a thread takes it, so that slow clients cost connections
only; but it lets them take for ever, and answers in plain text what it refuses by itself.
"""

import socket
import time
from typing import Any
from wsgiref.types import WSGIApplication

from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer, create_server
from waitress.task import ErrorTask
from waitress.utilities import Error, RequestEntityTooLarge

from backend.serving import HEADER_BYTES, HEADER_SECONDS
from backend.serving.body import DISCARDED_BYTES, SECONDS, TOO_LARGE, TOO_SLOW
from backend.serving.refusals import servers_refusal

CONNECTIONS = 500
IDLE_SECONDS = 30
"""For a connection that sends nothing between two requests."""

MESSAGES = {
    408: TOO_SLOW.message,
    413: TOO_LARGE.message,
    431: format_lazy(_("The headers are larger than {limit} bytes."), limit=HEADER_BYTES),
}
BROKEN = 400, "Bad Request", _("This is no HTTP request that this server reads.")


def create(application: WSGIApplication, listener: socket.socket, threads: int) -> TcpWSGIServer:
    """A server on `listener`, not yet running."""
    server = create_server(
        application,
        sockets=[listener],
        threads=threads,
        ident=None,
        # The settings say which proxy is trusted, not this server.
        clear_untrusted_proxy_headers=False,
        # One byte less is what waitress itself lets through.
        max_request_body_size=DISCARDED_BYTES + 1,
        max_request_header_size=HEADER_BYTES,
        connection_limit=CONNECTIONS,
        channel_timeout=IDLE_SECONDS,
        cleanup_interval=5,
        # A client that leaves early is no news.
        log_socket_errors=False,
        # select() knows no file descriptor above 1023.
        asyncore_use_poll=True,
    )
    server.channel_class = BoundedChannel
    return server


class RequestTimeout(Error):  # type: ignore[misc]  # waitress publishes no types
    code = 408
    reason = "Request Timeout"


class Refusal(ErrorTask):  # type: ignore[misc]  # the same
    """Answers, as JSON, what waitress refuses by itself, and closes the connection."""

    def execute(self) -> None:
        error = self.request.error
        if error.code in MESSAGES:
            status, reason, message = error.code, error.reason, MESSAGES[error.code]
        elif error.code == 500:
            # The application, which masks its own errors, broke; waitress has logged it.
            status, reason, message = 500, error.reason, _("Something went wrong on our side.")
        else:
            # An unknown Transfer-Encoding, a 501, among them: the client has to mend it.
            status, reason, message = BROKEN
        code = "INTERNAL_SERVER_ERROR" if status == 500 else "BAD_USER_INPUT"
        asked = self.request.headers.get("ACCEPT_LANGUAGE", "")
        headers, body = servers_refusal(message, code, asked)
        self.status = f"{status} {reason}"
        self.response_headers.extend(headers)
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Parser(HTTPRequestParser):  # type: ignore[misc]  # the same
    """Also refuses what waitress would stumble over, and chunks without end (see `body`)."""

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        # As they were sent, with what is around them.
        if self.chunked and self.body_bytes_received > 2 * settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            self.error = RequestEntityTooLarge("")
            self.completed = True
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError:
            # `http://[` as the target, or a number of 5,000 digits.
            raise ParsingError("unreadable") from None
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            # A proxy that believes the other one of the two sees another request begin behind it.
            raise ParsingError("two lengths")


class BoundedChannel(HTTPChannel):  # type: ignore[misc]  # the same
    """One connection, whose headers and whose body each have a time to arrive in."""

    error_task_class = Refusal
    parser_class = Parser
    request: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._awaited: tuple[object, bool] | None = None
        self._since = 0.0

    def readable(self) -> bool:
        """Asked by the server's loop, at least once a second."""
        self._refuse_what_is_late()
        is_readable: bool = super().readable()
        return is_readable

    def _refuse_what_is_late(self) -> None:
        request = self.request
        # Behind a request under way nothing is read.
        if request is None or self.requests or self.will_close or self.close_when_flushed:
            self._awaited = None
            return
        awaited = (request, request.headers_finished)
        now = time.monotonic()
        if awaited != self._awaited:
            self._awaited, self._since = awaited, now
        elif now - self._since > (SECONDS if request.headers_finished else HEADER_SECONDS):
            if not request.headers_finished:
                # As waitress does for headers that are too long: an answer needs some.
                request.parse_header(b"GET / HTTP/1.0\r\n")
            request.error = RequestTimeout("")
            request.completed = True
            self.request = None
            self.requests.append(request)
            self.server.add_task(self)
