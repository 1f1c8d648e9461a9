"""Nothing that is sent breaks the endpoint, changes anything or makes it tell of itself."""

from itertools import cycle
from typing import Any

import pytest
from django.db import transaction
from pytest_django import Settings

from tests.accounts.helpers import everything
from tests.backend.answers import GRAPHQL_JSON, JSON, checked
from tests.backend.hostile import HOSTILE, Hostile, Outcome
from tests.conftest import Caller

ACCEPTED = (GRAPHQL_JSON, JSON, None)
STATUSES = {Outcome.BODY: 400, Outcome.TOO_LARGE: 413, Outcome.TYPE: 415}
"""The same whatever is accepted: none of these becomes a request of GraphQL."""

RUN = {Outcome.REFUSED, Outcome.HARMLESS, Outcome.ALLOWED}

KINDS = list(dict.fromkeys(each.kind for each in HOSTILE))


@pytest.fixture(autouse=True)
def _quick_passwords_and_no_throttle(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.REGISTRATIONS_PER_HOUR = 5000
    settings.LOGIN_FREE_FAILURES = settings.LOGIN_FREE_FAILURES_PER_ADDRESS = 100_000


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_request_is_answered_plainly(
    kind: str, as_alice: Caller, subtests: pytest.Subtests
) -> None:
    before = everything()
    turns = cycle(ACCEPTED)
    for hostile in HOSTILE:
        if hostile.kind == kind:
            # What runs, runs alike whatever is accepted: one of the three in turn is enough.
            runs = hostile.outcome in RUN
            with subtests.test(hostile.name):
                for accept in [next(turns)] if runs else ACCEPTED:
                    hold(send(as_alice, hostile, accept), hostile.outcome, accept)
                assert everything() == before


def test_a_visitor_gets_no_further(visitor: Caller, subtests: pytest.Subtests) -> None:
    before = everything()
    for hostile, accept in zip(HOSTILE, cycle(ACCEPTED), strict=False):
        with subtests.test(hostile.name):
            answer = checked(send(visitor, hostile, accept))
            is_free = hostile.outcome in {Outcome.HARMLESS, Outcome.ALLOWED, Outcome.LIMIT}
            assert is_free or is_refused(answer)
    assert everything() == before


def send(caller: Caller, hostile: Hostile, accept: str | None) -> Any:
    """The response; what an allowed request changes is taken back."""
    with transaction.atomic():
        response = caller.post(hostile.content, **hostile.environ(accept))
        transaction.set_rollback(hostile.outcome is Outcome.ALLOWED)
    return response


def hold(response: Any, outcome: Outcome, accept: str | None) -> None:
    """Asserts that the answer is what `outcome` says, under the type that is accepted."""
    answer = checked(response)
    of_document = 400 if accept == GRAPHQL_JSON else 200
    executed = {Outcome.DOCUMENT: of_document, Outcome.LIMIT: of_document}.get(outcome, 200)
    assert response.status_code == STATUSES.get(outcome, executed)
    if outcome is Outcome.LIMIT:
        assert "data" not in answer
        assert codes(answer) == {"QUERY_TOO_COMPLEX"}
    elif outcome in {*STATUSES, Outcome.DOCUMENT}:
        assert "data" not in answer
        assert codes(answer) == {"BAD_USER_INPUT"}
    elif outcome is Outcome.REFUSED:
        assert is_refused(answer)
    elif outcome is Outcome.ALLOWED:
        assert codes(answer) <= {"RATE_LIMITED"}
    else:
        assert "errors" not in answer


def codes(answer: dict[str, Any]) -> set[str]:
    return {error["extensions"]["code"] for error in answer.get("errors", ())}


def is_refused(answer: dict[str, Any]) -> bool:
    """Whether it is an error, or payloads that tell what is to be mended."""
    return "errors" in answer or all(
        payload["__typename"] == "OperationInfo" for payload in answer["data"].values()
    )


def test_each_hostile_request_has_its_own_name() -> None:
    assert len({each.name for each in HOSTILE}) == len(HOSTILE)
