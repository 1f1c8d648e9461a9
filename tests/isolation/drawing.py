"""Arguments as a person draws them: their own things, others', and what nobody ever had."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLNonNull, get_named_type
from hypothesis import strategies as st

from tests.isolation.contract import Call, root_field
from tests.isolation.ids import NEVER_USED, SPELLINGS, Id
from tests.isolation.people import ZONES, Person, chat_id, date_of, text, time_of
from tests.isolation.world import Rows

Value = Callable[["Drawer"], Any]
BOOLEANS = st.booleans()
WEEKDAYS = st.lists(st.sampled_from(["MONDAY", "WEDNESDAY", "SUNDAY"]), max_size=2)
SPELLED = st.sampled_from(["right"] * 12 + list(SPELLINGS))
SIZES = st.sampled_from([1, 1, 2, 3, 5, 20, 0, -1, 101])
WORDS = ("", "walk", "park", "zq", "WALKZQ", "zqalice", "zqbob", "zqcarol", "nothing")
DIRECTIONS = st.sampled_from(["ASC", "DESC"])
ORDERS = st.lists(
    st.tuples(st.sampled_from(["time", "action", "createdAt"]), DIRECTIONS).map(
        lambda pair: {pair[0]: pair[1]}
    ),
    max_size=3,
)

CURSOR_KEYS = (*[["-id"]] * 4, ["id"], ["time", "id"], ["-time", "-id"], ["action_folded", "id"])
"""Orders of lists, as cursors have them."""


class Drawer:
    """Draws what `person` gives, who knows the ids in `rows` and all `cursors` seen so far."""

    def __init__(
        self,
        data: st.DataObject,
        person: Person,
        rows: Rows,
        cursors: Sequence[str],
        gone: set[int],
    ) -> None:
        self.data, self.person, self.rows = data, person, rows
        self.cursors, self.gone = cursors, sorted(gone)

    def of(self, values: Sequence[Any]) -> Any:
        return self.data.draw(st.sampled_from(values))

    def chance(self, one_in: int) -> bool:
        return self.data.draw(st.integers(1, one_in)) == 1

    def call(self, name: str) -> Call:
        """A call of that root field, with some of its arguments."""
        given: dict[str, Any] = {}
        for argument, it in root_field(name).args.items():
            inner = get_named_type(it.type)
            if not isinstance(it.type, GraphQLNonNull) and not self.chance(3):
                continue
            if isinstance(inner, GraphQLInputObjectType) and inner.name != "HabitOrder":
                given[argument] = self.input(inner)
            else:
                given[argument] = VALUES[f"{name}({argument})"](self)
        return Call(name, given)

    def input(self, type_: GraphQLInputObjectType) -> dict[str, Any]:
        given = {
            name: VALUES[f"{type_.name}.{name}"](self)
            for name, it in type_.fields.items()
            if isinstance(it.type, GraphQLNonNull) or self.chance(3)
        }
        return self.plausible(given) if type_.name == "HabitInput" else given

    def plausible(self, given: dict[str, Any]) -> dict[str, Any]:
        """A habit that mostly keeps the rules, so that what is refused is refused for its owner."""
        if self.chance(6):
            return given
        if given.get("isEnjoyed"):
            return {k: v for k, v in given.items() if k not in ("reward", "relatedHabit")}
        given = {"time": self.time(), "duration": 60, **given}
        if "relatedHabit" in given:
            return {k: v for k, v in given.items() if k != "reward"}
        return {"reward": self.own("reward", "tea"), **given}

    def own(self, what: str, word: str = "") -> str:
        """A new text of the person's."""
        return text(self.person.name, what, word)

    def time(self) -> str:
        return time_of(self.person.name, self.data.draw(st.integers(0, 23)))

    def date(self) -> str:
        return date_of(self.person.name, self.data.draw(st.integers(1, 28)))

    def id(self, kind: str) -> Id:
        """Of one's own, another's private or public habit, one that is gone, or one of nobody."""
        habits = self.rows["Habit"].values()
        own = [row["id"] for row in habits if row["owner_id"] == self.person.pk]
        foreign = [row for row in habits if row["owner_id"] != self.person.pk]
        kinds = [
            own,
            [row["id"] for row in foreign if not row["is_public"]],
            [row["id"] for row in foreign if row["is_public"]],
            # What may be wanted of another's as a reward of one's own.
            [row["id"] for row in foreign if row["is_enjoyed"]],
            [*self.gone, NEVER_USED],
        ]
        pk = self.of(self.of([own, *filter(None, kinds)] if own else list(filter(None, kinds))))
        return Id(kind, pk, self.data.draw(SPELLED))

    def size(self) -> int:
        return self.data.draw(SIZES)

    def cursor(self, name: str) -> str:
        """One that somebody got, of any list; or one that points at any habit; or none."""
        if self.cursors and self.chance(2):
            cursor: str = self.of(self.cursors)
            return cursor
        if self.chance(8):
            return "bm90aGluZw=="
        row = self.of([*self.rows["Habit"].values(), self.nobodys])
        pairs = [[key, _cursor_text(row[key.lstrip("-")])] for key in self.of(CURSOR_KEYS)]
        list_name = self.of([name, name, "habits", "publicHabits"])
        return base64.b64encode(json.dumps([list_name, *pairs]).encode()).decode()

    @property
    def nobodys(self) -> dict[str, Any]:
        return {"id": NEVER_USED, "time": None, "action_folded": "nothing"}

    def search(self) -> str:
        """A word that many texts have, or all of somebody's text."""
        if self.chance(2):
            word: str = self.of(WORDS)
            return word
        row = self.of(list(self.rows["Habit"].values()))
        found: str = row[self.of(["action", "place"])]
        return found.upper() if self.chance(3) else found

    def time_of_any(self) -> str:
        times = {str(row["time"])[:5] for row in self.rows["Habit"].values() if row["time"]}
        found: str = self.of(["00:00", "12:00", "23:59", *sorted(times)])
        return found

    def chat(self) -> int:
        """The person's own, or another's, which they know from then on."""
        chats = [row["chat_id"] for row in self.rows["User"].values() if row["chat_id"]]
        chat: int = self.of(chats) if self.chance(2) else chat_id(self.person.name)
        self.person.chats.add(chat)
        return chat


