"""People in Django's admin, as a superuser sees and changes them."""

import datetime
from typing import Any

import pytest
import time_machine
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import ChatStatus, RefreshToken, User
from habits.models import Habit
from notifications.models import Chat, Reminder
from tests.accounts.conftest import NOON
from tests.accounts.documents import CHANGE_PASSWORD, TOKEN_AUTH
from tests.accounts.hashers import WatchedHasher
from tests.accounts.helpers import form_of, log_in, nothing_changes, page_of
from tests.conftest import PASSWORD, Caller, MakeHabit

CHANGE_LIST = "/admin/accounts/user/"
ADD = "/admin/accounts/user/add/"
STRONG = "another passphrase"

NEW: dict[str, Any] = {
    "email": "carol@example.org",
    "usable_password": "true",
    "password1": STRONG,
    "password2": STRONG,
    "chat_id": "77",
    "time_zone": "Asia/Tokyo",
    "day_starts_at": "03:00",
    "language": "ru",
}


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root@example.org", PASSWORD)


@pytest.fixture
def browser(root: User) -> Client:
    client = Client()
    client.force_login(root)
    return client


def errors_on(response: Any) -> dict[str, list[str]]:
    """The problems that the form shows by field; a redirect means that it had none."""
    assert response.status_code == 200
    errors: dict[str, list[str]] = response.context["adminform"].errors
    return errors


def test_the_list_shows_people_and_finds_them(browser: Client, alice: User, bob: User) -> None:
    everybody = browser.get(CHANGE_LIST).content.decode()
    assert alice.email in everybody
    assert bob.email in everybody

    for words in ("ALICE@", "Alice", "1001"):
        found = browser.get(CHANGE_LIST, {"q": words}).content.decode()
        assert alice.email in found
        assert bob.email not in found


def test_a_visitor_and_a_person_without_rights_see_nothing(alice: User) -> None:
    client = Client()
    assert client.get(CHANGE_LIST)["Location"].startswith("/admin/login/")

    client.force_login(alice)
    assert client.get(CHANGE_LIST)["Location"].startswith("/admin/login/")


def test_the_superuser_logs_in_with_the_address_in_any_case(root: User) -> None:
    client = Client()

    given = {"username": "Root@Example.ORG", "password": PASSWORD}
    client.post("/admin/login/?next=/admin/", given)

    assert client.get(CHANGE_LIST).status_code == 200


# --- Passwords -----------------------------------------------------------------------------------


def try_log_in(email: str, password: str) -> str:
    """`in`, or what the form says."""
    given = {"username": email, "password": password}
    answer: Any = Client().post("/admin/login/?next=/admin/", given)
    if answer.status_code == 302:
        return "in"
    (problem,) = answer.context["form"].non_field_errors()
    return "wrong" if problem.startswith("Please enter the correct") else str(problem)


def test_the_log_in_page_is_throttled_together_with_the_api(
    clock: time_machine.Traveller, hasher: type[WatchedHasher], root: User, visitor: Caller
) -> None:
    hasher.hashings = 0
    wrong = {"email": root.email, "password": STRONG}
    assert [visitor.problems(TOKEN_AUTH, **wrong) for _ in range(2)] == [
        {(None, "invalid_credentials")}
    ] * 2

    assert [try_log_in("Root@Example.org", STRONG) for _ in range(4)] == ["wrong"] * 4
    assert hasher.hashings == 6
    too_early = "Too many attempts: try again in 1 second."
    assert [try_log_in(root.email, word) for word in (STRONG, PASSWORD)] == [too_early] * 2
    assert visitor.error_code(TOKEN_AUTH, **wrong) == "RATE_LIMITED"
    assert hasher.hashings == 6

    clock.shift(1)
    assert try_log_in(root.email, PASSWORD) == "in"
    assert [try_log_in(root.email, STRONG) for _ in range(6)] == ["wrong"] * 6


def test_the_log_in_page_tells_nobody_apart(
    clock: time_machine.Traveller, hasher: type[WatchedHasher], root: User, alice: User
) -> None:
    """alice's right password is worth as much as a wrong one: she is no staff."""
    stories = []
    for email in (alice.email, root.email, "nobody@example.org"):
        hasher.hashings = 0
        password = PASSWORD if email == alice.email else STRONG
        stories.append(([try_log_in(email, password) for _ in range(8)], hasher.hashings))

    assert stories[0] == stories[1] == stories[2]
    assert stories[0][0][-1] == "Too many attempts: try again in 1 second."


