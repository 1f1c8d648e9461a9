"""Rows by their numbers, in SQL that knows not how many those are."""

import pytest
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.models import F

from accounts.models import User
from accounts.sql.any_of import AnyOf

pytestmark = pytest.mark.django_db


def test_it_finds_what_in_finds(alice: User, bob: User) -> None:
    nobody = bob.pk + 1
    for numbers in ([], [nobody], [bob.pk], [bob.pk, alice.pk, bob.pk, nobody]):
        found = User.objects.filter(AnyOf(F("pk"), numbers))
        assert set(found) == set(User.objects.filter(pk__in=numbers))


def test_the_sql_of_one_number_is_that_of_many() -> None:
    statements = [
        User.objects.filter(AnyOf(F("pk"), numbers)).query.sql_with_params()
        for numbers in ([], [1], [1, 2, 3])
    ]
    assert len({sql for sql, _parameters in statements}) == 1
    assert [parameters for _sql, parameters in statements] == [([],), ([1],), ([1, 2, 3],)]


def test_a_database_without_arrays_gets_in() -> None:
    sqlite = DatabaseWrapper({"NAME": ":memory:", "OPTIONS": {}})
    query = User.objects.filter(AnyOf(F("pk"), [1, 2])).only("pk").query
    sql, parameters = query.get_compiler(connection=sqlite).as_sql()
    assert sql.endswith("IN (%s, %s)")
    assert parameters == (1, 2)
