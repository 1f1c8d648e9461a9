"""Ids as strangers try them: the one right spelling, and others that are nobody's."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

NEVER_USED = 987_654_321_012
"""A number that no row gets."""


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


SPELLINGS: dict[str, Callable[[str, int], str]] = {
    "right": lambda name, pk: encoded(f"{name}:{pk}"),
    "the number alone": lambda _name, pk: str(pk),
    "not encoded": lambda name, pk: f"{name}:{pk}",
    "a leading zero": lambda name, pk: encoded(f"{name}:0{pk}"),
    "a sign": lambda name, pk: encoded(f"{name}:+{pk}"),
    "a space": lambda name, pk: encoded(f"{name}: {pk}"),
    "a space behind": lambda name, pk: encoded(f"{name}:{pk} "),
    "a line's end": lambda name, pk: encoded(f"{name}:{pk}") + "\n",
    "in lower case": lambda name, pk: encoded(f"{name.lower()}:{pk}"),
    "no name": lambda _name, pk: encoded(f":{pk}"),
    "of a person": lambda _name, pk: encoded(f"User:{pk}"),
    "of the other face": lambda name, pk: encoded(
        f"{'Habit' if name == 'PublicHabit' else 'PublicHabit'}:{pk}"
    ),
}


@dataclass(frozen=True)
class Id:
    """The id of the row `pk`, if there is one, as of the type `name`."""

    name: str
    pk: int
    spelling: str = "right"

    @property
    def text(self) -> str:
        return SPELLINGS[self.spelling](self.name, self.pk)

    @property
    def never_used(self) -> "Id":
        """The same of a row that never was."""
        return replace(self, pk=NEVER_USED)

    def names(self, pks: set[int]) -> bool:
        """Whether it has to be taken for one of these rows."""
        return self.spelling == "right" and self.pk in pks


def plain(value: Any) -> Any:
    """`value` as JSON: ids as their texts."""
    if isinstance(value, Id):
        return value.text
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def exchanged(value: Any, new: Callable[[Id], Id]) -> Any:
    """`value` with other ids in their places."""
    if isinstance(value, Id):
        return new(value)
    if isinstance(value, dict):
        return {key: exchanged(inner, new) for key, inner in value.items()}
    return [exchanged(inner, new) for inner in value] if isinstance(value, list) else value
