"""What each call costs in SQL: the same for one row and for a hundred."""

import datetime
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from habits.models import CheckInSource, CheckInStatus, Habit
from habits.tracking import check_in
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import (
    CHECK_IN,
    CREATE,
    DELETE,
    ENJOYED,
    FIELDS,
    HABIT,
    PAUSE,
    PUBLIC_FIELDS,
    PUBLIC_HABIT,
    RESUME,
    UNDO,
    UPDATE,
    USEFUL,
    id_of,
    queries_of,
)

pytestmark = pytest.mark.usefixtures("compiled")

OWN_FIELDS = re.sub(r"\w+ \{ id \}", "", FIELDS).split()
SEEN_FIELDS = re.sub(r"\w+ \{ id \}", "", PUBLIC_FIELDS).split()


def page(name: str, selection: str, *, outside: str = "", arguments: str = "first: 100") -> str:
    return f"{{ {name}({arguments}) {{ {outside} edges {{ {selection} }} }} }}"


@pytest.fixture
def hundred(alice: User, bob: User, make_habit: MakeHabit) -> list[Habit]:
    """100 public habits, half of them useful and rewarded by the others, all adopted from bob."""
    for n in range(50):
        teas, walks = {"is_public": True, "is_enjoyed": True}, {"is_public": True}
        bobs = make_habit(bob, action=f"drink tea {n}", **teas)
        enjoyed = make_habit(alice, action=f"drink tea {n}", adopted_from=bobs, **teas)
        bobs = make_habit(bob, action=f"walk {n}", related_habit=bobs, **walks)
        make_habit(alice, action=f"walk {n}", related_habit=enjoyed, adopted_from=bobs, **walks)
    return list(alice.habits.order_by("pk"))


SELECTIONS = {
    "habits": [
        *(f"node {{ {field} }}" for field in OWN_FIELDS),
        *(f"node {{ relatedHabit {{ {field} }} }}" for field in OWN_FIELDS),
        "cursor",
        f"cursor node {{ {FIELDS} relatedHabit {{ {' '.join(OWN_FIELDS)} }} }}",
        "node { relatedHabit { relatedHabit { relatedHabit { action } } } }",
        *(f"node {{ adoptedFrom {{ {field} }} }}" for field in SEEN_FIELDS),
        "node { adoptedFrom { relatedHabit { action isMine } } }",
        "node { relatedHabit { adoptedFrom { id } } adoptedFrom { id relatedHabit { id } } }",
        "node { name: action ... on Habit { place reward: relatedHabit { tea: action } } }",
        "node { action @skip(if: true) place @include(if: true) }",
    ],
    "publicHabits": [
        *(f"node {{ {field} }}" for field in SEEN_FIELDS),
        *(f"node {{ relatedHabit {{ {field} }} }}" for field in SEEN_FIELDS),
        "cursor",
        f"cursor node {{ {PUBLIC_FIELDS} relatedHabit {{ {' '.join(SEEN_FIELDS)} }} }}",
        "node { relatedHabit { relatedHabit { isMine } } }",
        "node { mine: isMine ... on PublicHabit { place tea: relatedHabit { yes: isMine } } }",
    ],
}


@pytest.mark.parametrize("name", SELECTIONS)
def test_a_page_of_any_selection_costs_one_statement(
    as_alice: Caller, hundred: list[Habit], name: str
) -> None:
    """It finds the caller, too; each field is tried, also alone."""
    for selection in SELECTIONS[name]:
        document = page(name, selection)
        assert len(as_alice.data(document)["edges"]) == len(hundred)
        assert len(queries_of(as_alice, document)) == 1, selection
        assert len(queries_of(as_alice, page(name, selection, arguments="first: 1"))) == 1


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize("name", SELECTIONS)
def test_an_empty_page_costs_one_statement_more_which_finds_the_caller(
    as_alice: Caller, name: str
) -> None:
    for selection in SELECTIONS[name]:
        assert len(queries_of(as_alice, page(name, selection))) == 2, selection


