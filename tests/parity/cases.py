"""A case by its seed and number: a document and some requests for it, from one caller or more."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.parity.arguments import Variable
from tests.parity.damage import damaged
from tests.parity.documents import Document, Writer
from tests.parity.exchange import Request
from tests.parity.values import Values
from tests.parity.world import World

CALLERS = ("alice",) * 12 + ("bob",) * 5 + ("carol", "eve", "eve")
OTHERS = (*CALLERS, "nobody", "nobody", "dave", "gone", "noise")
"""Whom a token is of; Dave's and that of one who is gone are dead."""

LANGUAGES = ("en", "ru", "ru-RU,en;q=0.5", "de", "*")
ACCEPTED = ("application/json", "application/graphql-response+json")
ODD_VARIABLES = 50
"""One in so many is missing, or of no type in particular."""

ROOM = (1, 3, 6, 10, 15, 20, 30)


@dataclass(frozen=True)
class Case:
    """The requests are sent one after the other, so that the later ones meet a document that has
    been seen before, with other variables.
    """

    seed: int
    number: int
    requests: Sequence[Request]


def case(seed: int, number: int, world: World) -> Case:
    """Always the same one."""
    draw = random.Random(f"{seed}:{number}")  # noqa: S311  # nobody's secret
    person = draw.choice(CALLERS)
    values = Values(draw, world, person)
    document = Writer(draw, values, draw.choice(ROOM)).document()
    text = damaged(draw, document.text) if values.chance(12) else document.text
    requests = [
        _request(values, world, document, text, person)
        for _ in range(draw.choice((1, 2, 2, 3) if document.variables else (1, 1, 2)))
    ]
    return Case(seed, number, requests)


def _request(values: Values, world: World, document: Document, text: str, person: str) -> Request:
    body: dict[str, Any] = {"query": text}
    variables = _variables(values, document)
    if variables or values.chance(2):
        body["variables"] = variables
    elif values.chance(4):
        body["variables"] = None
    if document.name and values.chance(2):
        body["operationName"] = document.name
    elif values.chance(40):
        body["operationName"] = values.of(("A", "Z", "Nope", "", None))
    headers = {}
    if values.chance(2):
        headers["HTTP_ACCEPT_LANGUAGE"] = values.of(LANGUAGES)
    if values.chance(3):
        headers["HTTP_ACCEPT"] = values.of(ACCEPTED)
    caller = values.of(OTHERS) if values.chance(8) else person
    if caller != "nobody":
        headers["HTTP_AUTHORIZATION"] = f"Bearer {world.tokens.get(caller, 'noise')}"
    return Request(body, headers, tired=values.chance(10))


def _variables(values: Values, document: Document) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, variable in document.variables.items():
        if _may_be_missing(variable) and values.chance(4):
            continue
        if values.chance(ODD_VARIABLES):
            if values.chance(2):
                continue
            given[name] = values.odd()
        else:
            given[name] = variable.kind(values)
    if values.chance(40):
        given["nobodyDeclaredThis"] = values.odd()
    return given


def _may_be_missing(variable: Variable) -> bool:
    return variable.default is not None or not variable.type.endswith("!")
