"""Values of the wrong type or out of range, and variables that are not those of the document."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.backend.hostile.calls import (
    CREATE,
    HABITS,
    NO_HABIT,
    PROFILE,
    REGISTER,
    REGISTRATION,
    UPDATE,
    USEFUL,
)
from tests.backend.hostile.request import READABLE_NUMBER, Hostile, Outcome, nested, short

NOTHING = "{ __typename }"
TEN_LISTS = (
    "query ($ordering: [HabitOrder!]) { "
    + " ".join(f"a{number}: habits(ordering: $ordering) {{ totalCount }}" for number in range(10))
    + " }"
)
SKIP = "query ($a: Boolean!) { me @skip(if: $a) { id } }"

OF_THE_WRONG_TYPE: dict[str, Sequence[Any]] = {
    "Int": (
        *("5", "", 1.5, True, [], [1, 2], {}),
        *(2**31, -(2**31) - 1, 2**63, 10**30, READABLE_NUMBER, -READABLE_NUMBER),
        *(1e300, -1e300, 1e-300),
    ),
    "Boolean": ("true", "", 0, 1, 0.5, [], [[]], {}),
    "String": (5, 1.5, True, [], [1], {}, {"a": "b"}, READABLE_NUMBER),
    "Time": (
        *("", "7:30", "24:00", "07:60", "07:30:00", "07:30Z", "07:30+01:00", "07:30\n", "now"),
        *("０７:３０", "\0", "x" * 10_000),
        *(730, 7.5, True, [], {}, READABLE_NUMBER),
    ),
    "Date": (
        *("", "2026-1-1", "2026-02-30", "0000-01-01", "10000-01-01", "20260101", "2026-W01-1"),
        *("-001-01-01", "2026-01-01T00:00", "2026-01-01\n", "２０２６-01-01", "today", "\0"),
        *(20260101, 1.5, True, [], {}, READABLE_NUMBER),
    ),
    "ChatId": (
        *("", " ", "5 ", "5\n", "+5", "--5", "0x5", "1e5", "5.0", "٣", "\0", "9" * 4301),
        *(1.5, 5.0, 1e300, True, [], [[5]], {}),
    ),
    "Ordering": ("asc", "", "ASC ", "__proto__", 1, True, [], {}),
    "[HabitOrder!]": (
        *({}, {"time": None}, {"time": "ASC", "action": "ASC"}, {"nope": "ASC"}),
        *(5, "time", [["a"]], [None], [[{"time": "ASC"}]]),
    ),
    "HabitFilter": (
        *({"nope": 1}, {"__proto__": {}}, {"search": {"search": "a"}}, {"search": ["a"]}),
        *(5, "a", [], nested(15)),
    ),
    "HabitInput!": (
        *({}, {**USEFUL, "nope": 1}, {**USEFUL, "__proto__": {}}, {**USEFUL, "owner": 1}),
        *({**USEFUL, "action": None}, {**USEFUL, "id": NO_HABIT}),
        *(None, 5, "a", []),
    ),
}


def _in_a_habit(name: str) -> Callable[[Any], dict[str, Any]]:
    return lambda value: {"input": {**USEFUL, name: value}}


def _alone(name: str) -> Callable[[Any], dict[str, Any]]:
    return lambda value: {name: value}


PLACES: Sequence[tuple[str, str, str, Callable[[Any], dict[str, Any]]]] = (
    ("Int", "habits first", HABITS, _alone("first")),
    ("Int", "createHabit duration", CREATE, _in_a_habit("duration")),
    ("Boolean", "createHabit isPublic", CREATE, _in_a_habit("isPublic")),
    ("Boolean", "@skip", SKIP, _alone("a")),
    ("String", "createHabit action", CREATE, _in_a_habit("action")),
    ("String", "habits after", HABITS, _alone("after")),
    ("Time", "createHabit time", CREATE, _in_a_habit("time")),
    ("Time", "habits timeFrom", HABITS, lambda value: {"filters": {"timeFrom": value}}),
    ("Date", "createHabit startsOn", CREATE, _in_a_habit("startsOn")),
    ("ChatId", "updateProfile", PROFILE, lambda value: {"input": {"chatId": value}}),
    ("ChatId", "register", REGISTER, lambda value: {"input": {**REGISTRATION, "chatId": value}}),
    ("Ordering", "habits ordering", HABITS, lambda value: {"ordering": [{"time": value}]}),
    ("[HabitOrder!]", "habits ordering", HABITS, _alone("ordering")),
    ("HabitFilter", "habits filters", HABITS, _alone("filters")),
    ("HabitInput!", "createHabit input", CREATE, _alone("input")),
)
"""Where a value of a type goes: the type, the argument, the document and its variables."""

OUT_OF_RANGE: dict[str, tuple[str, dict[str, Any]]] = {
    "habits first 0": (HABITS, {"first": 0}),
    "habits first -1": (HABITS, {"first": -1}),
    "habits first 101": (HABITS, {"first": 101}),
    "habits first of all": (HABITS, {"first": 2**31 - 1}),
    "habits last of all": (HABITS, {"last": -(2**31)}),
    "habits first and last": (HABITS, {"first": 1, "last": 1}),
    "duration of 68 years": (CREATE, {"input": {**USEFUL, "duration": 2**31 - 1}}),
    "duration below zero": (CREATE, {"input": {**USEFUL, "duration": -(2**31)}}),
    "periodicity of years": (CREATE, {"input": {**USEFUL, "periodicity": 2**31 - 1}}),
    "the first day there is": (CREATE, {"input": {**USEFUL, "startsOn": "0001-01-01"}}),
    "the last day there is": (CREATE, {"input": {**USEFUL, "startsOn": "9999-12-31"}}),
    "no time": (UPDATE, {"input": {"id": NO_HABIT, "time": None}}),
    **{
        f"chat id {short(value)}": (PROFILE, {"input": {"chatId": value}})
        for value in (
            *(0, "0", "-0", None, 2**52, -(2**52), 2**63, -(2**64)),
            *(READABLE_NUMBER, "9" * 4300),
        )
    },
}

NOT_OF_THE_DOCUMENT: dict[str, dict[str, Any]] = {
    "an empty object": {},
    "null": {"a": None},
    "in another case": {"A": True},
    "with its sign": {"$a": True},
    "of a prototype": {"__proto__": {"a": True}},
    "nested": {"variables": {"a": True}},
}
"""Where the document needs a variable `$a`."""

TOO_MUCH: dict[str, tuple[str, dict[str, Any]]] = {
    "unknown ones": (NOTHING, {"nope": 1, "__proto__": {"a": 1}, "constructor": []}),
    "unknown ones, nested": (NOTHING, {"nope": nested(15)}),
    "all null": (HABITS, dict.fromkeys(("first", "after", "last", "before", "filters"))),
    "900 in a list": (NOTHING, {"nope": [[]] * 900}),
    "one for a list": (HABITS, {"ordering": {"time": "ASC"}}),
    "490 orders": (HABITS, {"ordering": [{"time": "ASC"}, {"action": "DESC"}] * 245}),
    "490 orders of each list": (TEN_LISTS, {"ordering": [{"time": "ASC"}] * 490}),
}


def values() -> Iterator[Hostile]:
    for type_, place, query, variables_of in PLACES:
        for value in OF_THE_WRONG_TYPE[type_]:
            name = f"value: {place} as {type_} is {short(value)}"
            yield Hostile.document(name, Outcome.DOCUMENT, query, variables_of(value))
    for name, (query, given) in OUT_OF_RANGE.items():
        yield Hostile.document(f"value: {name}", Outcome.REFUSED, query, given)


def variables() -> Iterator[Hostile]:
    yield Hostile.document("variables: none", Outcome.DOCUMENT, SKIP)
    for name, given in NOT_OF_THE_DOCUMENT.items():
        yield Hostile.document(f"variables: {name}", Outcome.DOCUMENT, SKIP, given)
    for name, (query, given) in TOO_MUCH.items():
        yield Hostile.document(f"variables: {name}", Outcome.HARMLESS, query, given)
