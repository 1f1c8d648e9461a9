"""Keyset pages: a page starts where a cursor points, so every page costs what the first one costs.

A cursor is the list's name and the sort keys' values of one row. The order is total, as it always
ends with the row's number; rows added or removed elsewhere never shift a page.
"""

import base64
import datetime
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import F, Field, Model, OrderBy, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.errors import BadUserInput

M = TypeVar("M", bound=Model)


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


@dataclass(frozen=True)
class Page(Generic[M]):
    """One page of `rows_of`, read from the database when it is first looked at.

    `name` is the list's: another list's cursors are not taken. `first` or `last`, 1 to 100, says
    how many rows from the front or the back; `after` and `before` are cursors. `on_read` gets the
    rows once they are read. Raises `BadUserInput` for a size out of range or an unreadable cursor.
    """

    name: str
    rows_of: QuerySet[M]
    keys: tuple[SortKey, ...]
    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    on_read: Callable[[list[M]], object] | None = None

    def __post_init__(self) -> None:
        cap = settings.PAGE_SIZE_CAP
        if self.first is not None and self.last is not None:
            text = _("Give `first` or `last`, not both; each is 1 to %(cap)d.")
            raise BadUserInput(text % {"cap": cap})
        for name, size in (("first", self.first), ("last", self.last)):
            if size is not None and not 1 <= size <= cap:
                text = _("`%(name)s` is %(size)d; it must be 1 to %(cap)d.")
                raise BadUserInput(text % {"name": name, "size": size, "cap": cap})
        self._bounds  # noqa: B018  # reads the cursors now, not in the middle of the answer

    @property
    def backward(self) -> bool:
        return self.last is not None

    @property
    def size(self) -> int:
        return self.first or self.last or settings.PAGE_SIZE

    @cached_property
    def rows(self) -> list[M]:
        """The page's rows, in order."""
        rows = self._fetched[: self.size]
        if self.on_read is not None:
            self.on_read(rows)
        return rows[::-1] if self.backward else rows

    @property
    def has_next(self) -> bool:
        return self.before is not None or (not self.backward and self._has_more)

    @property
    def has_previous(self) -> bool:
        return self.after is not None or (self.backward and self._has_more)

    @property
    def _has_more(self) -> bool:
        return len(self._fetched) > self.size

    @cached_property
    def _fetched(self) -> list[M]:
        order = [key.order_by(backward=self.backward) for key in self.keys]
        # One row more than asked for tells whether the list goes on.
        return list(self.rows_of.filter(self._bounds).order_by(*order)[: self.size + 1])

    @cached_property
    def _bounds(self) -> Q:
        bounds = Q()
        if self.after is not None:
            bounds &= self._beyond(self._read_cursor("after", self.after), backward=False)
        if self.before is not None:
            bounds &= self._beyond(self._read_cursor("before", self.before), backward=True)
        return bounds

    def _beyond(self, values: list[Any], *, backward: bool) -> Q:
        """(a, b, c) > (x, y, z), spelled out, as each key has its own direction."""
        found: Q | None = None
        for key, value in reversed(list(zip(self.keys, values, strict=True))):
            further = key.beyond(value, backward=backward)
            tied = found and key.equal(value) & found
            found = further | tied if further and tied else further or tied
        return found or Q()

    def cursor(self, row: M) -> str:
        """Where `row` stands in this order, as an opaque text."""
        values: list[object] = [self.name]
        for key in self.keys:
            is_null = getattr(row, key.name) is None
            text = None if is_null else self._field(key).value_to_string(row)
            values.append((str(key), text))
        return base64.b64encode(json.dumps(values).encode()).decode()

    def _read_cursor(self, name: str, cursor: str) -> list[Any]:
        try:
            list_name, *pairs = json.loads(base64.b64decode(cursor, validate=True))
            names, texts = zip(*pairs, strict=True)
            self._check_order(list_name, names)
            return [self._read_value(*pair) for pair in zip(self.keys, texts, strict=True)]
        except (ValueError, TypeError, ValidationError, RecursionError):
            text = _("`%(name)s` is not a cursor of this list in this order.")
            raise BadUserInput(text % {"name": name}) from None

    def _check_order(self, list_name: object, names: Iterable[object]) -> None:
        if [list_name, *names] != [self.name, *map(str, self.keys)]:
            raise ValueError("a cursor of another list or order")

    def _read_value(self, key: SortKey, text: object) -> Any:
        if text is None and key.nullable:
            return None
        if not isinstance(text, str) or "\0" in text:
            raise ValueError("not a text")
        text.encode()  # a lone surrogate is a ValueError here, and a broken query later
        value = self._field(key).to_python(text)
        if isinstance(value, datetime.datetime) and value.utcoffset() != datetime.timedelta(0):
            raise ValueError("not an instant in UTC")
        return value

    def _field(self, key: SortKey) -> "Field[Any, Any]":
        return cast("Field[Any, Any]", self.rows_of.model._meta.get_field(key.name))


def sort_keys(wanted: Iterable[SortKey]) -> tuple[SortKey, ...]:
    """`wanted`, each column once, and the row's number at the end; alone, the newest first."""
    first_of_each: dict[str, SortKey] = {}
    for key in wanted:
        first_of_each.setdefault(key.name, key)
    keys = list(first_of_each.values())
    return (*keys, SortKey("id", descending=keys[-1].descending if keys else True))