def test_two_pages_find_the_caller_once(as_alice: Caller, hundred: list[Habit]) -> None:
    """With the first rows that come; a page that is empty asks."""
    full = "edges { node { action } }"
    empty = 'filters: {actionStartsWith: "nothing"}'
    for document, cost in (
        (f"{{ habits {{ {full} }} publicHabits {{ {full} }} }}", 2),
        (f"{{ habits {{ {full} }} publicHabits({empty}) {{ {full} }} }}", 2),
        (f"{{ publicHabits({empty}) {{ {full} }} habits {{ {full} }} }}", 3),
        (f"{{ me {{ email }} habits {{ {full} }} }}", 2),
    ):
        with CaptureQueriesContext(connection) as captured:
            assert "errors" not in as_alice.call(document)
        assert len(captured) == cost, document
    assert len(hundred) == 100


@pytest.mark.parametrize(
    "ordering",
    [
        "{time: ASC}",
        "{action: DESC}",
        "{createdAt: ASC}",
        "[{time: DESC}, {action: ASC}, {createdAt: DESC}]",
    ],
)
def test_the_cursors_of_any_order_cost_nothing_more(
    as_alice: Caller, hundred: list[Habit], ordering: str
) -> None:
    arguments = f"first: 100, ordering: {ordering}"
    outside = "pageInfo { startCursor endCursor hasNextPage }"
    for selection in ("cursor", "node { id }", "cursor node { place }"):
        document = page("habits", selection, outside=outside, arguments=arguments)
        assert len(queries_of(as_alice, document)) == 1
    assert len(hundred) == 100


@pytest.mark.parametrize("name", SELECTIONS)
def test_a_total_costs_one_statement_more_and_only_when_it_is_selected(
    as_alice: Caller, hundred: list[Habit], name: str
) -> None:
    without = queries_of(as_alice, page(name, "node { id }", outside="pageInfo { hasNextPage }"))
    counted = queries_of(as_alice, page(name, "node { id }", outside="totalCount"))
    assert len(without) == 1
    assert len(counted) == 2
    assert not any("COUNT(" in sql for sql in without)
    assert sum("COUNT(" in sql for sql in counted) == 1
    alone = queries_of(as_alice, f"{{ {name} {{ totalCount }} }}")
    assert len(alone) == 2
    assert len(hundred) == 100


def test_a_habit_costs_two_statements(as_alice: Caller, hundred: list[Habit]) -> None:
    for habit in hundred[:2]:
        assert len(queries_of(as_alice, HABIT, id=id_of(habit))) == 2
        assert len(queries_of(as_alice, PUBLIC_HABIT, id=id_of(habit, "PublicHabit"))) == 2


def done(habit: Habit, days_ago: int = 0) -> None:
    now = timezone.now()
    date = habit.owner.today(now) - datetime.timedelta(days_ago)
    check_in(habit, date, CheckInStatus.DONE, source=CheckInSource.API, now=now)


NUMBERS: dict[str, tuple[str, int]] = {
    "streaks, strength and today's state": ("currentStreak longestStreak strength todayState", 4),
    "the pause": ("isPaused pausedFrom pausedUntil", 4),
    "check-ins": ("checkIns(<period>) { date }", 1),
    "statistics": ("statistics(<period>) { completionRate }", 3),
    "a reward's": ("relatedHabit { currentStreak todayState }", 4),
    "all of them": (
        "currentStreak longestStreak strength todayState isPaused"
        " checkIns(<period>) { date }"
        " statistics(<period>) { strength calendar { date state } done missed }"
        " relatedHabit { strength statistics(<period>) { completionRate } }",
        4 + 1 + 2,
    ),
}
"""What is selected of each habit, and the statements for that beside the page's: the caller, for
their zone, what is kept, the recent check-ins, the past; or some of these."""


@pytest.mark.parametrize("what", NUMBERS)
def test_the_numbers_of_a_hundred_habits_cost_the_statements_of_one(
    as_alice: Caller, alice: User, hundred: list[Habit], what: str
) -> None:
    selection, cost = NUMBERS[what]
    today = alice.today(timezone.now())
    for habit in hundred:
        for days in (0, 1, 5, 40):
            done(habit, days)
    period = f'from: "{today - datetime.timedelta(1)}", to: "{today}"'
    node = f"node {{ {selection.replace('<period>', period)} }}"
    for count in (100, 1):
        document = page("habits", node, arguments=f"first: {count}")
        assert len(as_alice.data(document)["edges"]) == count
        assert len(queries_of(as_alice, document)) == 1 + cost


