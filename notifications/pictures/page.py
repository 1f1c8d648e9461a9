"""A whole picture: sections one below the other, then the legend."""

from collections.abc import Sequence
from io import BytesIO

from django.utils import translation
from django.utils.translation import gettext as _

from notifications.pictures import curve, heat_map, legend
from notifications.pictures.geometry import MARGIN, RIGHT, Weeks
from notifications.pictures.lettering import Lettering
from notifications.pictures.palette import INK, QUIET, RULE
from notifications.pictures.sections import MOST_SECTIONS, Section
from notifications.pictures.sheet import Sheet

TITLE_SIZE = 38
TITLE_LINE = 46
"""The height of a line of a title."""
MOST_TITLE_LINES = 2
TEXT_SIZE = 27
NUMBERS = 42
"""The height of the line of numbers."""
TO_CURVE = 20
"""From the heat map to the curve."""
GAP = 44
"""After a section, with a rule in the middle."""


def draw(sections: Sequence[Section], language: str) -> bytes:
    """`notifications.pictures.picture`."""
    if not 1 <= len(sections) <= MOST_SECTIONS:
        raise ValueError(f"not 1 to {MOST_SECTIONS} sections: {len(sections)}")
    # New ones for each picture: threads may not share a font.
    large, small = Lettering(TITLE_SIZE), Lettering(TEXT_SIZE)
    titles = [large.wrapped(each.title, RIGHT - MARGIN, MOST_TITLE_LINES) for each in sections]
    with translation.override(language):
        entries = legend.entries(small)
        below = MARGIN + sum(_height(len(title)) + GAP for title in titles)
        sheet = Sheet(below + entries[-1].top + legend.LINE_HEIGHT + MARGIN // 2, small)
        top = MARGIN
        for section, title in zip(sections, titles, strict=True):
            for n, line in enumerate(title):
                place = (MARGIN, top + TITLE_SIZE + n * TITLE_LINE)
                large.write(sheet.pen, place, line, INK)
            _section(sheet, section, top + len(title) * TITLE_LINE)
            top += _height(len(title)) + GAP
            sheet.pen.line((MARGIN, top - GAP // 2, RIGHT, top - GAP // 2), fill=RULE, width=2)
        legend.draw(sheet, entries, below)
    file = BytesIO()
    sheet.image.save(file, "PNG")
    return file.getvalue()


def _height(title_lines: int) -> int:
    """Of a section, in pixels."""
    return title_lines * TITLE_LINE + NUMBERS + heat_map.HEIGHT + TO_CURVE + curve.HEIGHT


def _section(sheet: Sheet, section: Section, top: int) -> None:
    """All that is below the title."""
    sheet.write((MARGIN, top + TEXT_SIZE), _numbers(section), QUIET)
    weeks = Weeks.up_to(section.days[-1][0])
    heat_map.draw(sheet, weeks, section.days, top + NUMBERS)
    curve.draw(sheet, weeks, section.strengths, top + NUMBERS + heat_map.HEIGHT + TO_CURVE)


def _numbers(section: Section) -> str:
    return _("Strength %(percent)d%% · streak %(streak)d · longest %(longest)d") % {
        # Rounded down: nobody reads 100% who has to do more for it.
        "percent": int(section.strength * 100),
        "streak": section.streak,
        "longest": section.longest,
    }
