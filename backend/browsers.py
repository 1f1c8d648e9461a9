"""What only the admin's pages live by: who is logged in, and the messages that a page shows.

At `/graphql`, where cookies count for nothing, both step aside: they took a tenth of the time that
Django had for a small request. Sessions and CSRF tokens cost little and stay Django's own.
"""

from collections.abc import Awaitable

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

GRAPHQL = frozenset(("/graphql", "/graphql/"))


class NotForGraphQL(MiddlewareMixin):
    """Before one of Django's middlewares: the same, but not for requests to the API."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if request.path_info in GRAPHQL:
            return self.get_response(request)
        return super().__call__(request)


class Logins(NotForGraphQL, AuthenticationMiddleware):
    """`request.user`, of whom the API has none: there a token says who it is."""


class Messages(NotForGraphQL, MessageMiddleware):
    """`django.contrib.messages`."""
