"""The settings, with two requests that never end."""

from backend.settings import *  # noqa: F403  # all of them

ROOT_URLCONF = "tests.backend.stuck_urls"
