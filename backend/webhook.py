"""Where Telegram's updates come in, once `manage.py telegram webhook` has told it to.

An update is stored and a worker woken, no more: Telegram waits for the answer, and sends again what
was not answered with 200.
"""

import json

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from backend.error_pages import permission_denied
from backend.request import BadRequest, parse_json
from notifications.bot.updates import NotAnUpdate
from notifications.receiving import receive

MAX_BODY = 256 * 1024
"""Bytes. A text has up to 4,096 characters, each of up to 12 bytes as Telegram escapes them
(`\\ud83d\\ude00`), 100 entities of some 150 bytes each, and 100 buttons of some 300 below it; and
the message that it replies to is repeated with all of that, which makes about 190 KiB."""

MAX_VALUES = 10_000
MAX_DEPTH = 20
"""A button of a message that is replied to in a press lies 9 levels deep."""


@csrf_exempt
def webhook(request: HttpRequest) -> HttpResponse:
    """200 for every update; also for one that asks for nothing, which would only come again."""
    if not settings.TELEGRAM_WEBHOOK_SECRET:
        raise Http404
    secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
    if not constant_time_compare(secret, settings.TELEGRAM_WEBHOOK_SECRET):
        # Not raised: strangers would fill the log with tracebacks.
        return permission_denied(request, PermissionDenied())
    if request.method != "POST":
        answer = _answer(405, "Send a POST.")
        answer["Allow"] = "POST"
        return answer
    if request.content_type != "application/json":
        return _answer(415, "The body must be application/json.")
    try:
        length = int(request.headers.get("Content-Length", ""))
    except ValueError:
        return _answer(411, "Send the body in one piece, with a Content-Length.")
    if length > MAX_BODY:
        return _answer(413, f"The body is larger than {MAX_BODY} bytes.")
    try:
        # Not `body`, whose limit is that of GraphQL.
        body = request.read()
        receive(parse_json(body, depth=MAX_DEPTH, values=MAX_VALUES), timezone.now())
    except UnreadablePostError:
        return _answer(400, "The body ended too early.")
    except BadRequest as error:
        return _answer(400, str(error))
    except NotAnUpdate:
        return _answer(400, "The body must be an update, with its `update_id`.")
    return _answer(200, "")


def _answer(status: int, problem: str) -> HttpResponse:
    body = {"ok": False, "description": problem} if problem else {"ok": True}
    answer = HttpResponse(json.dumps(body), content_type="application/json", status=status)
    answer["Cache-Control"] = "no-store"
    return answer
