"""What the pinned tzdata says of each zone's offsets, read from its files without `zoneinfo`.

A file (RFC 9636, TZif) lists the changes that are over or irregular, and ends with a rule, if need
be, for the years after the last of them.
"""

import re
import struct
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from itertools import pairwise

YEARS = range(2024, 2036)
"""The years whose changes of clocks are checked."""

START = int(datetime(YEARS[0] - 1, 10, 1, tzinfo=UTC).timestamp())
END = int(datetime(YEARS[-1] + 1, 4, 1, tzinfo=UTC).timestamp())
"""POSIX seconds: the span that the checks look at; some weeks more than `YEARS`."""

FILES = resources.files("tzdata") / "zoneinfo"
NAMES = tuple((resources.files("tzdata") / "zones").read_text().split())

_RULE = re.compile(
    r"(?P<std><[^>]+>|[A-Za-z]+)(?P<std_at>[-+\d:]+)(?P<dst><[^>]+>|[A-Za-z]+)(?P<dst_at>[-+\d:]*)"
    r",M(?P<m1>\d+)\.(?P<w1>\d)\.(?P<d1>\d)(?:/(?P<t1>[-\d:]+))?"
    r",M(?P<m2>\d+)\.(?P<w2>\d)\.(?P<d2>\d)(?:/(?P<t2>[-\d:]+))?"
)
_NO_RULE = re.compile(r"(<[^>]+>|[A-Za-z]+)[-+\d:]+")


@dataclass(frozen=True, slots=True)
class Rules:
    """A zone from `START` to `END`: `offsets[0]`, then `offsets[i + 1]` from `moments[i]` on.

    Moments are POSIX seconds, offsets seconds east of UTC; no two offsets in a row are the same.
    Zones with equal `Rules` are the same zone under different names, as far as these years go.
    """

    moments: tuple[int, ...]
    offsets: tuple[int, ...]

    def offset(self, moment: float) -> int:
        return self.offsets[bisect_right(self.moments, moment)]

    def changes(self) -> list[int]:
        """The moments in `YEARS`."""
        first, after = (
            int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (YEARS[0], YEARS[-1] + 1)
        )
        return [moment for moment in self.moments if first <= moment < after]


def ordinary_day(rules: Rules) -> int:
    """A moment far from any change: for zones that have none."""
    assert not rules.changes()
    return (START + END) // 2


def all_zones() -> dict[Rules, list[str]]:
    """All names of tzdata, those of equal rules together."""
    found = defaultdict(list)
    for name in NAMES:
        found[rules_of(FILES.joinpath(*name.split("/")).read_bytes())].append(name)
    return dict(found)


def rules_of(content: bytes) -> Rules:
    """The rules in one file."""
    changes, footer = _read(content)
    last = changes[-1][0]
    for year in range(YEARS[0] - 2, YEARS[-1] + 3):
        changes += [change for change in _changes_by_footer(footer, year) if change[0] > last]
    moments, offsets = [], [changes[0][1]]
    for moment, offset in changes:
        if moment < START:
            offsets = [offset]
        elif moment < END and offset != offsets[-1]:
            moments.append(moment)
            offsets.append(offset)
    assert all(number % 60 == 0 for number in (*moments, *offsets)), "not in whole minutes"
    assert all(later - earlier > 86_400 for earlier, later in pairwise(moments))
    return Rules(tuple(moments), tuple(offsets))


def _read(content: bytes) -> tuple[list[tuple[int, int]], str]:
    """The listed changes, the first with the offset before all others, and the closing rule."""
    at = 0
    for width in (4, 8):  # a block for old readers, and the same in 64 bits
        magic, version, *counts = struct.unpack(">4sc15x6l", content[at : at + 44])
        assert magic == b"TZif"
        assert version >= b"2"
        is_utc, is_standard, leaps, times, types, letters = counts
        assert leaps == 0
        body = at + 44
        at = body + times * (width + 1) + types * 6 + letters + is_standard + is_utc
    moments = struct.unpack(f">{times}q", content[body : body + 8 * times])
    kinds = content[body + 8 * times : body + 9 * times]
    table = body + 9 * times
    offsets = [
        struct.unpack(">l", content[table + 6 * kind : table + 6 * kind + 4])[0]
        for kind in range(types)
    ]
    changes = [(moment, offsets[kind]) for moment, kind in zip(moments, kinds, strict=True)]
    return [(-(2**63), offsets[0]), *changes], content[at:].decode().strip()


def _changes_by_footer(footer: str, year: int) -> list[tuple[int, int]]:
    """The changes of one year by a rule in the manner of POSIX, with RFC 9636's wider hours."""
    rule = _RULE.fullmatch(footer)
    if rule is None:
        assert _NO_RULE.fullmatch(footer), footer
        return []
    # POSIX counts westwards.
    standard = -_seconds(rule["std_at"])
    summer = -_seconds(rule["dst_at"]) if rule["dst_at"] else standard + 3600
    forward = _day(year, int(rule["m1"]), int(rule["w1"]), int(rule["d1"]))
    back = _day(year, int(rule["m2"]), int(rule["w2"]), int(rule["d2"]))
    return sorted(
        [
            (forward + _seconds(rule["t1"] or "2") - standard, summer),
            (back + _seconds(rule["t2"] or "2") - summer, standard),
        ]
    )


def _day(year: int, month: int, week: int, weekday: int) -> int:
    """Midnight of the `week`th `weekday` (0 is Sunday) of a month; week 5 is the last there is."""
    day = datetime(year, month, 1, tzinfo=UTC)
    found = []
    while day.month == month:
        if day.isoweekday() % 7 == weekday:
            found.append(day)
        day += timedelta(days=1)
    return int(found[min(week, len(found)) - 1].timestamp())


def _seconds(clock: str) -> int:
    sign = -1 if clock.startswith("-") else 1
    parts = [int(part) for part in clock.lstrip("+-").split(":")]
    hours, minutes, seconds = (*parts, 0, 0)[:3]
    return sign * (hours * 3600 + minutes * 60 + seconds)
