"""What is read by plans is what graphql-core would answer, to the order of the keys."""

import itertools
import json
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models import QuerySet
from pytest_django import Settings

from accounts.models import User
from habits.batches import Batch
from habits.connections import Connection
from habits.page_queries import PageQuery
from habits.paging import Page
from tests.backend.execution.conftest import both
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import CREATE, FIELDS, NUMBERS, PUBLIC_FIELDS, USEFUL

NODE = "edges { node { id action } }"
INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"

SELECTIONS = {
    "rows": NODE,
    "all fields": f"edges {{ cursor node {{ {FIELDS} }} }}",
    "all numbers": f"edges {{ node {{ {NUMBERS} relatedHabit {{ {NUMBERS} }} }} }}",
    "aliases": "e: edges { n: node { a: action b: action relatedHabit { a: place } } c: cursor }",
    "an alias that takes another's name": "edges { node { action: place place: action } }",
    "a field twice": "edges { node { action action } node { place } }",
    "edges twice": "edges { node { action } } edges { cursor node { place } }",
    "edges under two names": "a: edges { cursor } b: edges { node { action } }",
    "names of types": (
        "__typename edges { __typename node { __typename relatedHabit { __typename id }"
        " adoptedFrom { __typename } } } pageInfo { __typename }"
    ),
    "names of types alone": "edges { node { __typename } }",
    "a total before the rows": f"totalCount {NODE}",
    "a total after the rows": f"{NODE} totalCount",
    "the page before the rows": f"{INFO} {NODE}",
    "the page after the rows": f"{NODE} {INFO}",
    "the page without rows": INFO,
    "cursors alone": "edges { cursor }",
    "all before and after": f"totalCount {INFO} edges {{ cursor }} t: totalCount i: {INFO}",
    "conditions": "edges { node { id @skip(if: true) place @include(if: true) } }",
    "an inline fragment": "... { edges { ... on HabitEdge { node { ... on Habit { id } } } } }",
    "a relation of a relation": "edges { node { relatedHabit { relatedHabit { id } action } } }",
    "a relation through another": "edges { node { adoptedFrom { relatedHabit { id } isMine } } }",
}
PAGES = {
    "all": "first: 100",
    "the first": "first: 2",
    "the last": "last: 2",
}


@pytest.fixture
def _habits(alice: User, bob: User, make_habit: MakeHabit) -> None:
    """Some of each kind: with and without a time, a reward, a related habit, an original."""
    bobs_tea = make_habit(bob, action="drink bob's tea", is_enjoyed=True, is_public=True)
    bobs_walk = make_habit(bob, action="walk", is_public=True, related_habit=bobs_tea)
    secret = make_habit(bob, action="a secret", is_enjoyed=True)
    tea = make_habit(alice, action="drink tea", is_enjoyed=True, periodicity=None)
    habits: tuple[dict[str, Any], ...] = (
        {},
        {"related_habit": tea, "adopted_from": bobs_walk},
        {"is_public": True, "adopted_from": secret},
        {"weekdays": 21, "periodicity": None, "time": "23:59", "is_public": True},
        {"is_enjoyed": True, "place": 'a "place" \\ of ß'},
        {"related_habit": tea, "is_public": True, "time": "07:30"},
    )
    for n, fields in enumerate(habits):
        make_habit(alice, **{"action": f"walk {n // 2}", **fields})


@pytest.mark.usefixtures("_habits")
@pytest.mark.parametrize("arguments", PAGES)
@pytest.mark.parametrize("what", SELECTIONS)
def test_a_page_is_the_same_both_ways(
    as_alice: Caller, handed_over: list[str], what: str, arguments: str
) -> None:
    document = f"{{ habits({PAGES[arguments]}) {{ {SELECTIONS[what]} }} }}"

    compiled, other = both(as_alice, document)

    assert "errors" not in compiled
    assert json.dumps(compiled) == json.dumps(other)
    assert len(handed_over) == 1


