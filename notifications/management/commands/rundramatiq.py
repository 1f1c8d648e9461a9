"""`manage.py rundramatiq`: django-dramatiq's own, once there is a broker to share."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django_dramatiq.management.commands.rundramatiq import Command as RunDramatiq


class Command(RunDramatiq):  # type: ignore[misc]  # django-dramatiq publishes no types
    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.REDIS_URL:
            raise CommandError(
                "REDIS_URL is missing: without it a worker would wait for messages that no other"
                " process can send. `manage.py up` runs without it."
            )
        super().handle(*args, **options)
