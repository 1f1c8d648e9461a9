"""Guessing is slow, from wherever and however it is tried, and locks nobody out."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import RequestFactory
from pytest_django import Settings
from redis import Redis

from accounts import throttling
from accounts.delays import SECOND
from accounts.errors import RateLimited
from accounts.models import RefreshToken, User
from accounts.throttle_stores import MemoryStore, SharedStore
from tests.accounts.conftest import NOON
from tests.accounts.documents import (
    CHANGE_PASSWORD,
    DELETE_ACCOUNT,
    REFRESH,
    REGISTER,
    REVOKE,
    TOKEN_AUTH,
)
from tests.accounts.hashers import WatchedHasher
from tests.accounts.helpers import at_once, log_in, nothing_changes
from tests.conftest import PASSWORD, Caller

FREE = 5
"""Failures of one address with one account that cost nothing, in production."""

HOME, ELSEWHERE = "198.51.100.1", "203.0.113.9"
WRONG = "not her password"


def answer(
    document: str, variables: dict[str, Any], address: str = "127.0.0.1", token: str = ""
) -> dict[str, Any]:
    """What a caller from that address is answered."""
    body = {"query": document, "variables": variables}
    told: dict[str, Any] = Caller(token).post(body, REMOTE_ADDR=address).json()
    return told


def outcome(told: dict[str, Any]) -> Any:
    """`in`, a problem's code, or the seconds after which to try again."""
    for error in told.get("errors", ()):
        assert error["extensions"]["code"] == "RATE_LIMITED", told
        seconds: int = error["extensions"]["retryAfter"]
        assert f" {seconds} second" in error["message"]
        return seconds
    (payload,) = told["data"].values()
    return payload["messages"][0]["code"] if "messages" in payload else "in"


def try_password(
    email: str = "alice@example.org", password: str = WRONG, address: str = "127.0.0.1"
) -> Any:
    return outcome(answer(TOKEN_AUTH, {"email": email, "password": password}, address))


def try_refresh(token: str, address: str = "127.0.0.1", document: str = REFRESH) -> Any:
    return outcome(answer(document, {"given": token}, address))


def count_wrong(email: str, address: str, now: datetime.datetime = NOON) -> int:
    """A wrong password that is not even hashed; how many seconds too early it came."""
    request = RequestFactory().post("/graphql", REMOTE_ADDR=address)
    try:
        throttling.password_attempt(request, email, now)
    except RateLimited as error:
        seconds: int = (error.extensions or {})["retryAfter"]
        return seconds
    return 0


def besiege(email: str, now: datetime.datetime = NOON) -> None:
    """From so many addresses that the account itself is slowed down."""
    for number in range(200):
        count_wrong(email, f"192.0.2.{number}", now)


