"""Arguments as resolvers take them: under Python's names, inputs as objects of their classes.

Strawberry finds out how for each value anew (`convert_argument`); here it is found out once.
"""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    get_nullable_type,
    is_leaf_type,
)
from strawberry import relay
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryContainer

Convert = Callable[[Any], Any]
Takers = Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField]


class NotConverted(Exception):
    """An argument of a kind that is not known here."""


def named_values(takers: Takers) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Converts the values of arguments, or of an input's fields. Raises `NotConverted`."""
    found = {name: (_python_name(taker), _convert(taker)) for name, taker in takers.items()}

    def converted(values: Mapping[str, Any]) -> dict[str, Any]:
        result = {}
        for name, value in values.items():
            python_name, convert = found[name]
            result[python_name] = convert(value) if convert and value is not None else value
        return result

    return converted


def _python_name(taker: GraphQLArgument | GraphQLInputField) -> str:
    name: str = taker.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].python_name
    return name


def _convert(taker: GraphQLArgument | GraphQLInputField) -> Convert | None:
    """What makes the resolver's value; None: it is the same."""
    python_type = taker.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].type
    while isinstance(python_type, StrawberryContainer):
        python_type = python_type.of_type
    if python_type is relay.GlobalID:
        raise NotConverted("a global id, which Strawberry reads")
    return _of_type(taker.type)


def _of_type(type_: Any) -> Convert | None:
    type_ = get_nullable_type(type_)
    if is_leaf_type(type_):
        return None
    if isinstance(type_, GraphQLList):
        convert = _of_type(type_.of_type)
        if convert is None:
            return None
        return lambda values: [None if each is None else convert(each) for each in values]
    if isinstance(type_, GraphQLInputObjectType):
        build = type_.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].origin
        fields = named_values(type_.fields)
        return lambda values: build(**fields(values))
    raise NotConverted(type_)
