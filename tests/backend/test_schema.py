"""The contract: exported, described, and in production kept to those who have it."""

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)
from pytest_django import Settings

from backend.schema import schema
from tests.conftest import Caller


def test_the_exported_schema_is_that_of_the_code() -> None:
    exported = (Path(django_settings.BASE_DIR) / "schema.graphql").read_text()

    assert exported == f"{schema.as_str()}\n"


def test_every_type_field_and_argument_is_described() -> None:
    bare = []
    for name, type_ in build_schema(schema.as_str()).type_map.items():
        if is_introspection_type(type_) or is_specified_scalar_type(type_):
            continue
        bare += [] if type_.description else [name]
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            bare += [f"{name}.{each}" for each, it in type_.fields.items() if not it.description]
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            bare += [
                f"{name}.{field}({each})"
                for field, it in type_.fields.items()
                for each, argument in it.args.items()
                if not argument.description
            ]

    assert bare == []


@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { queryType { name } } }",
        '{ __type(name: "Habit") { fields { name } } }',
        '{ __type(name: "Habit") { ...f } } fragment f on __Type { description }',
    ],
)
def test_production_tells_nothing_of_the_schema(query: str, visitor: Caller) -> None:
    answer = visitor.call(query)

    assert "data" not in answer
    assert {each["message"] for each in answer["errors"]} == {
        "Introspection is off on this server."
    }


def test_production_still_names_types(visitor: Caller) -> None:
    answer = visitor.call('{ __typename __type(name: "Habit") { name __typename } }')

    assert answer["data"]["__type"] == {"name": "Habit", "__typename": "__Type"}


@pytest.mark.parametrize(
    "query",
    [
        "{ habit(id: 1) { actio } }",
        "{ habits(frst: 1) { totalCount } }",
        "query ($i: HabitInpt!) { __typename }",
        "{ habits { edges { node { relatedHabit } } } }",
        "{ habits(ordering: [{time: AS}]) { totalCount } }",
        'mutation { createHabit(input: {acton: "x"}) { __typename } }',
    ],
)
def test_production_suggests_no_names(query: str, visitor: Caller, settings: Settings) -> None:
    told = {each["message"] for each in visitor.call(query)["errors"]}
    settings.DEBUG = True
    suggested = {each["message"] for each in visitor.call(query)["errors"]}

    assert not any("Did you mean" in message for message in told)
    assert any("Did you mean" in message for message in suggested)
