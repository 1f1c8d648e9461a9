"""How errors look in an answer: a stable code each, and nothing of the server's inside."""

import logging
import uuid
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from graphql import GraphQLError

from accounts.errors import ApiError, BadUserInput

logger = logging.getLogger(__name__)


def formatted(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    """The first `LIMIT_ERRORS` of the errors, as they are answered.

    An unexpected one is masked, and logged under an id.
    """
    return [_formatted(error) for error in errors[: settings.LIMIT_ERRORS]]


def _formatted(error: GraphQLError) -> dict[str, Any]:
    cause = error.original_error
    if isinstance(error, ApiError) or isinstance(cause, ApiError):
        return dict(error.formatted)
    # Without a foreign cause the document, a variable or an argument is wrong: the text is
    # graphql-core's own or a scalar's, and speaks of the request alone.
    if cause is None or isinstance(cause, GraphQLError):
        extensions = {"code": BadUserInput.code, **(error.extensions or {})}
        return {**error.formatted, "message": _told(error.message), "extensions": extensions}
    error_id = uuid.uuid4().hex
    # Operators read English, whatever language the caller asked for.
    with translation.override(None):
        logger.error("unexpected_error id=%s path=%s", error_id, error.path, exc_info=cause)
    text = _("Something went wrong on our side. Quote %(id)s when you report it.")
    return {
        **error.formatted,
        "message": text % {"id": error_id},
        "extensions": {"code": "INTERNAL_SERVER_ERROR", "id": error_id},
    }


def _told(message: str) -> str:
    """Without graphql-core's suggestions, which list the schema's names one guess at a time."""
    return message if settings.DEBUG else message.partition(" Did you mean ")[0]
