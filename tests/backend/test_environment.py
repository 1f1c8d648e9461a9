"""Reading settings: typed, with errors that name the variable."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from backend.environment import Environment


def test_the_process_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("HABIT_A=file\nHABIT_B=file\nHABIT_C='with # and $HABIT_A'\n")
    monkeypatch.setenv("HABIT_A", "process")

    env = Environment.load(dotenv)

    assert env.text("HABIT_A") == "process"
    assert env.text("HABIT_B") == "file"
    assert env.text("HABIT_C") == "with # and $HABIT_A"


def test_an_empty_variable_hides_the_file_and_counts_as_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("HABIT_A=file\n")
    monkeypatch.setenv("HABIT_A", "")

    assert Environment.load(dotenv).text("HABIT_A", "default") == "default"


def test_a_missing_file_is_no_error(tmp_path: Path) -> None:
    assert Environment.load(tmp_path / ".env").text("HABIT_A") == ""


def test_values_are_read_by_type() -> None:
    env = Environment({"B": "Yes", "N": " 8123 ", "R": "0.5", "L": "a, b,,c ", "C": "leave"})

    assert env.boolean("B", default=False) is True
    assert env.integer("N", 1, low=1, high=65535) == 8123
    assert env.number("R", 1, low=0, high=1) == 0.5
    assert env.words("L") == ["a", "b", "c"]
    assert env.choice("C", "resend", ("resend", "leave")) == "leave"
    assert env.names == {"B", "N", "R", "L", "C"}


def test_defaults_stand_in_for_what_is_absent() -> None:
    env = Environment({"EMPTY": "", "BLANK": "  "})

    assert env.boolean("EMPTY", default=True) is True
    assert env.integer("BLANK", 7, low=1, high=9) == 7
    assert env.words("EMPTY", ("x",)) == ["x"]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("maybe", lambda env: env.boolean("NAME", default=False)),
        ("8123x", lambda env: env.integer("NAME", 1, low=1, high=9)),
        ("10", lambda env: env.integer("NAME", 1, low=1, high=9)),
        ("nan", lambda env: env.number("NAME", 1, low=0, high=9)),
        ("drop", lambda env: env.choice("NAME", "a", ("a", "b"))),
    ],
)
def test_an_unreadable_value_is_an_error_that_names_the_variable(value: str, read: object) -> None:
    assert callable(read)
    with pytest.raises(ImproperlyConfigured, match=rf"NAME must be .* not '{value}'"):
        read(Environment({"NAME": value}))
