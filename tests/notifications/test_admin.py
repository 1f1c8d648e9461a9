"""The ledger and the chats can be read in the admin, and not written."""

import datetime
from urllib.parse import quote

import pytest
from django.contrib.admin import site
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts import read_only_admin
from accounts.models import ChatStatus, User
from notifications.admin import ReminderAdmin
from notifications.models import Chat, Reason, Reminder, State
from tests.conftest import MakeHabit
from tests.notifications.stage import DAY, HOUR, NOW, SECOND, person, planned


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


LEDGER = "admin:notifications_reminder_changelist"


def listed(staff: Client, query: str) -> set[int]:
    """The numbers of the rows on the ledger's page."""
    page = staff.get(reverse(LEDGER) + query)
    assert page.status_code == 200
    return {row.pk for row in page.context["cl"].result_list}


def test_the_ledger_costs_the_same_however_much_it_shows(
    staff: Client,
    row: Reminder,
    make_habit: MakeHabit,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    def page(query: str = "") -> None:
        # Session, staff, rows counted, rows; in a filter's list no other table is asked.
        with django_assert_num_queries(4):
            assert staff.get(reverse(LEDGER) + query).status_code == 200

    page()
    for number in range(30):
        user = person(number + 1)
        planned(make_habit(user))
    page()
    page("?state__exact=pending&reason=broken&ambiguous=yes&q=alice@example.org")


def test_the_ledger_counts_no_further_than_it_can_be_leafed_through(
    staff: Client, row: Reminder, make_habit: MakeHabit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_only_admin, "MOST_LISTED", 2)
    newest = [planned(make_habit(person(number))) for number in (1, 2)]

    page = staff.get(reverse(LEDGER)).context["cl"]

    assert page.result_count == 2
    assert [each.pk for each in page.result_list][:2] == [newest[1].pk, newest[0].pk]


def test_the_ledgers_filters_pick_rows(staff: Client, row: Reminder, make_habit: MakeHabit) -> None:
    rejected, ambiguous = (planned(make_habit(row.user)) for _ in range(2))
    failed = {"state": State.FAILED, "ended_at": NOW}
    Reminder.objects.filter(pk=rejected.pk).update(reason=Reason.REJECTED, **failed)
    Reminder.objects.filter(pk=ambiguous.pk).update(
        reason=Reason.AMBIGUOUS, ambiguities=2, due_at=NOW - 3 * DAY, **failed
    )

    assert listed(staff, "") == {row.pk, rejected.pk, ambiguous.pk}
    assert listed(staff, "?state__exact=failed") == {rejected.pk, ambiguous.pk}
    assert listed(staff, "?reason=rejected") == {rejected.pk}
    assert listed(staff, "?ambiguous=yes") == {ambiguous.pk}
    assert listed(staff, "?ambiguous=no") == {row.pk, rejected.pk}
    recent = quote((NOW - DAY).isoformat())
    assert listed(staff, f"?due_at__gte={recent}") == {row.pk, rejected.pk}


def test_the_ledger_is_searched_by_a_persons_address_or_chat(
    staff: Client, row: Reminder, bob: User, make_habit: MakeHabit
) -> None:
    other = planned(make_habit(bob))

    assert listed(staff, "?q=Alice@example.org") == listed(staff, "?q=1001") == {row.pk}
    assert listed(staff, "?q=bob@example.org") == listed(staff, "?q=+1002+") == {other.pk}
    for nobody in ("alice", "-1001", "9" * 30, "1001x"):
        assert listed(staff, f"?q={nobody}") == set()


@pytest.mark.parametrize(
    ("due_at", "ended_at", "lag"),
    [
        (NOW - DAY, NOW - DAY + 1.4 * SECOND, "0:00:01"),
        (NOW - HOUR, None, "1:00:00"),
        (NOW, None, "0:00:00"),
        (NOW + HOUR, None, None),
    ],
)
def test_the_ledger_shows_how_late_a_row_is(
    row: Reminder,
    due_at: datetime.datetime,
    ended_at: datetime.datetime | None,
    lag: str | None,
) -> None:
    row.due_at, row.ended_at = due_at, ended_at

    shown = ReminderAdmin(Reminder, site).lag(row)

    assert (None if shown is None else str(shown)) == lag


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
