"""What is due today with streak and strength: rows into the pure values of `habits`, and back."""

import datetime
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.twins.floor.answers import Row, id_of
from benchmarks.twins.floor.store import Store
from benchmarks.twins.floor.tokens import Account
from habits import progress
from habits.days import Days, Pause
from habits.history import History, Mark, PastDays
from habits.progress import Kept
from habits.weekdays import weekdays_of


def local_today(person: Row, now: datetime.datetime) -> datetime.date:
    """The date that the person means by today."""
    zone = ZoneInfo(person[0])
    local = now.astimezone(zone)
    if local.time() >= person[1]:
        return local.date()
    midnight = datetime.datetime.combine(local.date(), datetime.time(0), zone)
    before = midnight.astimezone(datetime.UTC) - datetime.timedelta.resolution
    return before.astimezone(zone).date()


def today(store: Store, account: Account, first: int, now: datetime.datetime) -> dict[str, Any]:
    """The answer to `today { date totalCount occurrences { ... } }`."""
    date = local_today(store.person(account), now)
    habits = store.rows("HABITS", account[0])
    plans = _histories(store, habits, date, date, {})
    due = [
        habit
        for habit in habits
        if plans[habit[0]].days_on(date).is_due_on(date) and not plans[habit[0]].is_paused_on(date)
    ]
    due.sort(key=lambda habit: (habit[3] is None, habit[3] or datetime.time.min, habit[0]))
    page = due[:first]
    return {
        "date": date,
        "totalCount": len(due),
        "occurrences": _occurrences(store, page, date),
    }


def _occurrences(store: Store, page: list[Row], today: datetime.date) -> list[dict[str, Any]]:
    numbers = [habit[0] for habit in page]
    rows = store.rows("PROGRESS", numbers)
    kept = {row[0]: Kept(*row[1:5]) for row in rows}
    since = min([row[5] for row in rows] + [today])
    marks: defaultdict[int, dict[datetime.date, Mark]] = defaultdict(dict)
    for pk, date, status in store.rows("CHECK_INS", numbers, since):
        marks[pk][date] = Mark(status)
    tails = _histories(store, page, today, since, marks)
    return [_occurrence(habit, kept.get(habit[0], Kept()), tails[habit[0]]) for habit in page]


def _occurrence(habit: Row, kept: Kept, tail: History) -> dict[str, Any]:
    streak = progress.current_streak(kept, tail)
    return {
        "date": tail.today,
        "state": tail.state_on(tail.today).name,
        "time": habit[3] and habit[3].strftime("%H:%M"),
        "currentStreak": streak,
        "habit": {
            "id": id_of("Habit", habit[0]),
            "action": habit[1],
            "place": habit[2],
            "strength": progress.strength(kept, tail),
            "currentStreak": streak,
        },
    }


def _histories(
    store: Store,
    habits: Sequence[Row],
    today: datetime.date,
    since: datetime.date,
    marks: dict[int, dict[datetime.date, Mark]],
) -> dict[int, History]:
    """Each habit's history by its number, with the pauses and schedules that stood since then."""
    numbers = [habit[0] for habit in habits]
    past: defaultdict[int, list[PastDays]] = defaultdict(list)
    for pk, until, *days in store.rows("PAST_SCHEDULES", numbers, since):
        past[pk].append(PastDays(until, _days(*days)))
    pauses: defaultdict[int, list[Pause]] = defaultdict(list)
    for pk, starts_on, ends_on in store.rows("PAST_PAUSES", numbers, since):
        pauses[pk].append(Pause(starts_on, ends_on))
    for habit in habits:
        if habit[7] is not None:
            pauses[habit[0]].append(Pause(habit[7], habit[8]))
    return {
        pk: History(_days(*days[:3]), today, marks.get(pk, {}), tuple(past[pk]), tuple(pauses[pk]))
        for pk, _action, _place, _time, *days in habits
    }


def _days(starts_on: datetime.date, periodicity: int | None, weekdays: int | None) -> Days:
    if weekdays is not None:
        return Days(starts_on, None, weekdays_of(weekdays))
    return Days(starts_on, periodicity or 1)
