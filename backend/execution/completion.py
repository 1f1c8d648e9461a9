"""How a value becomes a part of the answer, by its type (GraphQL's "Value Completion").

Whatever would be an error raises, whichever error it is: graphql-core then finds the right one.
"""

from collections.abc import Mapping
from typing import Any

from graphql import ExecutionContext, GraphQLAbstractType, GraphQLLeafType, GraphQLObjectType

from backend.execution.fields import Complete, Field


class Unexpected(Exception):
    """The value is not what its type promises, or nothing that is completed here."""


def non_null(complete: Complete) -> Complete:
    def completed(value: Any, context: ExecutionContext) -> Any:
        if value is None:
            raise Unexpected("null where none may be")
        return complete(value, context)

    return completed


def nullable(complete: Complete) -> Complete:
    def completed(value: Any, context: ExecutionContext) -> Any:
        return None if value is None else complete(value, context)

    return completed


def listed(complete: Complete) -> Complete:
    def completed(value: Any, context: ExecutionContext) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise Unexpected("no list")
        return [complete(item, context) for item in value]

    return completed


def leaf(type_: GraphQLLeafType) -> Complete:
    serialize = type_.serialize

    def completed(value: Any, _context: ExecutionContext) -> Any:
        result = serialize(value)
        if result is None:
            raise Unexpected("a value that serializes to nothing")
        return result

    return completed


def checked_object(type_: GraphQLObjectType, field: Field, complete: Complete) -> Complete:
    """Looks, as graphql-core does, whether the value is one of that type."""
    is_type_of = type_.is_type_of
    if is_type_of is None:
        return complete

    def completed(value: Any, context: ExecutionContext) -> Any:
        if is_type_of(value, field.info(context)) is not True:
            raise Unexpected("an object of another type")
        return complete(value, context)

    return completed


def abstract(
    type_: GraphQLAbstractType, field: Field, complete_as: Mapping[str, Complete]
) -> Complete:
    """Completes a value of a union or an interface as the object type that it turns out to be."""
    resolve_type = type_.resolve_type

    def completed(value: Any, context: ExecutionContext) -> Any:
        if resolve_type is None:
            raise Unexpected("an abstract type that tells no type")
        name = resolve_type(value, field.info(context), type_)
        if not isinstance(name, str):
            raise Unexpected("no type's name")
        return complete_as[name](value, context)

    return completed
