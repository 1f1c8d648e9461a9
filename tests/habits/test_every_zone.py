"""Every zone and every change of clocks from 2024 to 2035, at the times of day that matter most.

`make zones` does the same at every minute of the day. See `tests.zones` for how.
"""

import zoneinfo
from datetime import datetime

import pytest

from tests.zones import checks
from tests.zones.checks import Findings, check, check_aliases, edges
from tests.zones.rules import END, NAMES, START, Rules, all_zones, ordinary_day

ZONES = all_zones()
STEP = 360
"""Minutes between the times of day that are looked at besides the edges of a change."""

LOOK = 3 * 3600
"""Seconds; no two changes are less than a day apart."""


def rules_of(name: str) -> Rules:
    return next(rules for rules, names in ZONES.items() if name in names)


def jumps(name: str) -> set[int]:
    """By how many minutes the clocks of a zone go forward or, below zero, back."""
    rules = rules_of(name)
    return {(rules.offset(moment) - rules.offset(moment - 1)) // 60 for moment in rules.changes()}


def test_the_zones_are_all_that_the_process_knows() -> None:
    named = [name for names in ZONES.values() for name in names]
    assert len(named) == len(set(named)) == len(NAMES)
    assert set(named) == zoneinfo.available_timezones()


def test_the_changes_are_those_that_the_process_sees_when_it_looks_every_third_hour() -> None:
    """Neither reader of the files has passed over one."""
    for rules, names in ZONES.items():
        zone, seen = zoneinfo.ZoneInfo(names[0]), []
        before = datetime.fromtimestamp(START, zone).utcoffset()
        for moment in range(START, END, LOOK):
            now = datetime.fromtimestamp(moment, zone).utcoffset()
            if now != before:
                seen.append(moment)
                before = now
        assert seen == [-(-moment // LOOK) * LOOK for moment in rules.moments]


def test_odd_zones_are_among_them() -> None:
    assert jumps("Europe/Berlin") == {60, -60}
    assert jumps("Australia/Lord_Howe") == {30, -30}
    assert jumps("Antarctica/Troll") == {120, -120}
    assert len(rules_of("Africa/Casablanca").changes()) % 2 == 1, "Ramadan, until it is given up"
    assert jumps("Asia/Almaty") == {-60}
    assert not jumps("Asia/Kathmandu")


def test_every_name_of_a_zone_is_read_alike() -> None:
    findings = Findings()
    for rules, names in ZONES.items():
        findings.add(check_aliases(names, rules))
    assert findings.shown == []
    assert findings.compared > 100_000


def test_around_every_change_each_date_is_due_once_whatever_the_rhythm() -> None:
    findings, changes = Findings(), 0
    for rules, names in ZONES.items():
        for number, moment in enumerate(rules.changes()):
            changes += 1
            minutes = edges(rules, moment) | set(range(number, 24 * 60, STEP))
            # A zone's changes look alike from year to year.
            every_rhythm = number < 2
            findings.add(check(names[0], rules, moment, minutes, every_rhythm=every_rhythm))
    assert findings.shown == []
    assert changes > 700


def test_a_zone_without_changes_is_due_once_each_date() -> None:
    for rules, names in ZONES.items():
        if not rules.changes():
            assert check(names[0], rules, ordinary_day(rules), range(0, 24 * 60, 37)).shown == []


def test_a_wrong_answer_is_counted_and_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """As everything above rests on that."""
    monkeypatch.setattr(checks, "next_daily", lambda *_asked: None)
    rules = rules_of("Europe/Berlin")

    findings = check("Europe/Berlin", rules, rules.changes()[0], [150, 450])

    assert findings.wrong == 2
    assert "datetime.time(2, 30)" in findings.shown[0]
