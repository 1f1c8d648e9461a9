"""Habits in the admin, where the rules and the schedule hold as in the API."""

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from habits.admin import HabitAdmin
from habits.models import CheckIn, CheckInSource, CheckInStatus, Habit
from habits.signals import schedules_changed
from tests.conftest import PASSWORD, MakeHabit
from tests.habits.conftest import Freeze, row

LIST = reverse("admin:habits_habit_changelist")
ADD = reverse("admin:habits_habit_add")


def page_of(habit: Habit, what: str = "change") -> str:
    return reverse(f"admin:habits_habit_{what}", args=[habit.pk])


def filled_in(habit: Habit, **changes: Any) -> dict[str, Any]:
    """What the browser posts from a habit's form."""
    fields = {
        "owner": habit.owner_id,
        "action": habit.action,
        "place": habit.place,
        "time": habit.time or "",
        "periodicity": habit.periodicity or "",
        "starts_on": habit.starts_on,
        "duration": habit.duration or "",
        "reward": habit.reward or "",
        "related_habit": habit.related_habit_id or "",
        **{name: "on" for name in ("is_enjoyed", "is_public") if getattr(habit, name)},
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def errors_of(answer: Any) -> dict[str, list[str]]:
    """What the form that came back finds wrong, by field."""
    assert answer.status_code == 200
    errors: dict[str, list[str]] = answer.context["adminform"].form.errors
    return errors


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    User.objects.create_superuser("root@example.org", PASSWORD)
    assert client.login(username="root@example.org", password=PASSWORD)
    return client


@pytest.fixture
def habit(alice: User, make_habit: MakeHabit) -> Habit:
    return make_habit(alice)


def test_the_list_shows_and_finds_habits(staff: Client, alice: User, make_habit: MakeHabit) -> None:
    make_habit(alice, action="read a page")
    make_habit(alice, action="stretch")
    every = staff.get(LIST).content.decode()
    assert "read a page" in every
    assert "stretch" in every
    found = staff.get(LIST, {"q": "page"}).content.decode()
    assert "read a page" in found
    assert "stretch" not in found


def test_a_new_habit_is_scheduled(alice: User, freeze: Freeze, staff: Client) -> None:
    freeze("2026-03-01T06:30:00Z")
    habit = Habit(
        owner=alice,
        action="walk",
        place="the park",
        time=datetime.time(7, 30),
        duration=60,
        starts_on=datetime.date(2026, 3, 1),
        reward="a coffee",
    )
    answer = staff.post(ADD, filled_in(habit))
    assert answer.status_code == 302
    made = Habit.objects.get()
    assert made.owner == alice
    assert made.next_due_at == datetime.datetime(2026, 3, 2, 6, 30, tzinfo=datetime.UTC)


BROKEN = [
    ({"time": ""}, {"time": ["A useful habit needs a time."]}),
    ({"duration": ""}, {"duration": ["A useful habit needs a duration."]}),
    ({"duration": 121}, {"duration": ["The longest duration is 120 seconds."]}),
    ({"duration": 0}, {"duration": ["The shortest duration is 1 second."]}),
    (
        {"periodicity": 8},
        {"periodicity": ["A habit comes at least once in 7 days: every 1 to 7 days."]},
    ),
    ({"reward": ""}, {"reward": ["A useful habit needs a reward or a related habit."]}),
    ({"is_enjoyed": "on"}, {"reward": ["An enjoyed habit is its own reward."]}),
    ({"starts_on": "2050-01-01"}, {"starts_on": ["A habit starts within ten years of today."]}),
]


@pytest.mark.parametrize(("changes", "errors"), BROKEN)
def test_a_broken_rule_comes_back_at_its_field_and_nothing_changes(
    staff: Client, habit: Habit, changes: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    before = row(habit)
    answer = staff.post(page_of(habit), filled_in(habit, **changes))
    assert errors_of(answer) == errors
    assert row(habit) == before
    assert b"habit_" not in b"".join(
        line for line in answer.content.splitlines() if b"errorlist" in line
    )


@pytest.mark.parametrize(("changes", "errors"), BROKEN)
def test_a_broken_rule_keeps_a_new_habit_out(
    staff: Client, habit: Habit, changes: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    assert errors_of(staff.post(ADD, filled_in(habit, **changes))) == errors
    assert list(Habit.objects.all()) == [habit]


def test_a_form_without_an_owner_comes_back(staff: Client, habit: Habit) -> None:
    assert set(errors_of(staff.post(ADD, filled_in(habit, owner="")))) == {"owner"}


def test_another_persons_habit_is_no_reward(
    staff: Client, habit: Habit, bob: User, make_habit: MakeHabit
) -> None:
    foreign = make_habit(bob, is_enjoyed=True)
    answer = staff.post(page_of(habit), filled_in(habit, reward="", related_habit=foreign.pk))
    assert errors_of(answer) == {"related_habit": ["You have no such habit."]}
    assert row(habit)["related_habit_id"] is None


def test_a_habit_that_rewards_others_stays_enjoyed(
    staff: Client, alice: User, make_habit: MakeHabit
) -> None:
    enjoyed = make_habit(alice, is_enjoyed=True)
    make_habit(alice, related_habit=enjoyed)
    changes = {"is_enjoyed": None, "time": "08:00", "duration": 10, "reward": "tea"}
    answer = staff.post(page_of(enjoyed), filled_in(enjoyed, **changes))
    assert errors_of(answer) == {"is_enjoyed": ["Other habits have this one as their reward."]}
    assert row(enjoyed)["is_enjoyed"] is True


def test_a_habit_cannot_be_handed_to_another_person(staff: Client, habit: Habit, bob: User) -> None:
    staff.post(page_of(habit), filled_in(habit, owner=bob.pk, action="swim"))
    assert row(habit)["action"] == "swim"
    assert row(habit)["owner_id"] == habit.owner_id


def test_a_time_is_kept_in_whole_minutes(staff: Client, habit: Habit) -> None:
    assert staff.post(page_of(habit), filled_in(habit, time="09:15:42")).status_code == 302
    assert row(habit)["time"] == datetime.time(9, 15)


def test_a_changed_time_moves_the_next_due_moment_and_the_reminders_hear_of_it(
    staff: Client, alice: User, habit: Habit
) -> None:
    due = datetime.datetime(2026, 3, 1, 6, 30, tzinfo=datetime.UTC)
    Habit.objects.update(next_due_at=due)
    heard: list[Any] = []

    def listen(changes: list[Any], **_signal: Any) -> None:
        heard.extend(changes)

    schedules_changed.connect(listen)
    try:
        answer = staff.post(page_of(habit), filled_in(habit, time="21:15"))
    finally:
        schedules_changed.disconnect(listen)
    assert answer.status_code == 302
    moved = row(habit)["next_due_at"]
    assert moved.astimezone(alice.zone).time() == datetime.time(21, 15)
    (change,) = heard
    assert change.previous.time == datetime.time(7, 30)
    assert change.previous_due_at == due


def test_a_change_of_text_alone_keeps_an_overdue_occurrence(staff: Client, habit: Habit) -> None:
    overdue = datetime.datetime(2026, 1, 1, 6, 30, tzinfo=datetime.UTC)
    Habit.objects.update(next_due_at=overdue)
    assert staff.post(page_of(habit), filled_in(habit, action="run")).status_code == 302
    assert row(habit)["action"] == "run"
    assert row(habit)["next_due_at"] == overdue


def test_a_new_habit_without_a_periodicity_comes_every_day(staff: Client, habit: Habit) -> None:
    assert staff.post(ADD, filled_in(habit, periodicity="")).status_code == 302
    assert Habit.objects.exclude(pk=habit.pk).get().periodicity == 1


def test_a_periodicity_is_not_taken_away(staff: Client, habit: Habit) -> None:
    before = row(habit)
    answer = staff.post(page_of(habit), filled_in(habit, periodicity=""))
    assert errors_of(answer) == {"periodicity": ["This is required."]}
    assert row(habit) == before


def test_weekdays_and_a_pause_are_shown_and_stay(
    staff: Client, alice: User, make_habit: MakeHabit
) -> None:
    habit = make_habit(
        alice,
        periodicity=None,
        weekdays=0b10001,
        paused_from=datetime.date(2026, 7, 1),
        paused_until=datetime.date(2026, 7, 5),
    )
    page = staff.get(page_of(habit)).content.decode()
    for shown in ("Monday, Friday", "July 1, 2026", "July 5, 2026"):
        assert shown in page
    assert staff.post(page_of(habit), filled_in(habit, action="run")).status_code == 302
    after = row(habit)
    assert after["action"] == "run"
    assert (after["periodicity"], after["weekdays"]) == (None, 0b10001)
    assert after["paused_from"] == datetime.date(2026, 7, 1)


def test_a_periodicity_takes_the_place_of_weekdays(
    staff: Client, alice: User, make_habit: MakeHabit
) -> None:
    habit = make_habit(alice, periodicity=None, weekdays=0b10001)
    assert staff.post(page_of(habit), filled_in(habit, periodicity=2)).status_code == 302
    after = row(habit)
    assert (after["periodicity"], after["weekdays"]) == (2, None)


def test_what_changed_while_the_form_was_read_and_is_not_in_it_stays_so(
    staff: Client, alice: User, habit: Habit, make_habit: MakeHabit
) -> None:
    """As when the original of a copy goes, another call names weekdays, and a pause begins."""
    original = make_habit(alice, is_public=True)
    Habit.objects.filter(pk=habit.pk).update(adopted_from=original)

    def change_meanwhile(execute: Any, sql: str, *arguments: Any) -> Any:
        if "accounts_user" in sql and "FOR NO KEY UPDATE" in sql:
            Habit.objects.filter(pk=habit.pk).update(
                adopted_from=None, periodicity=None, weekdays=1, paused_from="2026-07-01"
            )
        return execute(sql, *arguments)

    with connection.execute_wrapper(change_meanwhile):
        answer = staff.post(page_of(habit), filled_in(habit, action="run"))
    assert answer.status_code == 302
    after = row(habit)
    assert after["action"] == "run"
    assert (after["adopted_from_id"], after["periodicity"], after["weekdays"]) == (None, None, 1)
    assert after["paused_from"] == datetime.date(2026, 7, 1)


def test_a_habit_in_use_offers_no_deletion(
    staff: Client, alice: User, make_habit: MakeHabit
) -> None:
    enjoyed = make_habit(alice, is_enjoyed=True)
    make_habit(alice, related_habit=enjoyed)
    assert page_of(enjoyed, "delete") not in staff.get(page_of(enjoyed)).content.decode()
    assert staff.post(page_of(enjoyed, "delete"), {"post": "yes"}).status_code == 403
    assert Habit.objects.count() == 2


def test_a_habit_that_nothing_leans_on_is_deleted(staff: Client, habit: Habit) -> None:
    assert page_of(habit, "delete") in staff.get(page_of(habit)).content.decode()
    assert staff.post(page_of(habit, "delete"), {"post": "yes"}).status_code == 302
    assert not Habit.objects.exists()


def test_habits_are_not_deleted_many_at_once(
    staff: Client, alice: User, make_habit: MakeHabit
) -> None:
    enjoyed = make_habit(alice, is_enjoyed=True)
    make_habit(alice, related_habit=enjoyed)
    staff.post(LIST, {"action": "delete_selected", "_selected_action": [enjoyed.pk], "post": "yes"})
    assert Habit.objects.count() == 2
    assert "delete_selected" not in staff.get(LIST).content.decode()


def test_a_deletion_is_judged_again_under_the_lock(
    staff: Client, alice: User, make_habit: MakeHabit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when another call links the habit while the page's question is on the screen."""
    enjoyed = make_habit(alice, is_enjoyed=True)
    make_habit(alice, related_habit=enjoyed)
    monkeypatch.setattr(HabitAdmin, "has_delete_permission", lambda *_args: True)

    assert staff.post(page_of(enjoyed, "delete"), {"post": "yes"}).status_code == 403
    assert Habit.objects.count() == 2


# --- check-ins -----------------------------------------------------------------------------------

CHECK_INS = reverse("admin:habits_checkin_changelist")


def said_of(habit: Habit, note: str) -> CheckIn:
    return CheckIn.objects.create(
        habit=habit,
        date="2026-06-30",
        status=CheckInStatus.DONE,
        note=note,
        source=CheckInSource.API,
        made_at="2026-06-30T10:00:00Z",
    )


def test_staff_reads_what_was_said_about_a_persons_habits_or_about_one(
    staff: Client, alice: User, bob: User, make_habit: MakeHabit
) -> None:
    habit, other = make_habit(alice), make_habit(alice)
    for each, note in ((habit, "with Eve"), (other, "alone"), (make_habit(bob), "at home")):
        said_of(each, note)

    def notes(query: str) -> list[str]:
        page: Any = staff.get(CHECK_INS, {"q": query} if query else {})
        assert page.status_code == 200
        return [row.note for row in page.context["cl"].result_list]

    assert notes("") == ["at home", "alone", "with Eve"]
    assert notes("alice@example.org") == ["alone", "with Eve"]
    assert notes(str(habit.pk)) == ["with Eve"]
    assert notes("nobody") == notes("9" * 30) == []


def test_the_list_of_check_ins_costs_the_same_however_many_there_are(
    staff: Client,
    alice: User,
    make_habit: MakeHabit,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for count in (1, 9):
        for _ in range(count):
            said_of(make_habit(alice), "well")
        # Session, staff, rows counted, rows.
        with django_assert_num_queries(4):
            staff.get(CHECK_INS)


def test_staff_says_nothing_about_anothers_habit(staff: Client, habit: Habit) -> None:
    row = said_of(habit, "well")
    page = reverse("admin:habits_checkin_change", args=[row.pk])
    assert staff.get(page).status_code == 200
    assert staff.post(page, {"status": "skipped"}).status_code == 403
    assert staff.post(reverse("admin:habits_checkin_delete", args=[row.pk])).status_code == 403
    assert staff.get(reverse("admin:habits_checkin_add")).status_code == 403
    assert CheckIn.objects.get().status == "done"