@pytest.fixture(params=["redis", "memory", "redis away"])
def every_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test runs with each of them."""
    if request.param != "redis":
        # Nobody listens on that port.
        used = MemoryStore() if request.param == "memory" else SharedStore("redis://127.0.0.1:9/0")
        monkeypatch.setattr(throttling, "store", lambda: used)


# --- Passwords -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("every_store")
def test_delays_double_after_the_free_failures(clock: time_machine.Traveller, alice: User) -> None:
    outcomes = [try_password() for _ in range(FREE + 1)]
    assert outcomes == ["invalid_credentials"] * (FREE + 1)

    for delay in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900):
        assert try_password() == delay
        clock.shift(delay - 0.5)
        assert try_password() == 1
        clock.shift(0.5)
        assert try_password() == "invalid_credentials"


def test_a_try_before_its_time_hashes_nothing_changes_nothing_and_extends_nothing(
    clock: time_machine.Traveller, hasher: type[WatchedHasher], alice: User
) -> None:
    for _ in range(FREE + 2):
        try_password()
        clock.shift(1)
    hasher.hashings = 0

    with nothing_changes():
        # Not even the right password: else the delay would tell which one it is.
        assert [try_password(), try_password(password=PASSWORD)] == [1, 1]
    assert hasher.hashings == 0

    clock.shift(1)
    assert try_password(password=PASSWORD) == "in"
    assert hasher.hashings == 1


def test_the_right_password_starts_the_pair_anew(
    clock: time_machine.Traveller, alice: User
) -> None:
    for _ in range(2):
        for _ in range(FREE):
            assert try_password() == "invalid_credentials"
        assert try_password(password=PASSWORD) == "in"


def test_right_passwords_count_for_nothing(clock: time_machine.Traveller, alice: User) -> None:
    for _ in range(FREE * 3):
        assert try_password(password=PASSWORD) == "in"


def test_delays_are_forgotten(clock: time_machine.Traveller, alice: User) -> None:
    for _ in range(FREE + 5):
        try_password()
        clock.shift(16)

    clock.shift(datetime.timedelta(days=1))

    outcomes = [try_password() for _ in range(FREE + 1)]
    assert outcomes == ["invalid_credentials"] * (FREE + 1)


def test_other_ways_to_write_the_address_are_no_other_account(
    clock: time_machine.Traveller, alice: User
) -> None:
    for email in ("alice@example.org", "ALICE@example.org", " Alice@Example.ORG\n") * 2:
        assert try_password(email) == "invalid_credentials"

    for email in ("alice@example.org", "ALICE@EXAMPLE.ORG", "\talice@example.org"):
        assert try_password(email) == 1
    assert try_password("bob@example.org") == "invalid_credentials"


def test_an_unknown_account_is_throttled_as_a_known_one_to_the_byte(
    clock: time_machine.Traveller, hasher: type[WatchedHasher], alice: User, bob: User
) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    User.objects.create_user("robot@example.org")
    stories = set()

    for name in ("alice", "nobody", "bob", "robot"):
        body = {
            "query": TOKEN_AUTH,
            "variables": {"email": f"{name}@example.org", "password": WRONG},
        }
        story: list[object] = []
        for seconds in (0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 5, 60):
            clock.shift(seconds)
            hasher.hashings = 0
            story += [Caller().post(body, REMOTE_ADDR=name).content, hasher.hashings]
        clock.move_to(NOON)
        stories.add(tuple(story))

    assert len(stories) == 1
    assert b"RATE_LIMITED" in b"".join(each for each in stories.pop() if isinstance(each, bytes))


def test_each_refusal_asks_the_database_the_same(
    clock: time_machine.Traveller, alice: User, bob: User
) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    User.objects.create_user("robot@example.org")

    def statements(email: str, password: str) -> tuple[str, ...]:
        asked: list[str] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            asked.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            assert try_password(email, password) == "invalid_credentials"
        # The test's own transaction makes savepoints of the call's, numbered.
        return tuple(sql for sql in asked if "SAVEPOINT" not in sql)

    asked = {
        statements("alice@example.org", WRONG),
        statements("nobody@example.org", PASSWORD),
        statements("bob@example.org", PASSWORD),
        statements("bob@example.org", WRONG),
        statements("robot@example.org", PASSWORD),
    }
    assert [len(each) for each in asked] == [1]


def test_aliases_get_no_further_than_one_after_the_other(
    clock: time_machine.Traveller, hasher: type[WatchedHasher], alice: User
) -> None:
    hasher.hashings = 0
    login = f'tokenAuth(email: "alice@example.org", password: "{WRONG}") {{ __typename }}'
    for _ in range(2):
        Caller().call(f"mutation {{ {' '.join(f'a{index}: {login}' for index in range(10))} }}")

    assert hasher.hashings <= FREE + 1


@pytest.mark.usefixtures("every_store")
@pytest.mark.django_db(transaction=True)
def test_parallel_tries_get_no_further_than_one_after_the_other(
    clock: time_machine.Traveller, hasher: type[WatchedHasher], alice: User
) -> None:
    outcomes = at_once(*[try_password] * 20)

    assert outcomes.count("invalid_credentials") == FREE + 1
    assert outcomes.count(1) == 20 - (FREE + 1)


def test_accounts_are_guessed_slowly_from_one_address(
    clock: time_machine.Traveller, settings: Settings, alice: User
) -> None:
    settings.LOGIN_FREE_FAILURES_PER_ADDRESS = 3
    for index in range(4):
        assert try_password(f"{index}@example.org", address=ELSEWHERE) == "invalid_credentials"

    assert try_password("another@example.org", address=ELSEWHERE) == 1
    assert try_password("alice@example.org", PASSWORD, ELSEWHERE) == 1
    assert try_password("alice@example.org", PASSWORD, HOME) == "in"


def test_whoever_logs_in_between_guesses_at_others_as_slowly(
    clock: time_machine.Traveller, settings: Settings, alice: User, bob: User
) -> None:
    settings.LOGIN_FREE_FAILURES_PER_ADDRESS = 3
    for index in range(4):
        assert try_password("bob@example.org", PASSWORD, ELSEWHERE) == "in"
        assert try_password(f"{index}@example.org", address=ELSEWHERE) == "invalid_credentials"

    assert try_password(address=ELSEWHERE) == 1


def test_an_account_is_guessed_slowly_from_many_addresses(
    clock: time_machine.Traveller, alice: User
) -> None:
    besiege("alice@example.org")

    waits = [count_wrong("alice@example.org", f"203.0.113.{number}") for number in range(12)]
    assert all(0 < wait <= 30 for wait in waits)
    assert try_password("bob@example.org", address=ELSEWHERE) == "invalid_credentials"


# --- Nobody is locked out ------------------------------------------------------------------------


def test_a_stranger_who_guesses_all_day_does_not_slow_down_the_owner(
    clock: time_machine.Traveller, alice: User
) -> None:
    moment, tries = NOON, 0
    while moment < NOON + datetime.timedelta(days=1):
        wait = count_wrong(alice.email, ELSEWHERE, moment)
        tries += wait == 0
        moment += datetime.timedelta(seconds=wait)
        if moment > NOON and tries % 20 == 0:
            clock.move_to(moment)
            assert try_password(password=PASSWORD, address=HOME) == "in"
    assert tries > 100


def test_where_the_owner_logged_in_before_no_siege_slows_them_down(
    clock: time_machine.Traveller, alice: User
) -> None:
    assert try_password(password=PASSWORD, address=HOME) == "in"
    clock.shift(datetime.timedelta(days=89))
    besiege(alice.email, NOON + datetime.timedelta(days=89))

    assert count_wrong(alice.email, ELSEWHERE, NOON + datetime.timedelta(days=89)) > 0
    assert try_password(password=PASSWORD, address=HOME) == "in"


def test_where_the_owner_registered_no_siege_slows_them_down(
    clock: time_machine.Traveller, db: None
) -> None:
    person = {"email": "Carol@example.org", "password": PASSWORD, "chatId": 1}
    assert outcome(answer(REGISTER, {"input": person}, HOME)) == "in"
    besiege("carol@example.org")

    assert try_password("carol@example.org", PASSWORD, HOME) == "in"


def test_in_a_siege_an_owner_from_a_new_address_waits_for_seconds(
    clock: time_machine.Traveller, alice: User
) -> None:
    besiege(alice.email)

    wait = try_password(password=PASSWORD, address=ELSEWHERE)

    assert 0 < wait <= throttling.ACCOUNT_LONGEST_DELAY // SECOND
    clock.shift(wait)
    assert try_password(password=PASSWORD, address=ELSEWHERE) == "in"


def test_a_neighbour_behind_the_same_address_does_not_slow_down_who_logged_in_there(
    clock: time_machine.Traveller, settings: Settings, alice: User
) -> None:
    settings.LOGIN_FREE_FAILURES_PER_ADDRESS = 3
    assert try_password(password=PASSWORD, address=HOME) == "in"
    for index in range(10):
        count_wrong(f"{index}@example.org", HOME)
    assert count_wrong("another@example.org", HOME) > 0

    assert try_password(password=PASSWORD, address=HOME) == "in"


def test_where_the_owner_logged_in_before_guessing_is_slow_all_the_same(
    clock: time_machine.Traveller, alice: User
) -> None:
    assert try_password(password=PASSWORD, address=HOME) == "in"

    outcomes = [try_password(address=HOME) for _ in range(FREE + 2)]

    assert outcomes[-2:] == ["invalid_credentials", 1]


# --- A stolen access token -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "given"),
    [
        (
            CHANGE_PASSWORD,
            lambda password: {
                "input": {"oldPassword": password, "newPassword": "a new passphrase"}
            },
        ),
        (DELETE_ACCOUNT, lambda password: {"password": password}),
    ],
)
def test_an_access_token_does_not_help_to_guess_the_password(
    document: str,
    given: Callable[[str], dict[str, Any]],
    clock: time_machine.Traveller,
    hasher: type[WatchedHasher],
    alice: User,
) -> None:
    phone = log_in()
    hasher.hashings = 0

    def guess(password: str) -> Any:
        return outcome(answer(document, given(password), ELSEWHERE, phone.token or ""))

    with nothing_changes():
        assert [guess(WRONG) for _ in range(FREE + 1)] == ["wrong_password"] * (FREE + 1)
        assert [guess(WRONG), guess(PASSWORD)] == [1, 1]
        # It is one and the same tally.
        assert try_password(address=ELSEWHERE) == 1
    assert hasher.hashings == FREE + 1
    assert phone.is_in()

    clock.shift(1)
    assert guess(PASSWORD) == "in"


def test_the_right_old_password_is_no_failure_whatever_the_new_one_is(
    clock: time_machine.Traveller, alice: User
) -> None:
    phone = log_in()
    weak = {"input": {"oldPassword": PASSWORD, "newPassword": "1234"}}

    for _ in range(FREE + 3):
        assert outcome(answer(CHANGE_PASSWORD, weak, token=phone.token or "")) != 1


# --- Refresh tokens ------------------------------------------------------------------------------


@pytest.mark.parametrize("document", [REFRESH, REVOKE])
def test_refresh_tokens_are_guessed_slowly_from_one_address(
    document: str, clock: time_machine.Traveller, settings: Settings, alice: User
) -> None:
    settings.LOGIN_FREE_FAILURES_PER_ADDRESS = 3
    phone = log_in()

    outcomes = [try_refresh(f"{index}.x", ELSEWHERE, document) for index in range(6)]

    assert outcomes == ["refresh_token_invalid"] * 4 + [1, 1]
    with nothing_changes():
        assert try_refresh(phone.refresh_token, ELSEWHERE, document) == 1
    assert try_refresh(phone.refresh_token, HOME, document) == "in"


def test_tokens_of_one_row_are_guessed_slowly(
    clock: time_machine.Traveller, settings: Settings, alice: User
) -> None:
    """Here, of a row that ended: a wrong secret ends one that lives."""
    row = log_in().refresh_token.partition(".")[0]
    RefreshToken.objects.all().delete()

    free = throttling.PARALLEL_REFRESHES
    outcomes = [try_refresh(f"{row}.{index}", ELSEWHERE) for index in range(free + 2)]

    assert outcomes == ["refresh_token_invalid"] * (free + 1) + [1]
    assert try_refresh("another.token", ELSEWHERE) == "refresh_token_invalid"


def test_good_refreshes_count_for_nothing(clock: time_machine.Traveller, alice: User) -> None:
    phone = log_in()

    for _ in range(60):
        phone = phone.refresh()


@pytest.mark.django_db(transaction=True)
def test_tabs_that_wake_up_together_all_refresh(clock: time_machine.Traveller, alice: User) -> None:
    phone = log_in()

    outcomes = at_once(*[lambda: try_refresh(phone.refresh_token)] * throttling.PARALLEL_REFRESHES)

    assert set(outcomes) == {"in"}


def test_a_device_that_refreshed_before_is_not_slowed_down_by_its_neighbours(
    clock: time_machine.Traveller, settings: Settings, alice: User
) -> None:
    settings.LOGIN_FREE_FAILURES_PER_ADDRESS = 3
    phone = log_in().refresh()
    for index in range(6):
        try_refresh(f"{index}.x")
    assert try_refresh("another.x") == 1

    assert phone.refresh().is_in()


def test_passwords_and_refresh_tokens_are_counted_apart(
    clock: time_machine.Traveller, settings: Settings, alice: User
) -> None:
    settings.LOGIN_FREE_FAILURES_PER_ADDRESS = 3
    for index in range(6):
        try_refresh(f"{index}.x")

    assert try_password() == "invalid_credentials"


# --- Registrations -------------------------------------------------------------------------------


def register(name: str, address: str = "127.0.0.1", **changes: Any) -> Any:
    person = {"email": f"{name}@example.org", "password": PASSWORD, "chatId": 1, **changes}
    return outcome(answer(REGISTER, {"input": person}, address))


def test_an_address_registers_so_many_in_any_hour(
    clock: time_machine.Traveller, settings: Settings, db: None
) -> None:
    settings.REGISTRATIONS_PER_HOUR = 3
    assert [register(name) for name in "ab"] == ["in", "in"]
    clock.shift(59 * 60)
    assert register("c") == "in"

    with nothing_changes():
        assert register("d") == 60
    assert register("d", ELSEWHERE) == "in"

    clock.shift(60)
    assert [register(name) for name in "ef"] == ["in", "in"]
    # The third of them came a minute ago.
    assert register("g") == 59 * 60


def test_where_fewer_are_allowed_than_there_were_one_waits_until_there_is_room(
    clock: time_machine.Traveller, settings: Settings, db: None
) -> None:
    settings.REGISTRATIONS_PER_HOUR = 3
    for name in "abc":
        register(name)
        clock.shift(60)

    settings.REGISTRATIONS_PER_HOUR = 1
    assert register("d") == 59 * 60
    clock.shift(59 * 60)
    assert register("d") == "in"


def test_registrations_that_fail_count_too_and_refused_ones_hash_nothing(
    clock: time_machine.Traveller, hasher: type[WatchedHasher], settings: Settings, alice: User
) -> None:
    settings.REGISTRATIONS_PER_HOUR = 2
    assert register("alice") == "email_taken"
    assert register("b", chatId=0) == "chat_id_invalid"
    hasher.hashings = 0

    with nothing_changes():
        assert register("alice") == 3600
        assert register("b") == 3600
    assert hasher.hashings == 0


@pytest.mark.usefixtures("every_store")
@pytest.mark.django_db(transaction=True)
def test_parallel_registrations_get_no_further(
    clock: time_machine.Traveller, settings: Settings
) -> None:
    settings.REGISTRATIONS_PER_HOUR = 4

    outcomes = at_once(*(lambda name=f"p{index}": register(name) for index in range(10)))

    assert outcomes.count("in") == User.objects.count() == 4
    assert outcomes.count(3600) == 6


# --- Addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("unknown", "unknown"),
    ],
)
def test_an_address_is_what_one_customer_has(written: str, address: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=written)

    assert throttling.caller_address(request) == address


def test_all_addresses_of_one_network_of_ipv6_count_together(
    clock: time_machine.Traveller, alice: User
) -> None:
    outcomes = [try_password(address=f"2001:db8::{index}") for index in range(FREE + 2)]

    assert outcomes[-2:] == ["invalid_credentials", 1]
    assert try_password(address="2001:db8:0:1::1") == "invalid_credentials"


@pytest.mark.parametrize(
    ("written", "site"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("2001:db8:1:ffff::", "2001:db8:1::/48"),
        ("2001:db8:2::1", "2001:db8:2::/48"),
        ("unknown", "unknown"),
    ],
)
def test_a_site_is_all_that_one_customer_may_have_of_ipv6(written: str, site: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=written)

    assert throttling.caller_site(request) == site


def test_a_customer_with_many_networks_of_ipv6_does_not_begin_anew_in_each(
    clock: time_machine.Traveller, settings: Settings, alice: User
) -> None:
    settings.LOGIN_FREE_FAILURES_PER_ADDRESS = 8
    settings.REGISTRATIONS_PER_HOUR = 3
    networks = [f"2001:db8:1:{index:x}::1" for index in range(10)]

    guesses = [try_password(f"p{index}", address=each) for index, each in enumerate(networks)]
    registrations = [register(f"p{index}", each) for index, each in enumerate(networks)]

    assert guesses == ["invalid_credentials"] * 9 + [1]
    assert registrations == ["in"] * 3 + [3600] * 7
    assert try_password(address="2001:db8:2::1") == "invalid_credentials"
    assert register("dave", "2001:db8:2::1") == "in"


# --- What is kept --------------------------------------------------------------------------------


def test_what_redis_keeps_tells_nothing_of_anybody_and_ends_by_itself(
    settings: Settings, alice: User
) -> None:
    try_password("a" * 10_000, address=ELSEWHERE)
    try_password(address=ELSEWHERE)
    phone = log_in()
    try_refresh(phone.refresh_token, ELSEWHERE)
    register("carol", ELSEWHERE)

    with Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
        keys = sorted(client.scan_iter(f"{throttling.NAMESPACE}:*"))
        values = [client.get(key) for key in keys]
        ends = [client.pttl(key) for key in keys]

    digests = {key.rpartition(":")[2] for key in keys}
    assert len(digests) == len(keys) > 8
    assert {len(digest) for digest in digests} == {64}
    row = phone.refresh_token.partition(".")[0]
    for personal in ("alice", "carol", ELSEWHERE, "127.0.0.1", row):
        assert personal not in f"{keys} {values}"
    assert all(0 < end <= throttling.LOGIN_TRUST for end in ends)
