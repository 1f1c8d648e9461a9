"""For each closed door, the call that would tell or do the most, were it open."""

from typing import Any

from tests.isolation.contract import Call
from tests.isolation.ids import Id


def harmful(name: str, password: str, pk: int) -> Call:
    """That call of the root field `name`, about the habit of that number and its owner's password.

    A field that is not known here is a KeyError: a new door has to be tried, too.
    """
    habit, face = Id("Habit", pk), Id("PublicHabit", pk)
    change = {"oldPassword": password, "newPassword": "mine from now on"}
    rewarded = {"action": "run", "place": "here", "time": "07:30", "duration": 60}
    arguments: dict[str, dict[str, Any]] = {
        "me": {},
        "habit": {"id": habit},
        "habits": {},
        "publicHabits": {},
        "publicHabit": {"id": face},
        "revokeAllTokens": {},
        "updateProfile": {"input": {"firstName": "Mallory"}},
        "changePassword": {"input": change},
        "deleteAccount": {"password": password},
        "linkTelegram": {},
        "createHabit": {"input": {**rewarded, "relatedHabit": habit}},
        "adoptHabit": {"input": {"publicHabitId": face, "reward": "tea"}},
        "updateHabit": {"input": {"id": habit, "isPublic": True}},
        "deleteHabit": {"id": habit},
        "today": {},
        "checkIn": {"input": {"habitId": habit, "note": "Mallory was here"}},
        "undoCheckIn": {"input": {"habitId": habit, "date": "2026-06-15"}},
        "pauseHabit": {"input": {"id": habit}},
        "resumeHabit": {"id": habit},
    }
    return Call(name, arguments[name])
