"""Documents of the schema: any fields and fragments, merged, skipped and called by other names."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)

from accounts.mutations import SINGLE_FIELDS
from tests.isolation.contract import ROOTS, SCHEMA
from tests.parity.arguments import Arguments, Variable
from tests.parity.values import Values

LEVELS = 7
"""One fewer than may be, as a fragment may hold another."""

ALIASES = (
    *("a", "b", "c", "x1", "_", "__a", "id", "action", "node", "data", "errors", "time", "message"),
    *("constructor", "__proto__", "self", "if", "null_", "edges", "habit", "aVeryLongName" * 4),
)

RISKY = ("checkIns", "relatedHabit", "relatedHabit", "explainStrength", "statistics")
"""What fails below the root, and what may be null above it: they are taken more often."""


@dataclass(frozen=True)
class Fragment:
    """A named one, by the type that it is on and the levels of fields that are in it."""

    name: str
    type: Any
    levels: int


@dataclass(frozen=True)
class Document:
    """Its text, and what its requests need to know."""

    text: str
    operation: str
    name: str | None
    variables: Mapping[str, Variable]


@dataclass
class Writer:
    """Writes one document; `room` is for about so many fields."""

    draw: random.Random
    values: Values
    room: int
    arguments: Arguments = field(init=False)
    fragments: list[Fragment] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    taken: dict[tuple[str, str], tuple[str, str, str]] = field(default_factory=dict)
    """What a response key stands for, by its object and everywhere."""

    def __post_init__(self) -> None:
        self.arguments = Arguments(self.values)

    def document(self) -> Document:
        operation = "mutation" if self.values.chance(2.5) else "query"
        selected = self._roots(operation)
        name = self.values.of(("A", "Habits", "query", None)) if self.values.chance(2) else None
        declared = ", ".join(
            f"${key}: {it.type}" + (f" = {it.default}" if it.default else "")
            for key, it in self.arguments.variables.items()
        )
        head = f"{operation} {name or ''}{f'({declared})' if declared else ''}"
        if head == "query " and self.values.chance(2):
            head = ""
        parts = [f"{head}{selected}", *self.texts]
        if self.values.chance(3):
            self.draw.shuffle(parts)
        return Document("\n".join(parts), operation, name, self.arguments.variables)

    def _roots(self, operation: str) -> str:
        root = ROOTS[operation]
        names = list(root.fields)
        if operation == "query":
            # Lists are what there is most to say about.
            names += [*["habits"] * 4, "publicHabits", *["habit"] * 5]
        else:
            names += [each for each in names if each not in SINGLE_FIELDS] * 3
        if operation == "query" and self.values.chance(5):
            # Each of them may be null beside the others.
            names = ["habit"]
        wanted = [self.values.of(names) for _ in range(self.values.of((1, 1, 2, 2, 3)))]
        parts = []
        single = False
        for name in wanted:
            if name in SINGLE_FIELDS:
                if single:
                    continue
                single = True
            parts += self._field(root, name, LEVELS)
        return self._arranged(root, parts, LEVELS)

    def _arranged(self, type_: Any, parts: list[str], levels: int) -> str:
        """`parts` in braces, some of them inside of fragments."""
        if self.values.chance(8):
            parts.append(self._typename())
        if self.values.chance(10):
            parts = [self._wrapped(type_, parts, levels)]
        elif len(parts) > 1 and self.values.chance(8):
            cut = self.draw.randrange(1, len(parts))
            parts = [self._wrapped(type_, parts[:cut], levels), *parts[cut:]]
        separator = self.values.of((" ", " ", "\n  ", ", ", " # }\n"))
        return f"{{ {separator.join(parts)} }}"

    def _wrapped(self, type_: Any, parts: list[str], levels: int) -> str:
        condition = self.values.of(("", f" on {type_.name}"))
        if condition and self.values.chance(2):
            name = f"F{len(self.fragments)}"
            # Who comes later may spread it, too, where it is not too deep.
            self.fragments.append(Fragment(name, type_, levels))
            self.texts.append(f"fragment {name}{condition} {{ {' '.join(parts)} }}")
            return f"...{name}{self._directives()}"
        return f"...{condition}{self._directives()} {{ {' '.join(parts)} }}"

    def _selection(self, type_: Any, levels: int) -> str:
        """Braces with something of the type in them, `levels` deep at most."""
        if isinstance(type_, GraphQLUnionType):
            return self._members(type_, levels)
        names = self._names(type_, levels)
        parts = [part for name in names for part in self._field(type_, name, levels)] or [
            self._typename()
        ]
        fitting = [
            each for each in self.fragments if each.levels <= levels and _applies(each.type, type_)
        ]
        if fitting and self.values.chance(4):
            spread = self.values.of(fitting)
            for _ in range(self.values.of((1, 1, 2))):
                parts.insert(self.draw.randrange(len(parts) + 1), self._spread(spread))
        if getattr(type_, "interfaces", ()) and self.values.chance(8):
            parts.append(f"... on Node{self._directives()} {{ id {self._typename()} }}")
        if self.values.chance(10):
            self.draw.shuffle(parts)
        return self._arranged(type_, parts, levels)

    def _members(self, type_: GraphQLUnionType, levels: int) -> str:
        members = list(type_.types)
        if self.values.chance(6):
            members = [self.values.of(members)]
        parts = [
            f"... on {each.name}{self._directives()} {self._selection(each, levels)}"
            for each in members
        ]
        if self.values.chance(1.5):
            parts.insert(self.draw.randrange(len(parts) + 1), self._typename())
        if self.values.chance(10) and any(each.interfaces for each in members):
            parts.append("... on Node { id }")
        return self._arranged(type_, parts, levels)

    def _names(self, type_: Any, levels: int) -> list[str]:
        leaves = [name for name, it in type_.fields.items() if _is_leaf(it)]
        objects = [name for name in type_.fields if name not in leaves]
        if levels <= 1 or self.room <= 0:
            return self.draw.sample(leaves, min(len(leaves), 2)) if leaves else []
        if self.values.chance(6):
            chosen = leaves
        else:
            chosen = self.draw.choices(leaves, k=self.draw.randint(0, 5)) if leaves else []
        if objects:
            # A page without its entries says little.
            likely = [name for name in objects if name in ("edges", "node")]
            few = self.draw.choices(
                [*objects, *(each for each in objects if each in RISKY)],
                k=self.values.of((0, 0, 1, 1, 2)),
            )
            chosen = [*chosen, *(likely if not self.values.chance(8) else ()), *few]
        return chosen or [self.values.of([*leaves, *objects])]

    def _field(self, parent: Any, name: str, levels: int) -> list[str]:
        """The field, sometimes in two parts that merge into one."""
        it = parent.fields[name]
        self.room -= 1
        arguments = self.arguments.of(parent.name, name, it)
        key = self._key(parent.name, name, arguments, it)
        head = f"{key}: {name}{arguments}" if key != name else f"{name}{arguments}"
        if _is_leaf(it):
            parts = [f"{head}{self._directives()}"]
            return parts * 2 if self.values.chance(20) else parts
        inner = get_named_type(it.type)
        times = 2 if levels > 2 and self.values.chance(10) else 1
        return [
            f"{head}{self._directives()} {self._selection(inner, levels - 1)}" for _ in range(times)
        ]

    def _key(self, parent: str, name: str, arguments: str, it: GraphQLField) -> str:
        """A response key that stands for nothing else where it may meet it."""
        meaning = (name, arguments, str(it.type))
        wanted = self.values.of(ALIASES) if self.values.chance(7) else name
        for key in (wanted, name, *(f"k{number}" for number in range(200))):
            places = [(parent, key)] if key == name else [(parent, key), ("", key)]
            if all(self.taken.get(place, meaning) == meaning for place in places):
                self.taken.update(dict.fromkeys(places, meaning))
                return key
        raise AssertionError("more fields than a document has room for")

    def _typename(self) -> str:
        return f"{'t: ' if self.values.chance(8) else ''}__typename{self._directives()}"

    def _spread(self, fragment: Fragment) -> str:
        return f"...{fragment.name}{self._directives()}"

    def _directives(self) -> str:
        if not self.values.chance(14):
            return ""
        both = self.draw.sample(["skip", "include"], self.values.of((1, 1, 1, 2)))
        return "".join(f" @{name}(if: {self.arguments.condition(name)})" for name in both)


def _is_leaf(it: GraphQLField) -> bool:
    return is_leaf_type(get_named_type(it.type))


def _applies(fragment: Any, type_: Any) -> bool:
    """Whether a fragment on the one may be spread in the other."""
    if fragment is type_:
        return True
    return isinstance(fragment, GraphQLInterfaceType) and (
        isinstance(type_, GraphQLObjectType) and SCHEMA.is_sub_type(fragment, type_)
    )
