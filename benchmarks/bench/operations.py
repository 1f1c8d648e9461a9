"""What is asked: the documents of a single-page application, and calls of them for many people."""

import base64
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.bench.population import tokens_of
from benchmarks.bench.scales import Scale
from habits.models import Habit

SIZE = 20
"""Rows of a page."""

MY_HABITS = """query MyHabits($first: Int!, $after: String) {
  habits(first: $first, after: $after) {
    edges {
      cursor
      node {
        id action place time duration periodicity reward isEnjoyed isPublic nextDueAt
        relatedHabit { id action place }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""

PUBLIC_HABITS = """query PublicHabits($first: Int!, $after: String) {
  publicHabits(first: $first, after: $after) {
    edges {
      cursor
      node {
        id action place time duration periodicity reward isEnjoyed isMine
        relatedHabit { id action place }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""

CREATE_HABIT = """mutation CreateHabit($input: HabitInput!) {
  createHabit(input: $input) {
    __typename
    ... on Habit {
      id action place time duration periodicity startsOn reward isEnjoyed isPublic nextDueAt
    }
    ... on OperationInfo { messages { kind field message code } }
  }
}"""

TODAY = """query Today($first: Int!) {
  today {
    date
    totalCount
    occurrences(first: $first) {
      date state time currentStreak
      habit { id action place strength currentStreak }
    }
  }
}"""


@dataclass(frozen=True, slots=True)
class Call:
    """One person's request: whose token, with what variables.

    `after` is the number of the row that the cursor among the variables points to.
    """

    token: str
    variables: Mapping[str, Any]
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """A document, its name in the results, and a text that every good answer to it has."""

    name: str
    document: str
    mark: str
    calls: Callable[["People"], list[Call]]

    def body(self, call: Call, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What is posted."""
        name = self.document.split("(")[0].split()[1]
        given = call.variables if variables is None else variables
        return {"operationName": name, "variables": given, "query": self.document}


class People:
    """Whose requests they are: those with long lists read them, all others make habits."""

    def __init__(self, scale: Scale, makers: int) -> None:
        """With tokens of the busy ones, and of up to so many others."""
        self.busy = tokens_of(range(1, scale.busy + 1))
        last = min(scale.people, scale.busy + makers)
        self.makers = tokens_of(range(scale.busy + 1, last + 1))
        self.public = list(
            Habit.objects.public().order_by("-pk").values_list("pk", flat=True).iterator()
        )
        """The numbers of all public habits, the newest first."""

    def cursor(self, place: int) -> tuple[str, int]:
        """The cursor of `publicHabits` to the row at that place, and the row's number."""
        pk = self.public[place]
        # As `habits.cursors` writes it: nobody can walk to page 10,000 for each run.
        text = json.dumps(["publicHabits", ["-id", str(pk)]])
        return base64.b64encode(text.encode()).decode(), pk


def my_pages(people: People, size: int = SIZE) -> list[Call]:
    return [Call(token, {"first": size}) for token in people.busy]


def public_pages(people: People, size: int = SIZE, calls: int = 1000) -> list[Call]:
    """From cursors that are spread over the whole list, in no order."""
    last = len(people.public) - size - 1
    places = [last * n // (calls - 1) for n in range(calls)]
    random.Random(7).shuffle(places)  # noqa: S311  # no secret
    found = []
    for n, place in enumerate(places):
        cursor, pk = people.cursor(place)
        token = people.busy[n % len(people.busy)]
        found.append(Call(token, {"first": size, "after": cursor}, pk))
    return found


def new_habits(people: People) -> list[Call]:
    return [Call(token, {"input": new_habit(n)}) for n, token in enumerate(people.makers)]


def new_habit(number: int) -> dict[str, Any]:
    return {
        "action": f"Stretch for half a minute, {number}",
        "place": ("the kitchen", "дома", "the office")[number % 3],
        "time": f"{number % 24:02}:{number % 60:02}",
        "duration": number % 120 + 1,
        "periodicity": number % 7 + 1,
        "reward": "a cup of tea",
        "isPublic": False,
    }


def todays(people: People) -> list[Call]:
    return [Call(token, {"first": SIZE}) for token in people.busy]


OPERATIONS = {
    operation.name: operation
    for operation in (
        Operation("a", MY_HABITS, '"related', my_pages),
        Operation("b", PUBLIC_HABITS, '"related', public_pages),
        Operation("c", CREATE_HABIT, '"action"', new_habits),
        Operation("d", TODAY, '"strength"', todays),
    )
}
