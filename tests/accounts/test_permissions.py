"""Who is calling, as far as the header `Authorization` says, and what a visitor may do."""

import datetime
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from graphql import GraphQLObjectType, build_schema

from accounts.models import User
from tests.accounts import documents
from tests.accounts.documents import ME, REFRESH, REGISTER, REVOKE, REVOKE_ALL, TOKEN_AUTH, VERIFY
from tests.accounts.helpers import Device, log_in, nothing_changes
from tests.conftest import PASSWORD, Caller, MakeHabit

OPEN_TO_ANYONE = {
    *("register", "tokenAuth", "refreshToken", "verifyToken", "revokeToken"),
    *("requestPasswordReset", "resetPassword"),
}

HABIT = '{action: "walk", place: "the park", time: "07:30", duration: 60, reward: "tea"}'
PRIVATE = {
    "me": "{ me { email } }",
    "habit": '{ habit(id: "x") { action } }',
    "habits": "{ habits { totalCount edges { node { action } } } }",
    "publicHabit": '{ publicHabit(id: "x") { action } }',
    "publicHabits": "{ publicHabits { totalCount edges { node { action } } } }",
    "revokeAllTokens": "mutation { revokeAllTokens { __typename } }",
    "updateProfile": 'mutation { updateProfile(input: {firstName: "Eve"}) { __typename } }',
    "changePassword": f"""mutation {{ changePassword(input: {{
        oldPassword: "{PASSWORD}", newPassword: "another passphrase"
    }}) {{ __typename }} }}""",
    "deleteAccount": f'mutation {{ deleteAccount(password: "{PASSWORD}") {{ __typename }} }}',
    "createHabit": f"mutation {{ createHabit(input: {HABIT}) {{ __typename }} }}",
    "updateHabit": 'mutation { updateHabit(input: {id: "x", action: "run"}) { __typename } }',
    "deleteHabit": 'mutation { deleteHabit(id: "x") { __typename } }',
    "today": "{ today { date totalCount occurrences { habit { action } } } }",
    "checkIn": 'mutation { checkIn(input: {habitId: "x"}) { __typename } }',
    "undoCheckIn": 'mutation { undoCheckIn(input: {habitId: "x"}) { __typename } }',
    "pauseHabit": 'mutation { pauseHabit(input: {id: "x"}) { __typename } }',
    "resumeHabit": 'mutation { resumeHabit(id: "x") { __typename } }',
    "linkTelegram": "mutation { linkTelegram { __typename } }",
    "adoptHabit": 'mutation { adoptHabit(input: {publicHabitId: "x"}) { __typename } }',
}
"""A call of every operation that needs an access token."""


def test_all_operations_but_seven_are_known_to_need_a_token() -> None:
    schema = build_schema((settings.BASE_DIR / "schema.graphql").read_text())
    roots = (schema.query_type, schema.mutation_type)
    operations = {
        name for root in roots if isinstance(root, GraphQLObjectType) for name in root.fields
    }

    assert operations == OPEN_TO_ANYONE | PRIVATE.keys()


@pytest.mark.parametrize("operation", PRIVATE)
@pytest.mark.parametrize("token", [None, "not.a.token"])
def test_a_visitor_is_told_to_log_in(
    operation: str, token: str | None, alice: User, make_habit: MakeHabit
) -> None:
    make_habit(alice, is_public=True)

    with nothing_changes():
        answer = Caller(token).call(PRIVATE[operation])

    assert answer["data"] is None or answer["data"] == {operation: None}
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    assert error["path"] == [operation]
    assert (
        error["message"] == "Log in: this needs a valid access token in the Authorization header."
    )


@pytest.mark.parametrize("operation", PRIVATE)
def test_somebody_who_is_logged_in_is_not_told_to(operation: str, as_alice: Caller) -> None:
    assert "errors" not in as_alice.call(PRIVATE[operation])


