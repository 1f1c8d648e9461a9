"""How PostgreSQL finds the rows of each shape of page: by an index, never by a whole big table.

With the values at hand and for any values, as it does once it has a statement prepared.
"""

import datetime
import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from graphql_jwt.shortcuts import get_token
from pytest_django import Settings

from accounts.models import User
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import NUMBERS, Freeze, id_of, nodes

pytestmark = pytest.mark.usefixtures("compiled")

PEOPLE = 20_000
HABITS_OF_OTHERS = 40_000
HABITS_OF_ALICE = 60

OWN_FILTERS: dict[str, Any] = {
    "nothing": None,
    "a search": {"search": "a"},
    "enjoyed": {"isEnjoyed": True},
    "useful": {"isEnjoyed": False},
    "public": {"isPublic": True},
    "private": {"isPublic": False},
    "from a time": {"timeFrom": "06:00"},
    "until a time": {"timeTo": "22:00"},
    "a time of day": {"timeFrom": "06:00", "timeTo": "22:00"},
    "a time of night": {"timeFrom": "22:00", "timeTo": "06:00"},
    "all at once": {"search": "a", "isEnjoyed": False, "isPublic": True, "timeFrom": "06:00"},
}
PUBLIC_FILTERS: dict[str, Any] = {
    "nothing": None,
    "a beginning": {"actionStartsWith": "a"},
    "a rarer beginning": {"actionStartsWith": "ab"},
    "enjoyed": {"isEnjoyed": True},
    "useful": {"isEnjoyed": False},
    "a beginning, enjoyed": {"actionStartsWith": "a", "isEnjoyed": True},
    "a beginning, useful": {"actionStartsWith": "a", "isEnjoyed": False},
}
ORDERINGS: dict[str, Any] = {
    "none": None,
    **{
        f"{name} {direction}": [{name: direction}]
        for name in ("time", "action", "createdAt")
        for direction in ("ASC", "DESC")
    },
    "three": [{"time": "DESC"}, {"action": "ASC"}, {"createdAt": "DESC"}],
}


ARGUMENTS = "first: $first, after: $after, last: $last, before: $before, filters: $filters"
SELECTION = """{
    pageInfo { startCursor endCursor }
    edges { cursor node { id action relatedHabit { action } } }
}"""
ASKED = {
    "habits": ("HabitFilter, $ordering: [HabitOrder!]", f"{ARGUMENTS}, ordering: $ordering"),
    "publicHabits": ("PublicHabitFilter", ARGUMENTS),
}
DOCUMENT = {
    (name, caller_is_known): f"""
        query ($first: Int, $after: String, $last: Int, $before: String, $filters: {types}) {{
            {"me { id }" if caller_is_known else ""}
            page: {name}({arguments}) {SELECTION}
        }}
    """
    for name, (types, arguments) in ASKED.items()
    for caller_is_known in (False, True)
}
"""Pages that find out themselves whether the caller's account is live, and others."""


