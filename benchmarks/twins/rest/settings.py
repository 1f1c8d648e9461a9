"""The settings of the REST twin."""

from benchmarks.twins.tracker.settings import *  # noqa: F403  # Django's way to add to settings
from benchmarks.twins.tracker.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "rest_framework"]
ROOT_URLCONF = "benchmarks.twins.rest.urls"
WSGI_APPLICATION = "benchmarks.twins.rest.wsgi.application"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["benchmarks.twins.tracker.tokens.LiveUser"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}
