"""A forgotten password: what is asked for, what a code is good for, and what nobody can tell."""

import datetime
import itertools
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts import password_resets, throttling
from accounts.delays import SECOND
from accounts.models import PasswordReset, RefreshToken, User
from accounts.password_resets import ALPHABET, LENGTH, LIFE, MOST_TRIES
from tests.accounts.conftest import NOON
from tests.accounts.documents import (
    CHANGE_PASSWORD,
    ME,
    REQUEST_RESET,
    RESET_PASSWORD,
    REVOKE_ALL,
    TOKEN_AUTH,
    UPDATE_PROFILE,
)
from tests.accounts.hashers import WatchedHasher
from tests.accounts.helpers import Device, at_once, form_of, log_in, nothing_changes, page_of
from tests.conftest import PASSWORD, Caller

NEW = "another passphrase"
INVALID = {("code", "reset_code_invalid")}
MINUTE = datetime.timedelta(minutes=1)
ALICE = "alice@example.org"
WRONG = "0000-0000"


@pytest.fixture(autouse=True)
def _clock(clock: time_machine.Traveller) -> None:
    """It stands still in every test."""


def ask(email: str = ALICE, address: str = "127.0.0.1") -> bytes:
    """The answer to a request, to the byte."""
    body = {"query": REQUEST_RESET, "variables": {"email": email}}
    content: bytes = Caller().post(body, REMOTE_ADDR=address).content
    return content


def issued(email: str = ALICE) -> str:
    """The code that is sent for the request that is there; nobody's, where there is no account."""
    reset = PasswordReset.objects.get(email=email)
    reset.send_at = None
    return password_resets.issue(reset, User.objects.filter(email=email).first(), timezone.now())


def code_for(email: str = ALICE) -> str:
    assert b'"ok":true' in ask(email)
    return issued(email)


def reset(code: str, password: str = NEW, email: str = ALICE, address: str = "127.0.0.1") -> Any:
    """What `resetPassword` answers."""
    given = {"email": email, "code": code, "password": password}
    body = {"query": RESET_PASSWORD, "variables": given}
    answer = Caller().post(body, REMOTE_ADDR=address).json()
    assert "errors" not in answer, answer
    return answer["data"]["resetPassword"]


def problems(code: str, password: str = NEW, email: str = ALICE, **where: str) -> set[Any]:
    answer = reset(code, password, email, **where)
    return {(each["field"], each["code"]) for each in answer.get("messages", ())}


# --- What a code is good for ---------------------------------------------------------------------


def test_a_code_sets_a_new_password_and_logs_the_device_in(alice: User, visitor: Caller) -> None:
    answer = reset(code_for())

    device = Device.of(answer)
    assert device.data(ME)["email"] == ALICE
    assert device.can_refresh()
    assert log_in(password=NEW).is_in()
    assert visitor.problems(TOKEN_AUTH, email=ALICE, password=PASSWORD) == {
        (None, "invalid_credentials")
    }


def test_all_tokens_die_by_it_and_nobody_elses(alice: User, bob: User) -> None:
    phone, laptop, others = log_in(), log_in(), log_in(bob.email)

    assert problems(code_for()) == set()

    for device in (phone, laptop):
        assert not device.is_in()
        assert not device.can_refresh()
    assert others.is_in()
    assert not PasswordReset.objects.exists()


def test_a_code_is_good_once(alice: User) -> None:
    code = code_for()
    assert problems(code) == set()

    with nothing_changes():
        assert problems(code, "a third passphrase") == INVALID


def test_a_code_is_typed_as_people_type(alice: User) -> None:
    code = code_for()
    typed = f" {code.replace('-', ' ').replace('0', 'o').replace('1', 'l').lower()} "

    assert problems(typed) == set()


def test_a_code_has_forty_random_bits_and_no_signs_that_look_alike(alice: User) -> None:
    codes = {code_for()} | {issued() for _ in range(300)}

    assert len(codes) == 301
    signs = "".join(codes).replace("-", "")
    assert len(signs) == 301 * LENGTH
    assert set(signs) == set(ALPHABET)
    assert len(ALPHABET) ** LENGTH == 2**40
    assert not set(ALPHABET) & set("ILOU")


def test_a_code_is_kept_as_a_digest_under_the_servers_key(alice: User, settings: Settings) -> None:
    code = code_for()

    for kept in (str(row) for row in PasswordReset.objects.values()):
        assert code not in kept
        assert code.replace("-", "") not in kept
    settings.SECRET_KEY = "another key that nobody made this digest with"
    assert problems(code) == INVALID


