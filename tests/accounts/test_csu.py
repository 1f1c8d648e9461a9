"""`manage.py csu`: the superuser, from the environment."""

import io
import os
import re

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import User
from tests.accounts.helpers import log_in, nothing_changes
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def csu(settings: Settings, email: str = "", password: str = "") -> str:
    """Runs the command with this environment; its output."""
    settings.SUPERUSER_EMAIL = email
    settings.SUPERUSER_PASSWORD = password
    output = io.StringIO()
    call_command("csu", stdout=output)
    return output.getvalue()


def test_the_superuser_is_made_from_the_environment(settings: Settings) -> None:
    output = csu(settings, "Root@Example.org", PASSWORD)

    assert output == "Superuser root@example.org is made.\n"
    root = User.objects.get()
    assert root.email == "root@example.org"
    assert root.is_active
    assert root.is_staff
    assert root.is_superuser
    assert root.chat_id is None
    assert log_in(root.email, PASSWORD).is_in()


def test_a_second_run_changes_nothing(settings: Settings) -> None:
    csu(settings, "root@example.org", PASSWORD)
    device = log_in("root@example.org")

    with nothing_changes():
        output = csu(settings, "ROOT@example.org", PASSWORD)

    assert output == "Superuser root@example.org is in place.\n"
    assert device.is_in()


def test_a_password_that_is_not_given_is_made_and_shown_once(settings: Settings) -> None:
    first = csu(settings, "root@example.org")
    shown = re.search(r"^Password, shown only this once: (\S{24})$", first, re.MULTILINE)
    assert shown
    assert log_in("root@example.org", shown[1]).is_in()

    with nothing_changes():
        second = csu(settings, "root@example.org")

    assert second == "Superuser root@example.org is in place.\n"


def test_no_two_made_passwords_are_alike(settings: Settings) -> None:
    outputs = {csu(settings, f"root{each}@example.org").split()[-1] for each in range(3)}

    assert len(outputs) == 3


def test_another_password_replaces_the_one_before_and_logs_out(settings: Settings) -> None:
    csu(settings, "root@example.org", PASSWORD)
    device = log_in("root@example.org")

    csu(settings, "root@example.org", "another passphrase")

    assert not device.is_in()
    assert log_in("root@example.org", "another passphrase").is_in()


@pytest.mark.parametrize("given", ["", "the operators own passphrase"])
def test_a_person_is_promoted_with_a_new_password_and_keeps_their_profile(
    given: str, settings: Settings, alice: User
) -> None:
    """Whoever registered with the address, which nobody has proven, does not become superuser."""
    device = log_in(alice.email)
    User.objects.update(is_active=False)

    output = csu(settings, alice.email, given)

    shown = re.search(r"only this once: (\S+)", output)
    password = given or (shown and shown[1]) or ""
    root = User.objects.get()
    assert root.pk == alice.pk
    assert root.is_active
    assert root.is_staff
    assert root.is_superuser
    assert (root.first_name, root.chat_id) == ("Alice", 1001)
    assert root.time_zone == "Europe/Berlin"
    assert log_in(alice.email, password).is_in()
    assert not root.check_password(PASSWORD)
    assert not device.is_in()


@pytest.mark.parametrize("password", ["1234", "password1", "root@example.org"])
def test_a_weak_password_is_refused_by_the_name_of_its_variable(
    password: str, settings: Settings
) -> None:
    with pytest.raises(CommandError, match=r"SUPERUSER_PASSWORD: .*password is too") as error:
        csu(settings, "root@example.org", password)

    assert not User.objects.exists()
    assert password not in str(error.value)


def test_a_weak_password_promotes_nobody(settings: Settings, alice: User) -> None:
    with nothing_changes(), pytest.raises(CommandError, match=r"SUPERUSER_PASSWORD: "):
        csu(settings, "alice@example.org", "1234")


def test_what_is_no_address_is_refused(settings: Settings) -> None:
    with pytest.raises(CommandError, match=r"This is not an e-mail address\."):
        csu(settings, "root", PASSWORD)

    assert not User.objects.exists()


def test_without_an_address_and_a_terminal_it_says_what_to_set(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("root@example.org\n"))

    with pytest.raises(CommandError, match="Set SUPERUSER_EMAIL"):
        csu(settings)

    assert not User.objects.exists()


def test_on_a_terminal_it_asks_for_the_address(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keyboard, terminal = os.openpty()
    os.write(keyboard, b"root@example.org\n")

    with os.fdopen(terminal) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        csu(settings, password=PASSWORD)
        monkeypatch.undo()
    os.close(keyboard)

    assert capsys.readouterr().out == "E-mail of the superuser: "
    assert User.objects.get().email == "root@example.org"
