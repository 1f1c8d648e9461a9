"""The rules between the fields of a habit, as Django REST framework's validators."""

from typing import Any

from rest_framework.serializers import Serializer, ValidationError

from benchmarks.twins.tracker.models import HABITS_PER_PERSON

Given = dict[str, Any]


class Rule:
    """Gets the serializer, for the person who calls."""

    requires_context = True


class UsefulHabitIsWhole(Rule):
    def __call__(self, given: Given, serializer: Serializer) -> None:
        if given.get("is_enjoyed"):
            return
        missing = [name for name in ("time", "duration") if given.get(name) is None]
        if missing:
            raise ValidationError(dict.fromkeys(missing, "A useful habit needs this."))
        if given.get("reward") is None and given.get("related_habit") is None:
            raise ValidationError({"reward": "A useful habit needs a reward or a related habit."})


class OneReward(Rule):
    def __call__(self, given: Given, serializer: Serializer) -> None:
        if given.get("reward") is not None and given.get("related_habit") is not None:
            raise ValidationError({"related_habit": "Give a reward or a related habit, not both."})


class EnjoyedHabitHasNoReward(Rule):
    def __call__(self, given: Given, serializer: Serializer) -> None:
        if not given.get("is_enjoyed"):
            return
        for name in ("reward", "related_habit"):
            if given.get(name) is not None:
                raise ValidationError({name: "An enjoyed habit is its own reward."})


class RelatedHabitIsOwnAndEnjoyed(Rule):
    def __call__(self, given: Given, serializer: Serializer) -> None:
        related = given.get("related_habit")
        if related is None:
            return
        if related.owner_id != serializer.context["request"].user.pk:
            raise ValidationError({"related_habit": "You have no such habit."})
        if not related.is_enjoyed:
            raise ValidationError({"related_habit": "A related habit has to be an enjoyed one."})


class RoomForOneMore(Rule):
    def __call__(self, given: Given, serializer: Serializer) -> None:
        if serializer.context["request"].user.habits.count() >= HABITS_PER_PERSON:
            raise ValidationError(f"You have {HABITS_PER_PERSON} habits already.")


RULES = [
    UsefulHabitIsWhole(),
    OneReward(),
    EnjoyedHabitHasNoReward(),
    RelatedHabitIsOwnAndEnjoyed(),
    RoomForOneMore(),
]
