from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class BackendConfig(AppConfig):
    name = "backend"


class SiteConfig(AdminConfig):
    default_site = "accounts.admin_site.Site"
