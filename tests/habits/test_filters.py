"""What lists of habits are narrowed to."""

from types import SimpleNamespace
from typing import Any

import pytest

from accounts.models import User
from habits.models import Habit
from tests.conftest import Caller, MakeHabit
from tests.habits.conftest import HABITS, PUBLIC_HABITS, nodes


def actions(connection: Any) -> list[str]:
    found = [node["action"] for node in nodes(connection)]
    assert connection["totalCount"] == len(found)
    return sorted(found)


@pytest.fixture
def cast(alice: User, bob: User, make_habit: MakeHabit) -> None:
    make_habit(bob, action="Walk of bob", place="the park", is_public=True)
    make_habit(alice, action="Walk", place="the Park", time="07:30", is_public=True)
    make_habit(alice, action="БЕГАТЬ", place="Парк Победы", time="22:00")
    make_habit(alice, action="100% effort", place="under_score", time="23:30")
    make_habit(alice, action="stretch", place="Straße", time="00:00", is_public=True)
    make_habit(alice, action="café", place=r"back\slash", time="06:00")
    make_habit(alice, action="tea", place="kitchen", is_enjoyed=True, is_public=True)


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("walk", ["Walk"]),
        ("WAL", ["Walk"]),
        ("alk", ["Walk"]),
        ("pARK", ["Walk"]),
        ("бегать", ["БЕГАТЬ"]),
        ("егат", ["БЕГАТЬ"]),
        ("ПОБЕДЫ", ["БЕГАТЬ"]),
        ("парк", ["БЕГАТЬ"]),
        ("%", ["100% effort"]),
        ("0% E", ["100% effort"]),
        ("_", ["100% effort"]),
        ("r_s", ["100% effort"]),
        ("\\", ["café"]),
        ("STRASSE", ["stretch"]),
        ("straße", ["stretch"]),
        ("CAFE\N{COMBINING ACUTE ACCENT}", ["café"]),
        ("e", ["100% effort", "Walk", "stretch", "tea"]),
        ("the park", ["Walk"]),
        ("walk the park", []),
        ("nothing of this", []),
        ("  walk\t", ["Walk"]),
        ("'; DROP TABLE habits_habit; --", []),
        ("a\0b", []),
        ("\0", []),
        ("x" * 10_000, []),
        ("%" * 26_000, []),
    ],
)
def test_a_search_finds_a_part_of_action_or_place_in_any_case(
    as_alice: Caller, search: str, found: list[str]
) -> None:
    assert actions(as_alice.data(HABITS, filters={"search": search})) == found


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize("search", [None, "", "  "])
def test_a_search_for_nothing_finds_all(as_alice: Caller, search: str | None) -> None:
    assert len(actions(as_alice.data(HABITS, filters={"search": search}))) == 6


