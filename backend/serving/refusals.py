"""Errors of requests that reach no GraphQL view, in the shape that the view's have."""

import json

HEADERS = (
    ("Content-Type", "application/json; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
)
"""What an answer carries that no middleware sees."""


def refusal(message: str, code: str, **extensions: str) -> bytes:
    """The body of an answer with this one error."""
    error = {"message": message, "extensions": {"code": code, **extensions}}
    return json.dumps({"errors": [error]}, separators=(",", ":")).encode()
