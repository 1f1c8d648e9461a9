"""Colours, and the cell that stands for each state of a date.

States differ in lightness and in shape, too, so that nobody has to tell red from green.
"""

from PIL import Image, ImageDraw

from habits.history import DayState

Colour = tuple[int, int, int]

PAPER: Colour = (255, 255, 255)
INK: Colour = (27, 36, 48)
QUIET: Colour = (86, 97, 110)
"""Words beside the point; 6 to 1 against PAPER."""
RULE: Colour = (222, 226, 231)
LINE: Colour = (21, 94, 168)
SHADE: Colour = (221, 234, 247)

COLOURS: dict[DayState, Colour] = {
    DayState.DONE: LINE,
    DayState.SKIPPED: (143, 193, 236),
    DayState.MISSED: (240, 138, 36),
    DayState.PAUSED: (160, 167, 177),
    DayState.NOT_DUE: (234, 237, 241),
    DayState.DUE: LINE,
}

CELL = 31
"""Pixels, each way."""

FINE = 4
"""The library draws jagged edges: shapes are drawn so many times as large, and shrunk."""


def cell(state: DayState) -> Image.Image:
    """The square of CELL pixels for a date in `state`."""
    side = CELL * FINE
    image = Image.new("RGB", (side, side), PAPER)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, side - 1, side - 1), radius=side // 5, fill=COLOURS[state])

    def part(tenths: float) -> float:
        return side * tenths / 10

    if state is DayState.MISSED:
        draw.rounded_rectangle((part(3), part(3), part(7), part(7)), part(0.8), fill=PAPER)
    elif state is DayState.DUE:
        draw.rounded_rectangle((part(1), part(1), part(9), part(9)), part(1.2), fill=PAPER)
    elif state is DayState.SKIPPED:
        draw.polygon([(part(3.6), part(2.8)), (part(7.4), part(5)), (part(3.6), part(7.2))], PAPER)
    elif state is DayState.PAUSED:
        for left in (3.2, 5.6):
            draw.rectangle((part(left), part(2.8), part(left + 1.2), part(7.2)), fill=PAPER)
    return image.reduce(FINE)
