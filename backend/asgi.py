"""What `manage.py serve` gives to granian: the WSGI application behind the bridge."""

from django.conf import settings

from backend import wsgi
from backend.bridge import Bridge

application = Bridge(
    wsgi.application, threads=settings.WEB_THREADS, kept=settings.DATA_UPLOAD_MAX_MEMORY_SIZE
)
