"""Django's admin, with its two password checks slowed down together with the API's."""

from typing import Any, cast

from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import throttling
from accounts.errors import RateLimited
from accounts.models import User

CHANGED = 302
"""The answer to a form that was accepted: the way to the next page."""


class LogInForm(AdminAuthenticationForm):
    """A try before its time is a problem of the form, as a wrong password is."""

    def clean(self) -> dict[str, Any]:
        email = self.cleaned_data.get("username")
        if email is None or not self.cleaned_data.get("password"):
            return self.cleaned_data  # the fields say what is missing
        request = cast("HttpRequest", self.request)  # the admin's view gives it
        try:
            attempt = throttling.password_attempt(request, email, timezone.now())
        except RateLimited as error:
            raise ValidationError(error.message, code="rate_limited") from None
        cleaned = super().clean()
        attempt.forgive()
        return cleaned


class Site(AdminSite):
    login_form = LogInForm

    def password_change(  # type: ignore[override]  # a redirect is no TemplateResponse either
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Asks for the old password; what is not accepted as a whole counts as a failure."""
        if request.method != "POST":
            return super().password_change(request, extra_context)
        user = cast("User", request.user)  # nobody else gets here
        try:
            attempt = throttling.password_attempt(request, user.email, timezone.now())
        except RateLimited as error:
            return HttpResponse(f"{error.message}\n", status=429, content_type="text/plain")
        answer = super().password_change(request, extra_context)
        if answer.status_code == CHANGED:
            attempt.forgive()
        return answer