def test_an_empty_log_in_counts_for_nothing(root: User) -> None:
    for given in ({}, {"username": root.email}, {"password": STRONG}):
        for _ in range(4):
            assert Client().post("/admin/login/", given).status_code == 200

    assert [try_log_in(root.email, STRONG) for _ in range(6)] == ["wrong"] * 6


def test_a_session_does_not_help_to_guess_the_password(
    clock: time_machine.Traveller, hasher: type[WatchedHasher], browser: Client, root: User
) -> None:
    def change(old: str, new: str = STRONG) -> int:
        given = {"old_password": old, "new_password1": new, "new_password2": new}
        return browser.post("/admin/password_change/", given).status_code

    assert browser.get("/admin/password_change/").status_code == 200
    hasher.hashings = 0
    with nothing_changes():
        assert [change("wrong") for _ in range(6)] == [200] * 6
        assert [change("wrong"), change(PASSWORD)] == [429] * 2
    assert hasher.hashings == 6

    clock.shift(1)
    assert change(PASSWORD) == 302
    assert log_in(root.email, STRONG).is_in()
    assert [change("wrong") for _ in range(6)] == [200] * 6


# --- Adding --------------------------------------------------------------------------------------


def test_a_person_that_is_added_can_log_in(browser: Client) -> None:
    assert browser.get(ADD).status_code == 200

    response = browser.post(ADD, {**NEW, "email": " Carol@Example.org"})

    assert response.status_code == 302
    carol = User.objects.get(email="carol@example.org")
    assert (carol.chat_id, carol.time_zone, carol.language) == (77, "Asia/Tokyo", "ru")
    assert carol.day_starts_at == datetime.time(3)
    assert not carol.is_staff
    assert log_in("carol@example.org", STRONG).is_in()


def test_a_person_that_is_added_shows_what_is_known_of_the_chat(browser: Client) -> None:
    Chat.objects.create(chat_id=77, status=ChatStatus.STOPPED)

    browser.post(ADD, NEW)

    assert User.objects.get(email=NEW["email"]).chat_status == ChatStatus.STOPPED


def test_a_person_may_be_added_without_a_chat(browser: Client) -> None:
    assert browser.post(ADD, {**NEW, "chat_id": ""}).status_code == 302

    assert User.objects.get(email=NEW["email"]).chat_id is None


def test_a_person_may_be_added_without_a_password(browser: Client) -> None:
    given = {**NEW, "usable_password": "false", "password1": "", "password2": ""}
    assert browser.post(ADD, given).status_code == 302

    assert not User.objects.get(email=NEW["email"]).has_usable_password()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"),
        ("email", "ROOT@example.org"),
        ("email", ""),
        ("password2", "something else"),
        ("chat_id", "0"),
        ("chat_id", str(2**52)),
        ("chat_id", "one"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", ""),
        ("day_starts_at", "06:01"),
        ("day_starts_at", "noon"),
        ("day_starts_at", ""),
        ("language", "tlh"),
    ],
)
def test_a_person_is_added_under_the_rules_of_the_api(
    field: str, value: str, browser: Client
) -> None:
    with nothing_changes():
        assert set(errors_on(browser.post(ADD, {**NEW, field: value}))) == {field}


@pytest.mark.parametrize("password", ["1234", "password1", "carol@example.org"])
def test_a_person_is_not_added_with_a_weak_password(password: str, browser: Client) -> None:
    given = {**NEW, "password1": password, "password2": password}

    with nothing_changes():
        assert set(errors_on(browser.post(ADD, given))) == {"password2"}


# --- Changing ------------------------------------------------------------------------------------


def test_a_person_can_be_changed_and_stays_logged_in(browser: Client, alice: User) -> None:
    phone = log_in()
    assert browser.get(page_of(alice)).status_code == 200

    given = form_of(alice, first_name=" Alicia ", chat_id="-5", language="ru", is_staff="on")
    assert browser.post(page_of(alice), given).status_code == 302

    alice.refresh_from_db()
    assert (alice.first_name, alice.chat_id, alice.language) == ("Alicia", -5, "ru")
    assert alice.is_staff
    assert phone.is_in()
    assert phone.can_refresh()


