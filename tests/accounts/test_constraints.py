"""The same rules once more in the database, for rows that come by another way."""

import datetime

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import LATEST_DAY_START, User
from tests.accounts.documents import REGISTER, UPDATE_PROFILE
from tests.accounts.helpers import nothing_changes
from tests.conftest import PASSWORD, Caller

CONSTRAINT = "user_day_starts_early"
TOO_LATE = (datetime.time(6, 1), datetime.time(12), datetime.time(23, 59))
OUT_OF_RANGE = {("dayStartsAt", "day_starts_at_out_of_range")}


@pytest.mark.parametrize("time", TOO_LATE)
def test_a_row_whose_day_starts_late_is_refused_by_the_database(
    time: datetime.time, alice: User
) -> None:
    with nothing_changes():
        with pytest.raises(IntegrityError, match=f'"{CONSTRAINT}"'), transaction.atomic():
            User.objects.filter(pk=alice.pk).update(day_starts_at=time)
        with pytest.raises(IntegrityError, match=f'"{CONSTRAINT}"'), transaction.atomic():
            User.objects.create_user("carol@example.org", day_starts_at=time)


@pytest.mark.parametrize("time", TOO_LATE)
def test_its_validator_says_so_first_and_without_the_constraints_name(
    time: datetime.time, as_alice: Caller, visitor: Caller
) -> None:
    given = {"dayStartsAt": f"{time:%H:%M}"}
    new = {"email": "carol@example.org", "password": PASSWORD, "chatId": 77, **given}

    with nothing_changes():
        for caller, document, fields in (
            (as_alice, UPDATE_PROFILE, given),
            (visitor, REGISTER, new),
        ):
            assert caller.problems(document, input=fields) == OUT_OF_RANGE
            answer = caller.post({"query": document, "variables": {"input": fields}})
            assert CONSTRAINT not in answer.content.decode()


@pytest.mark.parametrize("time", [datetime.time(0), datetime.time(0, 1), LATEST_DAY_START])
def test_both_take_the_ends_of_the_range(time: datetime.time, as_alice: Caller) -> None:
    assert as_alice.problems(UPDATE_PROFILE, input={"dayStartsAt": f"{time:%H:%M}"}) == set()

    assert User.objects.get().day_starts_at == time


def test_every_check_in_the_database_has_its_pair(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint"
            " WHERE conrelid = 'accounts_user'::regclass AND contype = 'c'"
        )
        names = {name for (name,) in cursor.fetchall()}
    # Django's own ones, of the columns for small positive numbers, end in _check.
    assert {name for name in names if not name.endswith("_check")} == {CONSTRAINT}
