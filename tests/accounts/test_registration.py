"""Making an account."""

import datetime
from typing import Any

import pytest
import time_machine

from accounts.models import RefreshToken, User
from accounts.validators import MAX_CHAT_ID
from notifications.models import Chat
from tests.accounts.conftest import NOON
from tests.accounts.documents import ME, REGISTER
from tests.accounts.helpers import Device, at_once, log_in, nothing_changes
from tests.conftest import PASSWORD, Caller

NEW: dict[str, Any] = {"email": "carol@example.org", "password": PASSWORD, "chatId": 77}


def new(**changes: Any) -> dict[str, Any]:
    """The input of a good registration, but for what is given."""
    return {**NEW, **changes}


def test_the_least_that_is_given_makes_an_account_with_defaults(
    clock: time_machine.Traveller, visitor: Caller
) -> None:
    answer = visitor.data(REGISTER, input=NEW)

    assert answer["__typename"] == "TokenPair"
    user = User.objects.get()
    assert answer["user"].pop("id")
    assert answer["user"] == {
        "email": "carol@example.org",
        "firstName": None,
        "chatId": 77,
        "chatStatus": "OK",
        "timeZone": "UTC",
        "dayStartsAt": "00:00",
        "language": "en",
        "dateJoined": NOON.isoformat(),
    }
    assert (user.email, user.chat_id, user.time_zone) == ("carol@example.org", 77, "UTC")
    assert user.is_active
    assert not user.is_staff
    assert not user.is_superuser


def test_everything_that_is_given_is_kept(visitor: Caller) -> None:
    given = new(
        firstName="Кэрол",
        timeZone="Asia/Kathmandu",
        dayStartsAt="04:30",
        language="ru",
        chatId=-1001234567890,
    )

    answer = visitor.data(REGISTER, input=given)

    kept = {name: answer["user"][name] for name in given if name != "password"}
    assert kept == {name: value for name, value in given.items() if name != "password"}
    user = User.objects.get()
    assert (user.first_name, user.time_zone) == ("Кэрол", "Asia/Kathmandu")
    assert (user.language, user.chat_id) == ("ru", -1001234567890)
    assert user.day_starts_at == datetime.time(4, 30)


def test_null_counts_as_absent_where_there_is_a_default(visitor: Caller) -> None:
    absent = dict.fromkeys(("firstName", "timeZone", "dayStartsAt", "language"))
    answer = visitor.data(REGISTER, input=new(**absent))

    assert answer["user"]["firstName"] is None
    assert answer["user"]["timeZone"] == "UTC"
    assert answer["user"]["dayStartsAt"] == "00:00"
    assert answer["user"]["language"] == "en"


def test_the_new_person_is_logged_in_with_tokens_that_say_when_they_end(
    clock: time_machine.Traveller, visitor: Caller
) -> None:
    answer = visitor.data(REGISTER, input=NEW)

    assert answer["expiresAt"] == (NOON + datetime.timedelta(minutes=5)).isoformat()
    assert answer["refreshExpiresAt"] == (NOON + datetime.timedelta(days=30)).isoformat()
    device = Device.of(answer)
    assert device.data(ME) == answer["user"]
    assert device.can_refresh()


def test_a_password_is_kept_as_an_argon2id_hash_alone(visitor: Caller) -> None:
    visitor.data(REGISTER, input=NEW)

    row = User.objects.values().get()
    assert row["password"].startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert not any(PASSWORD in str(value) for value in row.values())


def test_all_that_is_wrong_comes_back_at_once(visitor: Caller) -> None:
    wrong = {
        "email": "no address",
        "password": "12345",
        "chatId": 0,
        "timeZone": "Mars/Olympus",
        "dayStartsAt": "23:59",
        "language": "tlh",
        "firstName": " ",
    }

    with nothing_changes():
        assert visitor.problems(REGISTER, input=wrong) == {
            ("email", "email_invalid"),
            ("password", "password_too_short"),
            ("password", "password_too_common"),
            ("password", "password_entirely_numeric"),
            ("chatId", "chat_id_invalid"),
            ("timeZone", "time_zone_unknown"),
            ("dayStartsAt", "day_starts_at_out_of_range"),
            ("language", "language_unknown"),
            ("firstName", "blank"),
        }


def test_a_taken_address_comes_back_with_the_other_problems(alice: User, visitor: Caller) -> None:
    with nothing_changes():
        assert visitor.problems(REGISTER, input=new(email=alice.email, chatId=0)) == {
            ("email", "email_taken"),
            ("chatId", "chat_id_invalid"),
        }


def test_a_problem_has_a_message_that_a_person_can_act_on(visitor: Caller) -> None:
    answer = visitor.data(REGISTER, input=new(language="tlh"))

    (message,) = answer["messages"]
    assert message == {
        "kind": "VALIDATION",
        "field": "language",
        "code": "language_unknown",
        "message": "This language is not offered: use one of en, ru.",
    }


