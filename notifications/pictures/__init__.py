"""Pictures of how habits go: for each one its calendar as a heat map and the curve of its strength.

    for page in pages([section_of(title, history), ...]):
        send(picture(page, language))

Plain data in, the bytes of a PNG out; nothing is read from the database or kept on disk.
"""

from collections.abc import Sequence

from notifications.pictures.sections import MOST_SECTIONS, Section, pages, section_of

__all__ = ["MOST_SECTIONS", "Section", "pages", "picture", "section_of"]


def picture(sections: Sequence[Section], language: str) -> bytes:
    """One picture of 1 to MOST_SECTIONS sections, one below the other, as a PNG.

    Month names, weekdays and the legend are in `language`, a code that Django knows; the titles
    are people's own, in any script.
    """
    # Only who draws pays for loading the library.
    from notifications.pictures.page import draw

    return draw(sections, language)
