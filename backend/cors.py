"""Which pages elsewhere may read an answer: django-cors-headers, cheaper for other callers."""

from corsheaders.middleware import CorsMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers


class Cors(CorsMiddleware):
    """The same, but where no origin is sent it does not have every header read to find that out."""

    def add_response_headers(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if "HTTP_ORIGIN" in request.META or not self.is_enabled(request):
            return super().add_response_headers(request, response)
        patch_vary_headers(response, ("origin",))
        return response
