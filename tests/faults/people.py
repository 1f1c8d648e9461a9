"""People with a chat and a habit each, due at moments all over a run."""

import datetime
import random
import re

from accounts.models import User
from habits.models import Habit
from tests.faults.moods import REASONS, fate
from tests.faults.verdict import Expected

FIRST_CHAT = 100_000
RUSH_SHARE = 0.2
"""Of the habits fall on a few moments, as in life on the full hours."""

RUSHES = 4
BATCH = 2000


def settle(count: int, *, seed: int, begin: datetime.datetime, seconds: float) -> list[Expected]:
    """Enters them, due within `seconds` from `begin` on; answers what is to become of them."""
    moments = _moments(count, seed, begin, seconds)
    expected: list[Expected] = []
    for first in range(0, count, BATCH):
        batch = range(first, min(first + BATCH, count))
        users = User.objects.bulk_create(
            User(email=f"person{n}@example.org", password="!", chat_id=FIRST_CHAT + n)
            for n in batch
        )
        habits = Habit.objects.bulk_create(
            _habit(user, n, moments[n]) for n, user in zip(batch, users, strict=True)
        )
        expected += [
            Expected(
                habit.pk,
                moments[n].date(),
                action(n),
                REASONS.get(fate(seed, FIRST_CHAT + n)),
            )
            for n, habit in zip(batch, habits, strict=True)
        ]
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
