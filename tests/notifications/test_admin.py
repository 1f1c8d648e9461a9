"""The ledger and the chats can be read in the admin, and not written."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import ChatStatus, User
from notifications.models import Chat, Reminder, State
from tests.conftest import MakeHabit
from tests.notifications.stage import NOW, planned


@pytest.fixture
def staff(db: None) -> Client:
    browser = Client()
    browser.force_login(User.objects.create_superuser("staff@example.org", "a-strong-password"))
    return browser


@pytest.fixture
def row(alice: User, make_habit: MakeHabit) -> Reminder:
    Chat.objects.create(chat_id=1001, status=ChatStatus.UNREACHABLE, reason="blocked", since=NOW)
    return planned(make_habit(alice))


@pytest.mark.parametrize("query", ["", "?q=alice@example.org", "?state__exact=pending"])
def test_staff_sees_the_ledger(staff: Client, row: Reminder, query: str) -> None:
    page = staff.get(reverse("admin:notifications_reminder_changelist") + query)

    assert page.status_code == 200
    assert "alice@example.org" in page.content.decode()


def test_the_ledgers_filter_and_search_leave_others_out(staff: Client, row: Reminder) -> None:
    for query in ("?q=bob@example.org", "?state__exact=sent"):
        page = staff.get(reverse("admin:notifications_reminder_changelist") + query)
        assert f">{row.local_date:%B}" not in page.content.decode()
        assert "0 reminders" in page.content.decode()


@pytest.mark.parametrize("query", ["", "?q=1001", "?status__exact=unreachable"])
def test_staff_sees_the_chats(staff: Client, row: Reminder, query: str) -> None:
    page = staff.get(reverse("admin:notifications_chat_changelist") + query)

    assert page.status_code == 200
    assert "blocked" in page.content.decode()


@pytest.mark.parametrize("model", ["reminder", "chat"])
def test_staff_can_look_at_a_row_and_not_write_it(staff: Client, row: Reminder, model: str) -> None:
    pk = row.pk if model == "reminder" else 1001
    page = reverse(f"admin:notifications_{model}_change", args=[pk])
    before = [*Reminder.objects.values(), *Chat.objects.values()]

    assert staff.get(page).status_code == 200
    assert staff.post(page, {"state": State.SENT, "status": "ok"}).status_code == 403
    for action in ("delete", "add"):
        where = reverse(f"admin:notifications_{model}_{action}", args=[pk] * (action == "delete"))
        assert staff.get(where).status_code == staff.post(where, {"post": "yes"}).status_code == 403
    staff.post(
        reverse(f"admin:notifications_{model}_changelist"),
        {"action": "delete_selected", "_selected_action": [pk], "post": "yes"},
    )

    assert [*Reminder.objects.values(), *Chat.objects.values()] == before
