"""What it costs to find the next row does not grow with what waits."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from notifications import ledger
from notifications.models import Reminder
from notifications.planning import plan_due
from tests.faults.people import settle
from tests.notifications.stage import NOW, SECOND

pytestmark = pytest.mark.django_db


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.mark.parametrize("statistics", ["of now", "of before"])
def test_a_sender_walks_the_index_to_its_rows_and_sorts_nothing(statistics: str) -> None:
    """Also where PostgreSQL knows nothing yet of all that has come due."""
    settle(2000, seed=1, begin=NOW - 60 * SECOND, seconds=50)
    if statistics == "of before":
        analyze()
    plan_due(NOW)
    if statistics == "of now":
        analyze()
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        assert len(ledger.lock_next(NOW, at_most=64)) == 64
    (query,) = (each["sql"] for each in queries if "SKIP LOCKED" in each["sql"])

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {query}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert Reminder.objects.count() == 2000
    assert "Index Scan using reminder_waiting" in plan
    assert "Sort" not in plan
