"""A new habit: its owner is locked, counted and judged, then the row is written, in one go."""

import base64
import datetime
import re
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.twins.floor.answers import id_of
from benchmarks.twins.floor.rules import NewHabit, Problem, new_habit, problems
from benchmarks.twins.floor.store import Store
from benchmarks.twins.floor.today import local_today
from benchmarks.twins.floor.tokens import Account
from habits.days import Days
from habits.recurrence import Schedule, next_due
from habits.weekdays import weekdays_of

HABITS_PER_PERSON = 1000
FULL = f"You have {HABITS_PER_PERSON} habits already, which is as many as one person may keep."


def create(store: Store, account: Account, given: dict[str, Any]) -> dict[str, Any]:
    """The answer to `createHabit`: the habit, or what is wrong with it."""
    store.connection.autocommit = False
    try:
        answer = _create(store, account, given)
        store.connection.commit()
    except BaseException:
        store.connection.rollback()
        raise
    finally:
        store.connection.autocommit = True
    return answer


def _create(store: Store, account: Account, given: dict[str, Any]) -> dict[str, Any]:
    person, count = store.person_with_count(account)
    now = datetime.datetime.now(datetime.UTC)
    if count >= HABITS_PER_PERSON:
        return _refused([("", "too_many_habits", FULL)])
    today = local_today(person, now)
    related_id = _pk_of(given.get("relatedHabit"))
    habit = new_habit(given, today, related_id)
    related = None if related_id is None else next(iter(store.rows("RELATED", related_id)), None)
    broken = problems(habit, today, related, account[0])
    if broken:
        return _refused(broken)
    due_at = _next_due(habit, ZoneInfo(person[0]), now)
    ((pk,),) = store.rows(
        "INSERT",
        account[0],
        habit.action,
        habit.place,
        habit.time,
        habit.duration,
        habit.periodicity,
        habit.weekdays,
        habit.starts_on,
        habit.reward,
        habit.related_id,
        habit.is_enjoyed,
        habit.is_public,
        due_at,
        habit.action.casefold(),
        habit.place.casefold(),
        now,
        now,
    )
    return _made(pk, habit, due_at)


def _made(pk: int, habit: NewHabit, due_at: datetime.datetime | None) -> dict[str, Any]:
    return {
        "__typename": "Habit",
        "id": id_of("Habit", pk),
        "action": habit.action,
        "place": habit.place,
        "time": habit.time and habit.time.strftime("%H:%M"),
        "duration": habit.duration,
        "periodicity": habit.periodicity,
        "startsOn": habit.starts_on,
        "reward": habit.reward,
        "isEnjoyed": habit.is_enjoyed,
        "isPublic": habit.is_public,
        "nextDueAt": due_at,
    }


def _refused(broken: list[Problem]) -> dict[str, Any]:
    messages = [
        {"kind": "VALIDATION", "field": field or None, "message": message, "code": code}
        for field, code, message in broken
    ]
    return {"__typename": "OperationInfo", "messages": messages}


def _next_due(habit: NewHabit, zone: ZoneInfo, now: datetime.datetime) -> datetime.datetime | None:
    if habit.time is None:
        return None
    days = (
        Days(habit.starts_on, habit.periodicity)
        if habit.weekdays is None
        else Days(habit.starts_on, None, weekdays_of(habit.weekdays))
    )
    return next_due(now, Schedule(zone, habit.time, days))


def _pk_of(global_id: str | None) -> int | None:
    if global_id is None:
        return None
    found = re.fullmatch(rb"Habit:(\d+)", base64.b64decode(global_id))
    return int(found[1]) if found else 0
