"""Staying logged in: refresh tokens, their rotation, and how they end."""

import datetime
import hashlib
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.db import transaction
from pytest_django import Settings

from accounts.models import RefreshToken, User
from tests.accounts.conftest import NOON
from tests.accounts.documents import ME, REFRESH, REVOKE, REVOKE_ALL
from tests.accounts.helpers import (
    Device,
    at_once,
    in_thread,
    log_in,
    nothing_changes,
    wait_until_blocked,
)
from tests.conftest import Caller

INVALID = {("refreshToken", "refresh_token_invalid")}


@pytest.fixture
def phone(clock: time_machine.Traveller, alice: User) -> Device:
    return log_in()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- Rotation ------------------------------------------------------------------------------------


def test_a_refresh_gives_a_new_pair(clock: time_machine.Traveller, phone: Device) -> None:
    clock.shift(datetime.timedelta(hours=1))
    assert not phone.is_in()

    pair = Caller().data(REFRESH, given=phone.refresh_token)

    later = Device.of(pair)
    assert later.refresh_token != phone.refresh_token
    assert later.data(ME) == pair["user"]
    assert pair["user"]["email"] == "alice@example.org"
    assert pair["expiresAt"] == (NOON + datetime.timedelta(hours=1, minutes=5)).isoformat()
    assert pair["refreshExpiresAt"] == (NOON + datetime.timedelta(days=30)).isoformat()


def test_a_device_stays_in_by_refreshing_again_and_again(
    clock: time_machine.Traveller, phone: Device
) -> None:
    device, seen = phone, {phone.refresh_token}
    for _ in range(5):
        clock.shift(datetime.timedelta(minutes=5))
        assert not device.is_in()
        device = device.refresh()
        assert device.is_in()
        seen.add(device.refresh_token)

    assert len(seen) == 6
    assert RefreshToken.objects.count() == 1


def test_only_digests_are_kept(phone: Device) -> None:
    tokens = [phone.refresh_token]
    for _ in range(3):
        row = RefreshToken.objects.values().get()
        kept = " ".join(str(value) for value in row.values())
        for token in tokens:
            assert token not in kept
            assert token.partition(".")[2] not in kept
        assert row["digest"] == sha256(tokens[-1])
        assert row["previous_digest"] == (sha256(tokens[-2]) if tokens[1:] else "")
        tokens.append(Device(refresh_token=tokens[-1]).refresh().refresh_token)


def test_a_secret_is_long_and_random(phone: Device) -> None:
    _, _, secret = phone.refresh_token.partition(".")
    _, _, successor = phone.refresh().refresh_token.partition(".")
    _, _, another = log_in().refresh_token.partition(".")

    assert len({secret, successor, another}) == 3
    # 256 bits each, in base64.
    assert {len(secret), len(successor), len(another)} == {43}


def test_a_successor_cannot_be_worked_out_without_our_key(
    phone: Device, settings: Settings
) -> None:
    ours = phone.refresh().refresh_token
    RefreshToken.objects.update(digest=sha256(phone.refresh_token), previous_digest="")

    settings.JWT_SECRET_KEY = "the key of somebody else, who is no less careful"
    theirs = Caller().data(REFRESH, given=phone.refresh_token)["refreshToken"]

    assert theirs != ours


def test_devices_refresh_independently(phone: Device) -> None:
    laptop = log_in()

    phone = phone.refresh().refresh()

    assert laptop.can_refresh()
    assert phone.can_refresh()


# --- A lost answer, and a stolen token -----------------------------------------------------------


@pytest.mark.parametrize("seconds", [0, 5, 10])
def test_a_lost_answer_is_given_again_within_ten_seconds(
    seconds: int, clock: time_machine.Traveller, phone: Device
) -> None:
    lost = phone.refresh()
    before = RefreshToken.objects.values().get()
    clock.shift(datetime.timedelta(seconds=seconds))

    again = phone.refresh()

    assert again.refresh_token == lost.refresh_token
    assert again.token != lost.token
    assert again.is_in()
    assert RefreshToken.objects.values().get() == before
    assert again.can_refresh()


