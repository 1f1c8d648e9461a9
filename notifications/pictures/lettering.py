"""Words in a picture: any script that the font has, in the order in which it is read.

DejaVu Sans has Latin, Cyrillic, Greek, Hebrew, Arabic and more, but no Chinese, Japanese, Korean
or Indic letters: those show as boxes. Emoji that it lacks are left out.
"""

import re
import unicodedata
from bisect import bisect_right
from pathlib import Path

from arabic_reshaper import reshape

# The package's other implementation does not turn brackets round.
from bidi.algorithm import get_display
from PIL import ImageDraw, ImageFont

from notifications.pictures.palette import Colour

FONT = Path(__file__).parent / "font" / "DejaVuSans.ttf"

ELLIPSIS = "…"

JOINED = re.compile(r"\u200d[^\w\s]|[\ufe0e\ufe0f]")
"""What makes a runner a woman, or a family of four people, and what asks for colours: the first
part says enough."""

UNBOXED = {"Cf", "Mn", "Sk", "So"}
"""Unicode's categories of what is left out, instead of a box, where the font lacks it: joiners,
marks, tones of skin, emoji."""

DIRECTIONLESS = {"", "LRE", "LRO", "RLE", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
"""Classes of characters that are left out, as the direction is that of the letters: those that
Unicode does not know, and those that change the direction of others. The library takes none."""


class Lettering:
    """The font in one size, in pixels. To be used by one thread only."""

    def __init__(self, size: int) -> None:
        # The other layout goes by libraries that one machine has and the next one lacks.
        self._font = ImageFont.truetype(FONT, size, layout_engine=ImageFont.Layout.BASIC)
        self._box = self._drawn("\uffff")

    def width(self, text: str) -> float:
        """In pixels."""
        return self._font.getlength(reshape(text))

    def write(
        self,
        draw: ImageDraw.ImageDraw,
        place: tuple[float, float],
        text: str,
        colour: Colour,
        anchor: str = "ls",
    ) -> None:
        """Writes one line. `anchor` is the library's: what of the line lies at `place`."""
        draw.text(place, get_display(reshape(text)), fill=colour, font=self._font, anchor=anchor)

    def wrapped(self, text: str, width: float, most_lines: int) -> list[str]:
        """The text in lines of at most `width` pixels; an ellipsis ends the last if it is cut."""
        rest = self._clean(text)
        lines: list[str] = []
        while self.width(rest) > width and len(lines) < most_lines - 1:
            fitting = self._fitting(rest, width)
            space = rest.rfind(" ", 0, fitting + 1)
            end = space if space > 0 else fitting
            lines.append(rest[:end])
            rest = rest[end:].lstrip()
        if self.width(rest) > width:
            fitting = self._fitting(rest, width - self.width(ELLIPSIS))
            rest = rest[:fitting].rstrip() + ELLIPSIS
        return [*lines, rest]

    def _fitting(self, text: str, width: float) -> int:
        """How many of the first characters lie within `width`; at least one."""
        lengths = range(2, len(text) + 1)
        return 1 + bisect_right(lengths, width, key=lambda length: self.width(text[:length]))

    def _clean(self, text: str) -> str:
        """What can be written of a text, with single spaces."""
        kept = (each for each in JOINED.sub("", text) if self._is_written(each))
        return " ".join("".join(kept).split())

    def _is_written(self, character: str) -> bool:
        if unicodedata.bidirectional(character) in DIRECTIONLESS:
            return False
        is_boxed = unicodedata.category(character) not in UNBOXED
        return is_boxed or self._drawn(character) != self._box

    def _drawn(self, character: str) -> tuple[tuple[int, int], bytes]:
        mask = self._font.getmask(character)
        return mask.size, bytes(mask)
