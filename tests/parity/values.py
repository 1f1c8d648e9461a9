"""What stands for an argument: mostly what something comes of, now and then anything else."""

import datetime
import random
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    is_required_argument,
    is_required_input_field,
)

from tests.conftest import PASSWORD
from tests.parity.world import (
    HABITS,
    NEVER_USED,
    NEXT,
    NOON,
    ORDERS,
    PEOPLE,
    TEXTS,
    World,
    global_id,
)

T = TypeVar("T")

Kind = Callable[["Values"], Any]
"""Draws one value."""

ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 1e21, 2**31, 2**53, 10**30, "", "1", "nothing", "ASC", "DONE"),
    *([], [None], [[1]], ["1"], {}, {"a": 1}, {"action": "ASC", "time": "DESC"}, "a\0b"),
)
"""Of no type in particular."""

SIZES = (1, 1, 2, 2, 3, 3, 4, 5, 7)
BAD_SIZES = (0, -1, 101, 2**31 - 1)
BAD_IDS = ("", "nothing", "SGFiaXQ6", "SGFiaXQ6MTAx=", " SGFiaXQ6MTAx", "SGFiaXQ6MDEwMQ==")
BAD_CURSORS = ("", "bm90aGluZw==", "W10=", "WyJoYWJpdHMiXQ==", "\ud7ff", "eyJhIjoxfQ==")
ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Apia", "Mars/Base", "")
WORDS = ("", "walk", "WALK", "прог", "Прог", "%", "_", "\\", "i̇", "x" * 300, "nothing", "ẞ")
TOKENS = ("", "nothing", "a.b.c", f"{'0' * 32}.secret")


