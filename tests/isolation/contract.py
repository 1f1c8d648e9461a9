"""The contract as `schema.graphql` tells it: what there is to call, and all that can be selected.

Documents are made from it, so that a field or an argument that is new is selected or drawn as well,
or makes the tests fail until they know it.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    is_leaf_type,
)

from tests.isolation.ids import plain
from tests.isolation.numbers import DERIVED, MOST_SHOWN

SCHEMA = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text())
OPEN = frozenset(
    {
        *("register", "tokenAuth", "refreshToken", "verifyToken", "revokeToken"),
        *("requestPasswordReset", "resetPassword"),
    }
)
"""What a visitor may call; everything else needs a live access token."""

MENTIONED = frozenset(
    {
        *("id", "action", "isMine", "email", "totalCount", "hasNextPage", "ok", "field", "code"),
        *("date", "url"),
    }
)
"""The fields of a short selection, from which one still sees whose a thing is."""

INNER = {
    # Months 1 to 3 are those of which people's dates are.
    "Habit.checkIns": '(from: "2026-01-01", to: "2026-03-31")',
    "Habit.statistics": '(from: "2026-06-14", to: "2026-06-16")',
    "Habit.explainStrength": "(days: 2)",
    "Today.occurrences": f"(first: {MOST_SHOWN})",
}
"""The fields below the root that take arguments, by their coordinates, with those that are given.
"""

OF_THE_UPPERMOST = {*(f"Habit.{name}" for name in DERIVED), "CheckIn.habit"}
"""What is selected of no habit inside of another one."""

LISTS = frozenset({"habits", "publicHabits", "today"})
COSTLY = frozenset({"Habit.checkIns", "Habit.explainStrength"})
"""What is selected of one habit, but not of each one in a list."""

ROOTS: dict[str, GraphQLObjectType] = {
    operation: root
    for operation, root in (("query", SCHEMA.query_type), ("mutation", SCHEMA.mutation_type))
    if root is not None
}
QUERIES = tuple(ROOTS["query"].fields)
MUTATIONS = tuple(ROOTS["mutation"].fields)
CLOSED = tuple(name for name in (*QUERIES, *MUTATIONS) if name not in OPEN)


def root_field(name: str) -> GraphQLField:
    found: GraphQLField = ROOTS["query" if name in QUERIES else "mutation"].fields[name]
    return found


def coordinates() -> set[str]:
    """All that a caller can give: `habits(first)`, `HabitFilter.search`."""
    found = set()
    for root in ROOTS.values():
        for name, each in root.fields.items():
            for argument, it in each.args.items():
                type_ = get_named_type(it.type)
                if isinstance(type_, GraphQLInputObjectType):
                    found |= {f"{type_.name}.{inner}" for inner in type_.fields}
                else:
                    found.add(f"{name}({argument})")
    return found


@dataclass
class Call:
    """One root field with the arguments that are given."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def document(calls: list[Call]) -> tuple[str, dict[str, Any]]:
    """An operation of these calls, as `f0`, `f1` and so on, and its variables.

    One call selects all there is, with related habits of related habits; more of them the
    `MENTIONED` only, as a document is bounded.
    """
    is_short = len(calls) > 1
    parts, declared, variables = [], [], {}
    for number, call in enumerate(calls):
        it, given = root_field(call.name), []
        for argument, value in call.arguments.items():
            variable = f"v{number}_{argument}"
            declared.append(f"${variable}: {it.args[argument].type}")
            given.append(f"{argument}: ${variable}")
            variables[variable] = plain(value)
        arguments = f"({', '.join(given)})" if given else ""
        left_out = INNER.keys() - {"Today.occurrences"} if is_short else frozenset()
        if call.name in LISTS:
            left_out |= COSTLY
        selecting = Selecting(levels=2 if is_short else 3, short=is_short, left_out=left_out)
        selected = f"{{ {selecting.all_of(get_named_type(it.type))} }}"
        parts.append(f"f{number}: {call.name}{arguments} {selected}")
    operation = "query" if calls[0].name in QUERIES else "mutation"
    head = f"{operation} ({', '.join(declared)})" if declared else operation
    return f"{head} {{ {' '.join(parts)} }}", variables


@dataclass(frozen=True)
class Selecting:
    """What is selected of types: one, with either face, within itself `levels` deep, of `short`
    selections the `MENTIONED` fields, and nothing of `left_out` coordinates.
    """

    levels: int
    short: bool
    left_out: Set[str]

    def all_of(self, type_: GraphQLNamedType, above: tuple[str, ...] = ()) -> str:
        if isinstance(type_, GraphQLUnionType):
            members = (f"... on {it.name} {{ {self._own(it, above)} }}" for it in type_.types)
            return f"__typename {' '.join(members)}"
        assert isinstance(type_, GraphQLObjectType)
        return f"__typename {self._own(type_, above)}"

    def _own(self, type_: GraphQLObjectType, above: tuple[str, ...]) -> str:
        parts, inside = [], (*above, _without_face(type_))
        is_inner = "Habit" in above
        for name, it in type_.fields.items():
            inner, coordinate = get_named_type(it.type), f"{type_.name}.{name}"
            if coordinate in self.left_out or (is_inner and coordinate in OF_THE_UPPERMOST):
                continue
            if is_leaf_type(inner):
                parts += [name] if not self.short or name in MENTIONED else []
            elif inside.count(_without_face(inner)) < self.levels:
                given = INNER[coordinate] if it.args else ""
                parts.append(f"{name}{given} {{ {self.all_of(inner, inside)} }}")
        return " ".join(parts)


def _without_face(type_: GraphQLNamedType) -> str:
    return type_.name.removeprefix("Public")
