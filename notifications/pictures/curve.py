"""The curve of a habit's strength, from 0 to 100 %, under the weeks of its heat map."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _
from PIL import Image, ImageDraw

from notifications.pictures.geometry import LEFT, RIGHT, Weeks
from notifications.pictures.palette import FINE, LINE, PAPER, QUIET, RULE, SHADE
from notifications.pictures.sheet import Sheet

HEIGHT = 120
AROUND = 8
"""Pixels around the plot, for what is drawn on its edges."""
STROKE = 4
DOT = 7
GRID = (0, 50, 100)
"""In per cent."""


def draw(sheet: Sheet, weeks: Weeks, strengths: Sequence[tuple[date, float]], top: int) -> None:
    """Draws those of `strengths` that lie in `weeks`, HEIGHT pixels from `top` on."""
    plot = _plot([(weeks.end(day) - LEFT, value) for day, value in strengths if day in weeks])
    sheet.image.paste(plot, (LEFT - AROUND, top))
    for percent in GRID:
        place = (LEFT - 12, top + _below(percent / 100))
        sheet.write(place, _("%(percent)d%%") % {"percent": percent}, QUIET, "rm")


def _below(strength: float) -> float:
    """How far below the top a strength lies."""
    return HEIGHT - AROUND - strength * (HEIGHT - 2 * AROUND)


def _plot(points: Sequence[tuple[float, float]]) -> Image.Image:
    """The grid, and the line through points, each given by pixels from LEFT and a strength."""
    width = RIGHT - LEFT + 2 * AROUND
    image = Image.new("RGB", (width * FINE, HEIGHT * FINE), PAPER)
    pen = ImageDraw.Draw(image)
    line = [((x + AROUND) * FINE, _below(value) * FINE) for x, value in points]
    floor = _below(0) * FINE
    if line:
        pen.polygon([(line[0][0], floor), *line, (line[-1][0], floor)], SHADE)
    for percent in GRID:
        y = _below(percent / 100) * FINE
        pen.line((AROUND * FINE, y, (width - AROUND) * FINE, y), fill=RULE, width=2 * FINE)
    if line:
        pen.line(line, fill=LINE, width=STROKE * FINE, joint="curve")
        pen.circle(line[-1], DOT * FINE, fill=LINE)
    return image.reduce(FINE)
