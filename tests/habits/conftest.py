"""What the tests of habits share: documents, ids, and a clock that stands still."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from graphql_jwt.shortcuts import get_token
from pytest_django import Settings
from strawberry import relay

from accounts.models import User
from habits.models import CheckIn, Habit, PastPause, PastSchedule, Progress
from tests.conftest import Caller

FIELDS = """
    id action place time duration periodicity weekdays startsOn reward relatedHabit { id }
    isEnjoyed isPublic adoptedFrom { id } nextDueAt createdAt updatedAt
"""
PUBLIC_FIELDS = """
    id action place time duration periodicity weekdays reward isEnjoyed relatedHabit { id } isMine
"""
_OUTCOME = (
    f"__typename ... on Habit {{ {FIELDS} }}"
    " ... on OperationInfo { messages { kind field code message } }"
)
CREATE = f"mutation ($input: HabitInput!) {{ createHabit(input: $input) {{ {_OUTCOME} }} }}"
UPDATE = f"mutation ($input: HabitUpdateInput!) {{ updateHabit(input: $input) {{ {_OUTCOME} }} }}"
ADOPT = f"mutation ($input: AdoptHabitInput!) {{ adoptHabit(input: $input) {{ {_OUTCOME} }} }}"
DELETE = f"mutation ($id: ID!) {{ deleteHabit(id: $id) {{ {_OUTCOME} }} }}"
HABIT = f"query ($id: ID!) {{ habit(id: $id) {{ {FIELDS} }} }}"
PUBLIC_HABIT = f"query ($id: ID!) {{ publicHabit(id: $id) {{ {PUBLIC_FIELDS} }} }}"
NUMBERS = """
    todayState currentStreak longestStreak strength isPaused pausedFrom pausedUntil
"""
"""What the habit's check-ins, pauses and schedules amount to."""
_TRACKED = (
    f"__typename ... on Habit {{ id nextDueAt {NUMBERS} }}"
    " ... on OperationInfo { messages { kind field code message } }"
)
CHECK_IN = f"""
    mutation ($input: CheckInInput!) {{ checkIn(input: $input) {{
        __typename
        ... on CheckIn {{ id date status note madeAt source habit {{ id {NUMBERS} }} }}
        ... on OperationInfo {{ messages {{ kind field code message }} }}
    }} }}
"""
UNDO = f"mutation ($input: UndoCheckInInput!) {{ undoCheckIn(input: $input) {{ {_TRACKED} }} }}"
PAUSE = f"mutation ($input: PauseHabitInput!) {{ pauseHabit(input: $input) {{ {_TRACKED} }} }}"
RESUME = f"mutation ($id: ID!) {{ resumeHabit(id: $id) {{ {_TRACKED} }} }}"
CHECK_INS = """
    query ($id: ID!, $from: Date, $to: Date) {
        habit(id: $id) { checkIns(from: $from, to: $to) { date status note } }
    }
"""
STATISTICS = """
    query ($id: ID!, $from: Date!, $to: Date!) { habit(id: $id) { statistics(from: $from, to: $to) {
        from to currentStreak longestStreak strength completionRate
        due done skipped missed paused notDue calendar { date state }
    } } }
"""
EXPLAIN = """
    query ($id: ID!, $days: Int) { habit(id: $id) { strength explainStrength(days: $days) {
        times days multiplier target window strength
        contributions { date state doneInWindow completion before after }
    } } }
"""
TODAY = """
    query ($first: Int, $after: ID) { today {
        date totalCount
        occurrences(first: $first, after: $after) {
            habit { id action } date state time currentStreak
        }
    } }
"""
_PAGE = """
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { id action } }
"""
HABITS = f"""
    query (
        $first: Int, $after: String, $last: Int, $before: String,
        $filters: HabitFilter, $ordering: [HabitOrder!]
    ) {{
        habits(
            first: $first, after: $after, last: $last, before: $before,
            filters: $filters, ordering: $ordering
        ) {{ {_PAGE} }}
    }}
"""
PUBLIC_HABITS = f"""
    query (
        $first: Int, $after: String, $last: Int, $before: String, $filters: PublicHabitFilter
    ) {{
        publicHabits(first: $first, after: $after, last: $last, before: $before, filters: $filters)
        {{ {_PAGE} }}
    }}
"""
UPDATE_PROFILE = """
    mutation ($input: ProfileInput!) { updateProfile(input: $input) { __typename } }
"""

USEFUL: dict[str, Any] = {
    "action": "walk",
    "place": "the park",
    "time": "07:30",
    "duration": 60,
    "reward": "a coffee",
}
"""The input of a useful habit that keeps every rule."""

ENJOYED: dict[str, Any] = {"action": "drink tea", "place": "the kitchen", "isEnjoyed": True}
"""The input of an enjoyed habit that keeps every rule."""

NEVER_USED = 10**9
"""A number that no habit gets in a test."""

Freeze = Callable[[str], None]
CallAt = Callable[[str, User], Caller]


def id_of(habit: Habit | int, type_name: str = "Habit") -> str:
    """The global id of a habit, or of the habit with that number."""
    return relay.to_base64(type_name, habit if isinstance(habit, int) else habit.pk)


def all_rows() -> list[Any]:
    """Every habit as it is stored: equal before and after a call that changed nothing."""
    return list(Habit.objects.order_by("pk").values())


def tracked_rows() -> list[Any]:
    """All that is stored of habits and of what was said about them."""
    models = (Habit, CheckIn, PastSchedule, PastPause, Progress)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def row(habit: Habit) -> Any:
    """One habit as it is stored."""
    return Habit.objects.filter(pk=habit.pk).values().get()


def nodes(connection_: Any) -> list[Any]:
    """What a page holds."""
    return [edge["node"] for edge in connection_["edges"]]


def queries_of(caller: Caller, query: str, **variables: Any) -> list[str]:
    """The SQL that a call without errors costs, but for the brackets of transactions."""
    with CaptureQueriesContext(connection) as captured:
        caller.data(query, **variables)
    brackets = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    statements = [each["sql"] for each in captured.captured_queries]
    return [sql for sql in statements if not sql.startswith(brackets)]


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    """Nothing here is about passwords, and a good hash takes its time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def freeze() -> Iterator[Freeze]:
    """Stops the clock at an ISO instant; a second call moves it."""
    travellers: list[time_machine.travel] = []

    def stop_at(moment: str) -> None:
        traveller = time_machine.travel(moment, tick=False)
        traveller.start()
        travellers.append(traveller)

    yield stop_at
    for traveller in reversed(travellers):
        traveller.stop()


@pytest.fixture
def call_at(freeze: Freeze) -> CallAt:
    """Somebody who calls at a frozen instant, with a token that is good then."""

    def caller(moment: str, user: User) -> Caller:
        freeze(moment)
        return Caller(get_token(user))

    return caller
