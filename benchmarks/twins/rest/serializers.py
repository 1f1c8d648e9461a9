"""Habits as the REST API reads and writes them."""

from typing import Any

from rest_framework import serializers

from benchmarks.twins.rest.validators import RULES
from benchmarks.twins.tracker.models import Habit


class RelatedHabitSerializer(serializers.ModelSerializer):
    class Meta:
        model = Habit
        fields = ("id", "action", "place")


class HabitSerializer(serializers.ModelSerializer):
    """One of the caller's own habits."""

    related_habit = RelatedHabitSerializer(read_only=True)
    related_habit_id = serializers.PrimaryKeyRelatedField(
        source="related_habit", queryset=Habit.objects.all(), write_only=True, required=False
    )
    periodicity = serializers.IntegerField(min_value=1, max_value=7, default=1)
    starts_on = serializers.DateField(required=False)

    class Meta:
        model = Habit
        fields = (
            "id",
            "action",
            "place",
            "time",
            "duration",
            "periodicity",
            "starts_on",
            "reward",
            "is_enjoyed",
            "is_public",
            "next_due_at",
            "related_habit",
            "related_habit_id",
        )
        read_only_fields = ("next_due_at",)
        validators = RULES


class PublicHabitSerializer(serializers.ModelSerializer):
    """A habit that its owner published."""

    related_habit = serializers.SerializerMethodField()
    is_mine = serializers.SerializerMethodField()

    class Meta:
        model = Habit
        fields = (
            "id",
            "action",
            "place",
            "time",
            "duration",
            "periodicity",
            "reward",
            "is_enjoyed",
            "is_mine",
            "related_habit",
        )

    def get_related_habit(self, habit: Habit) -> dict[str, Any] | None:
        related = habit.related_habit
        if related is None or not related.is_public:
            return None
        return RelatedHabitSerializer(related).data

    def get_is_mine(self, habit: Habit) -> bool:
        return habit.owner_id == self.context["request"].user.pk
