"""People and habits by the hundred thousand, written past the API."""

import datetime

from django.db import connection

from accounts.models import User
from habits.models import Habit

ZONES = ("Europe/Berlin", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe", "UTC")
BATCH = 5000


def make_habits(
    count: int, next_due_at: datetime.datetime, *, people: int, first_chat: int = 1
) -> None:
    """`count` habits of so many people, one chat each, all next due at that instant.

    Their local times and periodicities vary as far as that one instant allows.
    """
    User.objects.bulk_create(
        (
            User(
                email=f"chat{first_chat + index}@example.org",
                password="!",  # noqa: S106  # nobody logs in with it
                chat_id=first_chat + index,
                time_zone=ZONES[index % len(ZONES)],
            )
            for index in range(people)
        ),
        batch_size=BATCH,
    )
    owners = list(User.objects.filter(chat_id__gte=first_chat).order_by("chat_id")[:people])
    for start in range(0, count, BATCH):
        Habit.objects.bulk_create(
            _habit(owners[index % people], index, next_due_at)
            for index in range(start, min(start + BATCH, count))
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _habit(owner: User, index: int, next_due_at: datetime.datetime) -> Habit:
    local = next_due_at.astimezone(owner.zone)
    return Habit(
        owner=owner,
        action="drink a glass of water",
        place="the kitchen",
        action_folded="drink a glass of water",
        place_folded="the kitchen",
        time=local.time(),
        duration=30,
        reward="coffee",
        periodicity=index % 7 + 1,
        starts_on=local.date(),
        next_due_at=next_due_at,
    )