def test_a_search_for_more_than_any_text_holds_is_not_composed(
    as_alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def normalize(_form: str, text: str) -> str:
        raise AssertionError(len(text))

    monkeypatch.setattr("habits.filters.unicodedata", SimpleNamespace(normalize=normalize))

    marks = "\N{COMBINING ACUTE ACCENT}" * 766
    assert actions(as_alice.data(HABITS, filters={"search": marks})) == []
    assert as_alice.data(PUBLIC_HABITS, filters={"actionStartsWith": marks})["edges"] == []


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (None, ["100% effort", "Walk", "café", "stretch", "tea", "БЕГАТЬ"]),
        ({}, ["100% effort", "Walk", "café", "stretch", "tea", "БЕГАТЬ"]),
        ({"isEnjoyed": True}, ["tea"]),
        ({"isEnjoyed": False}, ["100% effort", "Walk", "café", "stretch", "БЕГАТЬ"]),
        ({"isPublic": True}, ["Walk", "stretch", "tea"]),
        ({"isPublic": False}, ["100% effort", "café", "БЕГАТЬ"]),
        ({"isPublic": True, "isEnjoyed": False}, ["Walk", "stretch"]),
        ({"isPublic": None, "isEnjoyed": None, "timeFrom": None, "timeTo": None}, None),
        ({"timeFrom": "07:30"}, ["100% effort", "Walk", "БЕГАТЬ"]),
        ({"timeTo": "06:00"}, ["café", "stretch"]),
        ({"timeFrom": "06:00", "timeTo": "07:30"}, ["Walk", "café"]),
        ({"timeFrom": "06:01", "timeTo": "07:29"}, []),
        ({"timeFrom": "07:30", "timeTo": "07:30"}, ["Walk"]),
        ({"timeFrom": "22:00", "timeTo": "06:00"}, ["100% effort", "café", "stretch", "БЕГАТЬ"]),
        ({"timeFrom": "23:00", "timeTo": "00:00"}, ["100% effort", "stretch"]),
        (
            {"timeFrom": "00:00", "timeTo": "23:59"},
            ["100% effort", "Walk", "café", "stretch", "БЕГАТЬ"],
        ),
        ({"search": "e", "timeFrom": "22:00", "timeTo": "06:00"}, ["100% effort", "stretch"]),
        ({"search": "park", "isEnjoyed": True}, []),
    ],
)
def test_all_that_is_given_must_hold(
    as_alice: Caller, filters: dict[str, Any] | None, found: list[str] | None
) -> None:
    everything = ["100% effort", "Walk", "café", "stretch", "tea", "БЕГАТЬ"]
    expected = everything if found is None else found
    assert actions(as_alice.data(HABITS, filters=filters)) == expected


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (None, ["Walk", "Walk of bob", "stretch", "tea"]),
        ({"actionStartsWith": None, "isEnjoyed": None}, ["Walk", "Walk of bob", "stretch", "tea"]),
        ({"actionStartsWith": ""}, ["Walk", "Walk of bob", "stretch", "tea"]),
        ({"actionStartsWith": "wALK"}, ["Walk", "Walk of bob"]),
        ({"actionStartsWith": "walk of"}, ["Walk of bob"]),
        ({"actionStartsWith": "alk"}, []),
        ({"actionStartsWith": "w" * 5000}, []),
        ({"actionStartsWith": "park"}, []),
        ({"actionStartsWith": "%"}, []),
        ({"actionStartsWith": "_alk"}, []),
        ({"actionStartsWith": "\0"}, []),
        ({"isEnjoyed": True}, ["tea"]),
        ({"isEnjoyed": False}, ["Walk", "Walk of bob", "stretch"]),
        ({"actionStartsWith": "T", "isEnjoyed": True}, ["tea"]),
        ({"actionStartsWith": "T", "isEnjoyed": False}, []),
    ],
)
def test_public_habits_are_narrowed_by_how_the_action_begins(
    as_alice: Caller, filters: dict[str, Any] | None, found: list[str]
) -> None:
    assert actions(as_alice.data(PUBLIC_HABITS, filters=filters)) == found


def test_a_russian_public_habit_is_found_in_any_case(
    as_alice: Caller, bob: User, make_habit: MakeHabit
) -> None:
    make_habit(bob, action="Ёлку наряжать", is_public=True)
    make_habit(bob, action="100% усилий", is_public=True)
    for prefix, found in (("ёЛКУ", ["Ёлку наряжать"]), ("100%", ["100% усилий"]), ("10_", [])):
        filters = {"actionStartsWith": prefix}
        assert actions(as_alice.data(PUBLIC_HABITS, filters=filters)) == found


@pytest.mark.usefixtures("cast")
def test_filters_and_orders_go_together_page_after_page(as_alice: Caller) -> None:
    arguments: dict[str, Any] = {
        "first": 2,
        "filters": {"isEnjoyed": False, "timeFrom": "22:00", "timeTo": "07:00"},
        "ordering": [{"time": "DESC"}],
    }
    page = as_alice.data(HABITS, **arguments)
    assert [node["action"] for node in nodes(page)] == ["100% effort", "БЕГАТЬ"]
    assert page["totalCount"] == 4
    page = as_alice.data(HABITS, after=page["pageInfo"]["endCursor"], **arguments)
    assert [node["action"] for node in nodes(page)] == ["café", "stretch"]
    assert page["totalCount"] == 4
    assert page["pageInfo"]["hasNextPage"] is False


@pytest.mark.parametrize("name", ["timeFrom", "timeTo"])
@pytest.mark.parametrize("time", ["7", "07:30:00", "24:00"])
def test_a_filters_time_is_spelled_like_any_other(as_alice: Caller, name: str, time: str) -> None:
    assert as_alice.error_code(HABITS, filters={name: time}) == "BAD_USER_INPUT"


@pytest.mark.usefixtures("cast")
def test_filters_show_nobody_elses_habits(as_bob: Caller) -> None:
    assert actions(as_bob.data(HABITS, filters={"search": "park"})) == ["Walk of bob"]
    assert actions(as_bob.data(HABITS, filters={"search": "БЕГАТЬ"})) == []
    assert Habit.objects.filter(action="БЕГАТЬ").exists()
