"""What `manage.py serve` gives to granian: the WSGI application behind the bridge."""

import multiprocessing
import os
import signal
import threading
from multiprocessing.process import BaseProcess

from django.conf import settings

from backend import wsgi
from backend.serving.bridge import Bridge
from backend.webhook import MAX_BODY

application = Bridge(
    wsgi.application,
    threads=settings.WEB_THREADS,
    # Each of the two looks at the length of its own.
    kept=max(settings.DATA_UPLOAD_MAX_MEMORY_SIZE, MAX_BODY),
)


def stop_without(parent: BaseProcess) -> None:
    """Stops this worker once granian's main process is gone, as nobody else would."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


if parent := multiprocessing.parent_process():
    threading.Thread(target=stop_without, args=(parent,), name="parent", daemon=True).start()
