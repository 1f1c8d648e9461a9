"""How much of a request's body is read, and for how long.

A body within `DATA_UPLOAD_MAX_MEMORY_SIZE` is kept. A longer one is read and thrown away up to
`DISCARDED_BYTES`, because a client that still sends would see a broken pipe instead of the 413;
beyond that, and after `SECONDS`, it is answered at once and the connection closed. A body in chunks
is not read beyond the limit, nor in more than `CHUNKS`, as a chunk of one byte costs far more to
read than to send.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from backend.serving.deadline import Deadline

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as Text

DISCARDED_BYTES = 8 * 1024 * 1024
CHUNKS = 256
SECONDS = 5.0

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


@dataclass(frozen=True)
class Refused:
    """The rest of the body is not waited for; the answer has this status and message."""

    status: int
    message: "Text"


TOO_LARGE = Refused(413, _("The body is too large."))
TOO_SHORT = Refused(400, _("The body ended too early."))
TOO_SLOW = Refused(
    408, format_lazy(_("The body must arrive within {seconds:g} seconds."), seconds=SECONDS)
)


class Reader:
    """Reads bodies, of which it keeps the first `kept` bytes; one for all requests."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._deadline = Deadline(SECONDS)

    async def read(self, receive: Receive, declared: int | None) -> bytes | Refused:
        """What is kept of the body, once all of it has arrived.

        `receive` is ASGI's, `declared` the Content-Length in bytes, None for a body in chunks.
        """
        # A refusal is returned, not raised: a traceback would keep `receive`, and granian closes
        # the connection of an unread body only when that is gone.
        if declared is not None and declared > DISCARDED_BYTES:
            return TOO_LARGE
        try:
            return await self._deadline.keep(self._read(receive, declared))
        except TimeoutError:
            return TOO_SLOW

    async def _read(self, receive: Receive, declared: int | None) -> bytes | Refused:
        most = self._kept if declared is None else DISCARDED_BYTES
        body = bytearray()
        length = messages = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return TOO_SHORT  # or in broken chunks
            chunk = message.get("body", b"")
            length += len(chunk)
            messages += 1
            if length > most or (declared is None and messages > CHUNKS):
                return TOO_LARGE
            body += chunk[: self._kept - len(body)]
            if not message.get("more_body", False):
                break
        return TOO_SHORT if declared is not None and length < declared else bytes(body)
