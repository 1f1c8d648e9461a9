"""The settings of the plain GraphQL twin."""

from benchmarks.twins.tracker.settings import *  # noqa: F403  # Django's way to add to settings
from benchmarks.twins.tracker.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "strawberry_django"]
ROOT_URLCONF = "benchmarks.twins.plain.urls"
WSGI_APPLICATION = "benchmarks.twins.plain.wsgi.application"
