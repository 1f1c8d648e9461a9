"""Typed settings from the process environment and a `.env` file."""

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured
from dotenv import dotenv_values

T = TypeVar("T")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

ORIGIN = re.compile(r"https?://[^/\s?#@]+")

_BOOLEANS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


class Environment:
    """Reads variables by name and type; an empty one counts as absent.

    Every reader takes a default for an absent variable and raises `ImproperlyConfigured`, naming
    the variable, when its value cannot be read. `names` collects what was asked for, so that a
    test can hold `.env.sample` against it.
    """

    def __init__(self, variables: Mapping[str, str | None]) -> None:
        self._variables = {name: value.strip() for name, value in variables.items() if value}
        self.names: set[str] = set()

    @classmethod
    def load(cls, dotenv: Path) -> "Environment":
        """The file's variables, overridden by those of the process."""
        from_file = {k: v for k, v in dotenv_values(dotenv, interpolate=False).items() if v}
        from_process = {k: v for k, v in os.environ.items() if v or k in from_file}
        return cls({**from_file, **from_process})

    def text(self, name: str, default: str = "") -> str:
        self.names.add(name)
        return self._variables.get(name) or default

    def boolean(self, name: str, *, default: bool) -> bool:
        return self._read(name, default, lambda text: _BOOLEANS[text.lower()], "true or false")

    def integer(self, name: str, default: int, *, low: int, high: int) -> int:
        return self._read(
            name, default, _within(int, low, high), f"a whole number, {low} to {high}"
        )

    def number(self, name: str, default: float, *, low: float, high: float) -> float:
        return self._read(
            name, default, _within(float, low, high), f"a number, {low:g} to {high:g}"
        )

    def words(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """A list separated by commas."""
        items = [item.strip() for item in self.text(name).split(",")]
        return [item for item in items if item] or list(default)

    def origins(self, name: str) -> list[str]:
        """A list of `scheme://host[:port]`, separated by commas."""
        origins = self.words(name)
        for origin in origins:
            if not ORIGIN.fullmatch(origin):
                raise ImproperlyConfigured(
                    f"{name} must list origins such as https://app.example.org, not {origin!r}."
                )
        return origins

    def networks(self, name: str) -> list[Network]:
        """A list of IP addresses and networks (`10.0.0.0/8`), separated by commas."""
        networks: list[Network] = []
        for word in self.words(name):
            try:
                networks.append(ipaddress.ip_network(word))
            except ValueError as error:
                raise ImproperlyConfigured(
                    f"{name} must list IP addresses or networks such as 10.0.0.0/8: {error}."
                ) from None
        return networks

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        allowed = {choice: choice for choice in choices}
        return self._read(name, default, allowed.__getitem__, " or ".join(choices))

    def _read(self, name: str, default: T, parse: Callable[[str], T], expected: str) -> T:
        text = self.text(name)
        if not text:
            return default
        try:
            return parse(text)
        except (KeyError, ValueError):
            raise ImproperlyConfigured(f"{name} must be {expected}, not {text!r}.") from None


def _within(kind: Callable[[str], T], low: T, high: T) -> Callable[[str], T]:
    def parse(text: str) -> T:
        value = kind(text)
        if not low <= value <= high:  # type: ignore[operator]  # int or float, as `kind` says
            raise ValueError(text)
        return value

    return parse