@pytest.mark.parametrize("stale", ["expired", "garbage"])
def test_what_is_open_to_anyone_is_so_with_a_stale_token_too(
    stale: str, clock: time_machine.Traveller, alice: User
) -> None:
    phone, laptop = log_in(), log_in()
    caller = Caller(phone.token if stale == "expired" else "not.a.token")
    clock.shift(datetime.timedelta(minutes=5))
    assert caller.error_code(ME) == "UNAUTHENTICATED"

    fresh = Device.of(caller.data(TOKEN_AUTH, email=alice.email, password=PASSWORD))
    assert fresh.is_in()
    assert caller.problems(VERIFY, given=fresh.token) == set()
    assert Device.of(caller.data(REFRESH, given=phone.refresh_token)).is_in()
    assert caller.problems(REVOKE, given=laptop.refresh_token) == set()
    new = {"email": "carol@example.org", "password": PASSWORD, "chatId": 1}
    assert Device.of(caller.data(REGISTER, input=new)).is_in()


@pytest.mark.parametrize(
    "header",
    ["Bearer {}", "bearer {}", "BEARER {}", "JWT {}", "jwt {}", "Bearer   {}", "  Bearer {}  "],
)
def test_the_schemes_bearer_and_jwt_are_understood(header: str, as_alice: Caller) -> None:
    response = Caller().post({"query": ME}, HTTP_AUTHORIZATION=header.format(as_alice.token))

    assert response.json()["data"]["me"]["email"] == "alice@example.org"


@pytest.mark.parametrize(
    "header",
    [
        "{}",
        "Basic {}",
        "Token {}",
        "Bearer{}",
        "Bearer:{}",
        "Bearer Bearer {}",
        "Bearer {} {}",
        "Bearer",
        "",
        "Bearer {},",
    ],
)
def test_other_schemes_are_not(header: str, as_alice: Caller) -> None:
    response = Caller().post({"query": ME}, HTTP_AUTHORIZATION=header.format(*[as_alice.token] * 2))

    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}


@pytest.mark.parametrize("header", ["HTTP_X_AUTHORIZATION", "HTTP_COOKIE", "HTTP_JWT"])
def test_a_token_elsewhere_counts_for_nothing(header: str, as_alice: Caller) -> None:
    response = Caller().post({"query": ME}, **{header: f"JWT={as_alice.token}"})

    assert response.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


def test_the_session_of_an_admin_counts_for_nothing(db: None) -> None:
    admin = User.objects.create_superuser("root@example.org", PASSWORD)
    browser = Client()
    browser.force_login(admin)
    assert browser.get("/admin/").status_code == 200

    with nothing_changes():
        assert Caller(http=browser).error_code(ME) == "UNAUTHENTICATED"
        assert Caller(http=browser).error_code(REVOKE_ALL) == "UNAUTHENTICATED"


def test_the_token_counts_where_another_person_has_a_session(as_alice: Caller, bob: User) -> None:
    as_alice.http.force_login(bob)

    assert as_alice.data(ME)["email"] == "alice@example.org"


def test_logging_in_sets_no_cookie(alice: User, visitor: Caller) -> None:
    given = {"email": alice.email, "password": PASSWORD}
    response = visitor.post({"query": TOKEN_AUTH, "variables": given})

    assert not response.cookies


def test_one_request_asks_once_who_is_calling(
    as_alice: Caller, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        answer = as_alice.call(f"{{ a: me {{ {documents.USER} }} b: me {{ email }} }}")

    assert answer["data"]["a"]["email"] == answer["data"]["b"]["email"] == "alice@example.org"


def test_a_token_that_the_operation_itself_revokes_is_dead_for_the_rest_of_it(
    as_alice: Caller,
) -> None:
    answer = as_alice.call(
        """mutation {
            first: revokeAllTokens { __typename }
            second: updateProfile(input: {firstName: "Eve"}) { __typename }
        }"""
    )

    (error,) = answer["errors"]
    assert error["path"] == ["second"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    assert User.objects.get().first_name == "Alice"