def test_asking_again_does_not_lengthen_the_ten_seconds(
    clock: time_machine.Traveller, phone: Device
) -> None:
    phone.refresh()
    clock.shift(datetime.timedelta(seconds=9))
    phone.refresh()
    clock.shift(datetime.timedelta(seconds=2))

    assert not phone.can_refresh()


def test_a_token_that_was_replaced_earlier_ends_the_session(
    clock: time_machine.Traveller, phone: Device
) -> None:
    successor = phone.refresh()
    clock.shift(datetime.timedelta(seconds=11))

    assert Caller().problems(REFRESH, given=phone.refresh_token) == INVALID

    assert not RefreshToken.objects.exists()
    assert not successor.can_refresh()
    assert not phone.can_refresh()


def test_a_token_whose_successor_was_used_ends_the_session(phone: Device) -> None:
    newest = phone.refresh().refresh()

    assert Caller().problems(REFRESH, given=phone.refresh_token) == INVALID

    assert not RefreshToken.objects.exists()
    assert not newest.can_refresh()


def test_a_secret_that_never_was_one_ends_the_session_it_names(phone: Device) -> None:
    row_id = phone.refresh_token.partition(".")[0]

    assert Caller().problems(REFRESH, given=f"{row_id}.invented") == INVALID

    assert not phone.can_refresh()


def test_the_end_of_one_session_leaves_the_others(phone: Device, bob: User) -> None:
    laptop, others = log_in(), log_in("bob@example.org")
    phone.refresh().refresh()

    assert not phone.can_refresh()

    assert laptop.can_refresh()
    assert others.can_refresh()


@pytest.mark.django_db(transaction=True)
def test_eight_refreshes_at_once_give_one_and_the_same_successor(alice: User) -> None:
    phone = log_in()

    devices = at_once(*[phone.refresh] * 8)

    (successor,) = {device.refresh_token for device in devices}
    assert successor != phone.refresh_token
    row = RefreshToken.objects.get()
    assert (row.digest, row.previous_digest) == (sha256(successor), sha256(phone.refresh_token))
    assert all(device.is_in() for device in devices)
    assert devices[0].can_refresh()


@pytest.mark.django_db(transaction=True)
def test_of_a_refresh_and_the_end_of_all_sessions_at_once_the_end_wins(alice: User) -> None:
    phone, laptop = log_in(), log_in()

    answers = at_once(
        lambda: laptop.data(REVOKE_ALL),
        *[lambda: Caller().data(REFRESH, given=phone.refresh_token)] * 4,
    )

    assert answers[0] == {"__typename": "Success", "ok": True}
    pairs = [answer for answer in answers if answer["__typename"] == "TokenPair"]
    assert not any(Device.of(pair).is_in() for pair in pairs)
    assert not any(Device.of(pair).can_refresh() for pair in pairs)
    assert not phone.can_refresh()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("document", [REFRESH, REVOKE])
def test_a_session_waits_for_a_change_of_its_account_under_way(document: str, alice: User) -> None:
    phone = log_in()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get()
            call = pool.submit(
                in_thread, lambda: Caller().problems(document, given=phone.refresh_token)
            )
            wait_until_blocked(call)
            alice.refresh_tokens.all().delete()
        assert call.result() == INVALID


# --- The end of a session ------------------------------------------------------------------------


def test_a_session_ends_after_thirty_days_however_often_it_refreshes(
    clock: time_machine.Traveller, phone: Device
) -> None:
    device = phone
    for _ in range(29):
        clock.shift(datetime.timedelta(days=1))
        pair = Caller().data(REFRESH, given=device.refresh_token)
        assert pair["refreshExpiresAt"] == (NOON + datetime.timedelta(days=30)).isoformat()
        device = Device.of(pair)
    clock.move_to(NOON + datetime.timedelta(days=30, seconds=-1))
    device = device.refresh()
    clock.move_to(NOON + datetime.timedelta(days=30))

    assert Caller().problems(REFRESH, given=device.refresh_token) == INVALID
    assert not RefreshToken.objects.exists()


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "garbage",
        "\0",
        "токен",
        f"{uuid.uuid4().hex}.secret",
        f"{uuid.uuid4()}.secret",
        f"{uuid.uuid4().hex}",
        f"{uuid.uuid4().hex}.\0",
        "x" * 20_000,
    ],
)
@pytest.mark.parametrize("document", [REFRESH, REVOKE])
def test_what_is_no_refresh_token_is_a_problem_and_never_a_reason_to_refresh(
    document: str, token: str, phone: Device
) -> None:
    with nothing_changes():
        for caller in (Caller(), phone, Caller("not.a.token")):
            assert caller.problems(document, given=token) == INVALID


