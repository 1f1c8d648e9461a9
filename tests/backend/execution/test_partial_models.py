"""Models that hold what a resolver's hints name; the rest is read when it is asked for."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from strawberry_django.fields.field import StrawberryDjangoField

from accounts.models import User
from backend.documents import CACHE
from backend.execution.columns import Columns
from backend.execution.partial_models import PartialModel
from backend.schema import schema
from habits.models import Habit
from tests.conftest import Caller, MakeHabit


def read_one(habit: Habit, *names: str) -> Model:
    """The habit as a resolver gets it whose hints are these names."""
    columns = Columns()
    partial = PartialModel(Habit, "", columns)
    partial.need("id")
    for name in names:
        partial.need(name)
    return partial.read(Habit.objects.filter(pk=habit.pk).values_list(*columns.names)[0])


def test_what_is_named_is_there(alice: User, make_habit: MakeHabit) -> None:
    tea = make_habit(alice, action="drink tea", is_enjoyed=True)
    habit = make_habit(alice, related_habit=tea)
    found: Any = read_one(habit, "action", "owner", "related_habit__action")

    with CaptureQueriesContext(connection) as asked:
        assert (found.pk, found.action, found.owner_id) == (habit.pk, "walk", alice.pk)
        assert (found.related_habit.pk, found.related_habit.action) == (tea.pk, "drink tea")
        assert found == habit
        assert found.get_deferred_fields() >= {"place", "time"}
    assert len(asked) == 0


def test_what_is_not_named_is_read_when_it_is_asked_for(alice: User, make_habit: MakeHabit) -> None:
    tea = make_habit(alice, place="the kitchen", is_enjoyed=True)
    found: Any = read_one(make_habit(alice, related_habit=tea), "related_habit__action")

    with CaptureQueriesContext(connection) as asked:
        assert found.place == "the park"
        assert found.related_habit.place == "the kitchen"
        assert found.related_habit.owner == alice
    assert len(asked) == 4


def test_no_related_one_is_none(alice: User, make_habit: MakeHabit) -> None:
    found: Any = read_one(make_habit(alice), "related_habit__action")

    with CaptureQueriesContext(connection) as asked:
        assert found.related_habit is None
    assert len(asked) == 0


def test_a_resolver_that_reads_more_than_its_hints_say_gets_it(
    as_alice: Caller, alice: User, make_habit: MakeHabit, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_habit(alice, is_public=True, place="the wood")
    make_habit(alice, is_public=True, place="the sea")
    field = next(
        each.extensions["strawberry-definition"]
        for name, each in schema._schema.type_map["PublicHabit"].fields.items()  # type: ignore[attr-defined]  # an object type
        if name == "isMine"
    )
    assert isinstance(field, StrawberryDjangoField)
    assert field.base_resolver is not None
    assert list(field.store.only) == ["owner"]

    def by_the_sea(_self: object, root: Any, **_info: object) -> bool:
        return bool(root.place == "the sea")

    monkeypatch.setattr(field.base_resolver, "wrapped_func", by_the_sea)
    CACHE.clear()

    page = as_alice.data("{ publicHabits { edges { node { isMine } } } }")

    CACHE.clear()
    assert [edge["node"]["isMine"] for edge in page["edges"]] == [True, False]
