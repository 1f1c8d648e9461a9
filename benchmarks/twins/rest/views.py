"""The three resources of the twin."""

from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import generics, pagination
from rest_framework.serializers import BaseSerializer

from benchmarks.twins.rest.serializers import HabitSerializer, PublicHabitSerializer
from benchmarks.twins.tracker.models import Habit


class NumberedPages(pagination.PageNumberPagination):
    page_size = 20


class NewestFirst(pagination.CursorPagination):
    page_size = 20
    ordering = "-id"


class OwnHabits(generics.ListCreateAPIView):
    serializer_class = HabitSerializer
    pagination_class = NumberedPages

    def get_queryset(self) -> QuerySet[Habit]:
        own = Habit.objects.filter(owner=self.request.user)
        return own.select_related("related_habit").order_by("-id")

    def perform_create(self, serializer: BaseSerializer) -> None:
        user, now = self.request.user, timezone.now()
        starts_on = now.astimezone(ZoneInfo(user.time_zone)).date()
        habit = Habit(**{"owner": user, "starts_on": starts_on, **serializer.validated_data})
        habit.reschedule(now)
        habit.save(force_insert=True)
        serializer.instance = habit


class PublicHabits(generics.ListAPIView):
    serializer_class = PublicHabitSerializer
    pagination_class = NewestFirst
    queryset = Habit.objects.filter(is_public=True).select_related("related_habit")
