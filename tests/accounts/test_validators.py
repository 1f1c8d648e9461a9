"""What must hold for an account, without the API around it."""

import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.validators import (
    MAX_CHAT_ID,
    known_time_zones,
    validate_new_password,
    validate_user,
)


def person(**fields: Any) -> User:
    return User(**{"email": "alice@example.org", "chat_id": 1, **fields})


def codes_of(user: User) -> dict[str, list[str | None]]:
    try:
        validate_user(user)
    except ValidationError as error:
        return {name: [each.code for each in found] for name, found in error.error_dict.items()}
    return {}


def test_a_person_who_keeps_the_rules_is_normalised() -> None:
    user = person(email=" Alice@Example.org", first_name=" Alice ")

    assert codes_of(user) == {}

    assert (user.email, user.first_name) == ("alice@example.org", "Alice")


def test_staff_may_have_no_chat_and_nobody_needs_a_name() -> None:
    assert codes_of(person(chat_id=None, first_name=None)) == {}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("email", "", "email_invalid"),
        ("email", None, "email_invalid"),
        ("email", "alice", "email_invalid"),
        ("email", "a" * 250 + "@example.org", "email_invalid"),
        ("first_name", "", "blank"),
        ("first_name", "A\nB", "invalid"),
        ("first_name", "A" * 151, "too_long"),
        ("chat_id", 0, "chat_id_invalid"),
        ("chat_id", MAX_CHAT_ID + 1, "chat_id_invalid"),
        ("chat_id", -MAX_CHAT_ID - 1, "chat_id_invalid"),
        ("time_zone", "", "time_zone_unknown"),
        ("time_zone", "Mars/Olympus", "time_zone_unknown"),
        ("day_starts_at", datetime.time(6, 1), "day_starts_at_out_of_range"),
        ("day_starts_at", datetime.time(23, 59), "day_starts_at_out_of_range"),
        ("language", "", "language_unknown"),
        ("language", "tlh", "language_unknown"),
    ],
)
def test_each_rule_has_its_field_and_code(field: str, value: object, code: str) -> None:
    assert codes_of(person(**{field: value})) == {field: [code]}


def test_all_broken_rules_are_told_at_once() -> None:
    broken = person(email="?", first_name="", chat_id=0, time_zone="?", language="?")

    assert codes_of(broken) == {
        "email": ["email_invalid"],
        "first_name": ["blank"],
        "chat_id": ["chat_id_invalid"],
        "time_zone": ["time_zone_unknown"],
        "language": ["language_unknown"],
    }


@pytest.mark.parametrize("chat_id", [1, -1, MAX_CHAT_ID, -MAX_CHAT_ID])
def test_a_chat_id_has_up_to_52_bits_and_a_sign(chat_id: int) -> None:
    assert abs(chat_id).bit_length() <= 52
    assert (MAX_CHAT_ID + 1).bit_length() == 53

    assert codes_of(person(chat_id=chat_id)) == {}


def test_time_zones_are_those_of_the_pinned_package() -> None:
    zones = known_time_zones()

    assert {"UTC", "Europe/Berlin", "Asia/Kathmandu", "America/New_York"} <= zones
    assert not {"", "localtime", "posixrules", "Factory/x", "zone.tab"} & zones
    assert all(person(time_zone=zone).zone.key == zone for zone in zones)
    assert max(map(len, zones)) <= 64


def test_a_password_is_held_against_the_person_with_codes_on_the_given_field() -> None:
    with pytest.raises(ValidationError) as error:
        validate_new_password("1234567", person(), field="new_password")

    (found,) = error.value.error_dict.values()
    assert list(error.value.error_dict) == ["new_password"]
    assert {each.code for each in found} == {
        "password_too_short",
        "password_too_common",
        "password_entirely_numeric",
    }


def test_a_good_password_passes() -> None:
    validate_new_password("an honest passphrase", person(), field="password")
