"""A request that means no good, with what the endpoint must make of it."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Outcome(Enum):
    """What becomes of a request."""

    BODY = "the body is refused"
    TOO_LARGE = "the body is too large"
    TYPE = "the body is of a type that is not taken"
    DOCUMENT = "the document is refused"
    LIMIT = "the document passes a limit"
    REFUSED = "it runs, and is refused"
    HARMLESS = "it runs, and changes nothing"
    ALLOWED = "it runs, and may change what is the caller's own"


@dataclass(frozen=True)
class Hostile:
    """A POST to the endpoint; `headers` as WSGI names them, without the accepted type."""

    name: str
    outcome: Outcome
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def document(
        cls, name: str, outcome: Outcome, query: str, variables: Mapping[str, Any] | None = None
    ) -> "Hostile":
        body = {"query": query} if variables is None else {"query": query, "variables": variables}
        return cls(name, outcome, json.dumps(body).encode())

    def environ(self, accept: str | None = None) -> dict[str, str]:
        """What WSGI is given beside the content."""
        accepted = {"HTTP_ACCEPT": accept} if accept else {}
        return {"CONTENT_TYPE": "application/json", **accepted, **self.headers}

    @property
    def kind(self) -> str:
        """The first word of the name."""
        return self.name.partition(":")[0]


UNREADABLE_DIGITS = "9" * 5000
"""Python's int() takes 4300 digits and no more."""

READABLE_NUMBER = 10**4299


def encoded(text: str) -> str:
    """In base 64, as ids and cursors are."""
    return base64.b64encode(text.encode()).decode()


def nested(levels: int) -> dict[str, Any]:
    """Objects in objects."""
    found: dict[str, Any] = {}
    for _level in range(levels):
        found = {"search": found}
    return found


def short(value: object) -> str:
    """`value` as a name shows it."""
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:20]}... ({len(text)})"
