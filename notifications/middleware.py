"""What this process's workers do at their start and at their end."""

import threading

from dramatiq import Broker, Middleware, Worker

stopping = threading.Event()
"""Set while this process's workers shut down: finish the send at hand, claim nothing more."""


class WorkerMiddleware(Middleware):
    """What a worker does when it starts and when it stops."""

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        stopping.clear()
        # One hint for each thread: more would wait here while another process has threads to spare.
        worker.queue_prefetch = worker.worker_threads

    def after_worker_boot(self, broker: Broker, worker: Worker) -> None:
        """Looks for work at once: the hints that its predecessor held are lost with it."""
        broker.enqueue(broker.get_actor("tick").message())

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Lets a stop take no longer than one send, instead of one run."""
        stopping.set()
