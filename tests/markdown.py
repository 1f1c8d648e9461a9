"""What the tests of the documentation read out of a page."""

import re


def section(page: str, title: str) -> str:
    """The text below a heading of the second level, up to the next one; ValueError if not there."""
    for part in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        heading, _, text = part.partition("\n")
        if heading == title:
            return text
    raise ValueError(f"no section {title!r}")


def blocks(page: str, language: str) -> list[str]:
    """The code blocks in a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def table(page: str, *first: str) -> list[dict[str, str]]:
    """The rows of the table whose header begins with the `first` cells, by the header's cells.

    ValueError unless there is exactly one.
    """
    tables = [
        [[cell.strip() for cell in line.strip("|").split("|")] for line in lines.splitlines()]
        for lines in re.findall(r"(?:^\|.*\|\n)+", page, flags=re.MULTILINE)
    ]
    found = [rows for rows in tables if tuple(rows[0][: len(first)]) == first]
    if len(found) != 1:
        raise ValueError(f"{len(found)} tables begin with {first}")
    ((header, _rule, *rows),) = found
    return [dict(zip(header, row, strict=True)) for row in rows]
