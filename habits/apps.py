from django.apps import AppConfig


class HabitsConfig(AppConfig):
    name = "habits"

    def ready(self) -> None:
        from habits import receivers  # noqa: F401  # needs the loaded models
