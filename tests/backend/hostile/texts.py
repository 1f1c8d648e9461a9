"""Texts that no line of text is like, in every argument that takes a text."""

import json
from collections.abc import Iterator
from typing import Any

from tests.backend.hostile.calls import (
    CREATE,
    DELETE,
    FORGOTTEN,
    HABIT,
    HABITS,
    LOG_IN,
    NO_HABIT,
    OF_ONE_TEXT,
    PASSWORD,
    PROFILE,
    PUBLIC_HABIT,
    PUBLIC_HABITS,
    REGISTER,
    REGISTRATION,
    RESET,
    UPDATE,
    USEFUL,
)
from tests.backend.hostile.request import Hostile, Outcome

LINES = {
    "a NUL": "\0",
    "a NUL inside": "a\0b",
    "controls": "".join(map(chr, range(1, 32))),
    "nothing": "",
    "blanks": " \u00a0\u2003\u200b",
    "10,000 characters": "x" * 10_000,
    "5,000 that grow when folded": "\u0390" * 5_000,
    "5,000 that grow when composed": "\ufb2c" * 5_000,
    "5,000 marks on a letter": "a" + "\u0315\u0300" * 2_500,
}
"""Texts that are not a line: what is stored or names somebody refuses each."""

ODD = {
    "a noncharacter": "\uffff\ufffe",
    "half of an escape": "\\",
    "wildcards": "%_" * 100,
    "a placeholder": "%s %(a)s {0} {a.__class__} ${a}",
    "a turned line": "\u202eabc\u2066",
}
"""Texts that look bad, and are texts like others."""


def strings() -> Iterator[Hostile]:
    for said, text in LINES.items():
        for place, outcome, query, variables in _places_of(text, line=Outcome.REFUSED):
            yield Hostile.document(f"string: {place} is {said}", outcome, query, variables)
    for said, text in ODD.items():
        for place, outcome, query, variables in _places_of(text, line=Outcome.ALLOWED):
            yield Hostile.document(f"string: {place} is {said}", outcome, query, variables)
    for place, _outcome, query, variables in _places_of("@", line=Outcome.ALLOWED):
        body = json.dumps({"query": query, "variables": variables})
        content = body.replace('"@"', r'"a\udc80"').encode()
        yield Hostile(f"string: {place} is half of a pair", Outcome.BODY, content)
    escaped = r'mutation { createHabit(input: {action: "\u0000", place: "\u{0}"}) { __typename } }'
    yield Hostile.document("string: escapes of NUL in a document", Outcome.REFUSED, escaped)


def _places_of(text: str, line: Outcome) -> Iterator[tuple[str, Outcome, str, dict[str, Any]]]:
    """Everywhere that a text goes: the argument, what becomes of the call, and the call.

    `line` is what becomes of it where any line of text may be stored.
    """
    refused, harmless = Outcome.REFUSED, Outcome.HARMLESS
    for name in ("action", "place", "reward"):
        yield f"createHabit {name}", line, CREATE, {"input": {**USEFUL, name: text}}
        yield f"updateHabit {name}", refused, UPDATE, {"input": {"id": NO_HABIT, name: text}}
    related = {**USEFUL, "reward": None, "relatedHabit": text}
    yield "createHabit relatedHabit", refused, CREATE, {"input": related}
    yield "updateHabit id", refused, UPDATE, {"input": {"id": text, "action": "a"}}
    yield "deleteHabit", refused, DELETE, {"id": text}
    for name, outcome in (("firstName", line), ("timeZone", refused), ("language", refused)):
        yield f"updateProfile {name}", outcome, PROFILE, {"input": {name: text}}
        yield f"register {name}", outcome, REGISTER, {"input": {**REGISTRATION, name: text}}
    yield "updateProfile chatId", Outcome.DOCUMENT, PROFILE, {"input": {"chatId": text}}
    yield "register email", refused, REGISTER, {"input": {**REGISTRATION, "email": text}}
    # A password may be of any characters.
    given = {**REGISTRATION, "password": text}
    yield "register password", Outcome.ALLOWED, REGISTER, {"input": given}
    yield "register chatId", Outcome.DOCUMENT, REGISTER, {"input": {**REGISTRATION, "chatId": text}}
    yield "tokenAuth email", refused, LOG_IN, {"email": text, "password": "a"}
    yield "tokenAuth password", refused, LOG_IN, {"email": "alice@example.org", "password": text}
    yield "requestPasswordReset", harmless, FORGOTTEN, {"email": text}
    for name in ("email", "code", "password"):
        all_three = {"email": "alice@example.org", "code": "a", "password": "b"}
        yield f"resetPassword {name}", refused, RESET, {**all_three, name: text}
    for name in ("oldPassword", "newPassword"):
        both = {"oldPassword": "a", "newPassword": "b"}
        yield f"changePassword {name}", refused, PASSWORD, {"input": {**both, name: text}}
    for name, query in OF_ONE_TEXT.items():
        yield name, refused, query, {"given": text}
    yield "habit", harmless, HABIT, {"id": text}
    yield "publicHabit", harmless, PUBLIC_HABIT, {"id": text}
    yield "habits search", harmless, HABITS, {"filters": {"search": text}}
    start = {"filters": {"actionStartsWith": text}}
    yield "publicHabits actionStartsWith", harmless, PUBLIC_HABITS, start
    for name in ("after", "before"):
        yield f"habits {name}", refused, HABITS, {name: text}
        yield f"publicHabits {name}", refused, PUBLIC_HABITS, {name: text}
