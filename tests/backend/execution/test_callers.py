"""A token whose account is not live reads nothing, whatever an operation would read first."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from tests.backend.execution.conftest import both
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import id_of

SECRET, PUBLIC = "a secret walk", "a public swim"

DOCUMENTS = {
    "a page with rows": "{ habits { edges { node { id action } } } }",
    "its total": "{ habits { totalCount } }",
    "its name": "{ habits { __typename } }",
    "how it goes on": "{ habits { pageInfo { hasNextPage endCursor } } }",
    "an empty page": '{ habits(filters: {search: "nowhere"}) { edges { node { id } } } }',
    "public habits": "{ publicHabits { totalCount edges { node { id action isMine } } } }",
    "no public habits": (
        '{ publicHabits(filters: {actionStartsWith: "nowhere"}) { edges { node { id } } } }'
    ),
    "oneself": "{ me { email } }",
    "one's number": "{ me { id } }",
    "one's type": "{ me { __typename } }",
    "a habit": "{ habit(id: <own>) { id action } }",
    "no habit": '{ habit(id: "nothing") { id } }',
    "a public habit": "{ publicHabit(id: <public>) { id action isMine } }",
    "today": "{ today { date totalCount occurrences { habit { action } } } }",
    "two pages": (
        "{ a: publicHabits { edges { node { action } } } b: habits { edges { node { action } } } }"
    ),
    "a page and oneself": "{ publicHabits { edges { node { action } } } me { email } }",
    "oneself and a page": "{ __typename me { id } publicHabits { edges { cursor } } }",
}


@pytest.fixture
def document(request: pytest.FixtureRequest, alice: User, bob: User, make_habit: MakeHabit) -> str:
    own = make_habit(alice, action=SECRET, starts_on="2020-01-01")
    public = make_habit(bob, action=PUBLIC, is_public=True)
    text = DOCUMENTS[request.param]
    text = text.replace("<own>", f'"{id_of(own)}"')
    return text.replace("<public>", f'"{id_of(public, "PublicHabit")}"')


def nothing(answer: dict[str, Any]) -> bool:
    """Whether there is no data in it: a root field that may be null is one."""
    return not any((answer["data"] or {}).values())


DEATHS: dict[str, Callable[[User], object]] = {
    "inactive": lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
    "revoked": lambda user: User.objects.filter(pk=user.pk).update(
        token_generation=user.token_generation + 1
    ),
    "deleted": lambda user: user.delete(),
}


@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize("document", DOCUMENTS, indirect=True)
def test_a_dead_accounts_token_reads_nothing(
    as_alice: Caller, alice: User, document: str, death: str
) -> None:
    alive = both(as_alice, document)
    assert "errors" not in alive[0]
    assert alive[0] == alive[1]

    DEATHS[death](alice)

    compiled, other = both(as_alice, document)
    assert compiled == other
    assert nothing(compiled)
    assert {each["extensions"]["code"] for each in compiled["errors"]} == {"UNAUTHENTICATED"}


@pytest.mark.parametrize("document", DOCUMENTS, indirect=True)
def test_neither_does_a_visitor_nor_a_token_that_is_none(visitor: Caller, document: str) -> None:
    for caller in (visitor, Caller("no token"), Caller("a.b.c")):
        compiled, other = both(caller, document)
        assert compiled == other
        assert nothing(compiled)
        assert {each["extensions"]["code"] for each in compiled["errors"]} == {"UNAUTHENTICATED"}


@pytest.mark.parametrize("document", DOCUMENTS, indirect=True)
def test_between_two_requests_an_account_may_die_and_live_again(
    as_alice: Caller, alice: User, document: str
) -> None:
    before = as_alice.call(document)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert as_alice.error_code(document) == "UNAUTHENTICATED"
    User.objects.filter(pk=alice.pk).update(is_active=True)

    assert as_alice.call(document) == before


def test_what_is_no_secret_needs_no_account(as_alice: Caller, alice: User, visitor: Caller) -> None:
    for document in ("{ __typename }", "query A { a: __typename b: __typename }"):
        expected = visitor.call(document)
        assert "errors" not in expected
        User.objects.filter(pk=alice.pk).update(is_active=False)
        assert both(as_alice, document) == [expected, expected]


@pytest.mark.usefixtures("is_compiled")
def test_a_dead_accounts_token_changes_nothing(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    habit = make_habit(alice)
    alice.revoke_all_tokens()
    alice.save()

    document = f'mutation {{ deleteHabit(id: "{id_of(habit)}") {{ __typename }} }}'

    assert as_alice.error_code(document) == "UNAUTHENTICATED"
    assert alice.habits.count() == 1
