"""Whether an answer tells its reader anything that is another's."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any

from habits.weekdays import Weekday
from notifications.bot.updates import digest_of
from tests.isolation.calling import Answer
from tests.isolation.numbers import DERIVED, assert_numbers
from tests.isolation.people import CANARY, NAMES, ZONES, Person, number_of
from tests.isolation.world import Rows

PUBLIC_TEXTS = ("action", "place", "reward")
_ENCODED = re.compile(r"[\w+/-]{8,}={0,2}")
_ID = re.compile(r"\A(Habit|PublicHabit|User|CheckIn):(\d+)\Z")
_MONTH = re.compile(r"2026-0([1-3])-")
NO_COLUMNS = DERIVED | {"__typename", "id", "isMine", "relatedHabit", "adoptedFrom", "habit"}
_CHAT = re.compile(r"(?<!\d)[1-3]0{4}\d{8}(?!\d)")


def assert_tells_nothing_of_others(
    answer: Answer, reader: Person | None, rows: Rows, people: Sequence[Person]
) -> None:
    """Looks at the bytes, the head, and into all that is encoded there, like cursors and tokens.

    `rows` are those that the call could see; `reader` is nobody for a visitor.
    """
    seen = f"{answer.head} {answer.content.decode()}"
    parts = [seen, *_decoded(seen)]
    name = reader and reader.name
    readable = {
        canary
        for row in rows["Habit"].values()
        # A person's own copies of what was public have their originals' texts.
        if row["is_public"] or (reader and row["owner_id"] == reader.pk)
        for canary in canaries_of(row)
    }
    foreign_zones = {zone for other in NAMES if other != name for zone in ZONES[other]}
    foreign_months = {str(number_of(other)) for other in NAMES if other != name}
    for part in parts:
        for canary in CANARY.finditer(part):
            assert canary[1] == name or canary.group() in readable, f"{name} reads {canary.group()}"
        assert not any(zone in part for zone in foreign_zones), part
        assert not foreign_months & set(_MONTH.findall(part)), part
        for chat in map(int, _CHAT.findall(part)):
            assert reader is not None, part
            assert chat in reader.chats, f"{name} reads {chat}"
        _assert_id_is_visible(part, reader, rows)
    for person in people:
        if person is not reader:
            assert person.token not in seen
            assert person.refresh_token not in seen


def assert_adopts_public_habits_only(before: Rows, after: Rows, person: Person) -> None:
    """What the person has now and is another's was public, and is called adopted from there."""
    public = {
        canary
        for row in before["Habit"].values()
        if row["is_public"]
        for canary in canaries_of(row)
    }
    for pk in after["Habit"].keys() - before["Habit"].keys():
        row = after["Habit"][pk]
        assert row["owner_id"] == person.pk
        foreign = {canary for canary in canaries_of(row) if f"zq{person.name}" not in canary}
        assert foreign <= public
        original = before["Habit"].get(row["adopted_from_id"])
        if original is None:
            assert not foreign
        else:
            assert original["is_public"]
            assert original["owner_id"] != person.pk


def canaries_of(habit: dict[str, Any]) -> set[str]:
    """Those in its texts."""
    texts = (habit[column] or "" for column in PUBLIC_TEXTS)
    return {canary.group() for text in texts for canary in CANARY.finditer(text)}


def _assert_id_is_visible(part: str, reader: Person | None, rows: Rows) -> None:
    id_ = _ID.match(part)
    if id_ is None:
        return
    kind, pk = id_[1], int(id_[2])
    if kind == "User":
        assert reader is not None
        assert pk == reader.pk
    elif kind == "PublicHabit":
        assert rows["Habit"][pk]["is_public"]
    else:
        assert reader is not None
        if kind == "CheckIn" and pk not in rows["CheckIn"]:
            # Made and taken back within the operation: nobody else's rows come and go there.
            return
        habit = rows["CheckIn"][pk]["habit_id"] if kind == "CheckIn" else pk
        assert rows["Habit"][habit]["owner_id"] == reader.pk


def _decoded(text: str) -> list[str]:
    """What the pieces of `text` say that are something in base 64, in either alphabet."""
    found = []
    for piece in _ENCODED.findall(text):
        bare = piece.rstrip("=").replace("-", "+").replace("_", "/")
        try:
            raw = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
            found.append(raw.decode())
        except (binascii.Error, UnicodeDecodeError):
            continue
    return found


