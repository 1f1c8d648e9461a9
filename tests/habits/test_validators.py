"""The rules of a habit, each with its field and code, on a new habit and on a changed one."""

from typing import Any

import pytest

from accounts.models import User
from habits.models import Habit
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import (
    CREATE,
    ENJOYED,
    NEVER_USED,
    UPDATE,
    USEFUL,
    all_rows,
    id_of,
)

Problems = set[tuple[str, str]]


@pytest.fixture
def ids(alice: User, bob: User, make_habit: MakeHabit) -> dict[str, str]:
    """Ids that a related habit may be given: the good one and the bad ones."""
    return {
        "<enjoyed>": id_of(make_habit(alice, is_enjoyed=True)),
        "<useful>": id_of(make_habit(alice)),
        "<bob's enjoyed>": id_of(make_habit(bob, is_enjoyed=True, is_public=True)),
        "<never used>": id_of(NEVER_USED),
        "<of another type>": id_of(make_habit(alice, is_enjoyed=True), "PublicHabit"),
    }


def filled(fields: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    return {
        name: ids.get(value, value) if isinstance(value, str) else value
        for name, value in fields.items()
    }


BROKEN: dict[str, tuple[dict[str, Any], Problems]] = {
    "a useful habit without a time": ({"time": None}, {("time", "required")}),
    "a useful habit without a duration": ({"duration": None}, {("duration", "required")}),
    "no seconds": ({"duration": 0}, {("duration", "duration_too_short")}),
    "fewer than no seconds": ({"duration": -(2**31)}, {("duration", "duration_too_short")}),
    "a second too many": ({"duration": 121}, {("duration", "duration_too_long")}),
    "the most seconds": ({"duration": 2**31 - 1}, {("duration", "duration_too_long")}),
    "every 0 days": ({"periodicity": 0}, {("periodicity", "periodicity_out_of_range")}),
    "every 8 days": ({"periodicity": 8}, {("periodicity", "periodicity_out_of_range")}),
    "every -1 days": ({"periodicity": -1}, {("periodicity", "periodicity_out_of_range")}),
    "the rarest": ({"periodicity": 2**31 - 1}, {("periodicity", "periodicity_out_of_range")}),
    "on no weekday": ({"weekdays": []}, {("weekdays", "required")}),
    "both periodicity and weekdays": (
        {"periodicity": 2, "weekdays": ["MONDAY"]},
        {("weekdays", "schedule_conflict")},
    ),
    "a wrong periodicity and no weekday": (
        {"periodicity": 8, "weekdays": []},
        {
            ("periodicity", "periodicity_out_of_range"),
            ("weekdays", "required"),
            ("weekdays", "schedule_conflict"),
        },
    ),
    "neither reward nor related habit": (
        {"reward": None},
        {("reward", "reward_or_related_habit_required")},
    ),
    "both reward and related habit": (
        {"relatedHabit": "<enjoyed>"},
        {("relatedHabit", "reward_and_related_habit")},
    ),
    "a related habit that is useful": (
        {"reward": None, "relatedHabit": "<useful>"},
        {("relatedHabit", "related_habit_not_enjoyed")},
    ),
    "another person's related habit": (
        {"reward": None, "relatedHabit": "<bob's enjoyed>"},
        {("relatedHabit", "related_habit_not_found")},
    ),
    "a related habit that never was": (
        {"reward": None, "relatedHabit": "<never used>"},
        {("relatedHabit", "related_habit_not_found")},
    ),
    "a public habit's id as related habit": (
        {"reward": None, "relatedHabit": "<of another type>"},
        {("relatedHabit", "related_habit_not_found")},
    ),
    "no id at all as related habit": (
        {"reward": None, "relatedHabit": "tea"},
        {("relatedHabit", "related_habit_not_found")},
    ),
    "an empty id as related habit": (
        {"reward": None, "relatedHabit": ""},
        {("relatedHabit", "related_habit_not_found")},
    ),
    "a number beyond the database's as related habit": (
        {"reward": None, "relatedHabit": id_of(2**70)},
        {("relatedHabit", "related_habit_not_found")},
    ),
    "an enjoyed habit with a reward": (
        {"isEnjoyed": True},
        {("reward", "enjoyed_habit_has_reward")},
    ),
    "an enjoyed habit with a related habit": (
        {"isEnjoyed": True, "reward": None, "relatedHabit": "<enjoyed>"},
        {("relatedHabit", "enjoyed_habit_has_related_habit")},
    ),
    "an enjoyed habit with both": (
        {"isEnjoyed": True, "relatedHabit": "<enjoyed>"},
        {
            ("reward", "enjoyed_habit_has_reward"),
            ("relatedHabit", "enjoyed_habit_has_related_habit"),
            ("relatedHabit", "reward_and_related_habit"),
        },
    ),
    "a start eleven years ago": (
        {"startsOn": "2000-01-01"},
        {("startsOn", "starts_on_out_of_range")},
    ),
    "all at once": (
        {
            "action": " ",
            "place": "a\u0007b",
            "time": None,
            "duration": 0,
            "periodicity": 9,
            "startsOn": "9999-12-31",
            "reward": "x" * 256,
            "relatedHabit": "<useful>",
        },
        {
            ("action", "blank"),
            ("place", "invalid"),
            ("time", "required"),
            ("duration", "duration_too_short"),
            ("periodicity", "periodicity_out_of_range"),
            ("startsOn", "starts_on_out_of_range"),
            ("reward", "too_long"),
            ("relatedHabit", "reward_and_related_habit"),
            ("relatedHabit", "related_habit_not_enjoyed"),
        },
    ),
}


@pytest.mark.parametrize(("fields", "problems"), BROKEN.values(), ids=BROKEN)
def test_a_new_habit_that_breaks_rules_is_refused(
    as_alice: Caller, ids: dict[str, str], fields: dict[str, Any], problems: Problems
) -> None:
    before = all_rows()
    assert as_alice.problems(CREATE, input={**USEFUL, **filled(fields, ids)}) == problems
    assert all_rows() == before


@pytest.mark.parametrize(("fields", "problems"), BROKEN.values(), ids=BROKEN)
def test_a_change_whose_result_breaks_rules_is_refused(
    as_alice: Caller, ids: dict[str, str], fields: dict[str, Any], problems: Problems
) -> None:
    habit = as_alice.data(CREATE, input=USEFUL)
    before = all_rows()
    change = {"id": habit["id"], **filled(fields, ids)}
    assert as_alice.problems(UPDATE, input=change) == problems
    assert all_rows() == before


ON_EDGES: dict[str, dict[str, Any]] = {
    "the shortest duration": {"duration": 1},
    "the longest duration": {"duration": 120},
    "every day": {"periodicity": 1},
    "every week": {"periodicity": 7},
    "on one weekday": {"weekdays": ["SUNDAY"]},
    "on all weekdays": {
        "weekdays": [
            *("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"),
        ]
    },
    "a related habit": {"reward": None, "relatedHabit": "<enjoyed>"},
    "an enjoyed habit with a time": {"isEnjoyed": True, "reward": None},
    "an enjoyed habit with nothing": {
        "isEnjoyed": True,
        "reward": None,
        "time": None,
        "duration": None,
    },
}


@pytest.mark.parametrize("fields", ON_EDGES.values(), ids=ON_EDGES)
def test_what_just_keeps_the_rules_is_taken(
    as_alice: Caller, ids: dict[str, str], fields: dict[str, Any]
) -> None:
    given = filled(fields, ids)
    made = as_alice.data(CREATE, input={**USEFUL, **given})
    changed = as_alice.data(
        UPDATE, input={"id": as_alice.data(CREATE, input=USEFUL)["id"], **given}
    )
    for habit in (made, changed):
        assert habit["__typename"] == "Habit", habit
        for name, value in given.items():
            expected = {"id": value} if name == "relatedHabit" else value
            assert habit[name] == expected


def test_each_problem_says_in_words_what_to_mend(as_alice: Caller, ids: dict[str, str]) -> None:
    fields, problems = BROKEN["all at once"]
    payload = as_alice.data(CREATE, input={**USEFUL, **filled(fields, ids)})
    assert payload["__typename"] == "OperationInfo"
    assert len(payload["messages"]) == len(problems)
    for message in payload["messages"]:
        assert message["kind"] == "VALIDATION"
        assert message["message"].endswith(".")


# --- changes of one field that break a rule with another -----------------------------------------


def test_an_enjoyed_habit_does_not_turn_useful_without_what_that_needs(as_alice: Caller) -> None:
    enjoyed = as_alice.data(CREATE, input=ENJOYED)
    before = all_rows()
    assert as_alice.problems(UPDATE, input={"id": enjoyed["id"], "isEnjoyed": False}) == {
        ("time", "required"),
        ("duration", "required"),
        ("reward", "reward_or_related_habit_required"),
    }
    assert all_rows() == before


def test_a_reward_does_not_join_a_related_habit(as_alice: Caller, ids: dict[str, str]) -> None:
    related = {**USEFUL, "reward": None, "relatedHabit": ids["<enjoyed>"]}
    habit = as_alice.data(CREATE, input=related)
    before = all_rows()
    assert as_alice.problems(UPDATE, input={"id": habit["id"], "reward": "tea"}) == {
        ("relatedHabit", "reward_and_related_habit")
    }
    assert as_alice.problems(UPDATE, input={"id": habit["id"], "relatedHabit": None}) == {
        ("reward", "reward_or_related_habit_required")
    }
    assert as_alice.problems(UPDATE, input={"id": habit["id"], "isEnjoyed": True}) == {
        ("relatedHabit", "enjoyed_habit_has_related_habit")
    }
    assert all_rows() == before


def test_a_reward_does_not_join_an_enjoyed_habit(as_alice: Caller) -> None:
    habit = as_alice.data(CREATE, input=ENJOYED)
    before = all_rows()
    assert as_alice.problems(UPDATE, input={"id": habit["id"], "reward": "tea"}) == {
        ("reward", "enjoyed_habit_has_reward")
    }
    assert all_rows() == before


def test_an_enjoyed_habit_that_rewards_others_stays_enjoyed(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    enjoyed = make_habit(alice, is_enjoyed=True)
    make_habit(alice, related_habit=enjoyed)
    before = all_rows()
    turned = {"id": id_of(enjoyed), **USEFUL, "isEnjoyed": False}
    assert as_alice.problems(UPDATE, input=turned) == {("isEnjoyed", "enjoyed_habit_in_use")}
    assert all_rows() == before


def test_an_enjoyed_habit_that_rewards_nobody_any_more_may_turn_useful(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    enjoyed = make_habit(alice, is_enjoyed=True)
    leaning = make_habit(alice, related_habit=enjoyed)
    freed = {"id": id_of(leaning), "relatedHabit": None, "reward": "tea"}
    assert as_alice.problems(UPDATE, input=freed) == set()
    turned = {"id": id_of(enjoyed), **USEFUL, "isEnjoyed": False}
    assert as_alice.problems(UPDATE, input=turned) == set()
    assert Habit.objects.filter(is_enjoyed=False).count() == 2


def test_other_changes_of_a_habit_that_rewards_others_are_free(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    enjoyed = make_habit(alice, is_enjoyed=True)
    make_habit(alice, related_habit=enjoyed)
    changed = as_alice.data(UPDATE, input={"id": id_of(enjoyed), "action": "sip tea"})
    assert changed["action"] == "sip tea"


def test_a_habit_is_not_its_own_reward(
    as_alice: Caller, alice: User, make_habit: MakeHabit
) -> None:
    useful, enjoyed = make_habit(alice), make_habit(alice, is_enjoyed=True)
    before = all_rows()
    itself = {"id": id_of(useful), "reward": None, "relatedHabit": id_of(useful)}
    assert as_alice.problems(UPDATE, input=itself) == {
        ("relatedHabit", "related_habit_not_enjoyed")
    }
    turned = {"id": id_of(enjoyed), **USEFUL, "reward": None, "isEnjoyed": False}
    assert as_alice.problems(UPDATE, input={**turned, "relatedHabit": id_of(enjoyed)}) == {
        ("relatedHabit", "related_habit_not_enjoyed")
    }
    still = {"id": id_of(enjoyed), "relatedHabit": id_of(enjoyed)}
    assert as_alice.problems(UPDATE, input=still) == {
        ("relatedHabit", "enjoyed_habit_has_related_habit")
    }
    assert all_rows() == before


# --- texts ---------------------------------------------------------------------------------------

TEXTS = ("action", "place", "reward")

TAKEN = {
    "plain": ("stretch", "stretch"),
    "Russian": ("Пробежка до моря", "Пробежка до моря"),
    "emoji": ("бег 🏃\N{ZERO WIDTH JOINER}♀️ и 🍵", "бег 🏃\N{ZERO WIDTH JOINER}♀️ и 🍵"),
    "an emoji alone": ("🏃", "🏃"),
    "blanks around": (" \t\n stretch \r\n", "stretch"),
    "a no-break space around": ("\N{NO-BREAK SPACE}stretch\N{NO-BREAK SPACE}", "stretch"),
    "blanks within": ("a  b", "a  b"),
    "decomposed": ("cafe\N{COMBINING ACUTE ACCENT}", "caf\N{LATIN SMALL LETTER E WITH ACUTE}"),
    "the longest": ("x" * 255, "x" * 255),
    "the longest after trimming": (" " + "x" * 255 + " ", "x" * 255),
    "the longest after composing": (
        "\N{CYRILLIC SMALL LETTER I}\N{COMBINING BREVE}" * 255,
        "\N{CYRILLIC SMALL LETTER SHORT I}" * 255,
    ),
    "the longest in emoji": ("🏃" * 255, "🏃" * 255),
    "the longest when folded": (
        "\N{GREEK SMALL LETTER IOTA WITH DIALYTIKA AND TONOS}" * 255,
        "\N{GREEK SMALL LETTER IOTA WITH DIALYTIKA AND TONOS}" * 255,
    ),
    "markup": ("<b>& 'quoted' \"", "<b>& 'quoted' \""),
}

REFUSED = {
    "empty": ("", "blank"),
    "blanks": (" \t\n ", "blank"),
    "a zero-width space": ("\N{ZERO WIDTH SPACE}", "blank"),
    "joiners and blanks": ("\N{ZERO WIDTH JOINER} \N{WORD JOINER}", "blank"),
    "a soft hyphen": ("\N{SOFT HYPHEN}", "blank"),
    "a byte order mark": ("\N{ZERO WIDTH NO-BREAK SPACE}", "blank"),
    "NUL": ("a\0b", "invalid"),
    "NUL alone": ("\0", "invalid"),
    "a line feed within": ("a\nb", "invalid"),
    "a tab within": ("a\tb", "invalid"),
    "an escape": ("a\x1b[31mb", "invalid"),
    "a C1 control": ("a\x85b", "invalid"),
    "a line separator": ("a\N{LINE SEPARATOR}b", "invalid"),
    "too long": ("x" * 256, "too_long"),
    "too long in Russian": ("я" * 256, "too_long"),
    "too long in emoji": ("🏃" * 256, "too_long"),
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(("given", "stored"), TAKEN.values(), ids=TAKEN)
def test_a_text_is_taken_trimmed_and_composed(
    as_alice: Caller, name: str, given: str, stored: str
) -> None:
    made = as_alice.data(CREATE, input={**USEFUL, name: given})
    assert made[name] == stored
    assert getattr(Habit.objects.get(), name) == stored
    changed = as_alice.data(UPDATE, input={"id": made["id"], name: "another"})
    assert changed[name] == "another"
    assert as_alice.data(UPDATE, input={"id": made["id"], name: given})[name] == stored
    assert getattr(Habit.objects.get(), name) == stored


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(("given", "code"), REFUSED.values(), ids=REFUSED)
def test_a_text_that_is_not_one_visible_line_is_refused(
    as_alice: Caller, name: str, given: str, code: str
) -> None:
    assert as_alice.problems(CREATE, input={**USEFUL, name: given}) == {(name, code)}
    assert all_rows() == []
    made = as_alice.data(CREATE, input=USEFUL)
    before = all_rows()
    assert as_alice.problems(UPDATE, input={"id": made["id"], name: given}) == {(name, code)}
    assert all_rows() == before


def test_half_of_a_surrogate_pair_is_no_text(as_alice: Caller) -> None:
    given = {**USEFUL, "action": "a\ud800b"}
    answer = as_alice.post({"query": CREATE, "variables": {"input": given}})
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    literal = 'mutation { createHabit(input: {action: "a\\ud800b", place: "b"}) { __typename } }'
    assert as_alice.error_code(literal) == "BAD_USER_INPUT"
    assert all_rows() == []


def test_a_message_about_a_long_text_names_both_lengths(as_alice: Caller) -> None:
    payload = as_alice.data(CREATE, input={**USEFUL, "place": "x" * 300})
    (message,) = payload["messages"]
    assert "300" in message["message"]
    assert "255" in message["message"]
