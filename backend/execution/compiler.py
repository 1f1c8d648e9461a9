"""Selections become functions that answer objects.

What is collected for a type, and in which order, graphql-core itself says; here it is asked once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

from graphql import (
    ExecutionContext,
    FieldNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import collect_fields, collect_sub_fields
from graphql.pyutils import Path

from backend.execution import completion
from backend.execution.completion import Complete
from backend.execution.fields import Field, NotPlain, Resolve, always

Evaluate = Callable[[Any, ExecutionContext], Any]
Nodes = dict[str, list[FieldNode]]

NOTHING: Mapping[str, Evaluate] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Root:
    """A root field: its response key, and how its value is found and made a part of the answer."""

    key: str
    resolve: Resolve
    complete: Complete


class Compiler:
    """Compiles an operation, for the values that its variables in `@skip` and `@include` have.

    Of `context` only those are read, with the schema and the fragments. `special` may know a
    better way to answer objects of some types, and answers None for all others.
    """

    def __init__(self, context: ExecutionContext, special: "Special") -> None:
        self._schema = context.schema
        self._fragments = context.fragments
        self._conditions = context.variable_values
        self._operation = context.operation
        self._special = special

    def roots(self) -> "list[Root]":
        """The operation's root fields. Raises `NotPlain`."""
        operation = self._operation
        root = self._schema.get_root_type(operation.operation)
        if root is None:
            raise NotPlain("no such kind of operation")
        nodes = collect_fields(
            self._schema, self._fragments, self._conditions, root, operation.selection_set
        )
        return [Root(key, *self._parts(root, key, each, None)) for key, each in nodes.items()]

    def object(
        self,
        type_: GraphQLObjectType,
        nodes: Nodes,
        path: Path,
        known: Mapping[str, Evaluate] = NOTHING,
    ) -> Complete:
        """Answers an object: what `nodes` select of it, by their response keys.

        `known` has other ways to some of them than the fields' own.
        """
        fields = [
            (key, known.get(key) or self._evaluation(type_, key, each, path))
            for key, each in nodes.items()
        ]

        def completed(source: Any, context: ExecutionContext) -> dict[str, Any]:
            return {key: evaluate(source, context) for key, evaluate in fields}

        return completed

    def nodes_of(self, type_: GraphQLObjectType, parents: list[FieldNode]) -> Nodes:
        """What `parents` together select of an object of that type."""
        return collect_sub_fields(self._schema, self._fragments, self._conditions, type_, parents)

    def field(
        self, parent: GraphQLObjectType, key: str, nodes: list[FieldNode], path: Path | None
    ) -> Field | None:
        """The field behind a response key; None stands for `__typename`. Raises `NotPlain`."""
        name = nodes[0].name.value
        if name == "__typename":
            return None
        definition = parent.fields.get(name)
        if definition is None:
            raise NotPlain(name)  # `__schema` and `__type`
        return Field(parent, definition, nodes, Path(path, key, parent.name))

    def _parts(
        self, parent: GraphQLObjectType, key: str, nodes: list[FieldNode], path: Path | None
    ) -> tuple[Resolve, Complete]:
        field = self.field(parent, key, nodes, path)
        if field is None:
            return always(parent.name), lambda value, _context: value
        return field.resolve(), self.completion(field)

    def _evaluation(
        self, parent: GraphQLObjectType, key: str, nodes: list[FieldNode], path: Path
    ) -> Evaluate:
        resolve, complete = self._parts(parent, key, nodes, path)
        return lambda source, context: complete(resolve(source, context), context)

    def completion(self, field: Field) -> Complete:
        """Completes the field's value, with what is selected of it."""
        return self._completion(field.definition.type, field)

    def _completion(self, type_: GraphQLOutputType, field: Field) -> Complete:
        if is_non_null_type(type_):
            inner = cast("GraphQLNonNull[Any]", type_).of_type
            return completion.non_null(self._of_nullable(inner, field))
        return completion.nullable(self._of_nullable(type_, field))

    def _of_nullable(self, type_: Any, field: Field) -> Complete:
        if is_list_type(type_):
            items = cast("GraphQLList[Any]", type_).of_type
            return completion.listed(self._completion(items, field))
        if is_leaf_type(type_):
            return completion.leaf(type_)
        if is_abstract_type(type_):
            possible = self._schema.get_possible_types(type_)
            complete_as = {each.name: self._object(each, field) for each in possible}
            return completion.abstract(type_, field, complete_as)
        return self._object(type_, field)

    def _object(self, type_: GraphQLObjectType, field: Field) -> Complete:
        nodes = self.nodes_of(type_, field.nodes)
        complete = self._special(self, type_, nodes, field.path)
        if complete is None:
            complete = self.object(type_, nodes, field.path)
        return completion.checked_object(type_, field, complete)


Special = Callable[[Compiler, GraphQLObjectType, Nodes, Path], Complete | None]
