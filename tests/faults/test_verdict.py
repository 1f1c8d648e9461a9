"""The verdict of `make faults` finds each thing that can be wrong, and nothing where nothing is."""

import datetime
from dataclasses import replace

import pytest

from tests.faults.verdict import Expected, Row, Verdict, judge

TODAY = datetime.date(2026, 7, 1)
WALK = Expected(1, TODAY, "walk")
BLOCKED = Expected(2, TODAY, "read", "chat_unreachable")
SENT = Row(1, TODAY, "sent", "", 0)
REFUSED = Row(2, TODAY, "failed", "chat_unreachable", 0)


def verdict(rows: list[Row], messages: int = 1) -> Verdict:
    """On walk, of which `messages` were delivered, and on a chat that takes nothing."""
    found = judge([WALK, BLOCKED], rows, {"walk": messages})
    assert found.expected == 2
    assert bool(found.wrong) is not found.is_good
    return found


def test_a_message_that_arrived_once_and_one_that_its_chat_refused_are_good() -> None:
    found = verdict([SENT, REFUSED])

    assert found.is_good
    assert (found.sent, found.failed, found.ambiguous, found.duplicates) == (1, 1, 0, 0)


def test_an_occurrence_without_a_row_is_lost() -> None:
    assert verdict([REFUSED]).lost == 1


def test_an_occurrence_with_two_rows_is_lost() -> None:
    assert verdict([SENT, SENT, REFUSED]).lost == 1


def test_a_row_that_is_sent_without_a_message_is_lost() -> None:
    assert verdict([SENT, REFUSED], messages=0).lost == 1


@pytest.mark.parametrize(
    ("state", "reason", "ambiguities"),
    [
        ("failed", "broken", 0),
        ("failed", "chat_unreachable", 0),
        ("failed", "ambiguous", 1),
        ("expired", "too_late", 0),
        ("cancelled", "not_due", 0),
    ],
)
def test_an_end_without_a_cause_is_lost(state: str, reason: str, ambiguities: int) -> None:
    assert verdict([Row(1, TODAY, state, reason, ambiguities), REFUSED], messages=0).lost == 1


def test_a_chat_that_takes_nothing_is_no_excuse_for_another_end() -> None:
    assert verdict([SENT, replace(REFUSED, reason="rejected")]).lost == 1


def test_two_ambiguities_end_a_row() -> None:
    found = verdict([Row(1, TODAY, "failed", "ambiguous", 2), REFUSED], messages=2)

    assert found.is_good
    assert (found.failed, found.ambiguous, found.duplicates) == (2, 1, 1)


def test_a_duplicate_of_an_ambiguous_row_is_marked() -> None:
    found = verdict([replace(SENT, ambiguities=1), REFUSED], messages=2)

    assert found.is_good
    assert (found.ambiguous, found.duplicates) == (1, 1)


@pytest.mark.parametrize(("ambiguities", "messages"), [(0, 2), (1, 3)])
def test_more_messages_than_a_row_knows_of_are_unmarked(ambiguities: int, messages: int) -> None:
    found = verdict([replace(SENT, ambiguities=ambiguities), REFUSED], messages)

    assert (found.unmarked_duplicates, found.duplicates) == (1, messages - 1)
    assert found.lost == found.stuck == 0


@pytest.mark.parametrize("state", ["pending", "sending"])
def test_a_row_that_has_not_ended_is_stuck(state: str) -> None:
    found = verdict([replace(SENT, state=state), REFUSED], messages=0)

    assert (found.stuck, found.lost) == (1, 0)


def test_a_row_that_nothing_called_for_is_unexpected() -> None:
    tomorrow = replace(SENT, local_date=TODAY + datetime.timedelta(days=1))

    assert verdict([SENT, REFUSED, tomorrow]).unexpected == 1
