"""SQL that the ORM writes once for each shape, as to write it takes longer than to run it.

A shape is all that the SQL depends on. A later query of the same shape brings only its parameters,
which have to be those that the ORM would have given it, in the order of the SQL. PostgreSQL only,
whose values come as Django wants them; another database gets the query itself.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from threading import Lock
from typing import Any, TypeVar

from cachetools import LRUCache
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Field, Model, QuerySet
from django.db.models.sql import InsertQuery

from accounts.sql import prepared
from accounts.sql.loading import loaded

M = TypeVar("M", bound=Model)
Row = tuple[Any, ...]

STATEMENTS: LRUCache[Hashable, str] = LRUCache(500)
"""The SQL of each shape; no parameter is in it."""

_lock = Lock()


def rows(
    shape: Hashable, build: Callable[[], QuerySet[Any, Row]], parameters: list[Any]
) -> list[Row]:
    """The rows of the query that `build` makes: one with `values_list`."""
    sql = _sql(shape, build, parameters)
    return list(build()) if sql is None else prepared.rows(sql, parameters)


def models(
    model: type[M],
    shape: Hashable,
    build: Callable[[Mapping[str, Any]], QuerySet[M]],
    parameters: list[Any],
    annotations: Mapping[str, Any],
) -> list[M]:
    """The models of the query that `build` makes with `annotations`: whole rows of one table.

    What an annotation's name stands for is the same for all queries of a shape.
    """
    named = (model, shape, *annotations)
    sql = _sql(named, lambda: build(annotations), parameters)
    if sql is None:
        return list(build(annotations))
    names = [*(field.attname for field in model._meta.concrete_fields), *annotations]
    found = prepared.rows(sql, parameters)
    return [loaded(model, dict(zip(names, row, strict=True))) for row in found]


def insert(
    instance: Model, fields: Sequence["Field[Any, Any]"], returning: Sequence["Field[Any, Any]"]
) -> list[Row]:
    """Inserts a row with these fields of `instance`; answers those in `returning`, as one row.

    For `Model._do_insert`. The values are those that the ORM gives it, none of them an expression.
    """
    model = type(instance)
    names = tuple(field.attname for field in fields)
    shape = "insert", model, names, len(returning)
    with _lock:
        sql = STATEMENTS.get(shape)
    if sql is None:
        query = InsertQuery(model)
        query.insert_values(fields, [instance])
        compiler = query.get_compiler(DEFAULT_DB_ALIAS)
        compiler.returning_fields = returning
        ((sql, _parameters),) = compiler.as_sql()
        with _lock:
            STATEMENTS[shape] = sql
    database = connections[DEFAULT_DB_ALIAS]
    parameters = [
        field.get_db_prep_save(field.pre_save(instance, add=True), database) for field in fields
    ]
    return prepared.rows(sql, parameters)


def _sql(
    shape: Hashable, build: Callable[[], QuerySet[Any, Any]], parameters: list[Any]
) -> str | None:
    """The SQL of that shape; None where it is not to be had, or has other parameters."""
    if connection.vendor != "postgresql" or not all(map(_fits, parameters)):
        return None
    with _lock:
        sql = STATEMENTS.get(shape)
    if sql is None:
        sql, written = build().query.sql_with_params()
        if list(written) != parameters:
            return None
        with _lock:
            STATEMENTS[shape] = sql
    return sql


def _fits(parameter: object) -> bool:
    """Whether it is no number that no column holds: with one of those Django writes other SQL."""
    return not isinstance(parameter, int) or -(2**63) <= parameter < 2**63
