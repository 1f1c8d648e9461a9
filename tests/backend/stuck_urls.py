"""Two requests that never end: one waits, one computes and keeps the interpreter's lock."""

import re
import threading

from django.http import HttpRequest, HttpResponse
from django.urls import path

from backend.urls import urlpatterns as ours


def waits(request: HttpRequest) -> HttpResponse:
    threading.Event().wait()
    return HttpResponse()


def computes(request: HttpRequest) -> HttpResponse:
    re.match("(a|a)*b", "a" * 64)
    return HttpResponse()


urlpatterns = [*ours, path("waits", waits), path("computes", computes)]
