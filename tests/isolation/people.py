"""Three people, and canaries: whatever one of them keeps to themselves shows whose it is."""

import datetime
import itertools
import re
from dataclasses import dataclass, field

from graphql_jwt.shortcuts import get_token

from accounts.models import User
from accounts.refresh_tokens import open_session
from habits.models import CheckInSource, CheckInStatus, Habit, fold
from habits.tracking import check_in

NAMES = ("alice", "bob", "carol")
ZONES = {
    "alice": ("Antarctica/Troll", "Asia/Kathmandu"),
    "bob": ("Pacific/Kiritimati", "Asia/Tehran"),
    "carol": ("America/Nuuk", "Australia/Eucla"),
}
CANARY = re.compile(r"zq(alice|bob|carol)\d+[a-z]+")
"""Stands in every text that a person writes, their addresses and passwords included."""


class _Serial:
    """Numbers that start anew with each life, so that a life can be lived again as it was."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self._numbers = itertools.count(1)

    def __next__(self) -> int:
        return next(self._numbers)


serial = _Serial()


@dataclass(eq=False)
class Person:
    """Somebody with an account; `chats` are the chat ids that they know, as they typed them."""

    name: str
    email: str
    password: str
    user: User
    token: str
    refresh_token: str
    chats: set[int] = field(default_factory=set)

    def __repr__(self) -> str:
        return self.name

    @property
    def pk(self) -> int:
        return self.user.pk

    def log_in_again(self) -> None:
        """Takes a new pair, past the API."""
        self.user = User.objects.get(pk=self.pk)
        self.token = get_token(self.user)
        self.refresh_token = new_refresh_token(self.user)


def number_of(name: str) -> int:
    return NAMES.index(name) + 1


def text(name: str, what: str, word: str = "") -> str:
    """A new text with a canary: lower-case letters and digits, which sort alike everywhere."""
    return f"{word}zq{name}{next(serial):05}{what}"


def chat_id(name: str) -> int:
    return number_of(name) * 10**12 + next(serial)


def time_of(name: str, hour: int) -> str:
    """At minutes of that person's own."""
    return f"{hour:02}:{number_of(name)}7"


def date_of(name: str, day: int) -> str:
    """In a month of that person's own."""
    return f"2026-0{number_of(name)}-{day:02}"


def new_refresh_token(user: User) -> str:
    return open_session(user, datetime.datetime.now(datetime.UTC)).refresh_token


def join(name: str, life: int) -> Person:
    """A new account of that person, with habits of all kinds, private and public.

    The address is one that no other life had.
    """
    email, password = (
        f"{text(name, 'mail')}.{life}@example.org",
        f"long enough for {text(name, 'pass')}",
    )
    chat = chat_id(name)
    user = User.objects.create_user(
        email,
        password,
        chat_id=chat,
        first_name=text(name, "first"),
        time_zone=ZONES[name][0],
        language=("en", "ru")[number_of(name) % 2],
    )
    settle(user, name)
    look_around(user, name)
    return Person(name, email, password, user, get_token(user), new_refresh_token(user), {chat})


def settle(user: User, name: str) -> None:
    """Enjoyed habits, and useful ones with a reward or one of those, each private or public."""
    enjoyed = [new_habit(user, name, is_enjoyed=True, is_public=public) for public in (False, True)]
    Habit.objects.bulk_create(enjoyed)
    useful = [
        new_habit(user, name, is_public=public, related_habit=related)
        for public in (False, True)
        for related in (None, *enjoyed)
    ]
    Habit.objects.bulk_create(useful)
    now = datetime.datetime.now(datetime.UTC)
    for habit in (enjoyed[0], useful[0]):
        for date in (habit.starts_on, user.today(now)):
            note = text(name, "note")
            check_in(habit, date, CheckInStatus.DONE, source=CheckInSource.API, now=now, note=note)


def new_habit(
    user: User,
    name: str,
    *,
    is_public: bool,
    is_enjoyed: bool = False,
    related_habit: Habit | None = None,
) -> Habit:
    number = next(serial)
    action, place = text(name, "action", "walk"), text(name, "place", "park")
    habit = Habit(
        owner=user,
        action=action,
        place=place,
        action_folded=fold(action),
        place_folded=fold(place),
        time=datetime.time.fromisoformat(time_of(name, number % 24)),
        duration=None if is_enjoyed else number % 120 + 1,
        periodicity=number % 7 + 1,
        starts_on=datetime.date.fromisoformat(date_of(name, number % 28 + 1)),
        reward=None if is_enjoyed or related_habit else text(name, "reward", "tea"),
        related_habit=related_habit,
        is_enjoyed=is_enjoyed,
        is_public=is_public,
    )
    if number % 3 == 0:
        habit.set_rhythm({"weekdays": {number % 7}})
    habit.reschedule(datetime.datetime.now(datetime.UTC))
    return habit


def look_around(user: User, name: str) -> None:
    """New habits that say that they were adopted from others' habits, private and public."""
    originals = Habit.objects.exclude(owner=user).order_by("pk")
    copies = [
        new_habit(user, name, is_public=original.is_public, is_enjoyed=original.is_enjoyed)
        for original in originals
    ]
    for copy, original in zip(copies, originals, strict=True):
        copy.adopted_from = original
    Habit.objects.bulk_create(copies)
