"""The rows that every case starts from. Their numbers are fixed, so that a case is told by its own.

Alice has more than a page of habits of all kinds; Bob reads Russian and lives a day ahead; Carol
has nothing. Eve's rows hold what no code of ours has written, so that resolvers break on them. Dave
is not active any more.
"""

import base64
import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from graphql_jwt.shortcuts import get_token
from strawberry import relay

from accounts import password_resets
from accounts.models import PasswordReset, User
from accounts.refresh_tokens import open_session
from habits import tracking
from habits.models import CheckIn, CheckInSource, CheckInStatus, Habit, PastSchedule, fold
from tests.conftest import PASSWORD

NOON = datetime.datetime(2026, 6, 15, 12, tzinfo=datetime.UTC)
"""A Monday."""

PEOPLE = {"alice": 1, "bob": 2, "carol": 3, "dave": 4, "eve": 5}
HABITS = {"alice": range(101, 131), "bob": range(201, 213), "eve": range(501, 504)}
ENJOYED = 4
"""So many habits of each person come first, and may reward the others."""

NEXT = 1001
"""The number that the next new row gets, in every table that numbers its rows."""

NEVER_USED = 987_654_321

TEXTS = (
    "walk",
    "Walk the dog",
    'a "quoted" \\ back\\slash',
    "Прогулка в парке",
    "ёжик 🦔 and 👩‍👩‍👧",
    "</script><b>&amp;",
    "a\u2028b\u2029c\u00a0d",
    "İstanbul ﬁre ẞ",
    "100% _sure_",
    "\x7f\u0080 \ufffd",
    "e\u0301 é",
    "x" * 255,
)
"""What goes differently through careless encoders, folders and patterns."""

ORDERS: tuple[tuple[tuple[str, str], ...], ...] = (
    (),
    (("time", "ASC"),),
    (("time", "DESC"),),
    (("action", "ASC"),),
    (("action", "DESC"), ("time", "ASC")),
    (("createdAt", "DESC"),),
    (("createdAt", "ASC"), ("action", "DESC")),
)
"""The orders of lists whose cursors are known."""

_COLUMNS = {"time": "time", "action": "action_folded", "createdAt": "created_at"}


@dataclass(frozen=True)
class World:
    """What the outside knows of these rows: tokens and cursors, by the people's names."""

    tokens: dict[str, str] = field(default_factory=dict)
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    reset_code: str = ""
    cursors: dict[tuple[str, str, Sequence[tuple[str, str]]], list[str]] = field(
        default_factory=dict
    )
    """Those of a person's list in an order; of a public one under the name of nobody."""


@transaction.atomic
def settle() -> World:
    """Makes the rows, in empty tables and at `NOON`."""
    people = _people()
    for name in HABITS:
        _habits(name, people[name])
    for name in ("alice", "bob"):
        _look_around(name)
    for name in HABITS:
        _lives(name, people[name])
    _spoil(people["eve"])
    sessions = {name: open_session(user, NOON) for name, user in people.items()}
    gone = {"gone": get_token(User(pk=NEVER_USED, token_generation=0))}
    reset = PasswordReset(email=people["bob"].email, requested_at=NOON)
    return World(
        {name: get_token(user) for name, user in people.items()} | gone,
        {name: session.refresh_token for name, session in sessions.items()},
        password_resets.issue(reset, people["bob"], NOON),
        dict(_cursors()),
    )


def _people() -> dict[str, User]:
    given: dict[str, dict[str, Any]] = {
        "alice": {"chat_id": 2**52 - 1, "time_zone": "Europe/Berlin", "first_name": "Alice <3"},
        "bob": {"chat_id": -1002, "time_zone": "Pacific/Kiritimati", "language": "ru"},
        "carol": {"chat_id": None, "day_starts_at": datetime.time(6)},
        "dave": {"chat_id": 1004, "is_active": False},
        "eve": {"chat_id": 1005, "time_zone": "America/Nuuk"},
    }
    return {
        name: User.objects.create_user(f"{name}@example.org", PASSWORD, pk=PEOPLE[name], **fields)
        for name, fields in given.items()
    }


