"""Which fields of a type are columns of its model, and what of a column the answer shows."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.db import models
from graphql import (
    GraphQLObjectType,
    is_leaf_type,
)
from strawberry_django.fields.field import StrawberryDjangoField
from strawberry_django.utils.typing import get_django_definition

from backend.execution.fields import (
    Field,
    NotPlain,
    attribute_of,
    global_id,
    is_relay_id,
    strawberry_type_of,
)

Row = Sequence[Any]
ReadColumn = Callable[[Any], Any]

AS_THEY_ARE: dict[str, tuple[type["models.Field[Any, Any]"], ...]] = {
    "String": (models.CharField,),
    "Boolean": (models.BooleanField,),
    "Int": (models.PositiveSmallIntegerField,),
}
"""Columns that a GraphQL type of that name shows without a conversion."""


class Columns:
    """The columns that are read, each once, by their place in a row."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, name: str) -> int:
        """Where the column of that name stands; it is read from now on."""
        return self._places.setdefault(name, len(self._places))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._places)


def model_of(type_: GraphQLObjectType) -> type[models.Model]:
    """The model that the objects of a type are made from; raises `NotPlain` where there is none."""
    definition = get_django_definition(strawberry_type_of(type_))
    if definition is None:
        raise NotPlain(type_.name)
    return definition.model


def is_column(field: Field, model: type[models.Model]) -> bool:
    """Whether the field shows a column, and nothing else, of `model`."""
    column = _model_field(field, model)
    if column is None or column.is_relation:
        return False
    # Where no null may be answered, none can be stored.
    return is_leaf_type(field.type) and (field.is_nullable or not column.null)


def is_relation(field: Field, model: type[models.Model]) -> bool:
    """Whether the field shows what a foreign key of `model` leads to, and null where it is null."""
    column = _model_field(field, model)
    is_foreign_key = isinstance(column, models.ForeignKey)
    return is_foreign_key and field.is_nullable


def column_name(field: Field) -> str:
    """The name of the model's field behind a field of a type."""
    strawberry_field = field.strawberry_field
    if strawberry_field is None:
        raise NotPlain("a field without a Strawberry field")
    return "id" if is_relay_id(strawberry_field) else attribute_of(strawberry_field)


def conversion_of(field: Field, model: type[models.Model]) -> ReadColumn | None:
    """What makes the answer's value of a column's, where that is not NULL; None: it is the same."""
    if field.strawberry_field and is_relay_id(field.strawberry_field):
        return global_id(field.parent.name)
    column = _model_field(field, model)
    if isinstance(column, AS_THEY_ARE.get(field.type.name, ())) and not column.choices:
        return None
    serialize: ReadColumn = field.type.serialize
    return serialize


def _model_field(field: Field, model: type[models.Model]) -> "models.Field[Any, Any] | None":
    strawberry_field = field.strawberry_field
    if strawberry_field is None:
        return None
    is_read = isinstance(strawberry_field, StrawberryDjangoField) and not (
        strawberry_field.base_resolver or strawberry_field.extensions or strawberry_field.arguments
    )
    if not is_read and not is_relay_id(strawberry_field):
        return None
    return _fields_by_name(model).get(column_name(field))


@cache
def _fields_by_name(model: type[models.Model]) -> "dict[str, models.Field[Any, Any]]":
    return {each.name: each for each in model._meta.concrete_fields}
