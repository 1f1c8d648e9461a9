"""Arguments as a document has them: literals, variables, and literals with variables inside."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
)

from tests.parity.values import Kind, Values

ODD_LITERALS = 160
"""One in so many is of no type in particular."""


@dataclass
class Variable:
    """What is declared: a type, in full, perhaps a default, and what draws its values."""

    type: str
    default: str | None
    kind: Kind


class Arguments:
    """Writes the arguments of one document, and keeps what it declares."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self.variables: dict[str, Variable] = {}

    def condition(self, name: str) -> str:
        """For `@skip` or `@include`, mostly one that lets the field be."""
        holds = (name == "include") != self._values.chance(4)
        if self._values.chance(2):
            return str(holds).lower()
        type_ = self._values.of(("Boolean!", "Boolean!", "Boolean! = true", "Boolean = true"))
        declared, _, default = type_.partition(" = ")
        return self._variable(
            declared,
            str(holds).lower() if default else None,
            lambda values: holds != values.chance(4),
        )

    def of(self, parent: str, name: str, it: GraphQLField) -> str:
        """A field's arguments in brackets, or nothing."""
        given = self._values.arguments(parent, name, it)
        if not given:
            return ""
        parts = [
            f"{argument}: {self._argument(kind, it.args[argument])}"
            for argument, kind in given.items()
        ]
        return f"({', '.join(parts)})"

    def _argument(self, kind: Kind, it: Any) -> str:
        if self._values.chance(2):
            return self._variable(str(it.type), None, kind, it.type)
        return self._literal(kind(self._values), it.type)

    def _variable(self, type_: str, default: str | None, kind: Kind, of: Any = None) -> str:
        fitting = [key for key, each in self.variables.items() if each.type == type_]
        if fitting and self._values.chance(4):
            return f"${self._values.of(fitting)}"
        if of is not None and self._values.chance(4):
            default = self._constant(kind(self._values), of)
        if not type_.endswith("!") and default is None and self._values.chance(4):
            type_ += "!"
        name = f"v{len(self.variables)}"
        self.variables[name] = Variable(type_, default, kind)
        return f"${name}"

    def _literal(self, value: Any, type_: Any) -> str:
        """A literal, in which an item or a field may be a variable."""
        if self._values.chance(ODD_LITERALS):
            return _untyped(self._values.odd())
        return self._written(value, type_, self._inner)

    def _constant(self, value: Any, type_: Any) -> str:
        return self._written(value, type_, self._constant)

    def _inner(self, value: Any, type_: Any) -> str:
        if value is not None and not self._values.chance(6):
            return self._literal(value, type_)
        if value is None:
            return "null"
        return self._variable(str(type_), None, lambda _values: value)

    def _written(self, value: Any, type_: Any, inner: Callable[[Any, Any], str]) -> str:
        if value is None:
            return "null"
        if isinstance(type_, GraphQLNonNull):
            return self._written(value, type_.of_type, inner)
        if isinstance(type_, GraphQLList) and isinstance(value, list):
            if len(value) == 1 and self._values.chance(3):
                return self._written(value[0], type_.of_type, inner)
            return f"[{', '.join(inner(each, type_.of_type) for each in value)}]"
        if isinstance(type_, GraphQLInputObjectType) and isinstance(value, dict):
            fields = (
                f"{key}: {inner(each, type_.fields[key].type)}" for key, each in value.items()
            )
            return f"{{{', '.join(fields)}}}"
        if isinstance(type_, GraphQLEnumType) and isinstance(value, str):
            return value
        if isinstance(value, str) and '"' not in value and "\\" not in value and len(value) > 1:
            return f'"""{value}"""' if self._values.chance(12) else _untyped(value)
        return _untyped(value)


def _untyped(value: Any) -> str:
    """A JSON value as a literal, whatever it is meant for."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_untyped(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_untyped, value))}]"
    return json.dumps(value, ensure_ascii=False)
