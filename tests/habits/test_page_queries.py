"""The shape of a page: SQL that was written for one list is not used for another."""

import itertools
from collections.abc import Callable

import pytest
from django.db.models import Q, QuerySet

from accounts.models import User
from habits.models import Habit
from habits.page_queries import PageQuery
from habits.sort_keys import SortKey, sort_keys
from tests.conftest import MakeHabit

pytestmark = pytest.mark.usefixtures("_no_sql_written")

Lists = Callable[[User], QuerySet[Habit]]

LISTS: dict[str, Lists] = {
    "everybody's": lambda _user: Habit.objects.all(),
    "one's own": Habit.objects.owned_by,
    "public ones": lambda _user: Habit.objects.public(),
    "one's own public ones": lambda user: Habit.objects.owned_by(user).public(),
    "public ones of one's own": lambda user: Habit.objects.public().owned_by(user),
    "one's own, through the person": lambda user: user.habits.all(),
    "private ones": lambda _user: Habit.objects.filter(is_public=False),
    "others'": lambda user: Habit.objects.exclude(owner=user),
    "enjoyed ones of one's own": lambda user: Habit.objects.owned_by(user).filter(is_enjoyed=True),
    "public or one's own": lambda user: Habit.objects.filter(Q(is_public=True) | Q(owner=user)),
    "with an enjoyed reward": lambda _user: Habit.objects.filter(related_habit__is_enjoyed=True),
    "with rewards": lambda user: Habit.objects.owned_by(user).with_rewards_others(),
    "none": lambda user: Habit.objects.owned_by(user).none(),
}


@pytest.fixture
def _habits(alice: User, bob: User, make_habit: MakeHabit) -> None:
    for user, is_public in itertools.product((alice, bob), (True, False)):
        tea = make_habit(user, is_enjoyed=True, is_public=is_public)
        make_habit(user, related_habit=tea, is_public=is_public)
        make_habit(user, is_public=is_public)


@pytest.mark.usefixtures("_habits")
@pytest.mark.parametrize("first", LISTS)
def test_each_list_gets_its_own_rows_whichever_was_read_before(
    alice: User, bob: User, first: str
) -> None:
    keys = sort_keys((SortKey("is_enjoyed"),))

    def found(rows_of: QuerySet[Habit]) -> list[int]:
        query = PageQuery(rows_of, keys, False, None, None, 100, None)
        return [pk for (pk, *_others) in query.tuples(("id",))]

    for name in (first, *LISTS):
        for user in (alice, bob):
            rows_of = LISTS[name](user)
            expected = rows_of.order_by("is_enjoyed", "id").values_list("pk", flat=True)
            assert found(LISTS[name](user)) == list(expected), name
