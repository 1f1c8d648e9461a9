"""Logging a device in."""

import datetime

import pytest
import time_machine

from accounts import authentication
from accounts.models import RefreshToken, User
from tests.accounts.conftest import NOON
from tests.accounts.documents import ME, TOKEN_AUTH
from tests.accounts.hashers import WatchedHasher
from tests.accounts.helpers import Device, log_in, nothing_changes
from tests.conftest import PASSWORD, Caller

# Loaded at the first log-in of a process, which makes a hash.
assert authentication.DECOY

INVALID = {(None, "invalid_credentials")}


def test_address_and_password_give_tokens_and_say_whose_they_are(
    clock: time_machine.Traveller, alice: User, visitor: Caller
) -> None:
    pair = visitor.data(TOKEN_AUTH, email="alice@example.org", password=PASSWORD)

    assert pair["expiresAt"] == (NOON + datetime.timedelta(minutes=5)).isoformat()
    assert pair["refreshExpiresAt"] == (NOON + datetime.timedelta(days=30)).isoformat()
    device = Device.of(pair)
    assert device.data(ME) == pair["user"]
    assert pair["user"]["email"] == "alice@example.org"
    assert device.can_refresh()


@pytest.mark.parametrize("email", ["ALICE@EXAMPLE.ORG", " alice@example.org\n"])
def test_the_address_may_be_written_in_any_case(email: str, alice: User, visitor: Caller) -> None:
    assert visitor.problems(TOKEN_AUTH, email=email, password=PASSWORD) == set()


def test_each_login_is_a_device_of_its_own(alice: User) -> None:
    phone, laptop = log_in(), log_in()

    assert phone.refresh_token != laptop.refresh_token
    assert alice.refresh_tokens.count() == 2
    assert phone.is_in()
    assert laptop.is_in()


def test_a_login_does_not_write_the_account(alice: User, visitor: Caller) -> None:
    before = User.objects.values().get()

    log_in()

    assert User.objects.values().get() == before


def test_a_wrong_password_is_refused(alice: User, visitor: Caller) -> None:
    with nothing_changes():
        assert visitor.problems(TOKEN_AUTH, email=alice.email, password=PASSWORD + " ") == INVALID


@pytest.mark.parametrize(
    "email", ["nobody@example.org", "", "no address", "alice@example.org\0", "\0", "a" * 10_000]
)
def test_an_unknown_address_is_refused(email: str, alice: User, visitor: Caller) -> None:
    with nothing_changes():
        assert visitor.problems(TOKEN_AUTH, email=email, password=PASSWORD) == INVALID


@pytest.mark.parametrize("password", ["", "\0", "x" * 20_000])
def test_a_strange_password_is_a_wrong_one(password: str, alice: User, visitor: Caller) -> None:
    with nothing_changes():
        assert visitor.problems(TOKEN_AUTH, email=alice.email, password=password) == INVALID


def test_a_disabled_account_is_refused(alice: User, visitor: Caller) -> None:
    User.objects.update(is_active=False)

    with nothing_changes():
        assert visitor.problems(TOKEN_AUTH, email=alice.email, password=PASSWORD) == INVALID


def test_an_account_without_a_password_is_refused(visitor: Caller) -> None:
    User.objects.create_user("robot@example.org")

    for password in ("", "!", "None"):
        assert visitor.problems(TOKEN_AUTH, email="robot@example.org", password=password) == INVALID
    assert not RefreshToken.objects.exists()


def test_every_refusal_is_the_same_to_the_byte_and_costs_as_much(
    hasher: type[WatchedHasher], alice: User, bob: User, visitor: Caller
) -> None:
    User.objects.create_user("robot@example.org")
    User.objects.filter(pk=bob.pk).update(is_active=False)
    answers, hashings = set(), set()

    for email, password in (
        ("alice@example.org", "not her password"),
        ("nobody@example.org", PASSWORD),
        ("bob@example.org", PASSWORD),
        ("bob@example.org", "not his password"),
        ("robot@example.org", PASSWORD),
    ):
        hasher.hashings = 0
        response = visitor.post(
            {"query": TOKEN_AUTH, "variables": {"email": email, "password": password}}
        )
        answers.add((response.status_code, response.content, tuple(response.items())))
        hashings.add(hasher.hashings)

    ((status, content, _headers),) = answers
    assert status == 200
    assert b"invalid_credentials" in content
    assert hashings == {1}


def test_no_refusal_makes_a_hash_which_takes_less_time_than_to_check_one(
    hasher: type[WatchedHasher],
    alice: User,
    bob: User,
    visitor: Caller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    User.objects.create_user("robot@example.org")
    User.objects.filter(pk=bob.pk).update(is_active=False)
    hasher.hashings = 0

    def encode(*_arguments: object) -> str:
        raise AssertionError

    monkeypatch.setattr(hasher, "encode", encode)
    for email, password in (
        ("alice@example.org", "not her password"),
        ("nobody@example.org", PASSWORD),
        ("bob@example.org", PASSWORD),
        ("robot@example.org", PASSWORD),
    ):
        assert visitor.problems(TOKEN_AUTH, email=email, password=password) == INVALID
    assert hasher.hashings == 4


def test_a_password_that_changes_while_it_is_checked_is_refused(
    hasher: type[WatchedHasher], alice: User, visitor: Caller
) -> None:
    def change_it() -> None:
        alice.set_password("another passphrase")
        alice.save()

    hasher.meanwhile = change_it

    assert visitor.problems(TOKEN_AUTH, email=alice.email, password=PASSWORD) == INVALID
    assert not RefreshToken.objects.exists()


def test_an_account_that_is_disabled_while_its_password_is_checked_is_refused(
    hasher: type[WatchedHasher], alice: User, visitor: Caller
) -> None:
    hasher.meanwhile = lambda: User.objects.update(is_active=False)

    assert visitor.problems(TOKEN_AUTH, email=alice.email, password=PASSWORD) == INVALID
    assert not RefreshToken.objects.exists()


def test_a_login_moves_an_old_hash_to_the_present_parameters_and_keeps_devices_in(
    alice: User, visitor: Caller
) -> None:
    old = WatchedHasher()
    old.time_cost = 1
    User.objects.update(password=old.encode(PASSWORD, "a-salt-of-its-own-that-is-long"))
    phone = log_in()
    User.objects.update(password=old.encode(PASSWORD, "a-salt-of-its-own-that-is-long"))

    laptop = log_in()

    assert "$m=19456,t=2,p=1$" in User.objects.get().password
    assert phone.is_in()
    assert laptop.is_in()


def test_a_login_clears_away_what_expired(
    clock: time_machine.Traveller, alice: User, bob: User
) -> None:
    old, others = log_in(), log_in("bob@example.org")
    clock.shift(datetime.timedelta(days=1))
    recent = log_in()
    clock.shift(datetime.timedelta(days=29))

    log_in()

    assert alice.refresh_tokens.count() == 2
    assert bob.refresh_tokens.count() == 1
    assert recent.can_refresh()
    assert not old.can_refresh()
    assert not others.can_refresh()
