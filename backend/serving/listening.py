"""A listening socket, or why there is none, in one line."""

import errno
import socket

from django.core.management.base import CommandError

BACKLOG = 128


def listen(host: str, port: int, command: str) -> socket.socket:
    """Listens on `host` and `port`; the queue holds early callers.

    Raises `CommandError` when somebody else does, or the host is not here. `command` is what the
    message shows to be run on another port.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CommandError(
                f"Port {port} on {host} is taken. Stop what listens there, or choose another:"
                f" PORT={port + 1} {command}"
            ) from None
        raise CommandError(f"Cannot listen on HOST={host} PORT={port}: {error.strerror}.") from None
