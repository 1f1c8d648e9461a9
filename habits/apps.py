from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HabitsConfig(AppConfig):
    name = "habits"
    verbose_name = _("Habits")

    def ready(self) -> None:
        from habits import receivers  # noqa: F401  # needs the loaded models
