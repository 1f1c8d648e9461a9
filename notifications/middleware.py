"""Tells runs under way that their worker stops."""

import threading

from dramatiq import Broker, Middleware, Worker

stopping = threading.Event()
"""Set while this process's workers shut down: finish the send at hand, claim nothing more."""


class DrainMiddleware(Middleware):
    """Lets a stop take no longer than one send, instead of one run."""

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        stopping.clear()

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        stopping.set()
