"""By which columns a list is sorted, and which rows come after one of them.

The order is total, as it always ends with the row's number.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, OrderBy, Q


@dataclass(frozen=True, slots=True)
class SortKey:
    """A column to sort by. What is NULL comes last, in both directions."""

    name: str
    descending: bool = False
    nullable: bool = False

    def __str__(self) -> str:
        return f"-{self.name}" if self.descending else self.name

    def order_by(self, *, backward: bool) -> OrderBy:
        column = F(self.name)
        nulls = {"nulls_first": True} if backward else {"nulls_last": True}
        options = nulls if self.nullable else {}
        return (column.desc if self.descending != backward else column.asc)(**options)

    def equal(self, value: Any) -> Q:
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})

    def beyond(self, value: Any, *, backward: bool) -> Q | None:
        """Rows that come after (or, `backward`, before) `value`; None where there can be none."""
        is_null = Q(**{f"{self.name}__isnull": True})
        if value is None:
            return ~is_null if backward else None
        further = Q(**{f"{self.name}__{'lt' if self.descending != backward else 'gt'}": value})
        return further | is_null if self.nullable and not backward else further


SortKeys = tuple[SortKey, ...]


def sort_keys(wanted: Iterable[SortKey]) -> SortKeys:
    """`wanted`, each column once, and the row's number at the end; alone, the newest first."""
    first_of_each: dict[str, SortKey] = {}
    for key in wanted:
        first_of_each.setdefault(key.name, key)
    keys = list(first_of_each.values())
    return (*keys, SortKey("id", descending=keys[-1].descending if keys else True))


def beyond(keys: SortKeys, values: Sequence[Any], *, backward: bool) -> Q:
    """Rows that come after (or, `backward`, before) the one with these values of the keys.

    (a, b, c) > (x, y, z), spelled out, as each key has its own direction.
    """
    found: Q | None = None
    for key, value in reversed(list(zip(keys, values, strict=True))):
        further = key.beyond(value, backward=backward)
        tied = found and key.equal(value) & found
        found = further | tied if further and tied else further or tied
    return found or Q()


def parameters_beyond(values: Sequence[Any]) -> list[Any]:
    """The values in the order in which SQL has them for `beyond`; NULL is no parameter."""
    if not values:
        return []
    *leading, last = values
    found = [] if last is None else [last]
    for value in reversed(leading):
        found = found if value is None else [value, value, *found]
    return found
