"""Rows of the database as the API answers them."""

import base64
import re
from collections.abc import Sequence
from typing import Any

Row = Sequence[Any]

OWN = """h.id, h.action, h.place, to_char(h.time, 'HH24:MI'), h.duration, h.periodicity, h.reward,
    h.is_enjoyed, h.is_public, h.next_due_at, r.id, r.action, r.place"""
PUBLIC = """h.id, h.action, h.place, to_char(h.time, 'HH24:MI'), h.duration, h.periodicity,
    h.reward, h.is_enjoyed, h.owner_id, r.id, r.action, r.place"""
"""What `own` and `public` take: habits `h` with their related ones `r`."""


def id_of(type_name: str, pk: int) -> str:
    return base64.b64encode(b"%s:%d" % (type_name.encode(), pk)).decode()


def cursor_of(name: str, pk: int) -> str:
    return base64.b64encode(b'["%s", ["-id", "%d"]]' % (name.encode(), pk)).decode()


def row_after(name: str, cursor: str | None) -> int | None:
    """The number of the row that a cursor points to; ValueError for what is no cursor."""
    if cursor is None:
        return None
    found = re.fullmatch(rf'\["{name}", \["-id", "(\d+)"\]\]', base64.b64decode(cursor).decode())
    if found is None:
        raise ValueError(cursor)
    return int(found[1])


def related(type_name: str, pk: int | None, action: str, place: str) -> dict[str, Any] | None:
    if pk is None:
        return None
    return {"id": id_of(type_name, pk), "action": action, "place": place}


def own(row: Row) -> dict[str, Any]:
    """A habit of the caller."""
    return {
        "id": id_of("Habit", row[0]),
        "action": row[1],
        "place": row[2],
        "time": row[3],
        "duration": row[4],
        "periodicity": row[5],
        "reward": row[6],
        "isEnjoyed": row[7],
        "isPublic": row[8],
        "nextDueAt": row[9],
        "relatedHabit": related("Habit", row[10], row[11], row[12]),
    }


def public(row: Row, caller: int) -> dict[str, Any]:
    """A habit that everyone may read."""
    return {
        "id": id_of("PublicHabit", row[0]),
        "action": row[1],
        "place": row[2],
        "time": row[3],
        "duration": row[4],
        "periodicity": row[5],
        "reward": row[6],
        "isEnjoyed": row[7],
        "isMine": row[8] == caller,
        "relatedHabit": related("PublicHabit", row[9], row[10], row[11]),
    }


def page(name: str, rows: Sequence[Row], nodes: list[dict[str, Any]], size: int) -> dict[str, Any]:
    """A connection: `rows` has one more than `size` where the list goes on, `nodes` has not."""
    cursors = [cursor_of(name, row[0]) for row in rows[:size]]
    edges = [{"cursor": cursor, "node": node} for cursor, node in zip(cursors, nodes, strict=True)]
    return {
        "edges": edges,
        "pageInfo": {
            "hasNextPage": len(rows) > size,
            "endCursor": cursors[-1] if cursors else None,
        },
    }
