"""What it costs to find the next row does not grow with what waits."""

from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from habits.models import Habit
from notifications import bulk, ledger
from notifications.bulk import Arrival
from notifications.intent import begin
from notifications.models import Reminder, State
from notifications.planning import plan_due
from tests.faults.people import settle
from tests.notifications.stage import DAY, NOW, SECOND

pytestmark = pytest.mark.django_db

BATCH = 64


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


@pytest.mark.parametrize("statistics", ["of now", "of before"])
def test_a_batch_reads_no_more_rows_than_it_has(statistics: str) -> None:
    settle(2000, seed=1, begin=NOW - 60 * SECOND, seconds=50)
    sent_before(days=10)
    if statistics == "of before":
        analyze()
    plan_due(NOW)
    if statistics == "of now":
        analyze()
    slots = [NOW + SECOND / 1000 * n for n in range(BATCH)]

    with CaptureQueriesContext(connection) as queries:
        begun = begin(slots, lambda: NOW)
        ledger.record_sent([Arrival(each.reminder, 7, NOW) for each in begun.messages])

    assert Reminder.objects.filter(message_id=7).count() == len(begun.messages) > BATCH / 2
    read = {sql: rows_read(sql) for sql in explained(queries)}
    assert len(read) >= 6
    assert max(read.values()) <= BATCH, max(read, key=lambda sql: read[sql])


def test_another_database_is_told_nothing_of_its_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections["default"], "vendor", "sqlite")

    with CaptureQueriesContext(connection) as queries:
        bulk.find_rows_by_key()

    assert len(queries) == 0


def sent_before(days: int) -> None:
    """As if all habits had been due on so many dates."""
    dates = [NOW.date() - DAY * n for n in range(1, days + 1)]
    habits = Habit.objects.values_list("pk", "owner_id")
    Reminder.objects.bulk_create(
        Reminder(
            habit_id=habit,
            user_id=owner,
            local_date=date,
            due_at=NOW - DAY,
            not_before=NOW - DAY,
            state=State.SENT,
            ended_at=NOW - DAY,
        )
        for habit, owner in habits
        for date in dates
    )


def explained(queries: CaptureQueriesContext) -> list[str]:
    """Those that read rows."""
    statements = [each["sql"].strip() for each in queries]
    return [each for each in statements if each.startswith(("SELECT", "UPDATE", "WITH"))]


def rows_read(sql: str) -> int:
    """How many of the ledger's rows the statement looks at, as a sender's transaction plans it."""
    with transaction.atomic(), connection.cursor() as cursor:
        bulk.find_rows_by_key()
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        ((explanation,),) = cursor.fetchall()
        transaction.set_rollback(True)
    return _rows(explanation[0]["Plan"])


def _rows(node: dict[str, Any]) -> int:
    below = sum(_rows(each) for each in node.get("Plans", []))
    if node.get("Relation Name") != Reminder._meta.db_table or node["Node Type"] == "ModifyTable":
        return below
    looked_at = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return below + int(looked_at * node["Actual Loops"])
