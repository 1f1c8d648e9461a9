"""Changing a password, and what that does to everything that is logged in."""

from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import RefreshToken, User
from tests.accounts.documents import CHANGE_PASSWORD, ME, TOKEN_AUTH
from tests.accounts.helpers import Device, at_once, log_in, nothing_changes
from tests.conftest import PASSWORD, Caller

NEW = "another passphrase"


def change(new: str = NEW, old: str = PASSWORD) -> dict[str, str]:
    return {"oldPassword": old, "newPassword": new}


def test_the_new_password_logs_in_and_the_old_one_does_not(
    as_alice: Caller, visitor: Caller
) -> None:
    assert as_alice.problems(CHANGE_PASSWORD, input=change()) == set()

    assert log_in(password=NEW).is_in()
    assert visitor.problems(TOKEN_AUTH, email="alice@example.org", password=PASSWORD) == {
        (None, "invalid_credentials")
    }


def test_all_devices_are_logged_out_and_this_one_in_again(alice: User, bob: User) -> None:
    phone, laptop, others = log_in(), log_in(), log_in("bob@example.org")

    pair = phone.data(CHANGE_PASSWORD, input=change())

    for device in (phone, laptop):
        assert device.error_code(ME) == "UNAUTHENTICATED"
        assert not device.can_refresh()
    again = Device.of(pair)
    assert again.data(ME) == pair["user"]
    assert again.can_refresh()
    assert others.is_in()


def test_a_wrong_password_is_refused(alice: User) -> None:
    phone = log_in()

    for wrong in ("", "not her password", PASSWORD.upper(), f"{PASSWORD}\0"):
        with nothing_changes():
            assert phone.problems(CHANGE_PASSWORD, input=change(old=wrong)) == {
                ("oldPassword", "wrong_password")
            }
    assert phone.is_in()


def test_a_wrong_password_is_not_told_whether_the_new_one_would_do(as_alice: Caller) -> None:
    with nothing_changes():
        assert as_alice.problems(CHANGE_PASSWORD, input=change("1234", "wrong")) == {
            ("oldPassword", "wrong_password")
        }


@pytest.mark.parametrize(
    ("password", "codes"),
    [
        ("", {"password_too_short"}),
        ("xk3!vQz", {"password_too_short"}),
        ("12345678", {"password_too_common", "password_entirely_numeric"}),
        ("alice@example.org", {"password_too_similar"}),
        ("1234", {"password_too_short", "password_too_common", "password_entirely_numeric"}),
    ],
)
def test_a_weak_password_is_refused_with_all_its_weaknesses(
    password: str, codes: set[str], alice: User
) -> None:
    phone = log_in()

    with nothing_changes():
        assert phone.problems(CHANGE_PASSWORD, input=change(password)) == {
            ("newPassword", code) for code in codes
        }
    assert phone.is_in()


@pytest.mark.parametrize("password", ["дом на краю земли", "🐎🔋📎🪡🐎🔋📎🪡", "long " * 4000])
def test_the_new_password_may_be_long_and_of_any_characters(
    password: str, as_alice: Caller
) -> None:
    assert as_alice.problems(CHANGE_PASSWORD, input=change(password)) == set()

    assert log_in(password=password).is_in()


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_with_one_token_only_one_holds(alice: User) -> None:
    phone = log_in()
    passwords = ["the first passphrase", "the second passphrase"]

    answers = at_once(
        *(
            lambda password=password: phone.call(CHANGE_PASSWORD, input=change(password))
            for password in passwords
        )
    )

    (winner,) = [index for index, answer in enumerate(answers) if "errors" not in answer]
    (error,) = answers[1 - winner]["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    assert Device.of(answers[winner]["data"]["changePassword"]).is_in()
    assert log_in(password=passwords[winner]).is_in()


# --- Elsewhere in Django -------------------------------------------------------------------------


def assert_logged_out(*devices: Device) -> None:
    for device in devices:
        assert device.error_code(ME) == "UNAUTHENTICATED"
        assert not device.can_refresh()


def test_a_password_that_is_set_by_code_kills_all_tokens(alice: User) -> None:
    phone, laptop = log_in(), log_in()
    user = User.objects.get()

    user.set_password(NEW)
    assert phone.is_in()
    user.save()

    assert_logged_out(phone, laptop)


def test_a_password_that_is_taken_away_kills_all_tokens(alice: User) -> None:
    phone, laptop = log_in(), log_in()
    user = User.objects.get()

    user.set_unusable_password()
    user.save()

    assert_logged_out(phone, laptop)


def test_a_password_that_is_changed_on_the_command_line_kills_all_tokens(
    alice: User, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    phone = log_in()
    monkeypatch.setattr("getpass.getpass", lambda *_args, **_options: NEW)

    call_command("changepassword", "alice@example.org")

    assert_logged_out(phone)
    assert log_in(password=NEW).is_in()


def test_other_changes_of_an_account_leave_devices_in(alice: User) -> None:
    phone = log_in()
    user = User.objects.get()

    user.first_name = "Alicia"
    user.save()

    assert phone.is_in()
    assert RefreshToken.objects.count() == 1
    assert phone.can_refresh()