@pytest.mark.parametrize("name", ["email", "password", "chatId"])
@pytest.mark.parametrize("given", ["absent", "null"])
def test_what_every_account_needs_cannot_be_left_out(
    name: str, given: str, visitor: Caller
) -> None:
    wrong = new(**{name: None})
    if given == "absent":
        del wrong[name]

    with nothing_changes():
        assert visitor.error_code(REGISTER, input=wrong) == "BAD_USER_INPUT"


# --- The address ---------------------------------------------------------------------------------


def test_an_address_is_trimmed_and_in_lower_case(visitor: Caller) -> None:
    answer = visitor.data(REGISTER, input=new(email="  Carol@EXAMPLE.Org "))

    assert answer["user"]["email"] == "carol@example.org"
    assert User.objects.get().email == "carol@example.org"


@pytest.mark.parametrize(
    "email",
    [
        "alice@example.org",
        "ALICE@example.ORG",
        " Alice@Example.org ",
        "alice@\uff45xample.org",
        "alice\uff20example.org",
    ],
)
def test_an_address_has_one_account_however_it_is_written(
    email: str, alice: User, visitor: Caller
) -> None:
    with nothing_changes():
        assert visitor.problems(REGISTER, input=new(email=email)) == {("email", "email_taken")}


@pytest.mark.parametrize(
    "email",
    [
        "",
        " ",
        "carol",
        "carol@",
        "@example.org",
        "carol@example",
        "carol@exa mple.org",
        "carol@example.org\nbcc: bob@example.org",
        "carol\0@example.org",
        "carol@exam\0ple.org",
        "carol@exam\ufffdple.org",
        "carol@example.org\u200b",
        "carol@exam\u202eple.org",
        "car\u0131ol@example.org",
        '"\x1b[2J"@example.org',
        "\0",
        f"{'c' * 250}@example.org",
        "carol@example.org" * 1000,
    ],
)
def test_what_is_no_address_is_refused(email: str, visitor: Caller) -> None:
    with nothing_changes():
        assert visitor.problems(REGISTER, input=new(email=email)) == {("email", "email_invalid")}


@pytest.mark.django_db(transaction=True)
def test_of_registrations_with_one_address_at_once_only_one_succeeds() -> None:
    addresses = ["carol@example.org", "Carol@example.org", "CAROL@EXAMPLE.ORG", "carol@Example.org"]

    answers = at_once(
        *(
            lambda email=email: Caller().data(REGISTER, input=new(email=email))
            for email in addresses
        )
    )

    pairs = [answer for answer in answers if answer["__typename"] == "TokenPair"]
    refusals = [answer for answer in answers if answer["__typename"] == "OperationInfo"]
    assert len(pairs) == 1
    assert [[each["code"] for each in refusal["messages"]] for refusal in refusals] == [
        ["email_taken"]
    ] * 3
    assert User.objects.count() == RefreshToken.objects.count() == 1
    assert Device.of(pairs[0]).is_in()


# --- The chat ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (1, 1),
        (-1, -1),
        ("77", 77),
        ("-1001234567890", -1001234567890),
        ("007", 7),
        (MAX_CHAT_ID, 4503599627370495),
        (-MAX_CHAT_ID, -4503599627370495),
        ("4503599627370495", 4503599627370495),
    ],
)
def test_a_chat_id_comes_as_a_number_or_its_digits_and_leaves_as_a_number(
    given: int | str, kept: int, visitor: Caller
) -> None:
    answer = visitor.data(REGISTER, input=new(chatId=given))

    assert answer["user"]["chatId"] == kept
    assert type(answer["user"]["chatId"]) is int
    assert User.objects.get().chat_id == kept


@pytest.mark.parametrize("literal", ["77", '"77"'])
def test_a_chat_id_may_be_written_into_the_document(literal: str, visitor: Caller) -> None:
    answer = visitor.data(
        f"""mutation {{ register(input: {{
            email: "carol@example.org", password: "{PASSWORD}", chatId: {literal}
        }}) {{ ... on TokenPair {{ user {{ chatId }} }} }} }}"""
    )

    assert answer["user"]["chatId"] == 77


@pytest.mark.parametrize(
    "given",
    [
        0,
        "0",
        "-0",
        MAX_CHAT_ID + 1,
        -MAX_CHAT_ID - 1,
        2**63,
        10**200,
        "99999999999999999999",
        "-99999999999999999999",
        pytest.param("-" + "9" * 4300, id="as many digits as Python reads"),
    ],
)
def test_a_number_that_is_no_chat_id_is_a_broken_rule(given: int | str, visitor: Caller) -> None:
    with nothing_changes():
        assert visitor.problems(REGISTER, input=new(chatId=given)) == {
            ("chatId", "chat_id_invalid")
        }


