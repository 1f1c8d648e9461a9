"""Errors that a client or an operator must act on; they reach the top level of an answer.

What a person can mend (a broken rule, a taken e-mail) is a Django `ValidationError` instead, and
reaches the mutation's payload.
"""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from graphql import GraphQLError

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as Text


class ApiError(GraphQLError):
    """Answers its message with `code` in `extensions`; subclasses name the code.

    The message is in the language that is active where the error is made.
    """

    code: str

    def __init__(self, message: "Text", **extensions: Any) -> None:
        super().__init__(str(message), extensions={"code": self.code, **extensions})


class Unauthenticated(ApiError):
    """The call needs a live access token; an error link may refresh it and try again."""

    code = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__(_("Log in: this needs a valid access token in the Authorization header."))


class RateLimited(ApiError):
    """Too many attempts came before; `retryAfter` says in how many whole seconds one may come."""

    code = "RATE_LIMITED"

    def __init__(self, *, seconds: int) -> None:
        message = ngettext(
            "Too many attempts: try again in %(seconds)d second.",
            "Too many attempts: try again in %(seconds)d seconds.",
            seconds,
        )
        super().__init__(message % {"seconds": seconds}, retryAfter=seconds)


class BadUserInput(ApiError):
    """The request itself is wrong: an argument out of its range, an unreadable cursor."""

    code = "BAD_USER_INPUT"


def problem(field: str | None, code: str, message: "Text") -> ValidationError:
    """A `ValidationError` for one field (or for none) that keeps its code in the payload."""
    return ValidationError({field or NON_FIELD_ERRORS: [ValidationError(message, code=code)]})
