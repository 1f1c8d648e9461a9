"""Reading and changing one's profile."""

import datetime
from typing import Any

import pytest
import time_machine
from strawberry.relay import from_base64

from accounts.models import ChatStatus, User
from accounts.validators import MAX_CHAT_ID
from notifications.models import Chat
from tests.accounts.conftest import NOON
from tests.accounts.documents import ME, UPDATE_PROFILE
from tests.accounts.helpers import everything, log_in, nothing_changes
from tests.conftest import PASSWORD, Caller, MakeHabit

# --- me ------------------------------------------------------------------------------------------


def test_me_shows_the_person_whose_token_it_is(
    clock: time_machine.Traveller, as_alice: Caller, as_bob: Caller, alice: User
) -> None:
    me = as_alice.data(ME)

    assert from_base64(me.pop("id")) == ("User", str(alice.pk))
    assert me == {
        "email": "alice@example.org",
        "firstName": "Alice",
        "chatId": 1001,
        "chatStatus": "OK",
        "timeZone": "Europe/Berlin",
        "dayStartsAt": "00:00",
        "language": "en",
        "dateJoined": NOON.isoformat(),
    }
    assert as_bob.data(ME)["email"] == "bob@example.org"


def test_me_costs_one_statement(as_alice: Caller, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        as_alice.data(ME)


def test_staff_may_have_no_chat(db: None) -> None:
    User.objects.create_superuser("root@example.org", PASSWORD)

    assert log_in("root@example.org").data(ME)["chatId"] is None


@pytest.mark.parametrize("status", ChatStatus)
def test_me_shows_whether_messages_reach_the_chat(status: ChatStatus, as_alice: Caller) -> None:
    User.objects.update(chat_status=status)

    assert as_alice.data(ME)["chatStatus"] == status.name


@pytest.mark.parametrize("name", ["password", "tokenGeneration", "isStaff", "isSuperuser"])
def test_what_is_no_business_of_clients_is_not_in_the_schema(name: str, as_alice: Caller) -> None:
    assert as_alice.error_code(f"{{ me {{ {name} }} }}") == "BAD_USER_INPUT"


# --- updateProfile -------------------------------------------------------------------------------


def test_all_of_a_profile_changes_at_once(as_alice: Caller, alice: User) -> None:
    given = {
        "firstName": "  Алиса ",
        "chatId": "-100123",
        "timeZone": "Asia/Tokyo",
        "dayStartsAt": "03:00",
        "language": "ru",
    }

    answer = as_alice.data(UPDATE_PROFILE, input=given)

    assert answer.pop("__typename") == "User"
    assert answer == as_alice.data(ME)
    kept = {name: answer[name] for name in given}
    assert kept == {**given, "firstName": "Алиса", "chatId": -100123}
    alice.refresh_from_db()
    assert (alice.first_name, alice.chat_id) == ("Алиса", -100123)
    assert (alice.time_zone, alice.language) == ("Asia/Tokyo", "ru")
    assert alice.day_starts_at == datetime.time(3)


@pytest.mark.parametrize(
    ("name", "value", "column", "kept"),
    [
        ("firstName", "Alicia", "first_name", "Alicia"),
        ("chatId", 5, "chat_id", 5),
        ("timeZone", "Asia/Tokyo", "time_zone", "Asia/Tokyo"),
        ("dayStartsAt", "06:00", "day_starts_at", datetime.time(6)),
        ("language", "ru", "language", "ru"),
    ],
)
def test_what_is_absent_stays(
    name: str, value: object, column: str, kept: object, as_alice: Caller, bob: User
) -> None:
    expected = everything()
    expected["User"][0][column] = kept

    as_alice.data(UPDATE_PROFILE, input={name: value})

    assert everything() == expected


def test_nothing_given_changes_nothing(as_alice: Caller) -> None:
    with nothing_changes():
        assert as_alice.data(UPDATE_PROFILE, input={})["email"] == "alice@example.org"


def test_null_removes_the_first_name(as_alice: Caller, alice: User) -> None:
    assert as_alice.data(UPDATE_PROFILE, input={"firstName": None})["firstName"] is None

    alice.refresh_from_db()
    assert alice.first_name is None


@pytest.mark.parametrize("name", ["chatId", "timeZone", "dayStartsAt", "language"])
def test_null_does_not_remove_anything_else(name: str, as_alice: Caller) -> None:
    with nothing_changes():
        assert as_alice.problems(UPDATE_PROFILE, input={"firstName": "Eve", name: None}) == {
            (name, "required")
        }


def test_every_null_is_told_of(as_alice: Caller) -> None:
    required = ("chatId", "timeZone", "dayStartsAt", "language")
    given = {**dict.fromkeys(required), "firstName": None}

    with nothing_changes():
        assert as_alice.problems(UPDATE_PROFILE, input=given) == {
            (name, "required") for name in required
        }


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("firstName", "", "blank"),
        ("firstName", " \t ", "blank"),
        ("firstName", "A\0", "invalid"),
        ("firstName", "A\nB", "invalid"),
        ("firstName", "A" * 151, "too_long"),
        ("chatId", 0, "chat_id_invalid"),
        ("chatId", MAX_CHAT_ID + 1, "chat_id_invalid"),
        ("chatId", str(-MAX_CHAT_ID - 1), "chat_id_invalid"),
        ("chatId", 10**100, "chat_id_invalid"),
        ("chatId", "1" * 21, "chat_id_invalid"),
        ("timeZone", "", "time_zone_unknown"),
        ("timeZone", "Berlin", "time_zone_unknown"),
        ("timeZone", "UTC\0", "time_zone_unknown"),
        ("dayStartsAt", "06:01", "day_starts_at_out_of_range"),
        ("dayStartsAt", "23:59", "day_starts_at_out_of_range"),
        ("language", "", "language_unknown"),
        ("language", "de", "language_unknown"),
        ("language", "en\0", "language_unknown"),
    ],
)
def test_a_broken_rule_is_refused_with_all_that_came_along(
    name: str, value: object, code: str, as_alice: Caller
) -> None:
    others = {"firstName": "Eve", "chatId": 5, "timeZone": "Asia/Tokyo", "language": "ru"}

    with nothing_changes():
        assert as_alice.problems(UPDATE_PROFILE, input={**others, name: value}) == {(name, code)}