class Values:
    """Draws values for the arguments of one caller's requests, by their coordinates' last name."""

    def __init__(self, draw: random.Random, world: World, person: str) -> None:
        self.draw, self._world, self._person = draw, world, person

    def chance(self, one_in: float) -> bool:
        return self.draw.random() * one_in < 1

    def of(self, values: Sequence[T]) -> T:
        return self.draw.choice(values)

    def arguments(self, parent: str, name: str, field: GraphQLField) -> dict[str, Kind]:
        """Those that a field is given, each as what draws its value, again for each request."""
        given: dict[str, Kind] = {}
        for argument, it in field.args.items():
            if is_required_argument(it) or self.chance(2.5):
                given[argument] = self._kind(f"{parent}.{name}({argument})", it.type)
        if "after" in field.args and "last" in field.args:
            self._page(name, given)
        if {"from", "to"} <= field.args.keys():
            self._period(given)
        return given

    def _kind(self, coordinate: str, type_: Any) -> Kind:
        return lambda values: values.argument(coordinate, type_)

    def _page(self, name: str, given: dict[str, Kind]) -> None:
        """Mostly one size, and cursors of the very order that is asked for."""
        if "first" in given and "last" in given and not self.chance(8):
            del given[self.of(("last", "last", "first"))]
        order: Sequence[tuple[str, str]] = ()
        if "ordering" in given:
            order = self.of(ORDERS)
            fixed = [{key: way} for key, way in order]
            given["ordering"] = lambda values: (
                values.argument("(ordering)", None) if values.chance(8) else fixed
            )
        for cursor in ("after", "before"):
            if cursor in given:
                given[cursor] = lambda values: values.cursor(name, order)
                if not self.chance(2):
                    del given[cursor]

    def _period(self, given: dict[str, Kind]) -> None:
        """Mostly one whose end is not before its start, and which is not too long."""
        if self.chance(20):
            return
        start = NOON.date() - datetime.timedelta(days=self.draw.randint(5, 40))
        length = datetime.timedelta(days=self.of((-1, 400)) if self.chance(3) else 12)
        given["from"] = lambda _values: str(start)
        given["to"] = lambda _values: str(start + length)

    def argument(self, coordinate: str, type_: Any) -> Any:
        """A JSON value for `Query.habits(first)` or for an input's field, `HabitFilter.search`."""
        if isinstance(type_, GraphQLNonNull):
            return self._present(coordinate, type_.of_type)
        if coordinate.endswith("(ordering)"):
            return [{name: way} for name, way in self.of(ORDERS)]
        return None if self.chance(25) else self._present(coordinate, type_)

    def odd(self) -> Any:
        return self.of(ODD)

    def _present(self, coordinate: str, type_: Any) -> Any:
        if isinstance(type_, GraphQLInputObjectType):
            return self._input(type_)
        if isinstance(type_, GraphQLList):
            count = self.draw.randint(0 if self.chance(8) else 1, 3)
            return [self._present(coordinate, _nullable(type_.of_type)) for _ in range(count)]
        if isinstance(type_, GraphQLEnumType):
            return self.of(sorted(type_.values))
        name = coordinate.rpartition(".")[2]
        kind = BY_NAME.get(coordinate) or BY_NAME.get(name) or BY_TYPE[type_.name]
        return kind(self)

    def _input(self, type_: GraphQLInputObjectType) -> dict[str, Any]:
        if type_.is_one_of:
            name = self.of(sorted(type_.fields))
            return {name: self._present(f"{type_.name}.{name}", type_.fields[name].type)}
        given = {
            name: self.argument(f"{type_.name}.{name}", it.type)
            for name, it in type_.fields.items()
            if is_required_input_field(it) or self.chance(3)
        }
        return self._plausible(given) if type_.name in ("HabitInput", "AdoptHabitInput") else given

    def _plausible(self, given: dict[str, Any]) -> dict[str, Any]:
        """A habit that mostly keeps the rules."""
        if self.chance(5):
            return given
        if "action" not in given:  # an adopted one
            return {"publicHabitId": given["publicHabitId"], "reward": self.text()}
        texts = {"action": given["action"], "place": given["place"]}
        if self.chance(3):
            return {**texts, "isEnjoyed": True, "isPublic": self.of((True, False, None))}
        reward = {"reward": self.text()} if self.chance(2) else {"relatedHabit": self.enjoyed()}
        rhythm: dict[str, Any] = {
            name: given[name] for name in ("weekdays", "isPublic") if name in given
        }
        return {**texts, "time": self.time(), "duration": 60, **reward, **rhythm}

    # --- scalars ---

    def text(self) -> str:
        return self.of(TEXTS)

    def size(self) -> int:
        return self.of(BAD_SIZES) if self.chance(12) else self.of(SIZES)

    def own(self) -> int:
        """A habit of the person's; one that the same operation makes; a stranger's; nobody's."""
        if self.chance(6):
            return self.of((NEXT, NEXT, NEXT + 1, NEVER_USED))
        everybody = [pk for pks in HABITS.values() for pk in pks]
        return self.of(everybody if self.chance(8) else HABITS.get(self._person, everybody))

    def habit(self) -> str:
        if self.chance(15):
            return self.of((*BAD_IDS, global_id("PublicHabit", self.own()), global_id("User", 1)))
        return global_id("Habit", self.own())

    def enjoyed(self) -> str:
        own = HABITS.get(self._person, HABITS["alice"])
        return self.habit() if self.chance(5) else global_id("Habit", self.of(own[:4]))

    def public_habit(self) -> str:
        if self.chance(15):
            return self.of((*BAD_IDS, self.habit()))
        name = self.of(sorted(HABITS))
        pk = self.of(HABITS[name])
        # Every second one is public.
        return global_id("PublicHabit", pk if self.chance(6) else HABITS[name][0] + pk % 2 * 2)

    def cursor(self, list_name: str, order: Sequence[tuple[str, str]] = ()) -> str:
        if self.chance(12):
            return self.of(BAD_CURSORS)
        known = self._world.cursors
        whose = self._person if list_name == "habits" else ""
        wanted: tuple[str, str, Sequence[tuple[str, str]]] = (list_name, whose, tuple(order))
        if wanted not in known or self.chance(12):
            wanted = self.of(list(known))
        return self.of(known[wanted])

    def date(self) -> str:
        if self.chance(25):
            return self.of(("2026-02-30", "today", "2026-6-1", "0001-01-01", "9999-12-31", ""))
        return str(NOON.date() - datetime.timedelta(days=int(self.draw.triangular(-3, 45, 0))))

    def time(self) -> str:
        if self.chance(30):
            return self.of(("24:00", "7:30", "07:30:00", "07:30Z", "noon"))
        return f"{self.draw.randint(0, 23):02}:{self.of((0, 7, 30, 59)):02}"

    def email(self) -> str:
        name = self.of(("new", "ALICE", *PEOPLE))
        return f"{name}@example.org" if not self.chance(15) else self.of(("", "a", "a@b", "é@é.é"))

    def password(self) -> str:
        return self.of((PASSWORD, PASSWORD, PASSWORD, f"{PASSWORD}!", "short", "12345678", ""))

    def token(self) -> str:
        return self.of((*TOKENS, *self._world.tokens.values()))

    def refresh_token(self) -> str:
        good = self._world.refresh_tokens
        return self.of(TOKENS) if self.chance(4) else self.of([*good.values(), good["alice"]])

    def code(self) -> str:
        good = self._world.reset_code
        return self.of((good, good, good.lower(), good.replace("-", ""), "AAAA-AAAA", ""))


