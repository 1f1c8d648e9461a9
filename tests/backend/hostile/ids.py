"""Ids that are nobody's."""

import base64
from collections.abc import Iterator

from tests.backend.hostile.calls import CREATE, DELETE, HABIT, PUBLIC_HABIT, UPDATE, USEFUL
from tests.backend.hostile.request import (
    READABLE_NUMBER,
    UNREADABLE_DIGITS,
    Hostile,
    Outcome,
    encoded,
    short,
)


def ids() -> Iterator[Hostile]:
    ids = {
        "of another type": encoded("User:1"),
        "of the public face": encoded("PublicHabit:1"),
        "of an unknown type": encoded("Nope:1"),
        "of a type in lower case": encoded("habit:1"),
        "without a number": encoded("Habit:"),
        "without a colon": encoded("Habit1"),
        "of nothing": encoded(":"),
        "with two colons": encoded("Habit:1:1"),
        "0": encoded("Habit:0"),
        "below zero": encoded("Habit:-1"),
        "with a sign": encoded("Habit:+1"),
        "with a leading zero": encoded("Habit:01"),
        "with a blank": encoded("Habit: 1"),
        "with an underscore": encoded("Habit:1_0"),
        "of wide digits": encoded("Habit:１"),
        "of Arabic digits": encoded("Habit:١"),
        "of a real number": encoded("Habit:1.0"),
        "of an exponent": encoded("Habit:1e3"),
        "of a hexadecimal number": encoded("Habit:0x1"),
        "NaN": encoded("Habit:nan"),
        "of 2**63 - 1": encoded(f"Habit:{2**63 - 1}"),
        "of 2**63": encoded(f"Habit:{2**63}"),
        "of 4300 digits": encoded("Habit:" + "9" * 4300),
        "of 5000 digits": encoded("Habit:" + UNREADABLE_DIGITS),
        "with a NUL": encoded("Habit:1\0"),
        "with SQL": encoded("Habit:1 OR 1=1"),
        "that is no UTF-8": base64.b64encode(b"Habit:\xff").decode(),
        "without padding": encoded("Habit:1").rstrip("="),
        "with much padding": encoded("Habit:1") + "====",
        "with blanks around": f" {encoded('Habit:1')} ",
        "in base 64 of base 64": encoded(encoded("Habit:1")),
        "a bare number": "1",
        "in Russian": "привычка",
        "of 20,000 characters": "SGFi" * 5_000,
    }
    for name, id_ in ids.items():
        for place, query in (("habit", HABIT), ("publicHabit", PUBLIC_HABIT)):
            if (place, name) == ("publicHabit", "of the public face"):
                continue
            yield Hostile.document(f"id: {place} {name}", Outcome.HARMLESS, query, {"id": id_})
        yield Hostile.document(f"id: deleteHabit {name}", Outcome.REFUSED, DELETE, {"id": id_})
        yield Hostile.document(
            f"id: updateHabit {name}",
            Outcome.REFUSED,
            UPDATE,
            {"input": {"id": id_, "action": "a"}},
        )
        yield Hostile.document(
            f"id: relatedHabit {name}",
            Outcome.REFUSED,
            CREATE,
            {"input": {**USEFUL, "reward": None, "relatedHabit": id_}},
        )
    for value in (1.5, True, [], ["a"], {}, {"id": "a"}, None):
        name = f"id: {short(value)}"
        yield Hostile.document(name, Outcome.DOCUMENT, HABIT, {"id": value})
    yield Hostile.document("id: a huge number", Outcome.HARMLESS, HABIT, {"id": READABLE_NUMBER})
