"""Which date a person's calendar shows, and which one they mean by today."""

import datetime

import pytest

from accounts.models import User


def instant(text: str) -> datetime.datetime:
    """An instant in UTC."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


def dates(zone: str, starts: str, now: str) -> tuple[str, str]:
    """The date of the calendar, and today."""
    person = User(time_zone=zone, day_starts_at=datetime.time.fromisoformat(starts))
    return str(person.local_date(instant(now))), str(person.today(instant(now)))


def test_a_day_starts_at_midnight_unless_told_otherwise() -> None:
    person = User(time_zone="Europe/Berlin")

    assert person.today(instant("2026-06-15T21:59")) == datetime.date(2026, 6, 15)
    assert person.today(instant("2026-06-15T22:00")) == datetime.date(2026, 6, 16)


def test_until_the_day_starts_today_is_still_yesterday() -> None:
    for now, today in (("00:59:59.999999", "2026-06-14"), ("01:00", "2026-06-15")):
        assert dates("Europe/Berlin", "03:00", f"2026-06-15T{now}") == ("2026-06-15", today)


def test_a_person_far_away_is_in_another_day_than_the_clock() -> None:
    assert dates("Pacific/Kiritimati", "06:00", "2026-06-15T15:00") == ("2026-06-16", "2026-06-15")
    assert dates("Pacific/Kiritimati", "06:00", "2026-06-15T16:00") == ("2026-06-16", "2026-06-16")
    assert dates("Pacific/Niue", "00:00", "2026-06-15T10:59") == ("2026-06-14", "2026-06-14")


@pytest.mark.parametrize(
    ("zone", "starts", "now", "today"),
    [
        # 02:00 becomes 03:00 at 01:00 UTC: a day that starts at 02:30 starts with the gap's end.
        ("Europe/Berlin", "02:30", "2026-03-29T00:59", "2026-03-28"),
        ("Europe/Berlin", "02:30", "2026-03-29T01:00", "2026-03-29"),
        ("Europe/Berlin", "03:00", "2026-03-29T00:59", "2026-03-28"),
        ("Europe/Berlin", "03:00", "2026-03-29T01:00", "2026-03-29"),
        ("America/New_York", "03:00", "2026-03-08T06:59", "2026-03-07"),
        ("America/New_York", "03:00", "2026-03-08T07:00", "2026-03-08"),
        # Half an hour: 02:00 becomes 02:30 at 15:30 UTC of the day before.
        ("Australia/Lord_Howe", "02:15", "2026-10-03T15:29", "2026-10-03"),
        ("Australia/Lord_Howe", "02:15", "2026-10-03T15:30", "2026-10-04"),
        # Midnight itself is missing: 24:00 becomes 01:00 at 22:00 UTC.
        ("Africa/Cairo", "00:00", "2026-04-23T21:59", "2026-04-23"),
        ("Africa/Cairo", "00:00", "2026-04-23T22:00", "2026-04-24"),
        ("Africa/Cairo", "00:30", "2026-04-23T22:00", "2026-04-24"),
        ("Africa/Cairo", "03:00", "2026-04-23T23:59", "2026-04-23"),
        ("Africa/Cairo", "03:00", "2026-04-24T00:00", "2026-04-24"),
        # Two hours: 01:00 becomes 03:00 at 01:00 UTC.
        ("Antarctica/Troll", "03:00", "2026-03-29T00:59", "2026-03-28"),
        ("Antarctica/Troll", "03:00", "2026-03-29T01:00", "2026-03-29"),
    ],
)
def test_over_a_gap_a_day_starts_at_its_end_at_the_latest(
    zone: str, starts: str, now: str, today: str
) -> None:
    assert dates(zone, starts, now)[1] == today


@pytest.mark.parametrize(
    ("zone", "starts", "now", "today"),
    [
        # 03:00 becomes 02:00 at 01:00 UTC: 03:00 comes once, after both hours from 02:00.
        ("Europe/Berlin", "03:00", "2026-10-25T00:59", "2026-10-24"),
        ("Europe/Berlin", "03:00", "2026-10-25T01:00", "2026-10-24"),
        ("Europe/Berlin", "03:00", "2026-10-25T01:59", "2026-10-24"),
        ("Europe/Berlin", "03:00", "2026-10-25T02:00", "2026-10-25"),
        ("America/New_York", "03:00", "2026-11-01T07:59", "2026-10-31"),
        ("America/New_York", "03:00", "2026-11-01T08:00", "2026-11-01"),
        # A clock that shows 02:29 again shows what it showed: the day before, once more.
        ("Europe/Berlin", "02:30", "2026-10-25T00:29", "2026-10-24"),
        ("Europe/Berlin", "02:30", "2026-10-25T00:30", "2026-10-25"),
        ("Europe/Berlin", "02:30", "2026-10-25T01:00", "2026-10-24"),
        ("Europe/Berlin", "02:30", "2026-10-25T01:30", "2026-10-25"),
        # The calendar itself goes back: 24:00 becomes 23:00 at 21:00 UTC.
        ("Africa/Cairo", "00:00", "2026-10-29T20:59", "2026-10-29"),
        ("Africa/Cairo", "00:00", "2026-10-29T21:59", "2026-10-29"),
        ("Africa/Cairo", "00:00", "2026-10-29T22:00", "2026-10-30"),
        ("Africa/Cairo", "03:00", "2026-10-30T00:59", "2026-10-29"),
        ("Africa/Cairo", "03:00", "2026-10-30T01:00", "2026-10-30"),
    ],
)
def test_over_a_fold_a_day_starts_by_what_the_clock_shows(
    zone: str, starts: str, now: str, today: str
) -> None:
    assert dates(zone, starts, now)[1] == today


@pytest.mark.parametrize(
    ("zone", "before", "after", "midnight"),
    [
        ("Pacific/Apia", "2011-12-29", "2011-12-31", "2011-12-30T10:00"),
        ("Pacific/Kwajalein", "1993-08-20", "1993-08-22", "1993-08-21T12:00"),
    ],
)
def test_a_date_that_a_zone_skipped_is_nobodys_today(
    zone: str, before: str, after: str, midnight: str
) -> None:
    """No habit has an occurrence on it, so there would be nothing to check in."""
    change = instant(midnight)
    last, three = change - datetime.timedelta(minutes=1), change + datetime.timedelta(hours=3)

    def seen(starts: str, moment: datetime.datetime) -> tuple[str, str]:
        return dates(zone, starts, moment.replace(tzinfo=None).isoformat())

    assert seen("00:00", last) == (before, before)
    assert seen("00:00", change) == (after, after)
    assert seen("03:00", change) == (after, before)
    assert seen("03:00", three) == (after, after)
