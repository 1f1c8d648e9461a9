"""What answers where."""

from django.conf import settings
from django.contrib import admin
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from backend.health import healthz, readyz
from backend.metrics import metrics
from backend.views import GraphQLView
from backend.webhook import webhook

urlpatterns = [
    # With or without the slash: a redirect would lose a POST's body.
    re_path(r"^graphql/?$", csrf_exempt(GraphQLView.as_view()), name="graphql"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("telegram/webhook", webhook, name="webhook"),
    path(f"{settings.ADMIN_PATH}/", admin.site.urls),
]

handler400 = "backend.error_pages.bad_request"
handler403 = "backend.error_pages.permission_denied"
handler404 = "backend.error_pages.page_not_found"
handler500 = "backend.error_pages.server_error"