def test_a_code_is_good_for_ten_minutes(alice: User, clock: time_machine.Traveller) -> None:
    code = code_for()
    clock.shift(LIFE - MINUTE / 60)
    assert problems(code, "weak") != INVALID

    clock.shift(1)

    with nothing_changes():
        assert problems(code) == INVALID


def test_a_newer_code_replaces_the_one_before(alice: User, clock: time_machine.Traveller) -> None:
    old = code_for()
    clock.shift(MINUTE)

    new = code_for()

    assert problems(old) == INVALID
    assert problems(new) == set()


def test_the_code_before_is_good_until_the_new_one_is_made(
    alice: User, clock: time_machine.Traveller
) -> None:
    code = code_for()
    clock.shift(MINUTE)
    ask()

    assert problems(code) == set()


@pytest.mark.parametrize(
    ("password", "codes"),
    [
        ("", {"password_too_short"}),
        ("12345678", {"password_too_common", "password_entirely_numeric"}),
        (ALICE, {"password_too_similar"}),
    ],
)
def test_a_weak_password_is_refused_and_uses_nothing_up(
    password: str, codes: set[str], alice: User
) -> None:
    code, phone = code_for(), log_in()

    with nothing_changes():
        for _ in range(MOST_TRIES + 5):
            assert problems(code, password) == {("password", each) for each in codes}
    assert phone.is_in()
    assert problems(code) == set()


def test_a_wrong_code_is_not_told_whether_the_password_would_do(alice: User) -> None:
    code_for()

    assert problems(WRONG, "1234") == INVALID


def test_a_code_of_another_account_fits_none_but_its_own(alice: User, bob: User) -> None:
    mine, theirs = code_for(), code_for(bob.email)

    assert problems(theirs) == INVALID
    assert problems(mine, email=bob.email) == INVALID
    assert problems(mine) == set()


def test_the_address_may_be_written_in_any_way(alice: User) -> None:
    ask(" Alice@Example.ORG\n")

    assert problems(issued(), email="ALICE@example.org ") == set()


# --- What makes a code void ----------------------------------------------------------------------


def test_five_wrong_tries_make_a_code_void(alice: User) -> None:
    code = code_for()
    for _ in range(MOST_TRIES):
        assert problems(WRONG) == INVALID

    with nothing_changes():
        assert problems(code) == INVALID


def test_four_wrong_tries_do_not(alice: User) -> None:
    code = code_for()
    for _ in range(MOST_TRIES - 1):
        assert problems(WRONG) == INVALID

    assert problems(code) == set()


def test_a_new_code_has_tries_of_its_own(alice: User, clock: time_machine.Traveller) -> None:
    code_for()
    for _ in range(MOST_TRIES):
        problems(WRONG)
    clock.shift(MINUTE)

    assert problems(code_for()) == set()


@pytest.mark.django_db(transaction=True)
def test_tries_at_once_count_like_tries_one_after_the_other(alice: User) -> None:
    code = code_for()
    tries = [
        lambda number=number: problems(WRONG, address=f"192.0.2.{number}") for number in range(9)
    ]

    assert at_once(*tries) == [INVALID] * 9

    assert PasswordReset.objects.get().tries == MOST_TRIES
    assert problems(code) == INVALID


@pytest.mark.django_db(transaction=True)
def test_of_two_uses_at_once_only_one_holds(alice: User) -> None:
    code = code_for()
    passwords = ["the first passphrase", "the second passphrase"]

    answers = at_once(*(lambda password=password: reset(code, password) for password in passwords))

    (winner,) = [index for index, each in enumerate(answers) if "token" in each]
    assert answers[1 - winner]["messages"][0]["code"] == "reset_code_invalid"
    assert Device.of(answers[winner]).is_in()
    assert log_in(password=passwords[winner]).is_in()


@pytest.mark.parametrize(
    ("document", "given"),
    [
        (CHANGE_PASSWORD, {"input": {"oldPassword": PASSWORD, "newPassword": "quite another one"}}),
        (REVOKE_ALL, {}),
    ],
)
def test_whoever_ends_all_sessions_ends_the_code_too(
    document: str, given: dict[str, Any], as_alice: Caller
) -> None:
    code = code_for()

    assert as_alice.problems(document, **given) == set()

    with nothing_changes():
        assert problems(code) == INVALID


