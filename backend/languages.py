"""The language of an answer: what `Accept-Language` asks for, English where it asks for neither.

What graphql-core says of a document or a variable is English in all: developers read it.
"""

from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header


class AcceptLanguage:
    """A middleware inside which texts are in the language that the request's header asks for.

    Cookies and sessions count for nothing, so that the same request always gets the same words.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = asked_for(request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
        if language == translation.get_language():
            # It mostly is, and to look costs less than to set it and to set it back.
            response = self._get_response(request)
        else:
            with translation.override(language):
                response = self._get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ["Accept-Language"])
        return response


def asked_for(accept_language: str) -> str:
    """The code of the best language in the header that `LANGUAGES` has, else `LANGUAGE_CODE`.

    So it is for a header that cannot be read, too. Django reads its first 500 characters.
    """
    for code, quality in parse_accept_lang_header(accept_language):
        if code == "*" or not quality:  # the best come first
            break
        with suppress(LookupError):
            return translation.get_supported_language_variant(code)
    return settings.LANGUAGE_CODE
