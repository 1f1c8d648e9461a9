"""Documents: of the schema, of the grammar, nearly of the grammar, and of tokens at random."""

from typing import Any

import graphql
from graphql import GraphQLField, GraphQLObjectType, GraphQLUnionType
from hypothesis import strategies as st
from hypothesis_graphql import Mode, mutations, nodes, queries

from backend.schema import schema
from tests.fuzz.values import ODD, Strategy, of_type

SDL = graphql.build_schema(schema.as_str())

TOKENS = (
    *("{", "}", "(", ")", "[", "]", ":", "=", "!", "|", "&", "@", "$", "...", ",", "#", "\n"),
    *("query", "mutation", "subscription", "fragment", "on", "null", "true", "a", "Query", "Habit"),
    *("__typename", "__schema", "__type", "me", "habits", "habit", "id", "first", "input", "node"),
    *("edges", "relatedHabit", "@skip", "@include", "if", "5", "-5", "1.5e9", "00", '"', '""'),
    *('"a"', '"""', '"""a"""', r'"\u0000"', r'"\ud800"', r'"\u{1F600}"', "\\", "\ufeff", "\0", "é"),
)

SOUP: Strategy = st.lists(st.sampled_from(TOKENS), max_size=60).map(" ".join)


def _literal(value: Any) -> graphql.ValueNode:
    if isinstance(value, bool):
        return nodes.Boolean(value)
    if isinstance(value, int):
        return nodes.Int(value)
    if isinstance(value, float):
        return nodes.Float(value)
    return nodes.String(value)


LITERALS = {
    name: ODD[name].map(_literal)
    for name in ("ChatId", "Date", "DateTime", "ID", "Int", "String", "Time")
}

OF_THE_SCHEMA: Strategy = st.one_of(
    *(
        documents_of(SDL, custom_scalars=LITERALS, mode=mode)
        for documents_of in (queries, mutations)
        for mode in (Mode.POSITIVE, Mode.NEGATIVE)
    )
)
"""Valid ones, and ones that break one rule of the schema; arguments are literals."""


@st.composite
def _damaged(draw: st.DrawFn) -> str:
    """A document of the schema with a part cut out, doubled or replaced."""
    document = draw(OF_THE_SCHEMA)
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(document))] * 2)))
    part = draw(st.one_of(st.just(""), st.just(document[start:end] * 2), SOUP, st.text()))
    return f"{document[:start]}{part}{document[end:]}"


DAMAGED: Strategy = _damaged()

ANY_DOCUMENT: Strategy = st.one_of(SOUP, OF_THE_SCHEMA, DAMAGED, st.text())


def _called(operation: str, name: str, field: GraphQLField) -> Strategy:
    """A call of a root field, with a variable for each argument: its document and variables."""
    declared = ", ".join(f"${each}: {argument.type}" for each, argument in field.args.items())
    passed = ", ".join(f"{each}: ${each}" for each in field.args)
    arguments = f"({passed})" if passed else ""
    head = f"{operation} ({declared})" if declared else operation
    query = f"{head} {{ {name}{arguments} {_selected(field.type, levels=3)} }}"
    values = {each: of_type(argument.type) for each, argument in field.args.items()}
    needed = {
        each: values[each] for each in values if graphql.is_required_argument(field.args[each])
    }
    optional = {each: value for each, value in values.items() if each not in needed}
    return st.tuples(st.just(query), st.fixed_dictionaries(needed, optional=optional))


NEEDED = {"statistics": '(from: "2026-02-25", to: "2026-03-02")'}
"""What fields below the root are given where they cannot do without."""


def _given(name: str, field: GraphQLField) -> str:
    is_needed = any(map(graphql.is_required_argument, field.args.values()))
    return NEEDED[name] if is_needed else ""


def _selected(type_: Any, levels: int) -> str:
    """All of an object that is no further away than so many levels."""
    named = graphql.get_named_type(type_)
    if isinstance(named, GraphQLUnionType):
        parts = " ".join(f"... on {each.name} {_selected(each, levels)}" for each in named.types)
        return f"{{ __typename {parts} }}"
    if not isinstance(named, GraphQLObjectType):
        return ""
    names = (
        f"{name}{_given(name, field)} {_selected(field.type, levels - 1)}"
        for name, field in named.fields.items()
        if levels > 1 or graphql.is_leaf_type(graphql.get_named_type(field.type))
    )
    return f"{{ __typename {' '.join(names)} }}"


CALLS: Strategy = st.one_of(
    *(
        _called(operation, name, field)
        for operation, type_ in (("query", SDL.query_type), ("mutation", SDL.mutation_type))
        if type_
        for name, field in type_.fields.items()
    )
)