@pytest.mark.parametrize(
    "given",
    [
        True,
        False,
        1.0,
        1.5,
        1e300,
        "",
        " 1",
        "1\n",
        "+1",
        "1.0",
        "1e3",
        "0x1f",
        "1_000",
        "--1",
        "-",
        "@carol",
        "\N{ARABIC-INDIC DIGIT ONE}",
        pytest.param("1" * 4301, id="more digits than Python reads"),
        [1],
        {"id": 1},
    ],
)
def test_what_is_no_whole_number_is_a_bad_request(given: Any, visitor: Caller) -> None:
    with nothing_changes():
        assert visitor.error_code(REGISTER, input=new(chatId=given)) == "BAD_USER_INPUT"


@pytest.mark.parametrize("literal", ["1.0", "true", "null", "ONE", '"one"', "[1]", "9" * 5000])
def test_what_is_no_whole_number_is_a_bad_request_inside_a_document_too(
    literal: str, visitor: Caller
) -> None:
    document = f"""mutation {{ register(input: {{
        email: "carol@example.org", password: "{PASSWORD}", chatId: {literal}
    }}) {{ __typename }} }}"""

    with nothing_changes():
        assert visitor.error_code(document) == "BAD_USER_INPUT"


def test_a_family_may_share_a_chat(alice: User, visitor: Caller) -> None:
    assert visitor.problems(REGISTER, input=new(chatId=alice.chat_id)) == set()

    assert User.objects.filter(chat_id=alice.chat_id).count() == 2


def test_the_account_shows_what_is_known_of_its_chat(visitor: Caller) -> None:
    Chat.objects.create(chat_id=77, status="stopped")

    visitor.data(REGISTER, input=NEW)

    assert User.objects.get().chat_status == "stopped"


# --- Zone, language, name ------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_a_time_zone_is_an_iana_name(zone: str, visitor: Caller) -> None:
    assert visitor.data(REGISTER, input=new(timeZone=zone))["user"]["timeZone"] == zone


@pytest.mark.parametrize(
    "zone",
    ["", "europe/berlin", "Berlin", "+03:00", "UTC+3", "../../etc/passwd", "UTC\0", "x" * 10_000],
)
def test_another_name_of_a_time_zone_is_refused(zone: str, visitor: Caller) -> None:
    with nothing_changes():
        assert visitor.problems(REGISTER, input=new(timeZone=zone)) == {
            ("timeZone", "time_zone_unknown")
        }


@pytest.mark.parametrize("language", ["", "EN", "de", "en-GB", "en\0", "x" * 10_000])
def test_another_language_is_refused(language: str, visitor: Caller) -> None:
    with nothing_changes():
        assert visitor.problems(REGISTER, input=new(language=language)) == {
            ("language", "language_unknown")
        }


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Carol  ", "Carol"),
        ("Cafe\N{COMBINING ACUTE ACCENT}", "Caf\N{LATIN SMALL LETTER E WITH ACUTE}"),
        ("C" * 150, "C" * 150),
        ("Ann-Sofie O'Hara 👩‍🔬", "Ann-Sofie O'Hara 👩‍🔬"),
    ],
)
def test_a_first_name_is_trimmed_and_composed(given: str, kept: str, visitor: Caller) -> None:
    assert visitor.data(REGISTER, input=new(firstName=given))["user"]["firstName"] == kept


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "blank"),
        (" \t\n", "blank"),
        ("\N{ZERO WIDTH SPACE}\N{NO-BREAK SPACE}", "blank"),
        ("Ca\0rol", "invalid"),
        ("Ca\nrol", "invalid"),
        ("Ca\N{LINE SEPARATOR}rol", "invalid"),
        ("C" * 151, "too_long"),
    ],
)
def test_a_first_name_is_a_line_with_something_to_see(
    name: str, code: str, visitor: Caller
) -> None:
    with nothing_changes():
        assert visitor.problems(REGISTER, input=new(firstName=name)) == {("firstName", code)}


# --- The password --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "codes"),
    [
        ("", {"password_too_short"}),
        ("xk3!vQz", {"password_too_short"}),
        ("password1", {"password_too_common"}),
        ("PassWord1", {"password_too_common"}),
        ("carol@example.org", {"password_too_similar"}),
        ("kjersti-liv", {"password_too_similar"}),
        ("94716203857", {"password_entirely_numeric"}),
        ("12345678", {"password_too_common", "password_entirely_numeric"}),
    ],
)
def test_a_weak_password_is_refused_with_all_its_weaknesses(
    password: str, codes: set[str], visitor: Caller
) -> None:
    given = new(password=password, firstName="Kjersti-Liv")

    with nothing_changes():
        assert visitor.problems(REGISTER, input=given) == {("password", code) for code in codes}


@pytest.mark.parametrize(
    "password",
    [
        "xk3!vQzp",
        "дом на краю земли",
        "🐎🔋📎🪡🐎🔋📎🪡",
        "nul\0 and\ttab and\nfeed",
        " spaces around are kept ",
        "a very long passphrase " * 1000,
    ],
)
def test_a_password_may_be_long_and_of_any_characters(password: str, visitor: Caller) -> None:
    visitor.data(REGISTER, input=new(password=password))

    assert log_in("carol@example.org", password).is_in()