def test_a_chat_that_is_typed_is_linked_no_more(browser: Client, alice: User) -> None:
    linked_at = NOON
    User.objects.filter(pk=alice.pk).update(chat_linked_at=linked_at)

    browser.post(page_of(alice), form_of(alice, first_name="Alicia"))
    alice.refresh_from_db()
    assert alice.chat_linked_at == linked_at

    browser.post(page_of(alice), form_of(alice, chat_id="-5"))
    alice.refresh_from_db()
    assert alice.chat_id == -5
    assert alice.chat_linked_at is None


def test_saving_a_page_without_changes_changes_nothing(browser: Client, alice: User) -> None:
    with nothing_changes():
        assert browser.post(page_of(alice), form_of(alice)).status_code == 302


def test_an_emptied_first_name_is_no_name(browser: Client, alice: User) -> None:
    browser.post(page_of(alice), form_of(alice, first_name=""))

    alice.refresh_from_db()
    assert alice.first_name is None


def test_disabling_an_account_logs_it_out(browser: Client, alice: User) -> None:
    phone = log_in()

    browser.post(page_of(alice), form_of(alice, is_active=None))

    assert not phone.is_in()
    assert not phone.can_refresh()


def test_an_account_that_is_enabled_again_does_not_bring_its_tokens_back(
    browser: Client, alice: User
) -> None:
    phone = log_in()
    browser.post(page_of(alice), form_of(alice, is_active=None))
    alice.refresh_from_db()
    assert not alice.is_active

    browser.post(page_of(alice), form_of(alice, is_active="on"))

    alice.refresh_from_db()
    assert alice.is_active
    assert not phone.is_in()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"),
        ("email", "Bob@example.org"),
        ("first_name", "\N{ZERO WIDTH SPACE}"),
        ("first_name", "A" * 151),
        ("chat_id", "0"),
        ("time_zone", "Berlin"),
        ("day_starts_at", "06:00:01"),
        ("language", "de"),
    ],
)
def test_a_person_is_changed_under_the_rules_of_the_api(
    field: str, value: str, browser: Client, alice: User, bob: User
) -> None:
    with nothing_changes():
        response = browser.post(page_of(alice), form_of(alice, **{field: value}))
        assert set(errors_on(response)) == {field}


def test_habits_keep_their_local_times_in_a_new_zone(
    clock: time_machine.Traveller, browser: Client, alice: User, make_habit: MakeHabit
) -> None:
    habit = make_habit(alice, time=datetime.time(15, 30))
    habit.reschedule(NOON)
    habit.save()
    assert habit.next_due_at == datetime.datetime(2026, 3, 2, 14, 30, tzinfo=datetime.UTC)

    browser.post(page_of(alice), form_of(alice, time_zone="Asia/Tokyo"))

    habit.refresh_from_db()
    assert habit.next_due_at == datetime.datetime(2026, 3, 3, 6, 30, tzinfo=datetime.UTC)


def test_a_new_chat_shows_what_is_known_of_it_and_the_same_one_is_left_alone(
    browser: Client, alice: User
) -> None:
    Chat.objects.create(chat_id=1001, status=ChatStatus.UNREACHABLE)
    Chat.objects.create(chat_id=5, status=ChatStatus.STOPPED)
    User.objects.filter(pk=alice.pk).update(chat_status=ChatStatus.UNREACHABLE)

    browser.post(page_of(alice), form_of(alice, first_name="Alicia"))
    alice.refresh_from_db()
    assert alice.chat_status == ChatStatus.UNREACHABLE

    browser.post(page_of(alice), form_of(alice, chat_id="5"))
    alice.refresh_from_db()
    assert alice.chat_status == ChatStatus.STOPPED


def test_what_a_person_changes_while_the_page_is_saved_is_kept(root: User, alice: User) -> None:
    phone = log_in()
    people = admin.site.get_model_admin(User)
    request = RequestFactory().post(page_of(alice), form_of(alice, first_name="Alicia"))
    request.user = root
    read = User.objects.get(pk=alice.pk)
    form = people.get_form(request, read, change=True)(request.POST, instance=read)
    assert form.is_valid()
    phone.data(CHANGE_PASSWORD, input={"oldPassword": PASSWORD, "newPassword": STRONG})

    people.save_model(request, form.save(commit=False), form, change=True)

    alice.refresh_from_db()
    assert alice.first_name == "Alicia"
    assert log_in(password=STRONG).is_in()
    assert not phone.is_in()


