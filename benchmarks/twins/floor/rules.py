"""The rules of a new habit, as `habits.validators` has them."""

import datetime
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.twins.floor.answers import Row
from habits.weekdays import Weekday, bits_of

LONGEST = 255
NOT_IN_A_LINE = {"Cc", "Cs", "Zl", "Zp"}
INVISIBLE = {"Cf", "Zs"}
STARTS_WITHIN = datetime.timedelta(days=3653)

Problem = tuple[str, str, str]
"""The field, the code and the message of a broken rule."""


@dataclass
class NewHabit:
    """A habit as the call would make it."""

    action: str
    place: str
    time: datetime.time | None
    duration: int | None
    periodicity: int | None
    weekdays: int | None
    starts_on: datetime.date
    reward: str | None
    related_id: int | None
    is_enjoyed: bool
    is_public: bool


def new_habit(given: dict[str, Any], today: datetime.date, related_id: int | None) -> NewHabit:
    """What `HabitInput` stands for; ValueError for what is no time or date."""
    time, starts_on = given.get("time"), given.get("startsOn")
    weekdays, periodicity = given.get("weekdays"), given.get("periodicity")
    return NewHabit(
        action=given["action"],
        place=given["place"],
        time=None if time is None else datetime.time.fromisoformat(time),
        duration=given.get("duration"),
        periodicity=1 if weekdays is None and periodicity is None else periodicity,
        weekdays=None if weekdays is None else bits_of(Weekday[name] for name in weekdays),
        starts_on=today if starts_on is None else datetime.date.fromisoformat(starts_on),
        reward=given.get("reward"),
        related_id=related_id,
        is_enjoyed=bool(given.get("isEnjoyed")),
        is_public=bool(given.get("isPublic")),
    )


def problems(
    habit: NewHabit, today: datetime.date, related: Row | None, owner: int
) -> list[Problem]:
    """Every broken rule; trims and composes the texts. `related` is its owner and `is_enjoyed`."""
    return [
        *_start(habit, today),
        *_texts(habit),
        *_numbers(habit),
        *_rhythm(habit),
        *_reward(habit),
        *_related(habit, related, owner),
    ]


def _start(habit: NewHabit, today: datetime.date) -> Iterator[Problem]:
    if abs(habit.starts_on - today) > STARTS_WITHIN:
        yield "startsOn", "starts_on_out_of_range", "A habit starts within ten years of today."


def _texts(habit: NewHabit) -> Iterator[Problem]:
    for name in ("action", "place", "reward"):
        text = getattr(habit, name)
        if text is None:
            continue
        text = text.strip()
        if len(text) <= 4 * LONGEST:
            text = unicodedata.normalize("NFC", text).strip()
        setattr(habit, name, text)
        categories = {unicodedata.category(character) for character in text}
        if categories <= INVISIBLE:
            yield name, "blank", "This must not be blank."
        elif categories & NOT_IN_A_LINE:
            yield name, "invalid", "This must be one line without control characters."
        elif len(text) > LONGEST:
            message = f"This is too long: {len(text)} characters, at most {LONGEST} are allowed."
            yield name, "too_long", message


def _numbers(habit: NewHabit) -> Iterator[Problem]:
    if not habit.is_enjoyed and habit.time is None:
        yield "time", "required", "A useful habit needs a time."
    if not habit.is_enjoyed and habit.duration is None:
        yield "duration", "required", "A useful habit needs a duration."
    if habit.duration is not None and habit.duration < 1:
        yield "duration", "duration_too_short", "The shortest duration is 1 second."
    if habit.duration is not None and habit.duration > 120:
        yield "duration", "duration_too_long", "The longest duration is 120 seconds."


def _rhythm(habit: NewHabit) -> Iterator[Problem]:
    if habit.periodicity is not None and not 1 <= habit.periodicity <= 7:
        message = "A habit comes at least once in 7 days: every 1 to 7 days."
        yield "periodicity", "periodicity_out_of_range", message
    if habit.weekdays == 0:
        yield "weekdays", "required", "Name at least one weekday."
    if habit.periodicity is not None and habit.weekdays is not None:
        yield "weekdays", "schedule_conflict", "Give a periodicity or weekdays, not both."


def _reward(habit: NewHabit) -> Iterator[Problem]:
    if not habit.is_enjoyed:
        if habit.reward is None and habit.related_id is None:
            message = "A useful habit needs a reward or a related habit."
            yield "reward", "reward_or_related_habit_required", message
        if habit.reward is not None and habit.related_id is not None:
            message = "Give a reward or a related habit, not both."
            yield "relatedHabit", "reward_and_related_habit", message
        return
    if habit.reward is not None and habit.related_id is not None:
        message = "Give a reward or a related habit, not both."
        yield "relatedHabit", "reward_and_related_habit", message
    if habit.reward is not None:
        yield "reward", "enjoyed_habit_has_reward", "An enjoyed habit is its own reward."
    if habit.related_id is not None:
        message = "An enjoyed habit has no related habit."
        yield "relatedHabit", "enjoyed_habit_has_related_habit", message


def _related(habit: NewHabit, related: Row | None, owner: int) -> Iterator[Problem]:
    if habit.related_id is None:
        return
    if related is None or related[0] != owner:
        yield "relatedHabit", "related_habit_not_found", "You have no such habit."
    elif not related[1]:
        message = "A related habit has to be an enjoyed one."
        yield "relatedHabit", "related_habit_not_enjoyed", message
