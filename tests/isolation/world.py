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

from accounts.models import RefreshToken, User
from habits.models import Habit
from notifications.models import Chat, Reminder

NOON = datetime.datetime(2026, 6, 15, 12, tzinfo=datetime.UTC)

lives = itertools.count(1)
"""A number for each life: what outlasts a transaction, like throttles, knows nobody in it."""

Rows = dict[str, dict[Any, dict[str, Any]]]
"""Every row by its table and its key."""


def all_rows() -> Rows:
    models: tuple[type[Model], ...] = (User, RefreshToken, Habit, Reminder, Chat)
    return {
        model.__name__: {
            row[model._meta.pk.attname]: row for row in model._default_manager.values()
        }
        for model in models
    }


class Life(RuleBasedStateMachine):
    """A machine whose every example starts from the same rows at the same moment."""

    tally: ClassVar[Counter[str]]
    """How often each step was taken, in all examples."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = contextlib.ExitStack()
        self.clock = self.stack.enter_context(time_machine.travel(NOON, tick=False))
        self.stack.enter_context(transaction.atomic())
        self.number = next(lives)

    @property
    def now(self) -> datetime.datetime:
        return timezone.now()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.stack.close()


Step = Callable[..., None]


def step(*, pauses: st.SearchStrategy[float] | None = None, **given: Any) -> Callable[[Step], Step]:
    """A rule of a `Life`, which is counted; `pauses` are the seconds that pass before it."""

    def decorate(function: Step) -> Step:
        @functools.wraps(function)
        def counted(self: Life, pause: float, **drawn: Any) -> None:
            self.tally[function.__name__] += 1
            self.clock.shift(pause)
            function(self, **drawn)

        pause = st.just(0.0) if pauses is None else pauses
        as_rule: Callable[[Step], Step] = rule(pause=pause, **given)
        return as_rule(counted)

    return decorate
