"""The plain GraphQL twin as a WSGI application; DJANGO_SETTINGS_MODULE names its settings."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
