"""What a token claims counts once the database has said that the account is live."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.db.models import Value
from django.test.utils import CaptureQueriesContext

from accounts.claims import Claim
from accounts.errors import Unauthenticated
from accounts.models import User

NO_COLUMN_HOLDS = 10**19 - 1

DEATHS: dict[str, Callable[[User], object]] = {
    "inactive": lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
    "revoked": lambda user: User.objects.filter(pk=user.pk).update(
        token_generation=user.token_generation + 1
    ),
    "deleted": lambda user: User.objects.filter(pk=user.pk).delete(),
}


@pytest.fixture(params=DEATHS)
def dies(request: pytest.FixtureRequest, alice: User) -> Callable[[], object]:
    """Ends what alice's token claims, in each way that there is."""
    return lambda: DEATHS[request.param](alice)


@pytest.fixture
def claim(alice: User) -> Claim:
    return Claim(alice.pk, alice.token_generation)


def test_a_live_accounts_claim_is_settled_with_one_question(claim: Claim) -> None:
    with CaptureQueriesContext(connection) as asked:
        claim.settle()
        claim.settle()

    assert len(asked) == 1


def test_a_dead_accounts_claim_is_not_settled(claim: Claim, dies: Callable[[], object]) -> None:
    dies()

    with pytest.raises(Unauthenticated):
        claim.settle()
    assert not claim.is_proven


def test_a_claim_that_rows_have_proven_asks_nobody(claim: Claim) -> None:
    claim.is_proven = True

    with CaptureQueriesContext(connection) as asked:
        claim.settle()

    assert len(asked) == 0


def test_the_condition_holds_for_all_rows_or_none(
    claim: Claim, bob: User, dies: Callable[[], object]
) -> None:
    everybody = User.objects.filter(claim.is_live())
    assert set(everybody) == set(User.objects.all())
    assert not User.objects.filter(Claim(claim.pk, claim.generation + 1).is_live()).exists()

    dies()

    assert not everybody.all().exists()
    assert User.objects.filter(Claim(bob.pk, bob.token_generation).is_live()).exists()


def test_the_conditions_parameters_are_those_of_its_sql(claim: Claim) -> None:
    _sql, parameters = User.objects.filter(claim.is_live()).query.sql_with_params()

    assert list(parameters) == claim.parameters


def test_a_claims_account_is_the_whole_row(claim: Claim, alice: User) -> None:
    account = claim.account(annotations={"answer": Value(42)})

    assert account is not None
    for field in User._meta.concrete_fields:
        assert account.__dict__[field.attname] == getattr(
            User.objects.get(pk=alice.pk), field.attname
        )
    assert account.__dict__["answer"] == 42
    assert not account._state.adding
    assert account.claim is None
    assert claim.is_proven


def test_a_dead_claim_has_no_account(claim: Claim, dies: Callable[[], object]) -> None:
    dies()

    assert claim.account() is None
    assert claim.account(lock=True) is None
    assert not claim.is_proven


def test_an_account_that_died_is_proven_no_more(claim: Claim, dies: Callable[[], object]) -> None:
    claim.settle()
    dies()

    assert claim.account() is None
    assert not claim.is_proven


@pytest.mark.django_db
def test_a_number_that_no_column_holds_is_nobodys() -> None:
    assert Claim(NO_COLUMN_HOLDS, 0).account() is None
    assert Claim(1, NO_COLUMN_HOLDS).account() is None
    assert not User.objects.filter(Claim(NO_COLUMN_HOLDS, 0).is_live()).exists()


@pytest.mark.parametrize("lock", [False, True])
def test_a_row_is_locked_when_that_is_asked_for(claim: Claim, *, lock: bool) -> None:
    with connection.cursor() as cursor, transaction.atomic():
        claim.account(lock=lock)
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()"
            " AND relation = 'accounts_user'::regclass AND mode = 'RowShareLock'"
        )
        assert cursor.fetchone() == (int(lock),)


def test_a_claims_user_is_a_number_until_more_is_asked_for(claim: Claim, alice: User) -> None:
    user = claim.user()

    with CaptureQueriesContext(connection) as asked:
        assert user.pk == user.id == alice.pk
        assert user == alice
    assert len(asked) == 0

    with CaptureQueriesContext(connection) as asked:
        assert user.email == alice.email
        assert user.zone == alice.zone
        assert user.language == alice.language
    assert len(asked) == 1
    assert claim.is_proven


def test_what_a_claim_leaves_open_is_not_read_of_a_dead_account(
    claim: Claim, dies: Callable[[], object]
) -> None:
    user = claim.user()
    dies()

    for name in ("email", "time_zone", "is_active"):
        with pytest.raises(Unauthenticated):
            getattr(user, name)
    assert not claim.is_proven


def test_without_a_claim_a_row_is_refreshed_as_ever(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(first_name="Alicia", is_active=False)

    alice.refresh_from_db(fields=["first_name"])

    assert alice.first_name == "Alicia"
    assert alice.is_active