def _habits(name: str, owner: User) -> None:
    made = []
    for number, pk in enumerate(HABITS[name]):
        action, place = TEXTS[pk % len(TEXTS)], TEXTS[pk * 5 % len(TEXTS)]
        is_enjoyed = number < ENJOYED
        related = None if is_enjoyed or number % 2 else HABITS[name][number % ENJOYED]
        habit = Habit(
            pk=pk,
            owner=owner,
            action=action,
            place=place,
            action_folded=fold(action),
            place_folded=fold(place),
            time=None if is_enjoyed and number % 2 else datetime.time(number * 7 % 24, pk % 60),
            duration=None if is_enjoyed else pk % 120 + 1,
            periodicity=number % 7 + 1,
            starts_on=datetime.date(2026, 4, 1) + datetime.timedelta(days=number),
            reward=None if is_enjoyed or related else TEXTS[pk * 7 % len(TEXTS)],
            related_habit_id=related,
            is_enjoyed=is_enjoyed,
            is_public=number % 2 == 0,
        )
        if number % 4 == 1:
            habit.set_rhythm({"weekdays": {number % 7, 2}})
        habit.reschedule(NOON)
        made.append(habit)
    Habit.objects.bulk_create(made)
    for habit in made:
        age = datetime.timedelta(hours=habit.pk % 10, microseconds=habit.pk)
        Habit.objects.filter(pk=habit.pk).update(created_at=NOON - age, updated_at=NOON - age / 2)


def _look_around(name: str) -> None:
    """Some habits were adopted: from public ones, and from one that is private by now."""
    other = HABITS["bob" if name == "alice" else "alice"]
    for number, pk in enumerate(HABITS[name][-4:]):
        Habit.objects.filter(pk=pk).update(adopted_from=other[number])


def _lives(name: str, owner: User) -> None:
    """Check-ins of the last weeks, a pause that is on, one that is over, a changed schedule."""
    tracked = Habit.objects.filter(pk__in=HABITS[name]).order_by("pk")
    for number, habit in enumerate(tracked):
        habit.owner = owner
        if number % 3 == 0:
            for back in range(0, 30, number % 4 + 1):
                date = NOON.date() - datetime.timedelta(days=back)
                status = CheckInStatus.SKIPPED if back % 7 == 3 else CheckInStatus.DONE
                note = TEXTS[back % 5] if back % 3 == 0 else None
                source = CheckInSource.TELEGRAM if back % 2 else CheckInSource.API
                tracking.check_in(habit, date, status, source=source, now=NOON, note=note)
        if number % 5 == 0:
            until = None if number % 2 else NOON.date() + datetime.timedelta(days=3)
            tracking.pause(habit, NOON.date(), until, now=NOON)
        if number % 5 == 1:
            PastSchedule.objects.create(
                habit=habit,
                until=datetime.date(2026, 6, 1),
                starts_on=habit.starts_on,
                periodicity=2,
            )


def _spoil(eve: User) -> None:
    """Values that no resolver expects, in columns that have no constraint."""
    broken = CheckIn.objects.filter(habit_id=HABITS["eve"][0]).order_by("pk")[:2]
    for number, check_in in enumerate(broken):
        spoilt = {"status": "odd"} if number else {"source": "odd"}
        CheckIn.objects.filter(pk=check_in.pk).update(**spoilt)
    User.objects.filter(pk=eve.pk).update(chat_status="odd")


def _cursors() -> Any:
    lists = (("habits", "alice"), ("habits", "bob"), ("publicHabits", ""))
    for list_name, name in lists:
        rows = Habit.objects.filter(owner=PEOPLE[name]) if name else Habit.objects.public()
        for order in ORDERS if name else ORDERS[:1]:
            found = [_cursor(list_name, row, order) for row in rows.order_by("pk")]
            yield (list_name, name, order), found


def _cursor(list_name: str, row: Habit, order: Sequence[tuple[str, str]]) -> str:
    keys = [("-" if way == "DESC" else "", _COLUMNS[name]) for name, way in order]
    keys.append((keys[-1][0] if keys else "-", "id"))
    values: list[Any] = [list_name]
    for sign, column in keys:
        value = getattr(row, column)
        column_field = Habit._meta.get_field(column)
        text = None if value is None else column_field.value_to_string(row)  # type: ignore[union-attr]  # a column
        values.append((f"{sign}{column}", text))
    return base64.b64encode(json.dumps(values).encode()).decode()


def global_id(kind: str, pk: int) -> str:
    """The id of that row in the API."""
    return relay.to_base64(kind, pk)
