"""Cursors that no list has given out."""

import base64
import json
from collections.abc import Iterator
from typing import Any

from tests.backend.hostile.calls import HABITS, PUBLIC_HABITS
from tests.backend.hostile.request import UNREADABLE_DIGITS, Hostile, Outcome, encoded

NO_CURSOR = {
    "empty": "",
    "a blank": " ",
    "no base 64": "*",
    "badly padded": "YQ",
    "in Russian": "курсор",
    "20,000 characters": encoded("x" * 15_000),
    "no JSON": encoded("habits"),
    "NaN": encoded("NaN"),
    "many digits": encoded(UNREADABLE_DIGITS),
    "nested deeply": encoded("[" * 15_000),
    "no UTF-8": base64.b64encode(b"\xff\xfe\xfd").decode(),
    "UTF-16": base64.b64encode('["habits"]'.encode("utf-16")).decode(),
}

NO_PLACE: dict[str, Any] = {
    "null": None,
    "a number": 5,
    "a text": "habits",
    "an object": {"habits": 1},
    "an empty list": [],
    "the list's name alone": ["habits"],
    "another list's": ["publicHabits", ["-id", "1"]],
    "another order's": ["habits", ["id", "1"]],
    "of an unknown column": ["habits", ["owner__password", "1"]],
    "with a key too many": ["habits", ["-id", "1"], ["-id", "1"]],
    "with a value too many": ["habits", ["-id", "1", "1"]],
    "without a value": ["habits", ["-id"]],
    **{
        f"of the number {json.dumps(value)[:20]}": ["habits", ["-id", value]]
        for value in (
            *(None, True, 1, [1], {"a": 1}, "", "x", "1.5", "1\0", "\ud800", "1) OR (1=1"),
            UNREADABLE_DIGITS,
        )
    },
}
"""Contents that are none of the list of the newest."""

NO_VALUE: dict[str, tuple[Any, ...]] = {
    "created_at": (
        *(None, 1, "", "now", "infinity", "2026-01-01", "2026-01-01T00:00:00"),
        *("2026-13-01T00:00:00+00:00", "0000-01-01T00:00:00+00:00", "2026-01-01T00:00+23:59"),
    ),
    "-time": ("", "25:00", "now", "allballs", 730),
    "action_folded": (None, "\0", "\udc00", 5),
}
"""What no row has in a column."""

FAR: dict[str, tuple[str | None, ...]] = {
    "-id": (str(2**63 - 1), "9" * 30, "9" * 4300, "-" + "9" * 30),
    "created_at": ("0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00"),
    "-time": (None, "00:00:00", "23:59:59.999999"),
    "action_folded": ("", "x" * 9_000, "%_\\"),
}
"""What a row might have that stands before or after all others."""

ORDERINGS = {
    "-id": [],
    "created_at": [{"createdAt": "ASC"}],
    "-time": [{"time": "DESC"}],
    "action_folded": [{"action": "ASC"}],
}


def cursors() -> Iterator[Hostile]:
    for name, cursor in NO_CURSOR.items():
        for place, query in (("habits", HABITS), ("publicHabits", PUBLIC_HABITS)):
            given = {"after": cursor}
            yield Hostile.document(f"cursor: {place} {name}", Outcome.REFUSED, query, given)
    for name, content in NO_PLACE.items():
        yield from _on_both_sides(name, Outcome.REFUSED, content, "-id")
    for outcome, columns in ((Outcome.REFUSED, NO_VALUE), (Outcome.HARMLESS, FAR)):
        for key, values in columns.items():
            for value in values:
                last = [] if key == "-id" else [["-id" if key.startswith("-") else "id", "1"]]
                name = f"of {key} {json.dumps(value)[:40]}"
                yield from _on_both_sides(name, outcome, ["habits", [key, value], *last], key)


def _on_both_sides(name: str, outcome: Outcome, content: Any, key: str) -> Iterator[Hostile]:
    for side in ("after", "before"):
        given = {side: encoded(json.dumps(content)), "ordering": ORDERINGS[key]}
        yield Hostile.document(f"cursor: {side} {name}", outcome, HABITS, given)
