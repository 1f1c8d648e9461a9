"""Whatever is asked, the compiled way answers and changes what graphql-core's does."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from backend.schema import schema
from tests.parity.cases import case
from tests.parity.exchange import Request
from tests.parity.planted import MISTAKES, FieldLeftOut, MutationTwice, Planted
from tests.parity.run import Run
from tests.parity.tally import ENOUGH, Tally
from tests.parity.ways import all_rows

pytestmark = pytest.mark.django_db

CASES = 150
SEED = 7
MOST_CASES = 300
"""In so many every mistake is found."""


def test_what_was_drawn_for_good_is_answered_alike_in_both_ways(run: Run) -> None:
    failure = run.of(SEED, range(CASES))
    assert failure is None, str(failure)
    assert run.tally.lacking == []


def test_what_is_drawn_anew_is_answered_alike_in_both_ways(run: Run) -> None:
    seed = int.from_bytes(os.urandom(3), "big")
    failure = run.of(seed, range(CASES // 2))
    assert failure is None, str(failure)


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (
            "{ a: publicHabits(first: 2) { totalCount edges { node { id } } }"
            " b: publicHabits(first: 3) { totalCount edges { node { id } } } }",
            {},
        ),
        ("query ($a: Boolean = true) { me { id @skip(if: $a) } }", {"a": None}),
        ("{ habits { edges { node { weekdays @skip(if: true) } } } }", {}),
        ("{ habits { edges { node { relatedHabit { id @skip(if: true) } } } } }", {}),
    ],
    ids=[
        "a statement without parameters",
        "a condition that is null",
        "a row of which nothing is wanted",
        "a related row of which nothing is wanted",
    ],
)
def test_what_differed_once_does_not_any_more(
    run: Run, query: str, variables: dict[str, Any]
) -> None:
    request = _of_alice(run, query, variables)
    assert run.ways.differences(request)[0] == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_a_mistake_is_found(
    run: Run, mistake: type[Planted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "execution_context_class", mistake)
    assert any(run.ways.differences(each)[0] for each in _requests(run))


def _requests(run: Run) -> Iterator[Request]:
    for number in range(MOST_CASES):
        yield from case(SEED, number, run.world).requests


def test_what_differs_is_shown_as_small_as_it_gets(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "execution_context_class", FieldLeftOut)
    failure = run.of(SEED, range(MOST_CASES))
    assert failure is not None
    assert f"make parity SEED={SEED} CASE={failure.case.number}" in str(failure)
    document = failure.request.body["query"]
    assert "place" in document
    assert len(document.split()) < 20, document


def test_a_mutation_that_runs_twice_is_found_where_neither_rows_nor_answers_tell(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "execution_context_class", MutationTwice)
    token = run.world.tokens["alice"]
    request = Request({"query": f'mutation {{ verifyToken(token: "{token}") {{ __typename }} }}'})
    (difference,), outcome = run.ways.differences(request)
    assert difference.startswith("resolved")
    assert outcome.resolved == ("verify_token", "verify_token")


def test_what_a_mutation_changes_is_seen_and_taken_back(run: Run) -> None:
    request = _of_alice(
        run,
        'mutation { createHabit(input: {action: "a", place: "b", isEnjoyed: true})'
        " { ... on Habit { id } } }",
    )
    before = all_rows()
    first, second = (run.ways.outcome(request, compiled=compiled) for compiled in (True, False))
    assert first.rows is not None
    assert first.rows == second.rows
    assert len(first.rows["habits_habit"] - before["habits_habit"]) == 1
    assert all_rows() == before


def test_off_is_graphql_core_and_on_is_not(run: Run) -> None:
    request = _of_alice(run, "{ habits(first: 2) { edges { node { id action } } } }")
    assert run.ways.outcome(request, compiled=False).by_core
    assert not run.ways.outcome(request, compiled=True).by_core


def test_the_tests_run_the_way_that_the_environment_says() -> None:
    assert settings.COMPILED_EXECUTION is (os.environ["COMPILED_EXECUTION"] != "off")


def test_requests_that_are_all_refused_prove_nothing(run: Run) -> None:
    request = Request({"query": "{ me { id } }"})
    tally = Tally()
    for _ in range(ENOUGH):
        tally.add(request, run.ways.outcome(request, compiled=True))
    assert "only 0.0% of the requests have data" in tally.lacking


def _of_alice(run: Run, query: str, variables: dict[str, Any] | None = None) -> Request:
    token = run.world.tokens["alice"]
    body = {"query": query, "variables": variables}
    return Request(body, {"HTTP_AUTHORIZATION": f"Bearer {token}"})