@pytest.mark.usefixtures("_habits")
def test_a_public_page_is_the_same_both_ways(as_alice: Caller, handed_over: list[str]) -> None:
    for arguments, selection in itertools.product(
        PAGES.values(),
        (
            f"edges {{ cursor node {{ {PUBLIC_FIELDS} }} }} totalCount {INFO}",
            "edges { node { mine: isMine relatedHabit { isMine action relatedHabit { id } } } }",
        ),
    ):
        document = f"{{ publicHabits({arguments}) {{ {selection} }} }}"
        compiled, other = both(as_alice, document)
        assert "errors" not in compiled
        assert json.dumps(compiled) == json.dumps(other)
    assert len(handed_over) == 6


@pytest.mark.usefixtures("_habits")
def test_named_fragments_are_the_same_both_ways(as_alice: Caller, handed_over: list[str]) -> None:
    document = """
        query ($more: Boolean = false) { ...all me { ...who } }
        fragment all on Query { habits { ...page ...page } }
        fragment page on HabitConnection { edges { ...edge cursor } totalCount }
        fragment edge on HabitEdge { node { ...habit relatedHabit { ...habit } } }
        fragment habit on Habit { id ...texts @include(if: $more) }
        fragment texts on Habit { action place reward }
        fragment who on User { id email }
    """
    for variables in ({}, {"more": True}, {"more": False}):
        compiled, other = both(as_alice, document, **variables)
        assert "errors" not in compiled
        assert json.dumps(compiled) == json.dumps(other)
    assert len(handed_over) == 3


PAGES_BY_CURSOR = """
    query ($ordering: [HabitOrder!], $first: Int, $after: String, $last: Int, $before: String) {
        habits(ordering: $ordering, first: $first, after: $after, last: $last, before: $before) {
            edges { cursor node { id action time } }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        }
    }
"""
ORDERINGS = [
    None,
    *([{name: way}] for name in ("time", "action", "createdAt") for way in ("ASC", "DESC")),
    *(
        [{one: way}, {other: another}]
        for one, other in itertools.permutations(("time", "action", "createdAt"), 2)
        for way, another in itertools.product(("ASC", "DESC"), repeat=2)
    ),
]


@pytest.mark.usefixtures("_habits")
def test_every_order_goes_on_at_its_cursors_both_ways(
    as_alice: Caller, handed_over: list[str]
) -> None:
    for ordering in ORDERINGS:
        whole = as_alice.data(PAGES_BY_CURSOR, ordering=ordering, first=100)
        expected = [edge["node"]["id"] for edge in whole["edges"]]
        assert len(expected) == len(set(expected)) == 7
        for forward in (True, False):
            found: list[str] = []
            cursor = None
            for _ in range(7):
                size, start = ("first", "after") if forward else ("last", "before")
                given = {size: 2, start: cursor}
                compiled, other = both(as_alice, PAGES_BY_CURSOR, ordering=ordering, **given)
                assert json.dumps(compiled) == json.dumps(other)
                page = compiled["data"]["habits"]
                ids = [edge["node"]["id"] for edge in page["edges"]]
                found = found + ids if forward else ids + found
                cursor = page["pageInfo"]["endCursor" if forward else "startCursor"]
                if not page["pageInfo"]["hasNextPage" if forward else "hasPreviousPage"]:
                    break
            assert found == expected
    assert len(handed_over) == len(ORDERINGS) * 2 * 4


@pytest.mark.usefixtures("_habits")
@pytest.mark.parametrize(
    "document",
    [
        "{ habits(first: 0) { edges { node { id } } } }",
        '{ habits(after: "nonsense") { edges { node { id } } } }',
        "{ me { id } habits(first: 1, last: 1) { edges { node { id } } } }",
        '{ a: habit(id: "nothing") { id } b: habits(first: 101) { totalCount } }',
    ],
)
def test_an_error_is_the_same_both_ways(as_alice: Caller, document: str) -> None:
    compiled, other = both(as_alice, document)

    assert compiled["errors"]
    assert compiled == other


