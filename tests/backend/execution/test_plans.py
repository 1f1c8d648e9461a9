"""Which operations have a plan, and what a plan holds."""

import gc
import itertools
import weakref

import pytest
from django.test import RequestFactory
from graphql_jwt.shortcuts import get_token

from accounts.models import User
from backend.documents import CACHE, read
from backend.execution import plans
from backend.execution.compiler import Compiler
from backend.execution.plans import MOST_PLANS as MOST
from backend.schema import Context, schema
from tests.backend.execution.conftest import both, context_of, plan
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import CREATE, HABITS, PUBLIC_HABITS, TODAY


@pytest.mark.parametrize(
    "document",
    [
        "{ __typename }",
        "{ me { id email } }",
        HABITS,
        PUBLIC_HABITS,
        TODAY,
        CREATE,
        "query ($a: Boolean!) { me { id @skip(if: $a) } }",
        "query { ...a } fragment a on Query { habits { edges { node { ... on Habit { id } } } } }",
    ],
)
def test_what_the_schema_has_is_compiled(document: str) -> None:
    variables = {"a": True, "input": {"action": "walk", "place": "park"}}
    assert plan(document, **variables) is not None


@pytest.mark.parametrize(
    "document",
    [
        "{ __schema { queryType { name } } }",
        '{ me { id } __type(name: "Habit") { name } }',
        "{ habits { edges { node { nope } } } }",
        "{ nope }",
        "subscription { nope }",
    ],
)
def test_what_it_has_not_is_left_to_graphql_core(document: str) -> None:
    assert plan(document) is None


def test_an_operation_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    context = context_of("{ me { id } }")
    first = plans.plan_of(context)
    monkeypatch.setattr(plans, "Compiler", None)

    assert plans.plan_of(context) is first is not None


def test_a_mistake_in_the_compiler_is_logged_and_graphql_core_answers(
    as_alice: Caller,
    handed_over: list[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def mistaken(*_args: object) -> None:
        raise KeyError("a mistake")

    monkeypatch.setattr(Compiler, "object", mistaken)
    CACHE.clear()

    for _ in range(2):
        answer = as_alice.call("query OfThisTest { me { email } }")
        assert answer == {"data": {"me": {"email": "alice@example.org"}}}

    assert len(handed_over) == 2
    (record,) = [each for each in caplog.records if each.message == "operation_not_compiled"]
    assert record.exc_info
    CACHE.clear()


def test_plans_of_one_operation_are_bounded_and_all_its_answers_right(
    as_alice: Caller, handed_over: list[str]
) -> None:
    """One for each way in which five conditions turn out would be more than are kept."""
    names = ("email", "firstName", "timeZone", "language", "chatId")
    fields = " ".join(f"{name} @include(if: ${name})" for name in names)
    given = ", ".join(f"${name}: Boolean!" for name in names)
    document = f"query ({given}) {{ me {{ id {fields} }} }}"
    CACHE.clear()
    for turns in itertools.product([True, False], repeat=len(names)):
        conditions = dict(zip(names, turns, strict=True))
        compiled, other = both(as_alice, document, **conditions)
        assert compiled == other
        assert set(compiled["data"]["me"]) == {"id", *(n for n in names if conditions[n])}
    assert len(handed_over) == 32  # the other way's
    node = read(schema._schema, document).node
    assert node is not None
    # The text has had other languages' documents as well; these are of the default one.
    kept = [each.plans for each in node.definitions if hasattr(each, "plans")]
    assert [len(each._plans) for each in kept] == [MOST]


CONDITIONS = """
    query App($a: Boolean = false, $b: Boolean = false, $c: Boolean = true, $d: Boolean = true) {
        me {
            id
            email @skip(if: $a)
            language @skip(if: $b)
            timeZone @include(if: $c)
            chatId @include(if: $d)
        }
    }
"""


@pytest.mark.parametrize("values", [[True, False], [True, None]])
def test_no_strangers_conditions_turn_the_compiled_path_off_for_others(
    as_alice: Caller, visitor: Caller, handed_over: list[str], values: list[bool | None]
) -> None:
    CACHE.clear()
    for turns in itertools.product(values, repeat=4):
        visitor.call(CONDITIONS, **dict(zip("abcd", turns, strict=True)))
    handed_over.clear()

    for _ in range(2):
        assert as_alice.data(CONDITIONS)["email"] == "alice@example.org"

    assert handed_over == []


def test_a_condition_that_is_null_takes_no_plans_place(
    as_alice: Caller, visitor: Caller, handed_over: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    CACHE.clear()
    as_alice.call(CONDITIONS)
    for turns in itertools.product([True, False, None], repeat=3):
        if None in turns:
            visitor.call(CONDITIONS, **dict(zip("abc", turns, strict=True)))
    handed_over.clear()
    monkeypatch.setattr(plans, "Compiler", None)

    assert as_alice.data(CONDITIONS)["email"] == "alice@example.org"
    assert handed_over == []


def test_a_variable_that_is_no_condition_makes_no_plan(as_alice: Caller) -> None:
    document = "query ($first: Int) { habits(first: $first) { edges { node { id } } } }"
    CACHE.clear()
    for first in (1, 2, 3):
        as_alice.data(document, first=first)

    node = read(schema._schema, document).node
    assert node is not None
    (kept,) = (each.plans for each in node.definitions if hasattr(each, "plans"))
    assert len(kept._plans) == 1


def test_a_plan_holds_nothing_of_the_request_that_it_was_made_for(
    alice: User, make_habit: MakeHabit
) -> None:
    make_habit(alice)
    request = RequestFactory().post(
        "/graphql", headers={"Authorization": f"JWT {get_token(alice)}"}
    )
    forgotten = weakref.ref(request)
    document = "query OfThisTest { habits { edges { node { id action } } } me { email } }"
    CACHE.clear()

    result = schema.execute_sync(document, context_value=Context(request))
    assert not result.errors
    assert result.data is not None
    assert result.data["me"] == {"email": alice.email}
    user = weakref.ref(request.token_user)  # type: ignore[attr-defined]  # ours
    del request, result
    gc.collect()

    assert forgotten() is None
    assert user() is None
    node = read(schema._schema, document).node
    assert node is not None
    assert all(hasattr(each, "plans") for each in node.definitions)


def test_two_people_who_send_one_document_get_their_own(
    as_alice: Caller, as_bob: Caller, alice: User, bob: User, make_habit: MakeHabit
) -> None:
    document = "{ me { email } habits { totalCount edges { node { action } } } }"
    for user, action in ((alice, "walk"), (alice, "run"), (bob, "swim")):
        make_habit(user, action=action)

    for _ in range(3):
        for caller, email, actions in (
            (as_alice, "alice@example.org", ["run", "walk"]),
            (as_bob, "bob@example.org", ["swim"]),
        ):
            data = caller.call(document)["data"]
            assert data["me"]["email"] == email
            assert [each["node"]["action"] for each in data["habits"]["edges"]] == actions
            assert data["habits"]["totalCount"] == len(actions)


def test_whose_a_public_habit_is_differs_from_caller_to_caller(
    as_alice: Caller, as_bob: Caller, alice: User, make_habit: MakeHabit
) -> None:
    make_habit(alice, is_public=True)
    document = "{ publicHabits { edges { node { isMine } } } }"

    for _ in range(2):
        for caller, is_mine in ((as_alice, True), (as_bob, False)):
            (edge,) = caller.data(document)["edges"]
            assert edge["node"]["isMine"] is is_mine
