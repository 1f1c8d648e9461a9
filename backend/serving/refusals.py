"""Errors of requests that reach no GraphQL view, in the shape that the view's have."""

import json
from typing import TYPE_CHECKING

from django.utils import translation

from backend.languages import asked_for

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as Text

HEADERS = (
    ("Content-Type", "application/json; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
)
"""What an answer carries that no middleware sees."""


def refusal(message: "Text", code: str, **extensions: str) -> bytes:
    """The body of an answer with this one error."""
    error = {"message": str(message), "extensions": {"code": code, **extensions}}
    return json.dumps({"errors": [error]}, separators=(",", ":")).encode()


def servers_refusal(
    message: "Text", code: str, accept_language: str
) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """Headers and body of what is refused before Django, in the language that is asked for."""
    language = asked_for(accept_language)
    with translation.override(language):
        body = refusal(message, code)
    return (*HEADERS, ("Content-Language", language), ("Vary", "Accept-Language")), body
