"""GraphQL over HTTP: one POST, one operation, always JSON.

Follows the GraphQL over HTTP specification: a request that cannot be executed answers without
`data`, with 400 under `application/graphql-response+json` and with 200 under the older
`application/json`. Cookies count for nothing, so there is nothing for a CSRF token to protect.
"""

from functools import lru_cache
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import View
from graphql import GraphQLError
from strawberry.schema.exceptions import CannotGetOperationTypeError

from accounts.errors import BadUserInput
from backend.errors import formatted
from backend.request import BadRequest, GraphQLRequest, PersistedQueryNotSupported, parse_body
from backend.schema import Context, schema

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
OFFERED = [JSON, GRAPHQL_JSON, f"{JSON}; charset=utf-8", f"{GRAPHQL_JSON}; charset=utf-8"]
ALLOWED = "POST, OPTIONS"

LONGEST_ACCEPT = 4096
"""Characters; each type that is named takes time, and a header has room for 30,000 of them."""
ACCEPTS = 64
"""So many different headers are understood once; clients of one make all send the same."""

# Everything comes from here. Inline styles are what GraphiQL's dialogs lock the page's scroll with.
GRAPHIQL_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class GraphQLView(View):
    """The endpoint; in development a browser's GET gets GraphiQL."""

    http_method_names = ("get", "post", "options")

    def get(self, request: HttpRequest) -> HttpResponse:
        if settings.DEBUG and request.accepts("text/html"):
            page = render(request, "graphiql.html")
            page["Content-Security-Policy"] = GRAPHIQL_POLICY
            return page
        return self.http_method_not_allowed(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        media_type = _answered_type(request)
        if media_type is None:
            text = _("The answer is %(newer)s or %(older)s; accept one of them.")
            return _failure(406, text % {"newer": GRAPHQL_JSON, "older": JSON})
        if not _is_utf8_json(request):
            return _failure(415, _("The body must be %(type)s in UTF-8.") % {"type": JSON})
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            text = _("Send the body in one piece, with a Content-Length.")
            return _failure(411, text, media_type)
        try:
            operation = parse_body(request.body)
        except BadRequest as error:
            return _failure(400, str(error), media_type)
        except PersistedQueryNotSupported:
            return _persisted_query_not_supported(media_type)
        except RequestDataTooBig:
            text = _("The body is larger than %(limit)d bytes.")
            text %= {"limit": settings.DATA_UPLOAD_MAX_MEMORY_SIZE}
            return _failure(413, text, media_type)
        except UnreadablePostError:
            return _failure(400, _("The body ended too early."), media_type)
        return self._execute(request, operation, media_type)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        headers = {"Allow": ALLOWED, "Content-Length": "0", "Cache-Control": "no-store"}
        return HttpResponse(headers=headers)

    def http_method_not_allowed(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        answer = _failure(405, _("Send a POST."))
        answer["Allow"] = ALLOWED
        return answer

    def _execute(
        self, request: HttpRequest, operation: GraphQLRequest, media_type: str
    ) -> HttpResponse:
        try:
            result = schema.execute_sync(
                operation.query,
                variable_values=operation.variables,
                operation_name=operation.operation_name,
                context_value=Context(request),
            )
        except CannotGetOperationTypeError:
            return _answer(
                _errors([BadUserInput(_("The document has no such operation."))]),
                media_type,
                status=400 if media_type == GRAPHQL_JSON else 200,
            )
        if result.errors is None:
            return _answer({"data": result.data}, media_type)
        if result.data is None and all(error.path is None for error in result.errors):
            status = 400 if media_type == GRAPHQL_JSON else 200
            return _answer(_errors(result.errors), media_type, status=status)
        return _answer({"data": result.data, **_errors(result.errors)}, media_type)


def _answered_type(request: HttpRequest) -> str | None:
    """What the client likes best of the two; the older one where it does not care.

    None where it takes neither, or names more types than anybody has.
    """
    accept = request.META.get("HTTP_ACCEPT", "").strip()
    if not accept:
        return JSON
    if len(accept) > LONGEST_ACCEPT:
        return None
    return _preferred(accept)


@lru_cache(maxsize=ACCEPTS)
def _preferred(accept: str) -> str | None:
    request = HttpRequest()
    request.META["HTTP_ACCEPT"] = accept
    preferred = request.get_preferred_type(OFFERED)
    return preferred and preferred.partition(";")[0]


def _is_utf8_json(request: HttpRequest) -> bool:
    charset = request.content_params.get("charset", "utf-8") if request.content_params else "utf-8"
    return request.content_type == JSON and charset.lower() in {"utf-8", "utf8"}


def _persisted_query_not_supported(media_type: str) -> HttpResponse:
    # Apollo's link looks for this very text or code, in an answer that is not an HTTP error.
    error = GraphQLError(
        "PersistedQueryNotSupported", extensions={"code": "PERSISTED_QUERY_NOT_SUPPORTED"}
    )
    return _answer({"errors": [error.formatted]}, media_type)


def _errors(errors: list[GraphQLError]) -> dict[str, Any]:
    return {"errors": formatted(errors)}


def _failure(status: int, message: str, media_type: str = JSON) -> HttpResponse:
    return _answer(_errors([BadUserInput(message)]), media_type, status=status)


def _answer(body: dict[str, Any], media_type: str, *, status: int = 200) -> HttpResponse:
    answer = HttpResponse(
        orjson.dumps(body),
        content_type=f"{media_type}; charset=utf-8",
        status=status,
    )
    answer["Cache-Control"] = "no-store"
    return answer