@pytest.mark.parametrize("document", [REFRESH, REVOKE])
def test_an_access_token_does_not_refresh(document: str, phone: Device) -> None:
    with nothing_changes():
        assert Caller().problems(document, given=phone.token) == INVALID


def test_the_secret_of_another_session_does_not_fit(phone: Device, bob: User) -> None:
    others = log_in("bob@example.org")
    mine, _, _ = phone.refresh_token.partition(".")
    _, _, secret = others.refresh_token.partition(".")

    assert Caller().problems(REVOKE, given=f"{mine}.{secret}") == INVALID
    assert Caller().problems(REFRESH, given=f"{mine}.{secret}") == INVALID

    assert others.can_refresh()


def test_a_disabled_account_does_not_refresh(phone: Device) -> None:
    User.objects.update(is_active=False)

    assert Caller().problems(REFRESH, given=phone.refresh_token) == INVALID

    User.objects.update(is_active=True)
    assert not phone.can_refresh()


def test_a_refresh_token_dies_with_its_account_and_fits_no_later_one(
    phone: Device, alice: User
) -> None:
    alice.delete()
    assert Caller().problems(REFRESH, given=phone.refresh_token) == INVALID

    User.objects.create_user("alice@example.org", "another passphrase")

    assert Caller().problems(REFRESH, given=phone.refresh_token) == INVALID
    assert Caller().problems(REVOKE, given=phone.refresh_token) == INVALID
    assert Caller(phone.token).error_code(ME) == "UNAUTHENTICATED"


# --- revokeToken ---------------------------------------------------------------------------------


def test_revoking_a_token_logs_its_device_out_and_no_other(phone: Device) -> None:
    laptop = log_in()

    assert Caller().data(REVOKE, given=phone.refresh_token) == {
        "__typename": "Success",
        "ok": True,
    }

    assert not phone.can_refresh()
    assert laptop.can_refresh()


def test_a_device_that_lost_the_last_answer_can_log_out_too(phone: Device) -> None:
    successor = phone.refresh()

    assert Caller().problems(REVOKE, given=phone.refresh_token) == set()

    assert not successor.can_refresh()


def test_a_session_ends_once(phone: Device) -> None:
    Caller().data(REVOKE, given=phone.refresh_token)

    with nothing_changes():
        assert Caller().problems(REVOKE, given=phone.refresh_token) == INVALID


@pytest.mark.parametrize("end", ["expired", "logged out everywhere", "disabled"])
def test_a_session_that_has_ended_by_itself_is_told_so(
    end: str, clock: time_machine.Traveller, phone: Device
) -> None:
    if end == "expired":
        clock.shift(datetime.timedelta(days=30))
    elif end == "disabled":
        User.objects.update(is_active=False)
    else:
        phone.data(REVOKE_ALL)

    assert Caller().problems(REVOKE, given=phone.refresh_token) == INVALID

    User.objects.update(is_active=True)
    assert not phone.can_refresh()


def test_a_secret_from_before_logs_nobody_out(phone: Device) -> None:
    newest = phone.refresh().refresh()

    with nothing_changes():
        assert Caller().problems(REVOKE, given=phone.refresh_token) == INVALID
    assert newest.can_refresh()


# --- revokeAllTokens -----------------------------------------------------------------------------


def test_logging_out_everywhere_kills_all_tokens_at_once(phone: Device, bob: User) -> None:
    laptop, others = log_in(), log_in("bob@example.org")

    assert laptop.data(REVOKE_ALL) == {"__typename": "Success", "ok": True}

    for device in (phone, laptop):
        assert device.error_code(ME) == "UNAUTHENTICATED"
        assert not device.can_refresh()
    assert others.is_in()
    assert others.can_refresh()
    assert log_in().is_in()


def test_a_login_after_logging_out_everywhere_holds(phone: Device) -> None:
    phone.data(REVOKE_ALL)
    again = log_in()

    assert not phone.can_refresh()

    assert again.can_refresh()
