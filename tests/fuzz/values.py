"""Values for every type of the schema: good ones, ones that are nearly good, and anything else."""

import base64
import datetime
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
)
from hypothesis import strategies as st

from tests.conftest import PASSWORD

Strategy = st.SearchStrategy[Any]

STANDING_IN = ("@own@", "@public@", "@foreign@", "@cursor@", "@token@", "@refresh-token@")
"""What stands in for ids, cursors and tokens, which are known only once there are rows."""

TEXTS: Strategy = st.one_of(
    st.sampled_from(["\0", "a\0b", "\ud800", "a\udfff", "\udc00\ud800", "x" * 10_000]),
    st.text(),
    st.text(st.sampled_from('\0\n\t"\\%_ aЯß\u0301\u200b\u202e\uffff😀'), max_size=20),
    st.sampled_from((*STANDING_IN, PASSWORD, "alice@example.org", "Europe/Berlin", "en", "")),
    st.emails(),
    st.integers(0, 3_000).map(lambda length: "x" * length),
)

EDGES = (0, 2**31 - 1, 2**31, -(2**31) - 1, 2**52, 2**63 - 1, 2**63, 10**19, 10**4299)

NUMBERS: Strategy = st.one_of(
    st.integers(),
    st.integers(0, 130),
    st.sampled_from(EDGES),
    st.floats(allow_nan=False, allow_infinity=False),
)

TIMES: Strategy = st.one_of(
    st.times().map(lambda time: f"{time:%H:%M}"),
    st.times().map(str),
    st.from_regex(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?", fullmatch=True),
    st.text("0123456789:-+ZT. \0०", max_size=12),
)

DATES: Strategy = st.one_of(
    st.dates().map(str),
    st.datetimes().map(str),
    st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True),
    st.text("0123456789-WT \0०", max_size=12),
)

CHATS: Strategy = st.one_of(
    st.integers(-(2**53), 2**53),
    st.integers().map(str),
    st.text("0123456789-+ .e\0०", max_size=25),
    NUMBERS,
)


def _global_id(name: str, number: object) -> str:
    return base64.b64encode(f"{name}:{number}".encode()).decode()


IDS: Strategy = st.one_of(
    st.sampled_from(STANDING_IN),
    st.builds(
        _global_id,
        st.sampled_from(["Habit", "PublicHabit", "User", ""]),
        st.one_of(st.integers(), st.text("0123456789-+_. \0०", max_size=25)),
    ),
    TEXTS,
    NUMBERS,
)

ODD: dict[str, Strategy] = {
    "Boolean": st.booleans(),
    "ChatId": CHATS,
    "Date": DATES,
    "DateTime": DATES,
    "ID": IDS,
    "Int": NUMBERS,
    "String": TEXTS,
    "Time": TIMES,
}
"""For each scalar what it takes and what it does not."""

PLAIN: dict[str, Strategy] = {
    "Boolean": st.booleans(),
    "ChatId": st.integers(1, 10**9),
    "Date": st.dates(datetime.date(2020, 1, 1), datetime.date(2030, 1, 1)).map(str),
    "DateTime": st.just("2026-03-02T12:00:00+00:00"),
    "ID": st.sampled_from(STANDING_IN[:3]),
    "Int": st.integers(1, 7),
    "String": st.sampled_from(["walk", PASSWORD, "alice@example.org", "en", *STANDING_IN[3:]]),
    "Time": st.times().map(lambda time: f"{time:%H:%M}"),
}
"""For each scalar what it takes, and mostly something comes of."""

ANYTHING: Strategy = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=6,
)


def of_type(type_: GraphQLInputType) -> Strategy:
    """Values in JSON: most fit, and one in twenty is of whatever type."""
    return st.integers(0, 19).flatmap(lambda drawn: _fitting(type_) if drawn else ANYTHING)


def _fitting(type_: GraphQLInputType) -> Strategy:
    if isinstance(type_, GraphQLNonNull):
        return _present(type_.of_type)
    return st.integers(0, 4).flatmap(lambda drawn: _present(type_) if drawn else st.none())


def _present(type_: Any) -> Strategy:
    if isinstance(type_, GraphQLScalarType):
        return st.booleans().flatmap(lambda plain: (PLAIN if plain else ODD)[type_.name])
    if isinstance(type_, GraphQLEnumType):
        return st.sampled_from(sorted(type_.values))
    if isinstance(type_, GraphQLList):
        return st.lists(of_type(type_.of_type), max_size=4)
    if isinstance(type_, GraphQLInputObjectType):
        return _object(type_)
    raise TypeError(type_)


def _object(type_: GraphQLInputObjectType) -> Strategy:
    fields = {name: of_type(field.type) for name, field in type_.fields.items()}
    if type_.is_one_of:
        return st.sampled_from(sorted(fields)).flatmap(
            lambda name: st.fixed_dictionaries({name: fields[name]})
        )
    needed = {
        name: fields[name]
        for name, field in type_.fields.items()
        if isinstance(field.type, GraphQLNonNull)
    }
    optional = {name: value for name, value in fields.items() if name not in needed}
    return st.fixed_dictionaries(needed, optional=optional)
