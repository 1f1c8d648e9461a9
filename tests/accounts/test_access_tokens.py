"""Access tokens: what is in one, and that nothing but a good one counts."""

import base64
import datetime
import json
from typing import Any

import jwt
import pytest
import time_machine
from django.conf import settings

from accounts.access_tokens import CLAIMS
from accounts.models import User
from tests.accounts.conftest import NOON
from tests.accounts.documents import ME, REVOKE_ALL, VERIFY
from tests.accounts.helpers import Device, log_in, nothing_changes
from tests.conftest import Caller

INVALID = {("token", "token_invalid")}


def claims_of(token: str | None) -> dict[str, Any]:
    assert token
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def signed(claims: Any, key: str = "", algorithm: str = "HS256") -> str:
    """A token of any claims: `jwt.encode` itself refuses some."""
    return jwt.PyJWS().encode(
        json.dumps(claims).encode(), key or settings.JWT_SECRET_KEY, algorithm
    )


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unsigned(claims: dict[str, Any], **header: Any) -> str:
    """A token whose header says what the caller likes, with the signature of nobody."""
    return f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}."


def assert_counts_for_nothing(token: str) -> None:
    caller = Caller(token)
    with nothing_changes():
        assert caller.error_code(ME) == "UNAUTHENTICATED"
        assert caller.error_code(REVOKE_ALL) == "UNAUTHENTICATED"
        assert Caller().problems(VERIFY, given=token) == INVALID


@pytest.fixture
def phone(clock: time_machine.Traveller, alice: User) -> Device:
    return log_in()


def test_a_token_claims_no_more_than_it_needs(phone: Device, alice: User) -> None:
    claims = claims_of(phone.token)

    assert len(claims.pop("jti")) == 32
    assert claims == {
        "sub": str(alice.pk),
        "gen": alice.token_generation,
        "iat": int(NOON.timestamp()),
        "exp": int(NOON.timestamp()) + 300,
        "iss": "habits",
        "aud": "habits-api",
        "typ": "access",
    }
    assert jwt.get_unverified_header(phone.token or "") == {"alg": "HS256", "typ": "JWT"}


def test_no_two_tokens_are_alike(phone: Device) -> None:
    assert claims_of(phone.token)["jti"] != claims_of(log_in().token)["jti"]


def test_a_token_with_the_same_claims_under_our_key_is_good(phone: Device) -> None:
    # What the forgeries below differ from.
    token = signed(claims_of(phone.token))

    assert Device(token).is_in()
    assert Caller().data(VERIFY, given=token) == {"__typename": "Success", "ok": True}


@pytest.mark.parametrize("claim", ["sub", "gen", "iat", "exp", "iss", "aud", "jti", "typ"])
def test_every_claim_is_required(claim: str, phone: Device) -> None:
    claims = claims_of(phone.token)
    assert claim in CLAIMS
    null = signed({**claims, claim: None})
    del claims[claim]

    assert_counts_for_nothing(signed(claims))
    assert_counts_for_nothing(null)


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("sub", ""),
        ("sub", "0"),
        ("sub", "alice@example.org"),
        ("sub", "\N{SUPERSCRIPT TWO}"),
        ("sub", "9" * 19),
        ("sub", "9" * 20),
        ("sub", "9" * 5000),
        ("sub", 1),
        ("sub", ["1"]),
        ("gen", "1"),
        ("gen", "x"),
        ("gen", 1.0),
        ("gen", True),
        ("gen", 0),
        ("gen", 2),
        ("gen", -1),
        ("gen", 10**100),
        ("gen", [1]),
        ("iat", int(NOON.timestamp()) + 6),
        ("iat", NOON.timestamp()),
        ("iat", True),
        ("iat", "noon"),
        ("iat", []),
        ("exp", int(NOON.timestamp())),
        ("exp", "never"),
        ("exp", []),
        ("iss", "somebody"),
        ("iss", ["habits"]),
        ("aud", "another-api"),
        ("aud", ["another-api"]),
        ("aud", []),
        ("aud", 1),
        ("jti", 1),
        ("typ", "refresh"),
        ("typ", ""),
        ("typ", ["access"]),
    ],
)
def test_every_claim_is_verified(claim: str, value: Any, phone: Device) -> None:
    claims = claims_of(phone.token)
    assert claims["gen"] == 1

    assert_counts_for_nothing(signed({**claims, claim: value}))


