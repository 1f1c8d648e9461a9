"""Fields for what people type."""

import unicodedata
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from accounts.fields import LineField, LowerCaseEmailField
from accounts.models import User

OPTIONAL = LineField(max_length=10, null=True)
REQUIRED = LineField(max_length=10)


def code_of(field: "LineField[Any, Any]", value: object) -> str | None:
    with pytest.raises(ValidationError) as error:
        field.clean(value, None)
    (only,) = error.value.error_list
    return only.code


def test_what_is_too_long_in_any_form_is_not_composed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen thousand marks on one letter would take a quarter of a second."""
    acute, limit = "\N{COMBINING ACUTE ACCENT}", 40
    composed: list[int] = []

    def normalize(form: str, text: str) -> str:
        composed.append(len(text))
        return text

    watched = SimpleNamespace(normalize=normalize, category=unicodedata.category)
    monkeypatch.setattr("accounts.fields.unicodedata", watched)

    assert code_of(REQUIRED, " " + acute * (limit + 1)) == "too_long"
    assert composed == []
    assert code_of(REQUIRED, " " + acute * limit) == "too_long"
    assert composed == [limit]


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("walk", "walk"),
        ("  walk\t\n", "walk"),
        ("a walk", "a walk"),
        ("e\N{COMBINING ACUTE ACCENT}", "\N{LATIN SMALL LETTER E WITH ACUTE}"),
        ("x" * 10, "x" * 10),
        ("  " + "x" * 10 + "  ", "x" * 10),
        # Eleven code points as typed, ten as kept.
        ("x" * 9 + "e\N{COMBINING ACUTE ACCENT}", "x" * 9 + "\N{LATIN SMALL LETTER E WITH ACUTE}"),
        ("👩\N{ZERO WIDTH JOINER}🔬", "👩\N{ZERO WIDTH JOINER}🔬"),
        ("שלום", "שלום"),
        (5, "5"),
        (None, None),
    ],
)
def test_a_line_is_trimmed_and_composed(value: object, cleaned: str | None) -> None:
    assert OPTIONAL.clean(value, None) == cleaned


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "\t\r\n",
        "\N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}",
        "\N{ZERO WIDTH SPACE}",
        "\N{ZERO WIDTH JOINER} \N{RIGHT-TO-LEFT MARK}",
        "\N{ZERO WIDTH NO-BREAK SPACE}",
    ],
)
def test_a_line_has_something_to_see(value: str) -> None:
    assert code_of(OPTIONAL, value) == "blank"
    assert code_of(REQUIRED, value) == "blank"


@pytest.mark.parametrize(
    "character", ["\0", "\n", "\r", "\t", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"]
)
def test_a_line_has_no_control_characters_and_no_second_line(character: str) -> None:
    assert code_of(OPTIONAL, f"a{character}b") == "invalid"


def test_a_line_has_a_longest_length() -> None:
    with pytest.raises(ValidationError) as error:
        OPTIONAL.clean("x" * 11, None)

    assert error.value.code == "too_long"
    assert error.value.messages == ["This is too long: 11 characters, at most 10 are allowed."]


def test_a_line_may_have_no_longest_length() -> None:
    assert LineField().clean("x" * 100_000, None) == "x" * 100_000


def test_a_missing_line_is_none_where_that_is_allowed() -> None:
    assert OPTIONAL.clean(None, None) is None
    assert code_of(REQUIRED, None) == "required"


@given(st.text(max_size=12))
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    try:
        cleaned = OPTIONAL.clean(text, None)
    except ValidationError:
        return
    assert OPTIONAL.clean(cleaned, None) == cleaned
    assert cleaned == cleaned.strip() == unicodedata.normalize("NFC", text).strip()
    assert 1 <= len(cleaned) <= 10


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (" Alice@Example.ORG\n", "alice@example.org"),
        ("\u017fi\u212a@E\u0301x.org", "sik@\u00e9x.org"),
        ("\0", "\N{REPLACEMENT CHARACTER}"),
        (None, None),
        (5, 5),
    ],
)
def test_an_address_is_in_lower_case_wherever_it_enters(value: object, kept: object) -> None:
    assert LowerCaseEmailField().to_python(value) == kept


def test_an_address_is_saved_and_looked_up_in_lower_case(db: None) -> None:
    user = User.objects.create_user("Alice@Example.ORG")

    user.refresh_from_db()
    assert user.email == "alice@example.org"
    assert User.objects.get(email="ALICE@example.org ") == user
    assert User.objects.filter(email__in=["ALICE@EXAMPLE.ORG"]).get() == user
    assert User.objects.get_by_natural_key("aLICE@example.org") == user
    assert not User.objects.filter(email="alice@example.org\0").exists()