def assert_is_shown_rightly(
    value: Any, reader: Person, rows: Rows, *, as_it_stands: bool = True
) -> None:
    """Every habit and person in `value` is one that the reader may see so, field by field.

    Without `as_it_stands` the fields' values are left alone: they changed within the operation. A
    field that no column stands for is a KeyError: whoever adds one says here what it has to be.
    """
    if isinstance(value, list):
        for each in value:
            assert_is_shown_rightly(each, reader, rows, as_it_stands=as_it_stands)
    if not isinstance(value, dict):
        return
    kind = value.get("__typename")
    if kind in ("Habit", "PublicHabit"):
        _assert_habit(value, kind, reader, rows, as_it_stands=as_it_stands)
    elif kind == "CheckIn":
        _assert_check_in(value, reader, rows, as_it_stands=as_it_stands)
    elif kind == "User":
        assert _pk_of(value["id"], "User") == reader.pk
        if as_it_stands:
            _assert_fields(value, rows["User"][reader.pk])
    elif kind == "TelegramLink" and as_it_stands:
        (link,) = (row for row in rows["TelegramLink"].values() if row["user_id"] == reader.pk)
        assert digest_of(value["url"].partition("?start=")[2]) == link["digest"]
        assert value["expiresAt"] == link["expires_at"].isoformat()
    for each in value.values():
        assert_is_shown_rightly(each, reader, rows, as_it_stands=as_it_stands)


def _assert_check_in(
    node: dict[str, Any], reader: Person, rows: Rows, *, as_it_stands: bool
) -> None:
    row = rows["CheckIn"].get(_pk_of(node["id"], "CheckIn"))
    if row is None and not as_it_stands:
        return  # made and taken back within the operation; its habit is looked at like any other
    assert row is not None
    assert rows["Habit"][row["habit_id"]]["owner_id"] == reader.pk
    if as_it_stands:
        _assert_fields(node, row)
    if "habit" in node:
        assert _pk_of(node["habit"]["id"], "Habit") == row["habit_id"]


def _assert_habit(
    node: dict[str, Any], kind: str, reader: Person, rows: Rows, *, as_it_stands: bool
) -> None:
    row = rows["Habit"][_pk_of(node["id"], kind)]
    if kind == "Habit":
        assert row["owner_id"] == reader.pk
    if not as_it_stands:
        return
    assert kind == "Habit" or row["is_public"]
    _assert_fields(node, row)
    if kind == "Habit":
        assert_numbers(node, row, rows)
    if "isMine" in node:
        assert node["isMine"] == (row["owner_id"] == reader.pk)
    if "relatedHabit" in node:
        related = rows["Habit"].get(row["related_habit_id"])
        is_shown = related is not None and (kind == "Habit" or related["is_public"])
        assert (node["relatedHabit"] is not None) == is_shown
        if is_shown and related is not None:
            assert _pk_of(node["relatedHabit"]["id"], kind) == related["id"]
    if "adoptedFrom" in node:
        original = rows["Habit"].get(row["adopted_from_id"])
        is_shown = original is not None and original["is_public"]
        assert (node["adoptedFrom"] is not None) == is_shown
        if is_shown and original is not None:
            assert _pk_of(node["adoptedFrom"]["id"], "PublicHabit") == original["id"]


def _assert_fields(node: dict[str, Any], row: dict[str, Any]) -> None:
    for name, value in node.items():
        if name in NO_COLUMNS:
            continue
        column = re.sub("[A-Z]", lambda capital: f"_{capital.group().lower()}", name)
        assert value == _shown(row[column], name), name


def _shown(value: Any, name: str) -> Any:
    if value is not None and name == "weekdays":
        return [day.name for day in Weekday if value >> day & 1]
    if value is None or isinstance(value, bool | int):
        return value
    if name in ("time", "dayStartsAt"):
        return value.strftime("%H:%M")
    if name in ("chatStatus", "status", "source"):
        return value.upper()
    return value if isinstance(value, str) else value.isoformat()


def _pk_of(id_: str, kind: str) -> int:
    name, _, pk = base64.b64decode(id_).decode().partition(":")
    assert name == kind
    return int(pk)
