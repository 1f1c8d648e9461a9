"""People with a chat and a habit each, due at moments all over a run."""

import datetime
import random
import re
from itertools import islice

from accounts.models import User
from habits.models import Habit
from tests.faults.moods import REASONS, fate
from tests.faults.verdict import Expected

FIRST_CHAT = 100_000
RUSH_SHARE = 0.2
"""Of the habits fall on a few moments, as in life on the full hours."""

RUSHES = 4
BATCH = 2000


def settle(
    count: int, *, seed: int, begin: datetime.datetime, seconds: float, first: int = 0
) -> list[Expected]:
    """Enters them, due within `seconds` from `begin` on; answers what is to become of them.

    `first` is the number of the first, where there are some already.
    """
    expected: list[Expected] = []
    numbered = enumerate(_moments(count, seed, begin, seconds), first)
    while batch := list(islice(numbered, BATCH)):
        users = User.objects.bulk_create(
            User(email=f"person{n}@example.org", password="!", chat_id=FIRST_CHAT + n)
            for n, _due_at in batch
        )
        habits = Habit.objects.bulk_create(
            _habit(user, n, due_at) for user, (n, due_at) in zip(users, batch, strict=True)
        )
        for habit, (n, due_at) in zip(habits, batch, strict=True):
            reason = REASONS.get(fate(seed, FIRST_CHAT + n))
            expected.append(Expected(habit.pk, due_at.date(), action(n), reason))
    return expected


def action(number: int) -> str:
    """What tells a habit's message from all others."""
    return f"habit {number:06d}"


def action_in(text: str) -> str:
    """The action that a message speaks of."""
    found = re.search(r"habit \d{6}", text)
    return found[0] if found else ""


def _habit(owner: User, number: int, due_at: datetime.datetime) -> Habit:
    habit = Habit(
        owner=owner,
        action=action(number),
        place="the park",
        # The moment's own minute, so that the next one comes after a whole day.
        time=due_at.time().replace(second=0),
        duration=60,
        reward="a coffee",
        starts_on=due_at.date() - datetime.timedelta(days=1),
        next_due_at=due_at,
    )
    habit.action_folded = habit.action
    habit.place_folded = habit.place
    return habit


def _moments(
    count: int, seed: int, begin: datetime.datetime, seconds: float
) -> list[datetime.datetime]:
    draw = random.Random(f"{seed}:people")  # noqa: S311  # nobody's secret
    rushes = [draw.uniform(0, seconds) for _ in range(RUSHES)]
    offsets = [
        draw.choice(rushes) if draw.random() < RUSH_SHARE else draw.uniform(0, seconds)
        for _ in range(count)
    ]
    start = begin.replace(microsecond=0)
    return [start + datetime.timedelta(seconds=int(offset)) for offset in offsets]
