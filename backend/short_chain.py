"""The middleware chain of `/graphql`, without what only a browser's pages live by.

Of what Django did for a small request, two thirds went into middlewares that do nothing there.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from backend.views import GraphQLView

Handler = Callable[[HttpRequest], HttpResponseBase]

PATHS = frozenset(("/graphql", "/graphql/"))

NOT_IN_IT = frozenset(
    (
        # Static files lie elsewhere; and where no cookie is sent nobody is logged in, no message
        # waits, and there is nothing for a token to protect.
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    )
)
"""All that stands behind this one in `MIDDLEWARE`, but for these, is in the short chain, too."""


class ShortChain:
    """A middleware that takes a POST without cookies to the view by a shorter chain.

    Its answer is the same, header by header; all other requests go the long way.
    """

    def __init__(self, get_response: Handler) -> None:
        self._long = get_response
        self._short = _chain()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        is_short = (
            request.method == "POST"
            and request.path_info in PATHS
            and not request.META.get("HTTP_COOKIE")
        )
        return self._short(request) if is_short else self._long(request)


def _chain() -> Handler:
    """Put together as Django does it: each of them gets an answer, also where the next one raises.

    The address needs no resolving, and the view, which keeps nothing, is one for all requests.
    """
    handler: Callable[[HttpRequest], Any] = convert_exception_to_response(GraphQLView().post)
    names = settings.MIDDLEWARE
    behind = names[names.index(f"{__name__}.{ShortChain.__name__}") + 1 :]
    for name in reversed([name for name in behind if name not in NOT_IN_IT]):
        handler = convert_exception_to_response(import_string(name)(handler))
    return handler
