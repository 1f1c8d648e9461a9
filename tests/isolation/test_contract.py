"""The machines know all that the contract has: a new field or argument has to be tried as well."""

import pytest
from graphql import GraphQLObjectType

from tests.isolation.contract import (
    CLOSED,
    INNER,
    MUTATIONS,
    OPEN,
    QUERIES,
    ROOTS,
    SCHEMA,
    coordinates,
)
from tests.isolation.drawing import VALUES
from tests.isolation.harm import harmful
from tests.isolation.test_any_mixture import CHANGES

GIVEN_BY_RULES = {
    *(f"HabitOrder.{key}" for key in ("time", "action", "createdAt")),
    *(
        f"RegisterInput.{name}"
        for name in (
            "email",
            "password",
            "chatId",
            "timeZone",
            "dayStartsAt",
            "language",
            "firstName",
        )
    ),
    "tokenAuth(email)",
    "tokenAuth(password)",
    "refreshToken(refreshToken)",
    "revokeToken(refreshToken)",
    "verifyToken(token)",
    "ChangePasswordInput.oldPassword",
    "ChangePasswordInput.newPassword",
    "requestPasswordReset(email)",
    "resetPassword(email)",
    "resetPassword(code)",
    "resetPassword(password)",
    "deleteAccount(password)",
}
"""Credentials, mostly: whether they are right decides what has to come back."""


def test_every_argument_is_given() -> None:
    assert coordinates() == (VALUES.keys() - {"habits(ordering)"}) | GIVEN_BY_RULES


@pytest.mark.parametrize("name", CLOSED)
def test_every_closed_door_has_a_call_that_would_do_harm(name: str) -> None:
    call = harmful(name, "a password", pk=1)

    assert call.name == name


def test_every_root_field_is_read_changed_or_a_matter_of_credentials() -> None:
    credentials = {*OPEN, "changePassword", "deleteAccount", "revokeAllTokens"}

    assert {*CHANGES, *credentials} == set(MUTATIONS)
    assert set(QUERIES) == {"me", "habit", "habits", "publicHabits", "publicHabit", "today"}


def test_every_argument_below_the_root_is_given() -> None:
    found = {
        f"{type_.name}.{name}"
        for type_ in SCHEMA.type_map.values()
        if isinstance(type_, GraphQLObjectType) and type_ not in ROOTS.values()
        for name, it in type_.fields.items()
        if it.args and not type_.name.startswith("__")
    }

    assert found == INNER.keys()
