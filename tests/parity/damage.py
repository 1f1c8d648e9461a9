"""What is wrong with a document that is not executed, or not as it was meant."""

import random
import re
from collections.abc import Callable

Damage = Callable[[random.Random, str], str]

SOUP = (
    "{",
    "}",
    "(",
    ")",
    ":",
    "$",
    "...",
    "@skip",
    '"',
    '"""',
    "#",
    "é",
    "\0",
    "\ufeff",
    "on",
    "1",
)


def damaged(draw: random.Random, text: str) -> str:
    """The document with one thing wrong in it."""
    return draw.choice(ALL)(draw, text)


def _cut(draw: random.Random, text: str) -> str:
    start, end = sorted(draw.choices(range(len(text) + 1), k=2))
    return text[:start] + text[end:]


def _stuffed(draw: random.Random, text: str) -> str:
    place = draw.randrange(len(text) + 1)
    return f"{text[:place]} {draw.choice(SOUP)} {text[place:]}"


def _renamed(draw: random.Random, text: str) -> str:
    """Another word in the place of one: a field, an argument, a type, a keyword."""
    words = list(re.finditer(r"\w+", text))
    found, other = draw.choices(words, k=2)
    name = draw.choice(["nope", "id", "null", "Habit", other[0]])
    return f"{text[: found.start()]}{name}{text[found.end() :]}"


def _added(*fields: str) -> Damage:
    def add(draw: random.Random, text: str) -> str:
        braces = [brace.end() for brace in re.finditer(r"{ ", text)]
        place = draw.choice(braces or [0])
        return f"{text[:place]}{draw.choice(fields)} {text[place:]}"

    return add


def _followed(*definitions: str) -> Damage:
    return lambda draw, text: f"{text}\n{draw.choice(definitions)}"


def _as_subscription(_draw: random.Random, text: str) -> str:
    return re.sub(r"\A(query|mutation)?", "subscription", text, count=1)


ALL: tuple[Damage, ...] = (
    _cut,
    _stuffed,
    _renamed,
    _renamed,
    _added(
        "nope", "...Nope", "... on Nope { id }", "id: nope", "__typename: id", "a: id a: __typename"
    ),
    _added(
        "__schema { types { name } }", '__type(name: "Habit") { name }', "...on Query{__typename}"
    ),
    _added("__typename @nope", "__typename @skip", "__typename @include(if: $nope)"),
    _added(
        "__typename @skip(if: null)", '__typename @include(if: "true")', "me { id { id } }", "me"
    ),
    _followed(
        "fragment Unused on Habit { id }", "fragment A on Habit { ...A }", "type A { a: Int }"
    ),
    _followed(
        "query Z { __typename }", "query Z { me { id } }", "{ __typename }", "subscription S { a }"
    ),
    _as_subscription,
)
