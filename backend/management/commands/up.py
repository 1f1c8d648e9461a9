"""`manage.py up`: migrations, web, workers and scheduler in one process."""

import fcntl
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import dramatiq
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.core.wsgi import get_wsgi_application
from django.db import connection
from dramatiq import Worker
from periodiq import Scheduler
from waitress.task import ThreadedTaskDispatcher

from backend.serving import waitress_server
from backend.serving.listening import listen
from notifications.actors import answer, deliver, tick
from notifications.middleware import stopping
from notifications.polling import poll

ANSWERING_THREADS = 2

DRAIN = 14_000
"""Milliseconds that a stop waits for sends under way: the longest takes 13 seconds."""


class Command(BaseCommand):
    help = (
        "Runs everything in one process: migrations, then web, workers, scheduler and, unless there"
        " is a webhook, the poller of Telegram. Listens on HOST and PORT; stops on Ctrl-C or"
        " SIGTERM once the sends under way have ended."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with ExitStack() as stack:
            if connection.vendor == "sqlite" and not settings.REDIS_URL:
                stack.enter_context(_only_process_on(Path(connection.settings_dict["NAME"])))
            listener = stack.enter_context(listen(settings.HOST, settings.PORT, "make run"))
            call_command("migrate", interactive=False, verbosity=0)
            connection.close()
            scheduler = Scheduler(actors=[tick])
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: scheduler.alarm_q.put(False))
            for worker in _workers():
                worker.start()
                stack.callback(worker.stop, timeout=DRAIN)
            stack.callback(_serve(listener).shutdown, timeout=5)
            if settings.TELEGRAM_BOT_TOKEN and not settings.TELEGRAM_WEBHOOK_SECRET:
                # It may hang in a request at the end: what it took and told nobody comes again.
                threading.Thread(target=poll, args=(stopping,), name="poll", daemon=True).start()
            # At the end this comes first: senders drain while the web server does.
            stack.callback(stopping.set)
            self._greet()
            scheduler.schedule()
            scheduler.loop()
            self.stdout.write("Stopping.")

    def _greet(self) -> None:
        address = f"http://{_bracketed(settings.HOST)}:{settings.PORT}/graphql"
        if settings.DEBUG:
            self.stdout.write(
                f"GraphiQL is at {address}: its tab “Register” makes the first account.\n"
                f"For the admin at /{settings.ADMIN_PATH}/, make a superuser:"
                " DEBUG=true .venv/bin/python manage.py csu"
            )
        else:
            self.stdout.write(
                f"The API is at {address}; its mutation `register` makes the first account."
            )
        if not settings.TELEGRAM_BOT_TOKEN:
            self.stdout.write("Reminders go to this log until TELEGRAM_BOT_TOKEN is set.")
        self.stdout.write("Stop with Ctrl-C.")
        self.stdout.flush()


@contextmanager
def _only_process_on(database: Path) -> Iterator[None]:
    """Holds a lock beside the SQLite file: the broker lives in this process, so there is one."""
    with Path(f"{database}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                f"Another `up` runs on {database}. Stop it, or give this one a DATABASE_URL of its"
                " own, or set REDIS_URL for both."
            ) from None
        yield


def _workers() -> tuple[Worker, ...]:
    """The tick and the answers have threads of their own, so that sends never delay them."""
    broker = dramatiq.get_broker()
    return (
        Worker(broker, queues={tick.queue_name}, worker_threads=1),
        Worker(broker, queues={deliver.queue_name}, worker_threads=settings.DELIVERY_THREADS),
        Worker(broker, queues={answer.queue_name}, worker_threads=ANSWERING_THREADS),
    )


def _serve(listener: socket.socket) -> ThreadedTaskDispatcher:
    """Starts the web server; what it answers ends the threads that run requests."""
    # Without the watchdog of backend/wsgi.py: nobody would start this process again, and it would
    # end the sends under way.
    server = waitress_server.create(get_wsgi_application(), listener, settings.WEB_THREADS)
    threading.Thread(target=server.run, name="web", daemon=True).start()
    return server.task_dispatcher


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