def test_a_disabled_account_gets_no_new_password(alice: User) -> None:
    code = code_for()
    User.objects.update(is_active=False)

    with nothing_changes():
        assert problems(code) == INVALID


def test_a_deleted_accounts_code_does_not_fit_a_later_account(alice: User) -> None:
    code = code_for()
    alice.delete()
    User.objects.create_user(ALICE, PASSWORD)

    assert not PasswordReset.objects.exists()
    assert problems(code) == INVALID


def test_a_code_that_was_asked_for_before_it_is_made_is_none(alice: User) -> None:
    ask()

    for code in ("", "-", WRONG):
        assert problems(code) == INVALID


# --- What nobody can tell ------------------------------------------------------------------------


def statements(call: Any) -> list[str]:
    """What is asked of the database, without what the test's own transaction adds."""
    asked: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        call()
    return [sql for sql in asked if "SAVEPOINT" not in sql]


@pytest.fixture
def everybody(alice: User, bob: User) -> list[str]:
    """Somebody who may have a code, and all who may not."""
    User.objects.filter(pk=alice.pk).update(chat_linked_at=NOON)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    User.objects.create_user("typed@example.org", PASSWORD, chat_id=5)
    User.objects.create_user("robot@example.org")
    names = ("alice", "bob", "typed", "robot", "nobody")
    return [f"{name}@example.org" for name in names]


def _keep(answers: list[bytes], email: str) -> None:
    answers.append(ask(email))


def test_a_request_is_answered_alike_whoever_is_asked_about(
    everybody: list[str], hasher: type[WatchedHasher], clock: time_machine.Traveller
) -> None:
    stories = []
    for email in everybody:
        answers: list[bytes] = []
        asked = []
        for _ in range(3):
            asked.append(statements(partial(_keep, answers, email)))
            clock.shift(MINUTE / 2)
        stories.append((answers, asked))

    assert all(story == stories[0] for story in stories)
    # One statement, whoever it is about; none where it comes too early.
    assert [len(each) for each in stories[0][1]] == [1, 0, 1]
    assert hasher.hashings == 0


def test_what_is_kept_of_a_request_is_the_same_for_all(everybody: list[str]) -> None:
    for email in everybody:
        ask(email)

    rows = [
        {name: value for name, value in row.items() if name not in ("id", "email")}
        for row in PasswordReset.objects.values()
    ]
    assert len(rows) == len(everybody)
    assert all(row == rows[0] for row in rows)


def test_a_guess_is_answered_alike_whoever_is_asked_about(
    everybody: list[str], hasher: type[WatchedHasher]
) -> None:
    """Before a request, between it and the sending, and thereafter, until the tries are used up."""
    stories = []
    for email in everybody:
        story: list[object] = []

        def guess(email: str = email, story: list[object] = story) -> None:
            given = {"email": email, "code": WRONG, "password": NEW}
            body = {"query": RESET_PASSWORD, "variables": given}
            # From elsewhere each time, so that no throttle stands before the code.
            story.append(Caller().post(body, REMOTE_ADDR=f"192.0.2.{len(story)}").content)

        story.append(statements(guess))
        ask(email)
        story.append(statements(guess))
        code = issued(email)
        if email != ALICE:
            # Where nobody may have a code, one is made that nobody hears of.
            found = PasswordReset.objects.get(email=email)
            password_resets.issue(found, None, timezone.now())
        story += [statements(guess) for _ in range(MOST_TRIES + 1)]
        assert problems(code, email=email, address="192.0.2.99") == INVALID
        stories.append(story)

    assert all(story == stories[0] for story in stories)
    assert {len(each) for each in stories[0] if isinstance(each, list)} == {1, 2}
    assert hasher.hashings == 0


def test_what_is_no_address_is_answered_alike_and_kept_nowhere(alice: User) -> None:
    expected = ask()

    with nothing_changes():
        for email in ("", "alice", "a" * 10_000 + "@example.org", "a\0@example.org"):
            assert ask(email) == expected
            assert problems(WRONG, email=email) == INVALID


# --- How often -----------------------------------------------------------------------------------


