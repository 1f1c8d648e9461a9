"""What a list has to answer, from the rows that are there: a page, a count, or a refusal."""

import base64
import datetime
import functools
import json
from dataclasses import dataclass
from typing import Any

from tests.isolation.contract import Call
from tests.isolation.people import Person
from tests.isolation.world import Rows

Row = dict[str, Any]
COLUMNS = {"time": "time", "action": "action_folded", "createdAt": "created_at"}
CAP = 100


class Refused(Exception):
    """The call has to be answered with BAD_USER_INPUT."""


@dataclass(frozen=True)
class Expected:
    """A page: the rows' numbers in order, how many there are on all pages, and where it goes on."""

    pks: list[int]
    total: int
    has_next: bool
    has_previous: bool


def expected_page(call: Call, reader: Person, rows: Rows) -> Expected:
    """What `habits` or `publicHabits` must answer to `reader`; raises `Refused`."""
    given = call.arguments
    is_own = call.name == "habits"
    keys = _keys(given.get("ordering") or ())
    first, last = given.get("first"), given.get("last")
    if first is not None and last is not None:
        raise Refused
    if not all(size is None or 1 <= size <= CAP for size in (first, last)):
        raise Refused
    after = _read(given.get("after"), call.name, keys)
    before = _read(given.get("before"), call.name, keys)
    habits = [
        row
        for row in rows["Habit"].values()
        if (row["owner_id"] == reader.pk if is_own else row["is_public"])
        and _passes(row, given.get("filters") or {})
    ]

    def compare(one: Row, other: Row) -> int:
        return _compare(one, [other[column] for column, _ in keys], keys)

    habits.sort(key=functools.cmp_to_key(compare))
    between = [
        row
        for row in habits
        if (after is None or _compare(row, after, keys) > 0)
        and (before is None or _compare(row, before, keys) < 0)
    ]
    size = first or last or 20
    page = between[-size:] if last is not None else between[:size]
    has_more = len(between) > size
    return Expected(
        [row["id"] for row in page],
        len(habits),
        has_next=before is not None or (last is None and has_more),
        has_previous=after is not None or (last is not None and has_more),
    )


def _keys(ordering: Any) -> list[tuple[str, bool]]:
    """Columns, and whether they go down: as given, each once, and the number at the end."""
    found: dict[str, bool] = {}
    for order in ordering:
        ((name, direction),) = order.items()
        found.setdefault(COLUMNS[name], direction == "DESC")
    is_down = list(found.values())[-1] if found else True
    return [*found.items(), ("id", is_down)]


def _compare(row: Row, values: list[Any], keys: list[tuple[str, bool]]) -> int:
    """Below zero where `row` comes before those values; what has no value comes last."""
    for (column, is_down), other in zip(keys, values, strict=True):
        value = row[column]
        if value == other:
            continue
        if value is None or other is None:
            return 1 if value is None else -1
        return 1 if (value > other) != is_down else -1
    return 0


def _read(cursor: str | None, list_name: str, keys: list[tuple[str, bool]]) -> list[Any] | None:
    if cursor is None:
        return None
    try:
        name, *pairs = json.loads(base64.b64decode(cursor, validate=True))
    except ValueError:
        raise Refused from None
    wanted = [f"-{column}" if is_down else column for column, is_down in keys]
    if name != list_name or [column for column, _ in pairs] != wanted:
        raise Refused
    return [_value(column, text) for (column, _), (_, text) in zip(keys, pairs, strict=True)]


def _value(column: str, text: str | None) -> Any:
    if text is None:
        return None
    if column == "id":
        return int(text)
    if column == "time":
        return datetime.time.fromisoformat(text)
    return datetime.datetime.fromisoformat(text) if column == "created_at" else text


def _passes(row: Row, filters: dict[str, Any]) -> bool:
    time = row["time"] and row["time"].strftime("%H:%M")
    start, end = filters.get("timeFrom"), filters.get("timeTo")
    part = (filters.get("search") or "").strip().lower()
    beginning = (filters.get("actionStartsWith") or "").strip().lower()
    return (
        (part in row["action"] or part in row["place"])
        and row["action"].startswith(beginning)
        and filters.get("isEnjoyed") in (None, row["is_enjoyed"])
        and filters.get("isPublic") in (None, row["is_public"])
        and ((start is None and end is None) or time is not None)
        and _is_between(time or "", start, end)
    )


def _is_between(time: str, start: str | None, end: str | None) -> bool:
    if start is not None and end is not None and end < start:
        return time >= start or time <= end
    return (start is None or time >= start) and (end is None or time <= end)
