"""The WSGI application, under the watchdog; `manage.py serve` runs it through backend/asgi.py."""

import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

django = get_wsgi_application()

from django.conf import settings  # noqa: E402  # the settings need the variable above

from backend.serving.watchdog import Watchdog  # noqa: E402  # the same

watchdog = Watchdog(settings.REQUEST_TIMEOUT)


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Django, and its answer's chunks; those of a static file are read outside the watch."""
    with watchdog.watching(environ["REQUEST_METHOD"], environ["PATH_INFO"]):
        return django(environ, start_response)
