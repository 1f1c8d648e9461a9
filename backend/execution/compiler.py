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
from backend.execution.fields import Complete, Evaluate, Field, NotPlain, Resolve, always

Nodes = dict[str, list[FieldNode]]
Shortcut = Callable[["Compiler", GraphQLObjectType, Nodes, Path], Complete | None]
"""A better way to answer objects of some types, which answers None for all others."""

NOTHING: Mapping[str, Evaluate] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Root:
    """A root field: its response key, and how its value is found and made a part of the answer."""

    key: str
    resolve: Resolve
    complete: Complete


class Compiler:
    """Compiles an operation, for the values that its variables in `@skip` and `@include` have.

    Of `context` only those are read, with the schema and the fragments.
    """

    def __init__(self, context: ExecutionContext, shortcut: Shortcut) -> None:
        self._schema = context.schema
        self._fragments = context.fragments
        self._conditions = context.variable_values
        self._operation = context.operation
        self._shortcut = shortcut

    def roots(self) -> "list[Root]":
        """The operation's root fields. Raises `NotPlain`."""
        operation = self._operation
        root = self._schema.get_root_type(operation.operation)
        if root is None:
            raise NotPlain("no such kind of operation")
        nodes = collect_fields(
            self._schema, self._fragments, self._conditions, root, operation.selection_set
        )
        return [self._root(root, key, each) for key, each in nodes.items()]

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

    def _root(self, parent: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> Root:
        field = self.field(parent, key, nodes, None)
        if field is None:
            return Root(key, always(parent.name), lambda value, _context: value)
        return Root(key, field.resolve(), self.completion(field))

    def _evaluation(
        self, parent: GraphQLObjectType, key: str, nodes: list[FieldNode], path: Path
    ) -> Evaluate:
        field = self.field(parent, key, nodes, path)
        if field is None:
            return always(parent.name)
        return field.evaluation(field.resolve(), self.completion(field))

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
        complete = self._shortcut(self, type_, nodes, field.path)
        if complete is None:
            complete = self.object(type_, nodes, field.path)
        return completion.checked_object(type_, field, complete)
