"""The contract as `schema.graphql` tells it: what there is to call, and all that can be selected.

Documents are made from it, so that a field or an argument that is new is selected or drawn as well,
or makes the tests fail until they know it.
"""

from collections.abc import Mapping
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

SCHEMA = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text())
OPEN = frozenset(
    {
        *("register", "tokenAuth", "refreshToken", "verifyToken", "revokeToken"),
        *("requestPasswordReset", "resetPassword"),
    }
)
"""What a visitor may call; everything else needs a live access token."""

MENTIONED = frozenset(
    {"id", "action", "isMine", "email", "totalCount", "hasNextPage", "ok", "field", "code"}
)
"""The fields of a short selection, from which one still sees whose a thing is."""

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

    One or two calls select all there is, with related habits of related habits; more of them the
    `MENTIONED` only, as a document is bounded.
    """
    is_short = len(calls) > 2
    parts, declared, variables = [], [], {}
    for number, call in enumerate(calls):
        it, given = root_field(call.name), []
        for argument, value in call.arguments.items():
            variable = f"v{number}_{argument}"
            declared.append(f"${variable}: {it.args[argument].type}")
            given.append(f"{argument}: ${variable}")
            variables[variable] = plain(value)
        arguments = f"({', '.join(given)})" if given else ""
        selected = selection(get_named_type(it.type), levels=2 if is_short else 3, short=is_short)
        parts.append(f"f{number}: {call.name}{arguments} {selected}")
    operation = "query" if calls[0].name in QUERIES else "mutation"
    head = f"{operation} ({', '.join(declared)})" if declared else operation
    return f"{head} {{ {' '.join(parts)} }}", variables


def selection(type_: GraphQLNamedType, *, levels: int, short: bool) -> str:
    """All fields of `type_`, in braces; a type within itself `levels` deep."""
    return f"{{ {_fields(type_, (), levels, short)} }}"


def _fields(type_: GraphQLNamedType, above: tuple[str, ...], levels: int, short: bool) -> str:
    if isinstance(type_, GraphQLUnionType):
        members = (f"... on {it.name} {{ {_own(it, above, levels, short)} }}" for it in type_.types)
        return f"__typename {' '.join(members)}"
    assert isinstance(type_, GraphQLObjectType)
    return f"__typename {_own(type_, above, levels, short)}"


def _own(type_: GraphQLObjectType, above: tuple[str, ...], levels: int, short: bool) -> str:
    parts, inside = [], (*above, type_.name)
    for name, it in type_.fields.items():
        inner = get_named_type(it.type)
        if is_leaf_type(inner):
            parts += [name] if not short or name in MENTIONED else []
        elif inside.count(inner.name) < levels:
            parts.append(f"{name} {{ {_fields(inner, inside, levels, short)} }}")
    return " ".join(parts)