# --- The password --------------------------------------------------------------------------------


def password_page(user: User) -> str:
    return reverse("admin:auth_user_password_change", args=[user.pk])


def test_a_new_password_logs_its_person_out_everywhere(browser: Client, alice: User) -> None:
    phone = log_in()
    assert browser.get(password_page(alice)).status_code == 200

    given = {"usable_password": "true", "password1": STRONG, "password2": STRONG}
    assert browser.post(password_page(alice), given).status_code == 302

    assert not phone.is_in()
    assert not phone.can_refresh()
    assert log_in(password=STRONG).is_in()


def test_a_password_that_is_taken_away_logs_its_person_out_everywhere(
    browser: Client, alice: User
) -> None:
    phone = log_in()

    given = {"usable_password": "false", "unset-password": "Disable"}
    assert browser.post(password_page(alice), given).status_code == 302

    alice.refresh_from_db()
    assert not alice.has_usable_password()
    assert not phone.is_in()
    assert not phone.can_refresh()


def test_a_weak_new_password_is_refused(browser: Client, alice: User) -> None:
    phone = log_in()

    for weak in ("1234", "alice@example.org"):
        given = {"usable_password": "true", "password1": weak, "password2": weak}
        with nothing_changes():
            assert browser.post(password_page(alice), given).status_code == 200
    assert phone.is_in()


# --- Deleting ------------------------------------------------------------------------------------


@pytest.fixture
def lives(alice: User, bob: User, make_habit: MakeHabit) -> None:
    """Two habits, one of which rewards the other, a reminder and a device of each person."""
    for user in (alice, bob):
        pleasant = make_habit(user, is_enjoyed=True, action="tea")
        useful = make_habit(user, related_habit=pleasant)
        Reminder.objects.create(
            habit=useful, user=user, local_date=NOON.date(), due_at=NOON, not_before=NOON
        )
        log_in(user.email)


def assert_only_bob_is_left(root: User, bob: User) -> None:
    assert set(User.objects.all()) == {root, bob}
    for model, owner in ((Habit, "owner"), (Reminder, "user"), (RefreshToken, "user")):
        assert set(model._default_manager.values_list(owner, flat=True)) == {bob.pk}


@pytest.mark.usefixtures("lives")
def test_a_person_is_deleted_with_all_that_belongs_to_them(
    browser: Client, root: User, alice: User, bob: User
) -> None:
    page = reverse("admin:accounts_user_delete", args=[alice.pk])
    assert browser.get(page).status_code == 200

    assert browser.post(page, {"post": "yes"}).status_code == 302

    assert_only_bob_is_left(root, bob)


@pytest.mark.usefixtures("lives")
def test_many_people_are_deleted_at_once(
    browser: Client, root: User, alice: User, bob: User, deletions_heard: list[User]
) -> None:
    carol = User.objects.create_user("carol@example.org", PASSWORD)
    chosen = {"action": "delete_selected", "_selected_action": [alice.pk, carol.pk]}
    with nothing_changes():
        assert browser.post(CHANGE_LIST, chosen).status_code == 200

    assert browser.post(CHANGE_LIST, {**chosen, "post": "yes"}).status_code == 302

    assert_only_bob_is_left(root, bob)
    assert {user.email for user in deletions_heard} == {"alice@example.org", "carol@example.org"}


@pytest.mark.usefixtures("lives")
def test_staff_without_the_right_to_delete_people_do_not(alice: User) -> None:
    staff = User.objects.create_user("staff@example.org", PASSWORD, is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_user"))
    client = Client()
    client.force_login(staff)
    assert client.get(page_of(alice)).status_code == 200

    with nothing_changes():
        page = reverse("admin:accounts_user_delete", args=[alice.pk])
        assert client.post(page, {"post": "yes"}).status_code == 403
        chosen = {"action": "delete_selected", "_selected_action": [alice.pk], "post": "yes"}
        client.post(CHANGE_LIST, chosen)
        assert client.post(page_of(alice), form_of(alice, first_name="X")).status_code == 403