def _nullable(type_: Any) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


BY_TYPE: dict[str, Kind] = {
    "Boolean": lambda values: values.chance(2),
    "ChatId": lambda values: values.of((1001, "1002", -1002, 2**52 - 1, 2**52, "١", "")),
    "Date": Values.date,
    "ID": Values.habit,
    "Int": lambda values: values.of((1, 2, 3, 5, 7, 60, 0, -1, 121)),
    "String": Values.text,
    "Time": Values.time,
}

BY_NAME: dict[str, Kind] = {
    "Query.publicHabit(id)": Values.public_habit,
    "AdoptHabitInput.publicHabitId": Values.public_habit,
    "HabitInput.relatedHabit": Values.enjoyed,
    "Query.habits(first)": Values.size,
    "Query.habits(last)": Values.size,
    "Query.publicHabits(first)": Values.size,
    "Query.publicHabits(last)": Values.size,
    "Query.habits(after)": lambda values: values.cursor("habits"),
    "Query.habits(before)": lambda values: values.cursor("habits"),
    "Query.publicHabits(after)": lambda values: values.cursor("publicHabits"),
    "Query.publicHabits(before)": lambda values: values.cursor("publicHabits"),
    "Today.occurrences(first)": Values.size,
    "Habit.explainStrength(days)": lambda values: values.of((1, 2, 3, 3, 3, 5, 0, 91)),
    "search": lambda values: values.of(WORDS),
    "actionStartsWith": lambda values: values.of(WORDS),
    "email": Values.email,
    "Mutation.tokenAuth(email)": Values.email,
    "Mutation.requestPasswordReset(email)": Values.email,
    "Mutation.resetPassword(email)": lambda values: values.of(("bob@example.org", values.email())),
    "Mutation.resetPassword(code)": Values.code,
    "Mutation.verifyToken(token)": Values.token,
    "Mutation.refreshToken(refreshToken)": Values.refresh_token,
    "Mutation.revokeToken(refreshToken)": Values.refresh_token,
    "timeZone": lambda values: values.of(ZONES),
    "language": lambda values: values.of(("en", "ru", "de", "")),
    "dayStartsAt": lambda values: values.of(("00:00", "03:00", "06:00", "06:01")),
    "duration": lambda values: values.of((1, 60, 120, 121, 0)),
    "periodicity": lambda values: values.of((1, 2, 7, 8)),
    "password": Values.password,
    "oldPassword": Values.password,
    "newPassword": Values.password,
    "Mutation.tokenAuth(password)": Values.password,
    "Mutation.resetPassword(password)": Values.password,
    "Mutation.deleteAccount(password)": Values.password,
}
"""By coordinate, or by the last name of an input's field; everything else goes by its type."""
