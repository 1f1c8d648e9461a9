"""People and sessions, made by code."""

from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from accounts.models import RefreshToken, User
from tests.accounts.helpers import log_in
from tests.conftest import PASSWORD


def test_a_person_is_made_with_a_hash_and_no_rights(db: None) -> None:
    user = User.objects.create_user("Carol@example.org", PASSWORD, chat_id=5)

    assert user.check_password(PASSWORD)
    assert (user.chat_id, user.is_active) == (5, True)
    assert not user.is_staff
    assert not user.is_superuser
    assert str(user) == "Carol@example.org"


def test_a_superuser_has_all_rights(db: None) -> None:
    user = User.objects.create_superuser("root@example.org", PASSWORD)

    assert user.is_staff
    assert user.is_superuser
    assert user.has_perm("habits.delete_habit")


def test_a_person_without_a_password_cannot_log_in(db: None) -> None:
    assert not User.objects.create_user("robot@example.org").has_usable_password()


def test_the_database_itself_has_one_account_for_an_address(alice: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("ALICE@example.org")

    assert User.objects.count() == 1


def test_a_zone_is_ready_to_use(alice: User) -> None:
    assert alice.zone == ZoneInfo("Europe/Berlin")


def test_the_apps_above_hear_of_a_deletion_while_everything_still_stands(
    alice: User, deletions_heard: list[User]
) -> None:
    alice.delete()

    assert len(deletions_heard) == 1
    assert not User.objects.exists()


def test_a_session_is_called_by_its_id_alone(alice: User) -> None:
    device = log_in()

    assert str(RefreshToken.objects.get()).replace("-", "") == device.refresh_token.split(".")[0]


def test_a_zone_that_the_pinned_rules_have_dropped_reads_as_utc(
    alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    alice.time_zone = "Europe/Atlantis"

    assert alice.zone == ZoneInfo("UTC")
    assert "time_zone_lost name=Europe/Atlantis" in caplog.text
