"""Words in a picture."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from notifications.pictures.lettering import FONT, Lettering
from notifications.pictures.palette import INK, PAPER

WIDTH = 600
SIZE = 38
PLACE = (10, SIZE + 10)
MISSING = "学"


@pytest.fixture(scope="module")
def lettering() -> Lettering:
    return Lettering(SIZE)


def blank() -> Image.Image:
    return Image.new("RGB", (WIDTH + 20, 2 * SIZE), PAPER)


def drawn(lettering: Lettering, text: str) -> bytes:
    """The pixels of one line."""
    image = blank()
    lettering.write(ImageDraw.Draw(image), PLACE, text, INK)
    return image.tobytes()


@pytest.mark.parametrize(
    "letters",
    [
        "abcxyzABCXYZ0189",
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ",
        "ґєіїўҐЄІЇЎәғқңөұүһі",
        "äßéñçøłşğőαβγω",
        "אבגדש",
        "ابتث",
        "·…%«»—№",
    ],
)
def test_each_letter_has_a_glyph_of_its_own(lettering: Lettering, letters: str) -> None:
    found = {drawn(lettering, each) for each in letters}

    assert len(found) == len(set(letters))
    assert drawn(lettering, MISSING) not in found
    assert drawn(lettering, "") not in found


def test_a_text_that_fits_stays_one_line(lettering: Lettering) -> None:
    assert lettering.wrapped("читать 10 страниц", WIDTH, 2) == ["читать 10 страниц"]


def test_a_longer_text_is_wrapped_between_words(lettering: Lettering) -> None:
    lines = lettering.wrapped("walk in the park with the dog and a friend", WIDTH, 2)

    assert len(lines) == 2
    assert " ".join(lines) == "walk in the park with the dog and a friend"
    assert all(lettering.width(line) <= WIDTH for line in lines)


@pytest.mark.parametrize("text", ["гулять с собакой " * 30, "гулять" * 100, "W" * 1000])
def test_an_ellipsis_ends_what_is_cut(lettering: Lettering, text: str) -> None:
    lines = lettering.wrapped(text, WIDTH, 2)

    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert all(0.7 * WIDTH < lettering.width(line) <= WIDTH for line in lines)
    assert text.startswith((" ".join(lines)[:-1], "".join(lines)[:-1]))


def test_white_space_is_one_space(lettering: Lettering) -> None:
    assert lettering.wrapped(" walk\n\n in \t the\u2003park ", WIDTH, 2) == ["walk in the park"]
    assert lettering.wrapped("", WIDTH, 2) == [""]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("run 🏃 home", "run home"),
        ("run 🏃🏽‍♀️ home", "run home"),
        ("call 👨‍👩‍👧‍👦", "call"),
        ("smile 😀", "smile 😀"),
        ("love ♥", "love ♥"),
        ("🏃", ""),
    ],
)
def test_emoji_that_the_font_lacks_are_left_out(
    lettering: Lettering, text: str, shown: str
) -> None:
    assert lettering.wrapped(text, WIDTH, 2) == [shown]


def test_letters_that_the_font_lacks_are_boxes(lettering: Lettering) -> None:
    assert lettering.wrapped("学 A", WIDTH, 2) == ["学 A"]
    assert drawn(lettering, "学") == drawn(lettering, "語") != drawn(lettering, "")


def test_hebrew_runs_from_right_to_left_and_turns_its_brackets(lettering: Lettering) -> None:
    alef, bet, gimel = "\u05d0", "\u05d1", "\u05d2"
    font = ImageFont.truetype(FONT, SIZE, layout_engine=ImageFont.Layout.BASIC)
    image = blank()
    from_the_left = f"({gimel}){bet}{alef}"
    ImageDraw.Draw(image).text(PLACE, from_the_left, fill=INK, font=font, anchor="ls")

    assert drawn(lettering, f"{alef}{bet}({gimel})") == image.tobytes()


def test_arabic_letters_are_joined(lettering: Lettering) -> None:
    apart = lettering.width("ب") + lettering.width("ي") + lettering.width("ت")

    assert lettering.width("بيت") < 0.8 * apart


def test_directions_are_those_of_the_letters_whatever_a_text_commands(
    lettering: Lettering,
) -> None:
    assert lettering.wrapped("\u202ewalk\u202c \u2067home\u2069", WIDTH, 2) == ["walk home"]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.text(
        st.one_of(
            st.characters(exclude_categories=["Cs"]),
            st.characters(min_codepoint=0x590, max_codepoint=0x8FF),
            st.characters(min_codepoint=0x2000, max_codepoint=0x206F),
            st.characters(min_codepoint=0x1F300, max_codepoint=0x1FAFF),
        ),
        max_size=80,
    )
)
def test_any_text_at_all_is_written_in_its_bounds(text: str) -> None:
    lettering = Lettering(SIZE)

    lines = lettering.wrapped(text, WIDTH, 2)

    assert 1 <= len(lines) <= 2
    for line in lines:
        assert lettering.width(line) <= WIDTH
        drawn(lettering, line)
