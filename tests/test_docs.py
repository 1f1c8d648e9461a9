"""The documentation is tested: what it shows works, and what it names is there."""

import re
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from graphql import build_schema, parse, validate
from graphql_jwt.shortcuts import get_token
from pytest_django import Settings
from strawberry import relay

from accounts.models import User
from habits.models import Habit
from notifications.messages import reminder_text
from tests.conftest import Caller, MakeHabit
from tests.markdown import blocks, section

ROOT = Path(settings.BASE_DIR)
README = (ROOT / "README.md").read_text()
NUMBERS = (ROOT / "docs" / "numbers.md").read_text()


@pytest.mark.django_db
def test_the_first_calls_of_the_readme_work_in_their_order() -> None:
    register, create, mine = blocks(section(README, "The first calls"), "graphql")
    caller = Caller()

    pair: dict[str, Any] = caller.data(register)
    caller.token = pair["token"]
    made = caller.data(create)
    page = caller.data(mine)

    assert made["nextDueAt"] is not None
    assert page["totalCount"] == 1
    assert page["edges"][0]["node"]["action"] == "drink a glass of water"


A_DAY = section(README, "A day in the life")
WHEN = {
    "Register": "2026-06-01T04:00Z",
    "CreateHabit": "2026-06-01T04:01Z",
    "Done": "2026-06-01T05:31Z",
    "Today": "2026-06-02T00:59Z",
    "Skip": "2026-06-02T05:31Z",
    "Pause": "2026-06-03T06:00Z",
    "Resume": "2026-06-08T04:00Z",
    "HeatMap": "2026-06-08T04:01Z",
    "Adopt": "2026-06-08T04:02Z",
    "Link": "2026-06-08T04:03Z",
}
"""The moment of each call, by its name. Berlin is two hours ahead of it."""

ANSWERS: dict[str, Any] = {
    "Done": {"date": "2026-06-01", "status": "DONE"},
    # A minute before three at night it is still Monday.
    "Today": {
        "date": "2026-06-01",
        "occurrences": [
            {"time": "07:30", "state": "DONE", "currentStreak": 1, "habit": {"action": "stretch"}}
        ],
    },
    # Once of ten times in two weeks: 0.1 * (1 - 0.955937).
    "Skip": {
        "habit": {
            "todayState": "SKIPPED",
            "currentStreak": 1,
            "strength": pytest.approx(0.004406, abs=1e-6),
        }
    },
    "Pause": {"isPaused": True, "pausedUntil": "2026-06-12"},
    "Resume": {"isPaused": False, "nextDueAt": "2026-06-08T05:30:00+00:00"},
    "HeatMap": {
        "statistics": {
            "completionRate": 1,
            "calendar": [
                {"date": f"2026-06-0{day}", "state": state}
                for day, state in enumerate(("DONE", "SKIPPED", *["PAUSED"] * 5, "DUE"), start=1)
            ],
        }
    },
    "Adopt": {"action": "walk", "startsOn": "2026-06-08"},
}


@pytest.mark.django_db
def test_the_day_in_the_life_of_the_readme_goes_as_told(
    bob: User, make_habit: MakeHabit, settings: Settings
) -> None:
    settings.TELEGRAM_BOT_NAME = "good_habits_bot"
    public = make_habit(bob, is_public=True)
    ids = {"publicHabit": relay.to_base64("PublicHabit", public.pk)}
    caller, answers = Caller(), {}

    for document in blocks(A_DAY, "graphql"):
        name = re.findall(r"^(?:query|mutation) (\w+)", document)[0]
        with time_machine.travel(WHEN[name], tick=False):
            if name != "Register":
                caller.token = get_token(User.objects.get(email="anna@example.org"))
            answers[name] = caller.data(document, **ids)
        if name == "CreateHabit":
            ids["habit"] = answers[name]["id"]

    assert list(answers) == list(WHEN)
    assert answers["Register"]["token"]
    assert answers["CreateHabit"]["nextDueAt"] == "2026-06-01T05:30:00+00:00"
    assert answers["Link"]["url"].startswith("https://t.me/good_habits_bot?start=")
    assert {name: answers[name] for name in ANSWERS} == ANSWERS
    (told,) = blocks(A_DAY, "text")
    sent = reminder_text(Habit.objects.get(action="stretch"))
    assert re.sub("</?b>", "", sent) == told.strip()


def test_the_api_has_every_field_that_the_page_of_numbers_asks_for() -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text())
    documents = blocks(NUMBERS, "graphql")

    assert len(documents) == 2
    assert [validate(schema, parse(each)) for each in documents] == [[], []]


def test_the_readme_opens_with_the_two_commands() -> None:
    first = blocks(README, "sh")[0].splitlines()

    assert [line.split("#")[0].strip() for line in first] == ["make run", "make test"]


def test_every_program_and_file_that_the_readme_names_is_there() -> None:
    commands = "\n".join(blocks(README, "sh"))
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
