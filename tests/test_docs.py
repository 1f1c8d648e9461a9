"""The documentation is tested: what it shows works, and what it names is there."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.conftest import Caller

ROOT = Path(settings.BASE_DIR)
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.django_db
def test_the_first_calls_of_the_readme_work_in_their_order() -> None:
    register, create, mine = blocks("graphql")
    caller = Caller()

    pair: dict[str, Any] = caller.data(register)
    caller.token = pair["token"]
    made = caller.data(create)
    page = caller.data(mine)

    assert made["nextDueAt"] is not None
    assert page["totalCount"] == 1
    assert page["edges"][0]["node"]["action"] == "drink a glass of water"


def test_the_readme_opens_with_the_two_commands() -> None:
    first = blocks("sh")[0].splitlines()

    assert [line.split("#")[0].strip() for line in first] == ["make run", "make test"]


def test_every_program_and_file_that_the_readme_names_is_there() -> None:
    commands = "\n".join(blocks("sh"))
    programs = set(re.findall(r"(\.venv/bin/\S+)", commands))
    linked = set(re.findall(r"\]\(([\w./-]+)\)", README))
    named = set(re.findall(r"`([a-z]+/[\w/]+\.\w+)`", README))

    assert programs
    assert {each for each in programs | linked | named if not (ROOT / each).exists()} == set()


def test_every_code_that_the_readme_lists_is_in_the_code() -> None:
    listed = set(re.findall(r"^\s*\| `([a-z_]+)`", README, flags=re.MULTILINE))
    code = "".join(
        path.read_text() for app in ("accounts", "habits") for path in (ROOT / app).glob("*.py")
    )

    assert len(listed) > 8
    assert {each for each in listed if f'"{each}"' not in code} == set()
