"""Where the twin's resources are."""

from django.urls import path

from benchmarks.twins.rest.views import OwnHabits, PublicHabits

urlpatterns = [
    path("api/habits/", OwnHabits.as_view()),
    path("api/public-habits/", PublicHabits.as_view()),
]
