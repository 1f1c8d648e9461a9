"""`manage.py serve`: the web server of production, with all of its bounds."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings

from backend.serving import HEADER_BYTES, HEADER_SECONDS
from backend.serving.listening import listen

CONNECTIONS = 512
"""That one worker holds, idle and slow ones among them; further ones wait in the backlog."""
BACKLOG = 1024
STOP_SECONDS = 10
"""For the requests under way, once the server is told to stop; then the worker is killed."""
WORKER_MEMORY = 256
THREAD_MEMORY = 32
"""MiB of a worker, and of each of its threads, which may hash a password in 19; it starts with
about 80. A worker that stays above the sum for two minutes is replaced, without losing a request.
"""

WORKER_SECONDS = 24 * 60 * 60
"""A worker's life. Then it is replaced, too: what goes wrong slowly in a process ends with it."""


class Command(BaseCommand):
    help = (
        "Runs the web server of production on HOST and PORT: WEB_WORKERS processes with WEB_THREADS"
        " threads each. Stops on Ctrl-C or SIGTERM once the requests under way have ended."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DEBUG:
            raise CommandError("DEBUG is on: `serve` is for production. Use `make run` instead.")
        # Granian's own sockets share a port with whoever else allows it, without a word.
        listen(settings.HOST, settings.PORT, "manage.py serve").close()
        Granian(
            # ASGI, though the application is WSGI: granian calls a WSGI application before the body
            # is here, and then its threads wait for slow clients, without any bound. Its own RSGI
            # is no faster here, and loses header values that are not ASCII.
            "backend.asgi:application",
            interface=Interfaces.ASGINL,
            # A request wakes the loop three times from other threads, which asyncio's own does
            # through a socket: a fifth of what a small answer costs.
            loop=Loops.uvloop,
            address=settings.HOST,
            port=settings.PORT,
            workers=settings.WEB_WORKERS,
            # A proxy speaks HTTP/1.1; HTTP/2 would let one connection bring 200 requests at once.
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(
                header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=HEADER_BYTES
            ),
            websockets=False,
            backlog=BACKLOG,
            backpressure=CONNECTIONS,
            # The watchdog ends a worker, and memory may run out.
            respawn_failed_workers=True,
            workers_max_rss=WORKER_MEMORY + THREAD_MEMORY * settings.WEB_THREADS,
            rss_sample_interval=30,
            rss_samples=4,
            workers_lifetime=WORKER_SECONDS,
            workers_kill_timeout=STOP_SECONDS,
            # Its lines go where Django's go.
            log_dictconfig={"formatters": {}, "handlers": {}, "loggers": {"_granian": {}}},
        ).serve()
