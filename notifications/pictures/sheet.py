"""What a picture is drawn on, and with."""

from PIL import Image, ImageDraw

from notifications.pictures.geometry import WIDTH
from notifications.pictures.lettering import Lettering
from notifications.pictures.palette import PAPER, Colour


class Sheet:
    """An empty picture, WIDTH times `height` pixels, with a pen and an own lettering for words."""

    def __init__(self, height: int, words: Lettering) -> None:
        self.image = Image.new("RGB", (WIDTH, height), PAPER)
        self.pen = ImageDraw.Draw(self.image)
        self.words = words

    def write(
        self, place: tuple[float, float], text: str, colour: Colour, anchor: str = "ls"
    ) -> None:
        """Writes one line in the size of `words`."""
        self.words.write(self.pen, place, text, colour, anchor)
