"""Where a row stands in a list, as an opaque text: the list's name and the sort keys' values."""

import base64
import datetime
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db.models import Field, Model
from django.utils.translation import gettext as _

from accounts.errors import BadUserInput
from habits.sort_keys import SortKey, SortKeys


@dataclass(frozen=True, slots=True)
class Cursors:
    """The cursors of a list of `model` in one order; another list's are not taken."""

    name: str
    model: type[Model]
    keys: SortKeys

    def write(self, values: Iterable[Any]) -> str:
        """The cursor of the row whose sort keys have these values."""
        told = [(str(key), _text(value)) for key, value in zip(self.keys, values, strict=True)]
        return base64.b64encode(json.dumps([self.name, *told]).encode()).decode()

    def read(self, argument: str, cursor: str) -> list[Any]:
        """The values in a cursor; raises `BadUserInput` where it is none of this list's."""
        try:
            list_name, *pairs = json.loads(base64.b64decode(cursor, validate=True))
            names, texts = zip(*pairs, strict=True)
            self._check_order(list_name, names)
            return [self._value(*pair) for pair in zip(self.keys, texts, strict=True)]
        except (ValueError, TypeError, ValidationError, RecursionError):
            text = _("`%(name)s` is not a cursor of this list in this order.")
            raise BadUserInput(text % {"name": argument}) from None

    def _check_order(self, list_name: object, names: Sequence[object]) -> None:
        if [list_name, *names] != [self.name, *map(str, self.keys)]:
            raise ValueError("a cursor of another list or order")

    def _value(self, key: SortKey, text: object) -> Any:
        if text is None and key.nullable:
            return None
        if not isinstance(text, str) or "\0" in text:
            raise ValueError("not a text")
        text.encode()  # a lone surrogate is a ValueError here, and a broken query later
        field = cast("Field[Any, Any]", self.model._meta.get_field(key.name))
        value = field.to_python(text)
        if isinstance(value, datetime.datetime) and value.utcoffset() != datetime.timedelta(0):
            raise ValueError("not an instant in UTC")
        return value


def _text(value: Any) -> str | None:
    """As the fields of models write it, too."""
    if isinstance(value, datetime.datetime | datetime.time):
        return value.isoformat()
    return None if value is None else str(value)
