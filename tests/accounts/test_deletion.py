"""Leaving for good."""

import logging

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import RefreshToken, User
from habits.models import Habit
from notifications.models import Reminder
from tests.accounts.conftest import NOON
from tests.accounts.documents import DELETE_ACCOUNT, ME, REGISTER, TOKEN_AUTH
from tests.accounts.helpers import Device, at_once, log_in, nothing_changes
from tests.conftest import PASSWORD, Caller, MakeHabit


@pytest.fixture
def lives(alice: User, bob: User, make_habit: MakeHabit) -> None:
    """Two habits, one of which rewards the other, and a reminder of each person."""
    for user in (alice, bob):
        pleasant = make_habit(user, is_enjoyed=True, action="tea")
        useful = make_habit(user, related_habit=pleasant)
        Reminder.objects.create(
            habit=useful, user=user, local_date=NOON.date(), due_at=NOON, not_before=NOON
        )


@pytest.mark.usefixtures("lives")
def test_an_account_goes_with_all_that_belongs_to_it(alice: User, bob: User) -> None:
    phone, _laptop = log_in(), log_in()
    others = log_in("bob@example.org")

    assert phone.data(DELETE_ACCOUNT, password=PASSWORD) == {"__typename": "Success", "ok": True}

    assert list(User.objects.all()) == [bob]
    assert set(Habit.objects.values_list("owner", flat=True)) == {bob.pk}
    assert Habit.objects.count() == 2
    assert list(Reminder.objects.values_list("user", flat=True)) == [bob.pk]
    assert list(RefreshToken.objects.values_list("user", flat=True)) == [bob.pk]
    assert others.is_in()


@pytest.mark.usefixtures("lives")
def test_a_wrong_password_deletes_nothing(alice: User) -> None:
    phone = log_in()

    for wrong in ("", "not her password", f"{PASSWORD}\0"):
        with nothing_changes():
            assert phone.problems(DELETE_ACCOUNT, password=wrong) == {
                ("password", "wrong_password")
            }
    assert phone.is_in()


@pytest.mark.usefixtures("lives")
def test_a_deletion_is_one_line_in_the_log_with_counts_and_nothing_personal(
    as_alice: Caller,
    alice: User,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    log_in()

    with caplog.at_level(logging.INFO), django_capture_on_commit_callbacks(execute=True):
        as_alice.data(DELETE_ACCOUNT, password=PASSWORD)

    (record,) = [each for each in caplog.records if each.name.startswith("accounts")]
    line = record.getMessage()
    assert record.levelname == "INFO"
    assert line.startswith(f"account_deleted user={alice.pk} rows=")
    for count in ("'accounts.User': 1", "'habits.Habit': 2", "'accounts.RefreshToken': 1"):
        assert count in line
    assert "'notifications.Reminder': 1" in line
    assert "alice" not in line


def test_a_refused_deletion_is_not_in_the_log(
    as_alice: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        as_alice.data(DELETE_ACCOUNT, password="wrong")

    assert "account_deleted" not in caplog.text


def test_the_tokens_of_a_deleted_account_fit_no_later_one(alice: User, visitor: Caller) -> None:
    phone = log_in()
    phone.data(DELETE_ACCOUNT, password=PASSWORD)
    assert phone.error_code(ME) == "UNAUTHENTICATED"
    assert not phone.can_refresh()

    new = {"email": "alice@example.org", "password": PASSWORD, "chatId": 1001}
    later = Device.of(visitor.data(REGISTER, input=new))

    assert User.objects.get().pk > alice.pk
    assert phone.error_code(ME) == "UNAUTHENTICATED"
    assert not phone.can_refresh()
    assert later.can_refresh()


def test_a_deleted_account_does_not_log_in(as_alice: Caller, visitor: Caller) -> None:
    as_alice.data(DELETE_ACCOUNT, password=PASSWORD)

    assert visitor.problems(TOKEN_AUTH, email="alice@example.org", password=PASSWORD) == {
        (None, "invalid_credentials")
    }


@pytest.mark.django_db(transaction=True)
def test_of_two_deletions_at_once_one_finds_nobody_any_more(alice: User) -> None:
    phone = log_in()

    answers = at_once(*[lambda: phone.call(DELETE_ACCOUNT, password=PASSWORD)] * 2)

    (refusal,) = [answer for answer in answers if "errors" in answer]
    assert refusal["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_login_during_a_deletion_leaves_nothing_behind(alice: User) -> None:
    phone = log_in()

    def log_in_or_not() -> object:
        return Caller().data(TOKEN_AUTH, email=alice.email, password=PASSWORD)

    answers = at_once(lambda: phone.data(DELETE_ACCOUNT, password=PASSWORD), *[log_in_or_not] * 3)

    assert answers[0] == {"__typename": "Success", "ok": True}
    assert not User.objects.exists()
    assert not RefreshToken.objects.exists()
