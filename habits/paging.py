"""Keyset pages: a page starts where a cursor points, so every page costs what the first one costs.

Rows added or removed elsewhere never shift a page.
"""

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from accounts.errors import BadUserInput
from accounts.models import User
from habits.cursors import Cursors
from habits.page_queries import PageQuery
from habits.sort_keys import SortKeys

M = TypeVar("M", bound=Model)


@dataclass(eq=False)
class Page(Generic[M]):
    """One page of `rows_of`, read from the database when it is first looked at.

    `name` is the list's: another list's cursors are not taken. `first` or `last`, 1 to 100, says
    how many rows from the front or the back; `after` and `before` are cursors. The page is read for
    `reader`, whose account has to be live. Where its rows are models, `related` joins what else is
    wanted of them, and `on_read` gets them once they are read. Raises `BadUserInput` for a size out
    of range or an unreadable cursor.
    """

    name: str
    rows_of: QuerySet[M]
    keys: SortKeys
    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    _: KW_ONLY
    reader: User
    related: Callable[[QuerySet[M]], QuerySet[M]] | None = None
    on_read: Callable[[list[M]], object] | None = None
    _rows: list[Any] | None = field(default=None, init=False)
    _columns: tuple[str, ...] | None = field(default=None, init=False)
    _has_more: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        cap = settings.PAGE_SIZE_CAP
        if self.first is not None and self.last is not None:
            text = _("Give `first` or `last`, not both; each is 1 to %(cap)d.")
            raise BadUserInput(text % {"cap": cap})
        for name, size in (("first", self.first), ("last", self.last)):
            if size is not None and not 1 <= size <= cap:
                text = _("`%(name)s` is %(size)d; it must be 1 to %(cap)d.")
                raise BadUserInput(text % {"name": name, "size": size, "cap": cap})
        # Now, not in the middle of the answer.
        self._after = self._values("after", self.after)
        self._before = self._values("before", self.before)

    @property
    def backward(self) -> bool:
        return self.last is not None

    @property
    def size(self) -> int:
        return self.first or self.last or settings.PAGE_SIZE

    @property
    def rows(self) -> list[Any]:
        """The page's rows, in order: models, or tuples where `as_tuples` came first."""
        if self._rows is None:
            self._rows = self._models() if self._columns is None else self._tuples(self._columns)
        return self._rows

    def as_tuples(self, columns: tuple[str, ...]) -> None:
        """Lets the rows be tuples that begin with these columns, unless they are read already."""
        if self._rows is None:
            self._columns = columns

    @property
    def has_next(self) -> bool:
        return self.before is not None or (not self.backward and self._goes_on())

    @property
    def has_previous(self) -> bool:
        return self.after is not None or (self.backward and self._goes_on())

    def cursor(self, row: Any) -> str:
        """Where a row of the page stands in this order, as an opaque text."""
        if self._columns is not None:
            return self._cursors.write(row[-len(self.keys) :])
        return self._cursors.write(getattr(row, key.name) for key in self.keys)

    @cached_property
    def _cursors(self) -> Cursors:
        return Cursors(self.name, self.rows_of.model, self.keys)

    def _values(self, argument: str, cursor: str | None) -> Sequence[Any] | None:
        return None if cursor is None else self._cursors.read(argument, cursor)

    def _query(self, rows_of: QuerySet[M]) -> PageQuery[M]:
        # One row more than asked for tells whether the list goes on.
        limit = self.size + 1
        claim = self.reader.claim
        claim = None if claim is None or claim.is_proven else claim
        return PageQuery(rows_of, self.keys, self.backward, self._after, self._before, limit, claim)

    def _models(self) -> list[M]:
        rows_of = self.rows_of if self.related is None else self.related(self.rows_of)
        models = self._in_order(list(self._query(rows_of).queryset()))
        if self.on_read is not None:
            self.on_read(models)
        return models

    def _tuples(self, columns: tuple[str, ...]) -> list[Any]:
        names = tuple(key.name for key in self.keys)
        return self._in_order(self._query(self.rows_of).tuples(columns + names))

    def _in_order(self, rows: list[Any]) -> list[Any]:
        claim = self.reader.claim
        if claim is not None:
            claim.is_proven |= bool(rows)
            claim.settle()
        self._has_more = len(rows) > self.size
        fitting = rows[: self.size]
        return fitting[::-1] if self.backward else fitting

    def _goes_on(self) -> bool:
        self.rows  # noqa: B018  # reads them, if nobody has
        return self._has_more
