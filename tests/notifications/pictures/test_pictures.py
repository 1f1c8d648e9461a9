"""The picture itself: its size, its cells, its curve and its words."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from itertools import combinations
from threading import Thread

import pytest
from PIL import Image, ImageDraw

from accounts.models import Language
from habits.days import Days, Pause
from habits.history import DayState, History, Mark
from notifications.pictures import MOST_SECTIONS, Section, pages, picture, section_of
from notifications.pictures.lettering import Lettering
from notifications.pictures.palette import CELL, COLOURS, LINE, PAPER, QUIET
from tests.notifications.pictures.vision import EYES, distance

DAY = timedelta(days=1)
SUNDAY = date(2026, 11, 29)
MONDAY = SUNDAY - 181 * DAY
"""The first of the 26 weeks that end on SUNDAY."""

Box = tuple[int, int, int, int]

LEFT, TOP, PITCH = 134, 166, 35
"""Where the first cell lies below a title of one line, and how far away the next one does."""
BELOW = TOP + 7 * PITCH - 4
TITLE: Box = (40, 40, 1040, 86)
NUMBERS: Box = (40, 86, 1040, 122)
MONTHS: Box = (LEFT, 130, 1080, TOP - 4)
WEEKDAYS: Box = (0, TOP, LEFT - 8, BELOW)
PLOT: Box = (LEFT, BELOW + 20, 1048, BELOW + 140)


def section(states: Sequence[DayState] = (), **changes: object) -> Section:
    """26 weeks up to SUNDAY: these states from the Monday on, then dates that are not due."""
    given = [*states, *[DayState.NOT_DUE] * 182][:182]
    days = [(MONDAY + n * DAY, state) for n, state in enumerate(given)]
    strengths = [(day, 0.5) for day, _ in days]
    plain = Section("walk", days, strengths, streak=3, longest=14, strength=0.5)
    return replace(plain, **changes)  # type: ignore[arg-type]  # the fields are named by the tests


def opened(sections: Sequence[Section], language: str = "en") -> Image.Image:
    png = picture(sections, language)
    image = Image.open(BytesIO(png))
    assert image.format == "PNG"
    return image.convert("RGB")


def cell(image: Image.Image, week: int, weekday: int) -> Image.Image:
    left, top = LEFT + week * PITCH, TOP + weekday * PITCH
    return image.crop((left, top, left + CELL, top + CELL))


def edge(square: Image.Image) -> tuple[int, ...]:
    """The colour of a cell, beside whatever shape lies in it."""
    colour = square.getpixel((1, CELL // 2))
    assert isinstance(colour, tuple)
    return colour


def is_empty(image: Image.Image, box: Box) -> bool:
    return image.crop(box).getcolors(1) is not None


def curve_at(image: Image.Image, days: int) -> float:
    """How strong the curve says that the habit was at the end of so many days."""
    x = LEFT + round(days * PITCH / 7)
    inked = [y for y in range(PLOT[1], PLOT[3]) if image.getpixel((x, y)) == LINE]
    return (PLOT[3] - 8 - (min(inked) + max(inked)) / 2) / (PLOT[3] - PLOT[1] - 16)


def test_each_date_lies_in_its_week_and_row_with_the_colour_of_its_state() -> None:
    states = list(DayState) * 4

    image = opened([section(states)])

    for n, state in enumerate(states):
        assert edge(cell(image, *divmod(n, 7))) == COLOURS[state]
    assert edge(cell(image, 25, 6)) == COLOURS[DayState.NOT_DUE]


def test_each_state_looks_like_no_other() -> None:
    image = opened([section(list(DayState))])

    cells = {cell(image, 0, row).tobytes() for row in range(len(DayState))}

    assert len(cells) == len(DayState)


@pytest.mark.parametrize("eyes", EYES)
def test_colours_of_states_lie_far_apart_to_all_eyes(eyes: str) -> None:
    for one, other in combinations(DayState, 2):
        if {one, other} != {DayState.DONE, DayState.DUE}:  # full and empty, of one colour
            assert distance(COLOURS[one], COLOURS[other], EYES[eyes]) > 15, (one, other)


def test_words_stand_out_from_the_paper() -> None:
    assert distance(QUIET, PAPER, EYES["all cones"]) > 50


def test_days_to_come_and_days_of_long_ago_have_no_cell() -> None:
    days = [(MONDAY + n * DAY, DayState.DONE) for n in range(-400, 178)]
    strengths = [(day, 0.25) for day, _ in days]

    image = opened([section(days=days, strengths=strengths)])

    assert edge(cell(image, 0, 0)) == edge(cell(image, 25, 2)) == COLOURS[DayState.DONE]
    for row in range(3, 7):
        assert is_empty(cell(image, 25, row), (0, 0, CELL, CELL))
    assert is_empty(image, (LEFT - 8, PLOT[1], LEFT, PLOT[3]))
    assert image.crop(WEEKDAYS).tobytes() == opened([section()]).crop(WEEKDAYS).tobytes()


def test_the_curve_goes_through_each_days_strength() -> None:
    strengths = [(MONDAY + n * DAY, n / 181) for n in range(182)]

    image = opened([section(strengths=strengths)])

    for days in (10, 60, 100, 150):
        assert curve_at(image, days) == pytest.approx((days - 1) / 181, abs=0.03)


def test_a_curve_of_nothing_or_of_all_stays_inside() -> None:
    for strength in (0.0, 1.0):
        strengths = [(MONDAY + n * DAY, strength) for n in range(182)]
        image = opened([section(strengths=strengths)])
        assert curve_at(image, 90) == pytest.approx(strength, abs=0.02)


def test_the_numbers_are_written() -> None:
    plain = opened([section()]).crop(NUMBERS)

    for changes in ({"streak": 4}, {"longest": 15}, {"strength": 0.51}):
        assert opened([section(**changes)]).crop(NUMBERS).tobytes() != plain.tobytes()
    # Nobody reads 100% who has to do more for it.
    almost, whole = (opened([section(strength=n)]).crop(NUMBERS) for n in (0.999, 1.0))
    assert almost.tobytes() == opened([section(strength=0.99)]).crop(NUMBERS).tobytes()
    assert almost.tobytes() != whole.tobytes()


def test_a_months_name_stands_over_the_week_of_its_first_day() -> None:
    image = opened([section()])

    # June begins on the first Monday, July on the Wednesday of the fifth week.
    for week, is_named in [(0, True), (2, False), (3, False), (4, True), (6, False), (8, True)]:
        left = LEFT + week * PITCH
        assert is_empty(image, (left, MONTHS[1], left + CELL, MONTHS[3])) != is_named


def test_a_month_with_one_week_at_the_edge_has_no_name() -> None:
    days = [(MONDAY - 7 * DAY, DayState.DONE), (SUNDAY - 7 * DAY, DayState.DONE)]

    image = opened([section(days=days)])

    assert is_empty(image, (LEFT, MONTHS[1], LEFT + PITCH - 2, MONTHS[3]))
    assert not is_empty(image, (LEFT + PITCH, MONTHS[1], LEFT + 3 * PITCH, MONTHS[3]))


@pytest.mark.parametrize(
    ("language", "june", "monday"), [("en", "Jun", "Mon"), ("ru", "Июн", "Пн")]
)
def test_months_and_weekdays_have_their_names(language: str, june: str, monday: str) -> None:
    image = opened([section()], language)
    expected = Image.new("RGB", image.size, PAPER)
    pen, words = ImageDraw.Draw(expected), Lettering(27)
    words.write(pen, (LEFT, TOP - 12), june, QUIET)
    words.write(pen, (LEFT - 12, TOP + CELL // 2), monday, QUIET, "rm")

    for box in [(LEFT, MONTHS[1], LEFT + 100, MONTHS[3]), (0, TOP, LEFT - 8, TOP + CELL)]:
        assert not is_empty(image, box)
        assert image.crop(box).tobytes() == expected.crop(box).tobytes()


def test_months_and_weekdays_are_in_the_language() -> None:
    english, russian = (opened([section(title="42")], language) for language in ("en", "ru"))

    assert english.crop(TITLE).tobytes() == russian.crop(TITLE).tobytes()
    for box in (MONTHS, WEEKDAYS):
        assert english.crop(box).tobytes() != russian.crop(box).tobytes()


@pytest.mark.parametrize("language", Language)
def test_the_same_is_drawn_again(language: str) -> None:
    sections = [section(list(DayState)), section(title="гулять 🏃 שלום")]

    assert picture(sections, language) == picture(sections, language)


def test_threads_draw_at_once() -> None:
    expected = picture([section(title="гулять")], "ru")
    found: list[bytes] = []
    threads = [
        Thread(target=lambda: found.append(picture([section(title="гулять")], "ru")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [expected] * 8


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("count", range(1, MOST_SECTIONS + 1))
def test_the_largest_picture_is_shown_whole_and_sharp_by_telegram(
    count: int, language: str
) -> None:
    sections = [section(list(DayState) * 31, title="очень длинно " * 100)] * count

    png = picture(sections, language)

    width, height = Image.open(BytesIO(png)).size
    assert width == 1080
    assert height <= 2560
    assert len(png) < 1_000_000
    # `sendPhoto`: at most 10,000 together, at most 20 to 1, at most 10 MB.
    assert width + height <= 10_000
    assert max(width, height) <= 20 * min(width, height)


def test_a_long_title_takes_two_lines_and_moves_the_rest_down() -> None:
    short, long, longer = (
        opened([section(title=title)]) for title in ("walk", "walk " * 20, "walk " * 2000)
    )

    assert long.height == longer.height == short.height + 46
    assert short.crop((0, TOP, 1080, short.height)).tobytes() == (
        long.crop((0, TOP + 46, 1080, long.height)).tobytes()
    )


def test_sections_lie_below_each_other() -> None:
    one, two = opened([section([DayState.DONE])]), opened([section(), section([DayState.DONE])])

    step = two.height - one.height
    assert edge(cell(two, 0, 0)) == COLOURS[DayState.NOT_DUE]
    assert two.getpixel((LEFT + 1, TOP + step + CELL // 2)) == COLOURS[DayState.DONE]


@pytest.mark.parametrize("count", [0, MOST_SECTIONS + 1])
def test_other_counts_of_sections_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="sections"):
        picture([section()] * count, "en")


def test_a_life_becomes_pictures() -> None:
    marks = {SUNDAY - n * DAY: Mark.DONE for n in range(3, 100)}
    history = History(Days(MONDAY, 1), SUNDAY, marks, (), (Pause(SUNDAY - DAY, None),))

    found = [opened(page) for page in pages([section_of("гулять", history)] * 5)]

    assert len(found) == 2
    expected = [DayState.DONE, DayState.MISSED, DayState.PAUSED, DayState.PAUSED]
    for row, state in enumerate(expected, start=3):
        assert edge(cell(found[1], 25, row)) == COLOURS[state]


def test_the_library_is_loaded_by_who_draws_only() -> None:
    code = "import sys, notifications.pictures; print([m for m in sys.modules if 'PIL' in m])"

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert told.stdout.strip() == "[]"
