"""What the code marks as a text, held against what the catalogs translate."""

import re
from collections.abc import Iterator
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "habits", "notifications", "backend")
PO = Path("locale", "ru", "LC_MESSAGES", "django.po")

KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
"""Django's functions beside those that Babel knows; `_` is any of the plain ones."""

PLACEHOLDER = re.compile(r"%\(\w+\)\w|%\w|\{[^{}]*\}|</?\w+>")
"""Of both ways to format, and the tags of Telegram's HTML."""


def marked(folder: Path) -> Catalog:
    """The texts that the sources of an app mark, with the places that mark them."""
    found = Catalog()
    sources = extract_from_dir(folder, method_map=[("**.py", "python")], keywords=KEYWORDS)
    for name, line, text, _comments, context in sources:
        found.add(text, locations=[(f"{folder.name}/{name}", line)], context=context)
    return found


def translated(po: Path) -> Catalog:
    """The catalog in a file; an empty one where there is none."""
    if not po.exists():
        return Catalog("ru")
    with po.open("rb") as lines:
        return read_po(lines, "ru")


def findings(texts: Catalog, catalog: Catalog) -> Iterator[str]:
    """What is wrong with the translations of `texts` in `catalog`: a line each."""
    for message in _entries(texts):
        places = ", ".join(f"{name}:{line}" for name, line in message.locations)
        translation = catalog.get(message.id, message.context)
        if translation is None:
            yield f"missing: {_shown(message)} ({places})"
            continue
        if translation.fuzzy:
            yield f"fuzzy: {_shown(message)}"
        if translation.pluralizable != message.pluralizable:
            yield f"plural in one place and not in the other: {_shown(message)} ({places})"
            continue
        forms = _forms(translation, catalog.num_plurals)
        if not all(forms):
            yield f"not translated: {_shown(message)} ({places})"
        elif any(_placeholders(form) != _placeholders(_words(message)[-1]) for form in forms):
            yield f"other placeholders: {_shown(message)}: {' | '.join(forms)}"
    for message in _entries(catalog):
        if texts.get(message.id, message.context) is None:
            yield f"marked nowhere: {_shown(message)}"
    for message in catalog.obsolete.values():
        yield f"obsolete: {_shown(message)}"


def contradictions(catalogs: list[Catalog]) -> Iterator[str]:
    """Texts that two catalogs translate differently: Django shows one of both everywhere."""
    known: dict[tuple[str, str | None], object] = {}
    for catalog in catalogs:
        for message in _entries(catalog):
            key = _words(message)[0], message.context
            if known.setdefault(key, message.string) != message.string:
                yield f"{_shown(message)}: {known[key]} | {message.string}"


def of_the_project() -> list[str]:
    """All findings, each with the catalog that it is about."""
    found = [
        f"{app / PO}: {finding}"
        for app in map(Path, APPS)
        for finding in findings(marked(ROOT / app), translated(ROOT / app / PO))
    ]
    ours = [translated(ROOT / app / PO) for app in APPS]
    return found + [f"translated twice: {each}" for each in contradictions(ours)]


def of_django() -> list[Catalog]:
    """The Russian catalogs of those parts of Django whose texts the API or the admin shows."""
    home = Path(django.__file__).parent
    parts = ("conf", "contrib/admin", "contrib/auth")
    return [translated(home / part / PO) for part in parts]


def _entries(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def _words(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _forms(message: Message, plurals: int) -> tuple[str, ...]:
    if isinstance(message.string, str):
        return (message.string,)
    forms: tuple[str, ...] = tuple(message.string or ())
    return forms + ("",) * (plurals - len(forms))


def _placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def _shown(message: Message) -> str:
    text = " | ".join(_words(message))
    return f"“{text}”" + (f" as {message.context}" if message.context else "")