def test_today_costs_seven_statements(as_alice: Caller, alice: User, make_habit: MakeHabit) -> None:
    """The caller, what is due, those habits and the ones that they lead to, and the numbers."""
    document = """{ today { date totalCount occurrences {
        date state time currentStreak
        habit { action strength relatedHabit { action currentStreak } }
    } } }"""
    for count in (1, 99):
        for _ in range(count):
            tea = make_habit(alice, is_enjoyed=True, periodicity=7)
            done(make_habit(alice, related_habit=tea))
        statements = queries_of(as_alice, document)
        assert len(statements) == 1 + 1 + 2 + 3
        assert all(sql.startswith("EXECUTE") for sql in statements)
    assert len(queries_of(as_alice, "{ today { date } }")) == 1
    assert len(queries_of(as_alice, "{ today { totalCount } }")) == 1 + 1
    alone = "{ today { occurrences { habit { action } } } }"
    assert len(queries_of(as_alice, alone)) == 1 + 1 + 1


def test_a_habit_with_its_numbers_costs_what_a_list_does(
    as_alice: Caller, hundred: list[Habit]
) -> None:
    document = "query ($id: ID!) { habit(id: $id) { strength relatedHabit { strength } } }"
    for habit in (hundred[1], hundred[3]):
        assert len(queries_of(as_alice, document, id=id_of(habit))) == 2 + 2
        done(habit)
        assert len(queries_of(as_alice, document, id=id_of(habit))) == 2 + 3


NUMBERS_READ = 2
"""What the numbers in a mutation's answer cost, and one more once something is kept."""

MUTATIONS: dict[str, int] = {
    "create an enjoyed one": 2,  # the caller with how many habits there are, the new row
    "create a useful one": 2,
    "create a rewarded one": 3,  # the related habit
    "change a text": 3,  # the caller, the habit with what it leans on, the row
    "change the related habit": 4,  # the new one
    "change the time": 4,  # its reminders
    "delete": 11,  # the caller, the habit, its reminders and copies, and what is kept of it
}
TRACKING: dict[str, int] = {
    # The caller, the habit, the date's row twice; what is kept of the habit is found, computed
    # from its whole history, as it is the first time, and kept.
    "check in": 4 + 2 + 2 + 2 + NUMBERS_READ + 1,
    "take back": 3 + NUMBERS_READ,  # the caller, the habit, the date's row
    # The caller, the habit twice, its reminders; the same as above.
    "pause": 4 + 2 + 2 + 2 + NUMBERS_READ + 1,
    "resume": 3 + NUMBERS_READ,  # the caller, the habit, pauses that reach to today
}


def mutation(what: str, habit: Habit, enjoyed: Habit) -> tuple[str, dict[str, Any]]:
    rewarded = {"reward": None, "relatedHabit": id_of(enjoyed)}
    this = {"id": id_of(habit)}
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "create an enjoyed one": (CREATE, {"input": ENJOYED}),
        "create a useful one": (CREATE, {"input": USEFUL}),
        "create a rewarded one": (CREATE, {"input": {**USEFUL, **rewarded}}),
        "change a text": (UPDATE, {"input": {**this, "action": "run"}}),
        "change the related habit": (UPDATE, {"input": {**this, **rewarded}}),
        "change the time": (UPDATE, {"input": {**this, "time": "21:00"}}),
        "delete": (DELETE, this),
        "check in": (CHECK_IN, {"input": {"habitId": id_of(habit)}}),
        "take back": (UNDO, {"input": {"habitId": id_of(habit)}}),
        "pause": (PAUSE, {"input": this}),
        "resume": (RESUME, this),
    }
    return calls[what]


@pytest.mark.parametrize(("what", "cost"), [*MUTATIONS.items(), *TRACKING.items()])
def test_a_change_costs_a_handful_of_statements_however_many_habits_there_are(
    as_alice: Caller, alice: User, make_habit: MakeHabit, what: str, cost: int
) -> None:
    enjoyed, used = make_habit(alice, is_enjoyed=True), make_habit(alice, is_enjoyed=True)
    habits = [make_habit(alice, related_habit=used) for _ in range(2)]
    document, variables = mutation(what, habits[0], enjoyed)
    assert cost <= (11 if what in MUTATIONS else 16)
    assert len(queries_of(as_alice, document, **variables)) == cost
    for _ in range(98):
        make_habit(alice, related_habit=used)
    document, variables = mutation(what, habits[1], enjoyed)
    assert len(queries_of(as_alice, document, **variables)) == cost