def test_an_account_gets_codes_ever_more_slowly_and_nobody_is_told(
    alice: User, clock: time_machine.Traveller
) -> None:
    expected, moments = ask(), [0]
    for second in range(1, 3 * 3600, 30):
        clock.move_to(NOON + datetime.timedelta(seconds=second))
        before = PasswordReset.objects.get().requested_at
        assert ask(address=f"192.0.2.{second % 250}") == expected
        if PasswordReset.objects.get().requested_at != before:
            moments.append(second // 60)

    pauses = [after - before for before, after in itertools.pairwise(moments)]
    assert pauses[:5] == [1, 2, 4, 8, 10]
    assert set(pauses[5:]) == {10}


def test_no_pause_outlasts_the_code_before_it() -> None:
    """So whoever keeps asking in the owner's name leaves the owner a good code at all times."""
    assert throttling.CODES.cap // SECOND <= LIFE.total_seconds()


def test_a_request_that_comes_too_early_leaves_the_code_as_it_is(alice: User) -> None:
    code = code_for()

    with nothing_changes():
        ask(address="192.0.2.1")
    assert problems(code) == set()


def test_an_address_asks_so_many_times_in_any_hour(
    settings: Settings, alice: User, clock: time_machine.Traveller
) -> None:
    settings.PASSWORD_RESETS_PER_HOUR = 3
    for name in "abc":
        assert b'"ok":true' in ask(f"{name}@example.org")

    with nothing_changes():
        for email in (ALICE, "nobody@example.org"):
            answer = ask(email)
            assert b"RATE_LIMITED" in answer
            assert b'"retryAfter":3600' in answer
    assert b'"ok":true' in ask(address="192.0.2.1")


def test_codes_are_guessed_as_slowly_as_passwords_and_apart_from_them(
    alice: User, visitor: Caller, clock: time_machine.Traveller
) -> None:
    for _ in range(6):
        visitor.problems(TOKEN_AUTH, email=ALICE, password="wrong")
    assert visitor.error_code(TOKEN_AUTH, email=ALICE, password="wrong") == "RATE_LIMITED"

    guess = {"email": ALICE, "code": WRONG, "password": NEW}
    assert [visitor.problems(RESET_PASSWORD, **guess) for _ in range(6)] == [INVALID] * 6
    with nothing_changes():
        assert visitor.error_code(RESET_PASSWORD, **guess) == "RATE_LIMITED"


def test_a_new_password_forgives_the_failures_that_made_somebody_ask(
    alice: User, visitor: Caller
) -> None:
    for _ in range(6):
        visitor.problems(TOKEN_AUTH, email=ALICE, password="wrong")
    assert visitor.error_code(TOKEN_AUTH, email=ALICE, password=PASSWORD) == "RATE_LIMITED"

    assert problems(code_for()) == set()

    assert log_in(password=NEW).is_in()


def test_old_requests_are_cleared_away_and_young_ones_are_kept(
    alice: User, bob: User, clock: time_machine.Traveller
) -> None:
    ask()
    clock.shift(LIFE + MINUTE)
    ask(bob.email)
    clock.shift(LIFE - MINUTE)

    assert password_resets.prune(timezone.now()) == 0
    clock.shift(1)
    assert password_resets.prune(timezone.now()) == 1
    assert PasswordReset.objects.get().email == bob.email


# --- A chat that was typed -----------------------------------------------------------------------


@pytest.mark.parametrize(("chat", "is_linked"), [(1001, True), (5, False)])
def test_a_chat_that_is_typed_anew_is_not_linked(
    chat: int, is_linked: bool, as_alice: Caller
) -> None:
    User.objects.update(chat_linked_at=NOON)

    as_alice.data(UPDATE_PROFILE, input={"chatId": chat, "language": "ru"})

    assert (User.objects.get().chat_linked_at is not None) == is_linked


@pytest.mark.parametrize(("chat", "is_linked"), [(1001, True), (5, False), ("", False)])
def test_nor_is_one_that_staff_types(
    chat: object, is_linked: bool, alice: User, admin_client: Any
) -> None:
    User.objects.filter(pk=alice.pk).update(chat_linked_at=NOON)

    given = form_of(alice, chat_id=str(chat), language="ru")
    assert admin_client.post(page_of(alice), given).status_code == 302

    alice.refresh_from_db()
    assert (alice.chat_linked_at is not None) == is_linked
    assert alice.language == "ru"


def test_a_refused_reset_makes_no_session(alice: User) -> None:
    code_for()

    assert problems(WRONG) == INVALID

    assert not RefreshToken.objects.exists()