def _cursor_text(value: Any) -> str | None:
    return None if value is None else str(value)


_ADOPTED: dict[str, Value] = {
    "time": Drawer.time,
    "reward": lambda drawer: drawer.own("reward", "tea"),
    "relatedHabit": lambda drawer: drawer.id("Habit"),
}
_HABIT: dict[str, Value] = {
    "action": lambda drawer: drawer.own("action", "walk"),
    "place": lambda drawer: drawer.own("place", "park"),
    "duration": lambda drawer: drawer.of([1, 60, 120, 121]),
    "periodicity": lambda drawer: drawer.of([1, 3, 7, 8]),
    "weekdays": lambda drawer: drawer.data.draw(WEEKDAYS),
    "startsOn": Drawer.date,
    **_ADOPTED,
    "isEnjoyed": lambda drawer: drawer.data.draw(BOOLEANS),
    "isPublic": lambda drawer: drawer.data.draw(BOOLEANS),
}


def _cursor_of(name: str) -> Value:
    return lambda drawer: drawer.cursor(name)


_PAGES: dict[str, Value] = {
    f"{name}({argument})": value
    for name in ("habits", "publicHabits")
    for argument, value in (
        *((size, Drawer.size) for size in ("first", "last")),
        *((cursor, _cursor_of(name)) for cursor in ("after", "before")),
    )
}
VALUES: dict[str, Value] = {
    "habit(id)": lambda drawer: drawer.id("Habit"),
    "publicHabit(id)": lambda drawer: drawer.id("PublicHabit"),
    "deleteHabit(id)": lambda drawer: drawer.id("Habit"),
    "resumeHabit(id)": lambda drawer: drawer.id("Habit"),
    "CheckInInput.habitId": lambda drawer: drawer.id("Habit"),
    "CheckInInput.date": Drawer.date,
    "CheckInInput.status": lambda drawer: drawer.of(["DONE", "SKIPPED"]),
    "CheckInInput.note": lambda drawer: drawer.own("note"),
    "UndoCheckInInput.habitId": lambda drawer: drawer.id("Habit"),
    "UndoCheckInInput.date": Drawer.date,
    "PauseHabitInput.id": lambda drawer: drawer.id("Habit"),
    "PauseHabitInput.from": Drawer.date,
    "PauseHabitInput.until": Drawer.date,
    **_PAGES,
    "habits(ordering)": lambda drawer: drawer.data.draw(ORDERS),
    "HabitFilter.search": Drawer.search,
    "HabitFilter.isEnjoyed": lambda drawer: drawer.data.draw(BOOLEANS),
    "HabitFilter.isPublic": lambda drawer: drawer.data.draw(BOOLEANS),
    "HabitFilter.timeFrom": Drawer.time_of_any,
    "HabitFilter.timeTo": Drawer.time_of_any,
    "PublicHabitFilter.actionStartsWith": Drawer.search,
    "PublicHabitFilter.isEnjoyed": lambda drawer: drawer.data.draw(BOOLEANS),
    **{f"HabitInput.{name}": value for name, value in _HABIT.items()},
    "HabitUpdateInput.id": lambda drawer: drawer.id("Habit"),
    **{f"HabitUpdateInput.{name}": value for name, value in _HABIT.items()},
    "AdoptHabitInput.publicHabitId": lambda drawer: drawer.id("PublicHabit"),
    **{f"AdoptHabitInput.{name}": value for name, value in _ADOPTED.items()},
    "ProfileInput.firstName": lambda drawer: drawer.own("first"),
    "ProfileInput.chatId": Drawer.chat,
    "ProfileInput.timeZone": lambda drawer: drawer.of(ZONES[drawer.person.name]),
    "ProfileInput.dayStartsAt": lambda drawer: drawer.of(["00:00", "03:00", "06:00", "06:01"]),
    "ProfileInput.language": lambda drawer: drawer.of(["en", "ru"]),
}
"""How each argument is drawn, by its coordinate in the contract."""
