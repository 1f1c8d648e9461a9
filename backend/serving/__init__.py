"""How requests come in and what they may take: granian for `manage.py serve`, waitress for `up`."""

HEADER_SECONDS = 10
"""For a request's line and headers; under `serve` also for the next request on a connection."""

HEADER_BYTES = 64 * 1024