def test_the_subject_alone_does_not_carry_over_to_another_account(
    phone: Device, alice: User, bob: User
) -> None:
    # Generations differ here, so that bob's number under alice's generation fits nobody.
    bob.revoke_all_tokens()
    bob.save()

    assert_counts_for_nothing(signed({**claims_of(phone.token), "sub": str(bob.pk)}))


@pytest.mark.parametrize("claims", [None, 1, "claims", [], {}, [["sub", "1"]]])
def test_claims_that_are_none_are_bad(claims: Any, phone: Device) -> None:
    assert_counts_for_nothing(signed(claims))


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "HS256", "RS256", "", None, {}, 1])
def test_a_token_that_nobody_signed_is_bad(algorithm: Any, phone: Device) -> None:
    assert_counts_for_nothing(unsigned(claims_of(phone.token), alg=algorithm, typ="JWT"))


@pytest.mark.parametrize(
    "key",
    [
        "another key that is long enough for the algorithm",
        settings.SECRET_KEY,
    ],
)
def test_another_key_is_not_ours(key: str, phone: Device) -> None:
    assert_counts_for_nothing(signed(claims_of(phone.token), key))


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_under_our_key_is_bad(algorithm: str, phone: Device) -> None:
    assert_counts_for_nothing(signed(claims_of(phone.token), algorithm=algorithm))


def test_a_changed_claim_breaks_the_signature(phone: Device, bob: User) -> None:
    header, _, signature = (phone.token or "").split(".")
    claims = {**claims_of(phone.token), "sub": str(bob.pk)}

    assert_counts_for_nothing(f"{header}.{part(json.dumps(claims).encode())}.{signature}")


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "x.y.z",
        "null",
        "Bearer",
        "\0",
        "токен",
        "a" * 10_000,
        f"{part(b'[' * 10_000)}.e30.c2ln",
        f"{part(b'[' * 10_000 + b']' * 10_000)}.e30.c2ln",
        f"{part(b'9' * 5000)}.e30.c2ln",
        f"{part(b'null')}.bnVsbA.c2ln",
        f"{part(bytes(range(128, 256)))}.e30.c2ln",
    ],
)
def test_garbage_is_bad_and_nothing_worse(token: str, phone: Device) -> None:
    with nothing_changes():
        assert Caller().problems(VERIFY, given=token) == INVALID
        if token.isascii() and "\0" not in token:
            assert Caller(token or " ").error_code(ME) == "UNAUTHENTICATED"


def test_a_token_is_good_for_five_minutes(clock: time_machine.Traveller, phone: Device) -> None:
    clock.move_to(NOON + datetime.timedelta(seconds=299))
    assert phone.is_in()
    assert not Caller().problems(VERIFY, given=phone.token)

    clock.move_to(NOON + datetime.timedelta(seconds=300))

    assert_counts_for_nothing(phone.token or "")


def test_a_host_whose_clock_is_a_little_ahead_makes_good_tokens(
    clock: time_machine.Traveller, alice: User
) -> None:
    clock.move_to(NOON + datetime.timedelta(seconds=5))
    early = log_in()
    clock.move_to(NOON)

    assert early.is_in()
    assert not Caller().problems(VERIFY, given=early.token)


def test_no_clock_makes_a_token_last_longer(phone: Device) -> None:
    claims = claims_of(phone.token)

    assert Device(signed({**claims, "exp": int(NOON.timestamp()) + 1})).is_in()
    for past in (0, 1, 5):
        assert_counts_for_nothing(signed({**claims, "exp": int(NOON.timestamp()) - past}))


def test_a_refresh_token_is_no_access_token(phone: Device) -> None:
    assert_counts_for_nothing(phone.refresh_token)


def test_a_token_of_a_disabled_account_is_bad_until_it_is_enabled(phone: Device) -> None:
    User.objects.update(is_active=False)
    assert_counts_for_nothing(phone.token or "")

    User.objects.update(is_active=True)

    assert phone.is_in()


def test_a_token_of_a_deleted_account_is_bad(phone: Device, alice: User) -> None:
    alice.delete()

    assert_counts_for_nothing(phone.token or "")


def test_looking_at_a_token_costs_one_statement(
    phone: Device, visitor: Caller, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        visitor.data(VERIFY, given=phone.token)


def test_a_bad_token_costs_no_statement(
    phone: Device, visitor: Caller, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        visitor.data(VERIFY, given=f"{phone.token}x")
