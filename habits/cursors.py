"""Where a row stands in a list, as an opaque text: the list's name and the sort keys' values."""

import base64
import datetime
import json
from binascii import b2a_base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from json.encoder import encode_basestring_ascii
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db.models import Field, Model
from django.utils.translation import gettext as _

from accounts.errors import BadUserInput
from habits.sort_keys import SortKey, SortKeys


@dataclass(frozen=True)
class Cursors:
    """The cursors of a list of `model` in one order; another list's are not taken.

    Each is a JSON array: the list's name, then a pair for each key of its name and its value.
    """

    name: str
    model: type[Model]
    keys: SortKeys

    def write(self, values: Iterable[Any]) -> str:
        """The cursor of the row whose sort keys have these values."""
        array = self._array % tuple(map(_json, values))
        return b2a_base64(array.encode(), newline=False).decode()

    @cached_property
    def _array(self) -> str:
        """The array with `%s` for the values: all else is the same from row to row."""
        pairs = [f"[{json.dumps(str(key))}, %s]" for key in self.keys]
        return f"[{json.dumps(self.name)}, {', '.join(pairs)}]"

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


def _json(value: Any) -> str:
    """The value as a JSON string, written as the fields of models do; NULL is null."""
    if isinstance(value, int):
        return f'"{value}"'
    if value is None:
        return "null"
    if isinstance(value, datetime.datetime | datetime.time):
        return f'"{value.isoformat()}"'
    return encode_basestring_ascii(str(value))
