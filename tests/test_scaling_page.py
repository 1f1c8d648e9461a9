"""`docs/scaling.md` adds up: what it computes follows from its figures, and its SQL works."""

import math
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from accounts.models import User
from notifications.models import Reminder
from notifications.pacing import USED_SHARE
from notifications.planning import plan_due
from tests.conftest import MakeHabit
from tests.markdown import blocks, section, table
from tests.notifications.stage import NOW, TODAY, due

PAGE = (Path(settings.BASE_DIR) / "docs" / "scaling.md").read_text()
FIGURES = {row["figure"]: row["value"] for row in table(PAGE, "figure")}
ARITHMETIC = table(section(PAGE, "Arithmetic for 1 million and 100 million people"), "")

UNITS: dict[str, float] = {
    "": 1,
    "million": 1e6,
    "billion": 1e9,
    "kB": 1e3,
    "GB": 1e9,
    "TB": 1e12,
    "s": 1,
    "min": 60,
    "h": 3600,
}
ROUNDING = 0.05
"""Of the page's numbers, which are for reading."""

SERVER, POSTGRESQL = (
    {
        name[1]: float(value)
        for name, value in FIGURES.items()
        if re.match(r"\([a-d]\)", name) and name.endswith(end)
    }
    for end in ("server", "PostgreSQL")
)
PLANNING = float(FIGURES["planning one due reminder"]) / 1e6
FREE, PAID = 30 * USED_SHARE, 1000 * USED_SHARE


def mean(costs: dict[str, float]) -> float:
    """Seconds of a mean request, by the page's mixture of the operations."""
    return (3 * costs["d"] + 2 * costs["a"] + costs["b"] + 4 * costs["c"]) / 10 / 1000


def size(*names: str) -> float:
    return sum(float(FIGURES[name]) for name in names)


def number(cell: str) -> float:
    """What a cell begins with: `4.6`, `1.1 billion` or `23 min`."""
    found = re.match(r"([\d,.]*\d) ?(\w*)", cell)
    assert found, cell
    return float(found[1].replace(",", "")) * UNITS[found[2]]


def computed(people: float) -> dict[str, float]:
    """The page's arithmetic, by the first words of its rows."""
    bare = size("a person's row", "a refresh token") + 5 * size("a habit", "a habit's progress")
    check_ins = 3 * 365 * size("a check-in without a note")
    ledger = 4 * 90 * size("a reminder that was sent")
    peak = people * 10 * 0.15 / 3600 * 2
    at_seven = people * 4 * 0.2 * 0.05
    return {
        "habits": 5 * people,
        "check-ins a year": 3 * 365 * people,
        "the database after a year": (bare + check_ins + ledger) * people,
        "each further year": check_ins * people,
        "requests in the busiest second": peak,
        "web cores, 60% full": peak * mean(SERVER) / 0.6,
        "cores of PostgreSQL, 60% full": peak * mean(POSTGRESQL) / 0.6,
        "due in the busiest minute": at_seven,
        "planning them": at_seven * PLANNING,
        "sending them, plain bot": at_seven / FREE,
        "sending them, paid bot": at_seven / PAID,
        "reminders a second, all day": people * 4 / 86_400,
        "bots for 07:00 within 5 minutes, paid": math.ceil(at_seven / PAID / 300),
        "rows that leave the ledger a day": people * 4,
    }


@pytest.mark.parametrize(("column", "people"), [("1 million", 1e6), ("100 million", 1e8)])
def test_the_arithmetic_follows_from_the_figures(column: str, people: float) -> None:
    shown = {row[""]: number(row[column]) for row in ARITHMETIC if row[""] in computed(people)}

    assert shown == pytest.approx(computed(people), rel=ROUNDING)


def test_what_a_core_does_follows_from_the_figures() -> None:
    rows = table(PAGE, "operation")

    assert [row["operation"] for row in rows] == ["(a)", "(b)", "(c)", "(d)"]
    for row, name in zip(rows, "abcd", strict=True):
        server, database, share = (number(cell) for cell in list(row.values())[1:])
        assert server == pytest.approx(1000 / SERVER[name], rel=ROUNDING)
        assert database == pytest.approx(1000 / POSTGRESQL[name], rel=ROUNDING)
        assert share == pytest.approx(SERVER[name] / POSTGRESQL[name], rel=ROUNDING)


@pytest.mark.django_db
def test_a_ledger_cut_by_months_takes_each_occurrence_once(
    alice: User, make_habit: MakeHabit
) -> None:
    (cut, _drop) = blocks(section(PAGE, "The ledger by months"), "sql")
    with connection.cursor() as cursor:
        cursor.execute(cut.replace("2026-08-01", "2100-01-01").replace("2026-07-01", "2000-01-01"))
    habit = due(make_habit(alice, starts_on=TODAY))

    assert plan_due(NOW) == 1
    due(habit)
    assert plan_due(NOW) == 1

    assert list(Reminder.objects.values_list("habit", "local_date")) == [(habit.pk, TODAY)]