@pytest.fixture
def crowd(alice: User, make_habit: MakeHabit) -> None:
    """Many people with two habits each, one in ten public; alice's, of which she has more, stand
    all over the table; fresh statistics.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_user (email, password, is_superuser, is_staff, is_active,"
            " chat_status, time_zone, language, token_generation, date_joined)"
            " SELECT n || '@example.org', '', false, false, true, 'ok', 'UTC', 'en', 0, now()"
            " FROM generate_series(1, %s) AS n",
            [PEOPLE],
        )
        make_others_habits(1)
        for n in range(HABITS_OF_ALICE):
            kind = {"is_enjoyed": True} if n % 3 else {"time": datetime.time(n % 24)}
            make_habit(alice, action=f"a walk {n}", is_public=n % 2 == 0, **kind)
            make_others_habits(n + 2)
        cursor.execute("ANALYZE")


@pytest.fixture
def _said(crowd: None) -> None:
    """Something is kept of every habit."""
    every = "FROM habits_habit, generate_series(0, 1) AS n"
    statements = (
        "INSERT INTO habits_checkin (habit_id, date, status, source, made_at)"
        f" SELECT id, date '2026-01-01' + n, 'done', 'api', now() {every}",
        "INSERT INTO habits_pastschedule (habit_id, until, starts_on, periodicity)"
        f" SELECT id, date '2026-01-02' + n, date '2026-01-01', 1 {every}",
        "INSERT INTO habits_pastpause (habit_id, starts_on, ends_on)"
        f" SELECT id, date '2026-01-01' + n, date '2026-01-01' + n {every}",
        "INSERT INTO habits_progress (habit_id, streak, longest_streak, strength, settled_on,"
        " tail_from) SELECT id, 1, 1, 1, '2026-01-02', '2026-01-01' FROM habits_habit",
        "ANALYZE",
    )
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def make_others_habits(seed: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO habits_habit (owner_id, action, place, starts_on, periodicity,"
            " is_enjoyed, is_public, time, duration, reward, action_folded, place_folded,"
            " created_at, updated_at)"
            " SELECT id, md5(id || %s), 'p', '2026-01-01', 1,"
            " id %% 3 = 0, id %% 10 = 0, CASE WHEN id %% 3 > 0 THEN time '07:30' END,"
            " CASE WHEN id %% 3 > 0 THEN 60 END, CASE WHEN id %% 3 > 0 THEN 'tea' END,"
            " md5(id || %s), 'p', now(), now()"
            " FROM accounts_user WHERE email LIKE %s LIMIT %s",
            [
                *(f" {seed}", f" {seed}"),
                f"{seed % 9 + 1}%@example.org",
                HABITS_OF_OTHERS // HABITS_OF_ALICE,
            ],
        )


@pytest.fixture(params=["with its values", "for any values"])
def _plans(request: pytest.FixtureRequest) -> None:
    """Both are looked at: the plan for these values, and the one that a connection keeps."""
    mode = "force_custom_plan" if request.param == "with its values" else "force_generic_plan"
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL plan_cache_mode = {mode}")


Wanted = tuple[dict[str, Any], str]


def page_and_plan(caller: Caller, document: str, **variables: Any) -> Wanted:
    """The page, and how all that the document costs is found."""
    with CaptureQueriesContext(connection) as captured:
        answer = caller.call(document, **variables)
    assert "errors" not in answer, answer
    explained = []
    with connection.cursor() as cursor:
        for each in captured.captured_queries:
            cursor.execute(f"EXPLAIN {each['sql'].replace('%', '%%')}")
            explained += [line for (line,) in cursor.fetchall()]
    return answer["data"]["page"], "\n".join(explained)


def neighbours(caller: Caller, document: str, **given: Any) -> Iterator[Wanted]:
    """The first page of these filters and order, the last, and those on both sides of them."""
    first, plan = page_and_plan(caller, document, first=5, **given)
    yield first, plan
    last, plan = page_and_plan(caller, document, last=5, **given)
    yield last, plan
    assert nodes(first)
    assert nodes(last)
    after, before = first["pageInfo"]["endCursor"], last["pageInfo"]["startCursor"]
    yield page_and_plan(caller, document, first=5, after=after, **given)
    yield page_and_plan(caller, document, last=5, before=before, **given)
    yield page_and_plan(caller, document, first=5, after=after, before=before, **given)


@pytest.mark.parametrize("caller_is_known", [False, True])
@pytest.mark.usefixtures("crowd", "_plans")
def test_no_page_of_ones_own_habits_reads_a_whole_table(
    as_alice: Caller, *, caller_is_known: bool
) -> None:
    """What one person has may be sorted; it is found by its owner."""
    document = DOCUMENT["habits", caller_is_known]
    scanned = {}
    for filters, ordering in itertools.product(OWN_FILTERS, ORDERINGS):
        given = {"filters": OWN_FILTERS[filters], "ordering": ORDERINGS[ordering]}
        for number, (_page, plan) in enumerate(neighbours(as_alice, document, **given)):
            if "Seq Scan" in plan or not re.search("Index Cond: .*owner_id = ", plan):
                scanned[filters, ordering, number] = plan
    assert scanned == {}


@pytest.mark.parametrize("caller_is_known", [False, True])
@pytest.mark.usefixtures("crowd", "_plans")
def test_no_page_of_public_habits_reads_a_whole_table(
    as_alice: Caller, *, caller_is_known: bool
) -> None:
    """A beginning may be looked up; all else is found on the way through the list."""
    document = DOCUMENT["publicHabits", caller_is_known]
    scanned = {}
    for filters, given in PUBLIC_FILTERS.items():
        index = "habit_public(_action)?" if "beginning" in filters else "habit_public"
        for number, (_page, plan) in enumerate(neighbours(as_alice, document, filters=given)):
            if "Seq Scan" in plan or not re.search(f" (using|on) {index} ", plan):
                scanned[filters, number] = plan
    assert scanned == {}


@pytest.mark.parametrize(
    ("name", "index"), [("habits", "habit_of_owner"), ("publicHabits", "habit_public")]
)
@pytest.mark.usefixtures("crowd", "_plans")
def test_a_list_in_its_own_order_is_not_sorted(as_alice: Caller, name: str, index: str) -> None:
    """Each page is where its index says, however far from the front."""
    for _page, plan in neighbours(as_alice, DOCUMENT[name, False]):
        assert f" using {index} " in plan
        assert "Sort" not in plan


@pytest.mark.usefixtures("crowd", "_plans")
def test_an_index_serves_a_rare_beginning_of_a_public_action(as_alice: Caller) -> None:
    """On the way through the list most of it would be read for a page that is not filled."""
    filters = {"actionStartsWith": "ABC"}

    _page, plan = page_and_plan(as_alice, DOCUMENT["publicHabits", False], filters=filters)

    assert "habit_public_action" in plan
    assert re.search(r"Index Cond: .*action_folded", plan)


@pytest.mark.parametrize("is_compiled", [True, False])
@pytest.mark.usefixtures("_said", "_plans")
def test_nothing_that_is_read_of_habits_reads_a_whole_table(
    alice: User, freeze: Freeze, settings: Settings, *, is_compiled: bool
) -> None:
    """Neither one habit nor a page, with all that their check-ins amount to."""
    settings.COMPILED_EXECUTION = is_compiled
    freeze("2026-01-05T12:00:00Z")
    caller = Caller(get_token(alice))
    habit = alice.habits.filter(is_public=True)[0]
    period = 'from: "2026-01-01", to: "2026-01-05"'
    numbers = f"""
        action {NUMBERS} checkIns({period}) {{ date }} statistics({period}) {{ completionRate }}
        relatedHabit {{ action strength }} adoptedFrom {{ action }}
    """
    documents = (
        f'{{ page: habit(id: "{id_of(habit)}") {{ {numbers} }} }}',
        f'{{ page: publicHabit(id: "{id_of(habit, "PublicHabit")}") {{ action isMine }} }}',
        f"{{ page: habits(first: 3) {{ edges {{ node {{ {numbers} }} }} }} }}",
        "{ page: habits { totalCount } me { email } }",
        "{ page: today { totalCount occurrences { state currentStreak } } }",
    )
    for document in documents:
        page, plan = page_and_plan(caller, document)
        assert page
        assert "Seq Scan" not in plan, plan
        # An index that is read from end to end is as bad.
        scans = re.findall("Index (?:Only )?Scan", plan)
        assert len(scans) == plan.count("Index Cond: ") > 0, plan
