"""What the database is asked for a page: the rows beyond a cursor, and one more than fit.

A page of plain rows depends on the list's condition, its order and the columns: that is its shape
(`accounts.sql.statements`).
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, QuerySet

from accounts.claims import Claim
from accounts.models import User
from accounts.sql import statements
from habits.sort_keys import SortKeys, beyond, parameters_beyond

M = TypeVar("M", bound=Model)
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class PageQuery(Generic[M]):
    """The first `limit` rows of `rows_of` in the order of `keys`, or the last ones, `backward`.

    `after` and `before` are the keys' values of rows that the page lies beyond. With a `claim`
    there are rows only while that account is live.
    """

    rows_of: QuerySet[M]
    keys: SortKeys
    backward: bool
    after: Sequence[Any] | None
    before: Sequence[Any] | None
    limit: int
    claim: Claim | None

    def queryset(self) -> QuerySet[M]:
        rows = self.rows_of
        if self.claim is not None:
            rows = rows.filter(self.claim.is_live())
        if self.after is not None:
            rows = rows.filter(beyond(self.keys, self.after, backward=False))
        if self.before is not None:
            rows = rows.filter(beyond(self.keys, self.before, backward=True))
        order = [key.order_by(backward=self.backward) for key in self.keys]
        return rows.order_by(*order)[: self.limit]

    def tuples(self, columns: tuple[str, ...]) -> list[Row]:
        """The rows as tuples of these columns."""
        if not self._is_plain():
            return list(self._values(columns))
        try:
            condition, parameters = self._condition()
        except EmptyResultSet:
            return []
        if self.claim is not None:
            parameters += self.claim.parameters
        parameters += parameters_beyond(self.after or ()) + parameters_beyond(self.before or ())
        shape = self._shape(condition, columns)
        return statements.rows(shape, lambda: self._values(columns), parameters)

    def _values(self, columns: tuple[str, ...]) -> "QuerySet[M, Row]":
        return self.queryset().values_list(*columns)

    def _condition(self) -> tuple[Hashable, list[Any]]:
        """What tells `rows_of` from other lists of its model, and the parameters of that."""
        rows_of: Any = self.rows_of
        # A filter that is deferred is one more, where there are others already.
        match None if rows_of._query.where else rows_of._deferred_filter:  # Django's own
            case (False, (), {"owner": User() as owner, **others}) if not others:
                return "owner", [owner.pk]
            case (False, (), {"is_public": True, **others}) if not others:
                return "is_public", []
        query = self.rows_of.query
        try:
            condition, parameters = query.get_compiler(DEFAULT_DB_ALIAS).compile(query.where)
        except FullResultSet:
            return "", []
        return (condition, *query.alias_map), list(parameters)

    def _shape(self, condition: Hashable, columns: tuple[str, ...]) -> Hashable:
        """All that the SQL depends on."""
        return (
            self.rows_of.model,
            condition,
            self.claim is None,
            self.keys,
            self.backward,
            self.after and tuple(value is None for value in self.after),
            self.before and tuple(value is None for value in self.before),
            self.limit,
            columns,
        )

    def _is_plain(self) -> bool:
        """Whether the condition is all that tells `rows_of` from other lists of its model."""
        # Not yet with a filter that is deferred.
        query = self.rows_of._query  # type: ignore[attr-defined]  # Django's own
        special = query.annotations, query.distinct, query.combinator, query.group_by, query.extra
        return not any(special) and not query.is_sliced