def test_all_that_is_wrong_comes_back_at_once(as_alice: Caller) -> None:
    given = {"firstName": "", "chatId": 0, "timeZone": "Mars/Olympus", "language": "tlh"}

    with nothing_changes():
        assert as_alice.problems(UPDATE_PROFILE, input=given) == {
            ("firstName", "blank"),
            ("chatId", "chat_id_invalid"),
            ("timeZone", "time_zone_unknown"),
            ("language", "language_unknown"),
        }


def test_nulls_come_back_together_with_other_problems(as_alice: Caller) -> None:
    given = {"firstName": "", "chatId": None, "timeZone": "Mars/Olympus"}

    with nothing_changes():
        assert as_alice.problems(UPDATE_PROFILE, input=given) == {
            ("firstName", "blank"),
            ("chatId", "required"),
            ("timeZone", "time_zone_unknown"),
        }


@pytest.mark.parametrize("value", [True, 1.5, "@alice", [1], {}])
def test_what_is_no_whole_number_is_a_bad_request(value: object, as_alice: Caller) -> None:
    with nothing_changes():
        assert as_alice.error_code(UPDATE_PROFILE, input={"chatId": value}) == "BAD_USER_INPUT"


@pytest.mark.parametrize("value", ["6:00", "03:00:30", "24:00", "", 3])
def test_what_is_no_time_is_a_bad_request(value: object, as_alice: Caller) -> None:
    with nothing_changes():
        assert as_alice.error_code(UPDATE_PROFILE, input={"dayStartsAt": value}) == "BAD_USER_INPUT"


@pytest.mark.parametrize("name", ["email", "password", "isActive", "isStaff", "chatStatus", "id"])
def test_nothing_else_can_be_changed(name: str, as_alice: Caller) -> None:
    with nothing_changes():
        assert as_alice.error_code(UPDATE_PROFILE, input={name: "x"}) == "BAD_USER_INPUT"


def test_habits_keep_their_local_times_in_a_new_zone(
    clock: time_machine.Traveller,
    as_alice: Caller,
    alice: User,
    bob: User,
    make_habit: MakeHabit,
) -> None:
    mine, theirs = make_habit(alice, time="15:30"), make_habit(bob, time="15:30")
    for habit in (mine, theirs):
        habit.refresh_from_db()
        habit.reschedule(NOON)
        habit.save()
    assert mine.next_due_at == datetime.datetime(2026, 3, 2, 14, 30, tzinfo=datetime.UTC)
    untouched = theirs.next_due_at

    as_alice.data(UPDATE_PROFILE, input={"timeZone": "Asia/Tokyo"})

    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert mine.time == datetime.time(15, 30)
    assert mine.next_due_at == datetime.datetime(2026, 3, 3, 6, 30, tzinfo=datetime.UTC)
    assert theirs.next_due_at == untouched


def test_giving_the_chat_again_gives_it_another_try(as_alice: Caller, alice: User) -> None:
    Chat.objects.create(chat_id=1001, status=ChatStatus.UNREACHABLE)
    User.objects.update(chat_status=ChatStatus.UNREACHABLE)

    assert as_alice.data(UPDATE_PROFILE, input={"language": "en"})["chatStatus"] == "UNREACHABLE"
    answer = as_alice.data(UPDATE_PROFILE, input={"chatId": 1001})

    assert answer["chatStatus"] == "OK"
    assert as_alice.data(ME)["chatStatus"] == "OK"
