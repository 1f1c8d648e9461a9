"""A list of habits with their numbers, read through the schema as a client reads it."""

import datetime
import statistics
import time
from dataclasses import asdict

LIST = """query ($first: Int!) { habits(first: $first) { edges { node {
    action currentStreak longestStreak strength todayState
} } } }"""
ROUNDS = 20
DAY = datetime.timedelta(days=1)


def token_of_somebody(habits: int, days: int) -> str:
    """The token of a new person with so many habits, each of which has a check-in on nearly every
    one of so many days up to today."""
    from django.db import connection
    from django.utils import timezone
    from graphql_jwt.shortcuts import get_token

    from accounts.models import User
    from habits.models import Habit, Progress
    from habits.progress import kept, tail_from
    from habits.records import histories_of

    now = timezone.now()
    user = User.objects.create(email=f"{habits}.{days}@example.org", password="!")  # noqa: S106  # nobody logs in with it
    made = Habit.objects.bulk_create(
        Habit(
            owner=user,
            action=f"habit {number}",
            place="the kitchen",
            starts_on=user.today(now) - days * DAY,
            periodicity=1,
            is_enjoyed=True,
        )
        for number in range(habits)
    )
    with connection.cursor() as cursor:
        # Every seventh day is missed, every ninth skipped, of each habit on other ones.
        cursor.execute(
            "INSERT INTO habits_checkin (habit_id, date, status, source, made_at)"
            " SELECT id, %s::date - n, CASE (n + id) %% 9 WHEN 0 THEN 'skipped' ELSE 'done' END,"
            " 'api', now() FROM habits_habit, generate_series(0, %s) AS n"
            " WHERE owner_id = %s AND (n + id) %% 7 > 0",
            [user.today(now), days - 1, user.pk],
        )
    histories = histories_of(made, now)
    Progress.objects.bulk_create(
        Progress(pk=pk, **asdict(known), tail_from=tail_from(known))
        for pk, known in ((pk, kept(history)) for pk, history in histories.items())
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return str(get_token(user))


def read(token: str, first: int) -> tuple[float, int]:
    """Milliseconds that a page of so many habits takes, the median of many; and its statements."""
    from django.db import connection
    from django.test import RequestFactory
    from django.test.utils import CaptureQueriesContext

    from backend.schema import Context, schema

    def once() -> float:
        request = RequestFactory().post("/graphql", HTTP_AUTHORIZATION=f"Bearer {token}")
        context = Context(request)
        start = time.perf_counter()
        result = schema.execute_sync(LIST, {"first": first}, context_value=context)
        seconds = time.perf_counter() - start
        if result.errors or result.data is None or len(result.data["habits"]["edges"]) != first:
            raise RuntimeError(result.errors)
        return seconds

    once()
    with CaptureQueriesContext(connection) as captured:
        once()
    milliseconds = statistics.median(once() for _ in range(ROUNDS)) * 1000
    return milliseconds, len(captured)


def measure(habits: int, years: int) -> dict[str, float]:
    """So many habits of so many years against those of a month, and against a tenth of them."""
    from benchmarks.backend import backend

    with backend():
        young, old = token_of_somebody(habits, 30), token_of_somebody(habits, years * 365)
        a_month, _ = read(young, habits)
        years_of_them, statements = read(old, habits)
        few, statements_of_few = read(old, habits // 10)
    return {
        "list_statements": statements,
        "list_statements_of_a_tenth": statements_of_few,
        "list_a_month_ms": round(a_month, 1),
        "list_years_ms": round(years_of_them, 1),
        "list_ratio": round(years_of_them / a_month, 2),
        "list_years_a_tenth_ms": round(few, 1),
    }
