"""What a picture shows of a habit."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings

from habits.days import Days, Pause
from habits.history import DayState, History
from habits.streaks import current_streak, longest_streak
from habits.strength import strength
from notifications.pictures import MOST_SECTIONS, Section, pages, section_of
from tests.habits.histories import DAILY, histories, lived, on

DUE, DONE, SKIPPED, MISSED, PAUSED, NOT_DUE = DayState


def test_a_section_shows_half_a_year_up_to_today() -> None:
    section = section_of("walk", lived("d" * 300))

    assert section.title == "walk"
    assert section.days[0][0].weekday() == 0
    assert section.days[-1][0] == on(299)
    assert 25 * 7 < len(section.days) <= 26 * 7
    assert [day for day, _ in section.strengths] == [day for day, _ in section.days]


@pytest.mark.parametrize("weekday", range(7))
def test_the_half_year_is_26_weeks_whatever_day_today_is(weekday: int) -> None:
    monday = date(2026, 6, 1)
    history = History(DAILY, monday + timedelta(days=weekday), {})

    assert len(section_of("walk", history).days) == 25 * 7 + weekday + 1


def test_a_section_says_what_became_of_each_date() -> None:
    history = lived("ds.d.", Days(on(0), 1), Pause(on(3), on(3)))

    section = section_of("walk", history)

    assert [state for _, state in section.days[-6:]] == [NOT_DUE, DONE, SKIPPED, MISSED, DONE, DUE]
    assert (section.streak, section.longest) == (0, 1)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(histories(400))
def test_a_sections_numbers_are_those_of_the_whole_life(history: History) -> None:
    section = section_of("walk", history)

    assert section.streak == current_streak(history)
    assert section.longest == longest_streak(history)
    assert section.strength == pytest.approx(strength(history), abs=1e-12)
    assert section.strengths[-1] == (history.today, section.strength)


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (1, [1]), (4, [4]), (5, [4, 1]), (8, [4, 4]), (9, [4, 4, 1])]
)
def test_pages_hold_every_section_once_and_in_order(count: int, sizes: list[int]) -> None:
    sections = [Section(str(n), [], [], 0, 0, 0.0) for n in range(count)]

    found = pages(sections)

    assert [len(page) for page in found] == sizes
    assert max(sizes, default=0) <= MOST_SECTIONS
    assert [each for page in found for each in page] == sections