def test_the_switch_turns_it_off(
    settings: Settings, as_alice: Caller, handed_over: list[str], make_habit: MakeHabit, alice: User
) -> None:
    make_habit(alice)
    for document, variables in (
        ("{ habits { edges { node { id } } } }", {}),
        (CREATE, {"input": USEFUL}),
    ):
        settings.COMPILED_EXECUTION = True
        as_alice.data(document, **variables)
        assert handed_over == []
        settings.COMPILED_EXECUTION = False
        as_alice.data(document, **variables)
        assert len(handed_over) == 1
        handed_over.clear()


class Outage:
    """Stands for a database that ends every statement of a kind after its time."""

    def __init__(self) -> None:
        self.statements = 0

    def __call__(self, *_args: object) -> list[object]:
        self.statements += 1
        raise OperationalError("canceling statement due to statement timeout")


PAGE = (PageQuery, "tuples"), (PageQuery, "queryset")
COUNT = ((QuerySet, "count"),)
CHECK_INS = ((Batch, "_read_check_ins"),)
ITS_CHECK_INS = 'checkIns(from: "2026-01-01", to: "2026-01-02") { date }'


@pytest.mark.usefixtures("_habits")
@pytest.mark.parametrize(
    ("what", "document"),
    [
        (PAGE, f"{{ habits {{ {NODE} }} }}"),
        (PAGE, f"{{ habits {{ totalCount {NODE} }} }}"),
        (PAGE, f"{{ habits {{ {INFO} {NODE} }} }}"),
        (PAGE, f"{{ a: publicHabits {{ {NODE} }} b: habits {{ {NODE} }} }}"),
        (COUNT, f"{{ me {{ id }} habits {{ {NODE} totalCount }} }}"),
        (CHECK_INS, f"{{ habits {{ edges {{ node {{ id {ITS_CHECK_INS} }} }} }} }}"),
        (
            CHECK_INS,
            f"{{ habits {{ edges {{ node {{ relatedHabit {{ {ITS_CHECK_INS} }} }} }} }} }}",
        ),
        (
            CHECK_INS,
            "mutation { createHabit(input: "
            '{action: "tea", place: "home", time: "07:30", duration: 60, reward: "cake"}'
            f") {{ ... on Habit {{ id {ITS_CHECK_INS} }} }} }}",
        ),
    ],
)
def test_what_takes_the_database_too_long_is_not_read_again_and_fails_where_it_would(
    settings: Settings,
    as_alice: Caller,
    monkeypatch: pytest.MonkeyPatch,
    what: tuple[tuple[type, str], ...],
    document: str,
) -> None:
    answers, statements = [], []
    for switch in (True, False):
        settings.COMPILED_EXECUTION = switch
        outage = Outage()
        for owner, name in what:
            monkeypatch.setattr(owner, name, outage)
        answer = as_alice.call(document)
        for error in answer["errors"]:
            del error["message"], error["extensions"]["id"]  # each error's own
        answers.append(answer)
        statements.append(outage.statements)
    assert answers[0] == answers[1]
    assert statements[0] == 1


def test_rows_are_read_once_though_models_are_asked_for_after_tuples(
    as_alice: Caller, alice: User, make_habit: MakeHabit, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_habit(alice)
    read: list[Page[Any]] = []
    original = Page.as_tuples

    def noted(self: Page[Any], columns: tuple[str, ...]) -> None:
        read.append(self)
        original(self, columns)

    monkeypatch.setattr(Page, "as_tuples", noted)

    as_alice.data(f"{{ habits {{ {INFO} {NODE} totalCount }} }}")

    (page,) = read
    assert isinstance(page.rows[0], tuple)
    assert Connection.of(page).page is page
