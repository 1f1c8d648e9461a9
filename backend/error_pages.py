"""What answers when no view does: JSON, but for the admin, whose pages a person reads.

Only with `DEBUG` off; in development Django shows its own.
"""

import sys

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import csrf, defaults
from graphql import GraphQLError

from backend.errors import formatted
from backend.serving.refusals import HEADERS, refusal


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, a Host that this site does not answer to among them."""
    if _is_admin(request):
        return defaults.bad_request(request, exception)
    return _answer(400, _("The request is not one that this server answers."), "BAD_USER_INPUT")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    if _is_admin(request):
        return defaults.permission_denied(request, exception)
    return _answer(403, _("This is not allowed."), "FORBIDDEN")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without its token, which only the admin has; see `CSRF_FAILURE_VIEW`."""
    if _is_admin(request):
        return csrf.csrf_failure(request, reason)
    return permission_denied(request, PermissionDenied(reason))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    if _is_admin(request):
        return defaults.page_not_found(request, exception)
    return _answer(404, _("There is nothing here."), "NOT_FOUND")


def server_error(request: HttpRequest) -> HttpResponse:
    """500, masked: the log has the exception under the id that the answer gives."""
    if _is_admin(request):
        return defaults.server_error(request)
    # Django calls this while it handles the exception.
    cause = sys.exc_info()[1]
    error = GraphQLError("", original_error=cause if isinstance(cause, Exception) else None)
    (masked,) = formatted([error])
    return _answer(500, masked["message"], **masked["extensions"])


def _is_admin(request: HttpRequest) -> bool:
    return request.path.startswith(reverse("admin:index"))


def _answer(status: int, message: str, code: str, **extensions: str) -> HttpResponse:
    content = refusal(message, code, **extensions)
    # The middleware that counts is inside the one that refuses a Host.
    length = ("Content-Length", str(len(content)))
    return HttpResponse(content, status=status, headers=dict((*HEADERS, length)))
