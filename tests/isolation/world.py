"""What both machines stand on: a life in a transaction that is undone, and a stopped clock."""

import contextlib
import datetime
import functools
import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

import time_machine
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from accounts.models import PasswordReset, RefreshToken, User
from habits.models import CheckIn, Habit, PastPause, PastSchedule, Progress
from notifications.models import Chat, Reminder, TelegramLink

NOON = datetime.datetime(2026, 6, 15, 12, tzinfo=datetime.UTC)

lives = itertools.count(1)
"""A number for each life: what outlasts a transaction, like throttles, knows nobody in it."""

Rows = dict[str, dict[Any, dict[str, Any]]]
"""Every row by its table and its key."""


def all_rows() -> Rows:
    of_accounts = (User, RefreshToken, PasswordReset)
    of_habits = (Habit, CheckIn, PastSchedule, PastPause, Progress)
    models: tuple[type[Model], ...] = (*of_accounts, *of_habits, Reminder, Chat, TelegramLink)
    return {
        model.__name__: {
            row[model._meta.pk.attname]: row
            for row in model._default_manager.order_by("pk").values()
        }
        for model in models
    }


Taken = Callable[..., None]


def step(weight: int = 1, **given: st.SearchStrategy[Any]) -> Callable[[Taken], Taken]:
    """A method of a `Life` that is taken as a step, `weight` times as often as others.

    `given` are its arguments; one called `data` draws more as it goes.
    """

    def mark(function: Taken) -> Taken:
        function.weight, function.given = weight, given  # type: ignore[attr-defined]  # read below
        return function

    return mark


class Life(RuleBasedStateMachine):
    """A machine whose every example starts from the same rows at the same moment.

    Hypothesis leaves rules out of whole examples, to see more of the others. Here all steps are
    needed in most of them, so that one rule takes them all, by weight.
    """

    tally: ClassVar[Counter[str]]
    """How often each step was taken, in all examples."""

    pauses: ClassVar[st.SearchStrategy[int]] = st.just(0)
    """Seconds that pass before a step."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = contextlib.ExitStack()
        self.clock = self.stack.enter_context(time_machine.travel(NOON, tick=False))
        self.stack.enter_context(transaction.atomic())
        self.number = next(lives)

    @property
    def now(self) -> datetime.datetime:
        return timezone.now()

    @rule(data=st.data())
    def something_happens(self, data: st.DataObject) -> None:
        names = _weighted(type(self))
        name = data.draw(st.sampled_from(names), "step")
        function = getattr(self, name)
        self.clock.shift(data.draw(self.pauses, "pause"))
        drawn = {
            label: data if label == "data" else data.draw(strategy, label)
            for label, strategy in function.given.items()
        }
        self.tally[name] += 1
        function(**drawn)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.stack.close()


@functools.cache
def _weighted(machine: type[Life]) -> list[str]:
    """The names of the steps, each as often as it weighs; the first one is what is drawn most."""
    weights = {name: getattr(method, "weight", 0) for name, method in vars(machine).items()}
    return [
        name
        for name in sorted(weights, key=weights.__getitem__)[::-1]
        for _ in range(weights[name])
    ]
