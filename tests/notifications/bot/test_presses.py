"""Answers to a reminder: each press has one sane result, whatever happened since it was sent."""

import datetime
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
import time_machine
from django.db import transaction

from accounts.models import ChatStatus, User
from habits import tracking
from habits.models import CheckIn, CheckInSource, CheckInStatus, Habit, Progress
from notifications import chats
from notifications.bot.presses import FURTHEST_BACK, Answer, Press, press
from notifications.buttons import Action, OnDate, OnReminder, data
from notifications.delivery import deliver
from notifications.messages import reminder_text
from notifications.models import Chat, Reminder, State
from tests.conftest import MakeHabit
from tests.fake_bot_api import FakeBotApi
from tests.notifications.pressing import ANSWERED, OPEN, Fingers, labels, said
from tests.notifications.stage import (
    DAY,
    MINUTE,
    NOW,
    TODAY,
    Steps,
    background,
    blocked,
    delete,
    delete_account,
    edit,
    edit_profile,
    end_of,
    person,
    planned,
    send_next,
    sent,
)

DONE = [(str(TODAY), "done", "telegram")]
SKIPPED = [(str(TODAY), "skipped", "telegram")]


@pytest.fixture
def fingers(api: FakeBotApi) -> Fingers:
    return Fingers(api)


@pytest.fixture
def habit(alice: User, make_habit: MakeHabit) -> Habit:
    return make_habit(alice)


@pytest.fixture
def row(habit: Habit, fingers: Fingers) -> Reminder:
    """A reminder that has just reached alice's chat."""
    row = planned(habit)
    send_next()
    assert sent(row)
    return row


def rows() -> list[object]:
    """All that a press might change."""
    tables = (CheckIn, Progress, Reminder, User, Habit, Chat)
    return [list(table._default_manager.order_by("pk").values()) for table in tables]


# --- Done, skip, undo ------------------------------------------------------------------------


def test_a_reminder_comes_with_its_three_buttons(row: Reminder, fingers: Fingers) -> None:
    ((*buttons,),) = fingers.api.delivered[0].buttons

    assert [text for text, _data in buttons] == OPEN


def test_done_checks_the_date_in_and_the_message_shows_it(
    row: Reminder, habit: Habit, fingers: Fingers
) -> None:
    answer = fingers.press("Done")

    assert said(row) == DONE
    assert CheckIn.objects.get().made_at == NOW
    assert answer.text == "Done!"
    assert answer.html == f"{reminder_text(habit)}\n\n✅ Done."
    assert labels(answer) == ANSWERED
    assert sent(row)


def test_skip_checks_the_date_in_and_the_message_shows_it(
    row: Reminder, habit: Habit, fingers: Fingers
) -> None:
    answer = fingers.press("Skip")

    assert said(row) == SKIPPED
    assert answer.text == "Skipped."
    assert answer.html == f"{reminder_text(habit)}\n\n⏭ Skipped."
    assert labels(answer) == ANSWERED


def test_undo_brings_the_reminder_back_as_it_came(
    row: Reminder, habit: Habit, fingers: Fingers
) -> None:
    shown = fingers.press("Done")

    answer = fingers.press_shown("Undo", shown)

    assert said(row) == []
    assert answer.text == "Taken back."
    assert answer.html == reminder_text(habit)
    assert labels(answer) == OPEN


def test_a_day_may_be_done_undone_and_done_again(row: Reminder, fingers: Fingers) -> None:
    shown = fingers.press("Done")
    for _ in range(3):
        shown = fingers.press_shown("Undo", shown)
        shown = fingers.press_shown("Done", shown)

    assert said(row) == DONE
    assert labels(shown) == ANSWERED


@pytest.mark.parametrize(
    ("label", "again", "expected"),
    [("Done", "It is done already.", DONE), ("Skip", "It is skipped already.", SKIPPED)],
)
def test_pressing_twice_is_pressing_once(
    label: str,
    again: str,
    expected: object,
    row: Reminder,
    fingers: Fingers,
    clock: time_machine.Traveller,
) -> None:
    first = fingers.press(label)
    before = rows()
    clock.shift(MINUTE)

    second = fingers.press(label)

    assert (second.text, second.html) == (again, first.html)
    assert labels(second) == ANSWERED
    assert rows() == before
    assert said(row) == expected


def test_another_answer_replaces_the_first(row: Reminder, fingers: Fingers) -> None:
    fingers.press("Skip")
    assert fingers.press("Done").text == "Done!"
    assert said(row) == DONE

    fingers.press("Skip")
    assert said(row) == SKIPPED


def test_a_second_undo_finds_nothing_to_take_back(row: Reminder, fingers: Fingers) -> None:
    shown = fingers.press("Done")
    fingers.press_shown("Undo", shown)
    before = rows()

    answer = fingers.press_shown("Undo", shown)

    assert answer.text == "There is nothing to take back."
    assert labels(answer) == OPEN
    assert rows() == before


def test_what_the_api_said_is_shown_and_kept(row: Reminder, habit: Habit, fingers: Fingers) -> None:
    """Its note, too."""
    with transaction.atomic():
        tracking.check_in(
            habit, TODAY, CheckInStatus.DONE, source=CheckInSource.API, now=NOW, note="in the rain"
        )

    assert fingers.press("Done").text == "It is done already."
    assert said(row) == [(str(TODAY), "done", "api")]
    fingers.press("Skip")
    assert CheckIn.objects.get().note == "in the rain"


def test_a_press_counts_for_the_date_of_its_message(
    row: Reminder, fingers: Fingers, clock: time_machine.Traveller
) -> None:
    """Twenty minutes past midnight, and days later, too."""
    for moment in (NOW.replace(hour=22, minute=20), NOW + 3 * DAY):
        clock.move_to(moment)
        shown = fingers.press("Done")
        assert said(row) == DONE
        fingers.press_shown("Undo", shown)
        assert said(row) == []


def test_a_streak_is_told_from_two_on(row: Reminder, habit: Habit, fingers: Fingers) -> None:
    for days in range(1, 3):
        with transaction.atomic():
            tracking.check_in(
                habit, TODAY - days * DAY, CheckInStatus.DONE, source=CheckInSource.API, now=NOW
            )

    answer = fingers.press("Done")

    assert answer.html == f"{reminder_text(habit)}\n\n✅ Done, 3 times in a row."


def test_a_message_says_what_its_habit_says_now(
    row: Reminder, habit: Habit, fingers: Fingers
) -> None:
    edit(habit, action="run <fast>", place="town & country")

    html = fingers.press("Done").html

    assert html is not None
    assert "<b>run &lt;fast&gt;</b> at 07:30 in town &amp; country" in html


def test_a_habit_that_has_lost_its_time_is_still_checked_in(
    row: Reminder, habit: Habit, fingers: Fingers
) -> None:
    edit(habit, isEnjoyed=True, time=None, duration=None, reward=None)

    answer = fingers.press("Done")

    assert said(row) == DONE
    assert answer.html == "I will <b>walk</b> in the park.\n\n✅ Done."
    assert labels(fingers.press_shown("Undo", answer)) == ["Done", "Skip"]


def test_everything_is_said_in_the_persons_language(
    row: Reminder, alice: User, fingers: Fingers
) -> None:
    edit_profile(alice, language="ru")

    answer = fingers.press("Done")

    assert answer.text == "Сделано!"
    assert answer.html is not None
    assert answer.html.endswith("\n\n✅ Сделано.")
    assert labels(answer) == ["Отменить"]
    again = fingers.press("Done")
    assert again.text == "Уже сделано."
    delete(Habit.objects.get())
    assert fingers.press("Done").text == "Эта привычка удалена."


# --- How far back ----------------------------------------------------------------------------


def test_thirty_days_back_is_the_furthest(
    row: Reminder, fingers: Fingers, clock: time_machine.Traveller
) -> None:
    clock.move_to(NOW + FURTHEST_BACK)
    assert FURTHEST_BACK == 30 * DAY
    shown = fingers.press("Done")
    assert said(row) == DONE
    clock.shift(DAY)
    before = rows()

    for answer in (
        fingers.press("Skip"),
        fingers.press("Later"),
        fingers.press_shown("Undo", shown),
    ):
        assert answer == Answer("That was too long ago.")
    assert rows() == before


def test_a_message_whose_row_has_gone_says_so(row: Reminder, fingers: Fingers) -> None:
    row.delete()

    assert fingers.press("Done") == Answer("This reminder is no longer kept.")
    assert not CheckIn.objects.exists()


def test_a_date_that_is_before_the_habits_start_by_now_is_refused(
    row: Reminder, habit: Habit, fingers: Fingers
) -> None:
    edit(habit, startsOn=str(TODAY + DAY))
    before = rows()

    answer = fingers.press("Done")

    assert answer == Answer(
        "A check-in is for a date from the habit's start to today, not for the future."
    )
    assert rows() == before


# --- Who may ---------------------------------------------------------------------------------


def test_data_of_another_chats_message_is_refused(
    row: Reminder, bob: User, fingers: Fingers
) -> None:
    """Sent by a client of bob's, who has seen it somewhere."""
    before = rows()

    for label in OPEN:
        replayed = replace(fingers.on(label), chat_id=bob.chat_id or 0)
        assert press(replayed, NOW) == Answer("This button does not work any more.")
    assert rows() == before


def test_data_that_somebody_signed_for_their_own_chat_opens_no_other_row(
    row: Reminder, bob: User
) -> None:
    """Should a signature ever be had: the row's own chat counts."""
    assert bob.chat_id is not None
    before = rows()

    for action in Action:
        forged = data(OnReminder(row.pk, action), bob.chat_id)
        assert press(Press(bob.chat_id, 1, forged), NOW) == Answer("This chat is no longer linked.")
        forged = data(OnDate(row.habit_id or 0, TODAY, action), bob.chat_id)
        assert press(Press(bob.chat_id, 1, forged), NOW) == Answer("This chat is no longer linked.")
    assert rows() == before


def test_a_row_that_was_sent_elsewhere_is_not_answered_here(row: Reminder, alice: User) -> None:
    """It is the account's chat, but not the row's."""
    User.objects.filter(pk=alice.pk).update(chat_id=77)
    before = rows()

    forged = data(OnReminder(row.pk, Action.DONE), 77)

    assert press(Press(77, 1, forged), NOW) == Answer("This chat is no longer linked.")
    assert rows() == before


def test_garbage_writes_nothing(row: Reminder, alice: User) -> None:
    before = rows()

    for garbage in ("", "done:1", "\x00", "\ud800", f"done:{row.pk}:AAAAAAAAAAAAAAAA"):
        answer = press(Press(1001, 1, garbage), NOW)
        assert answer == Answer("This button does not work any more.")
    assert rows() == before


def moved_away(row: Reminder) -> None:
    edit_profile(row.user, chatId=5555)


def without_a_chat(row: Reminder) -> None:
    User.objects.filter(pk=row.user_id).update(chat_id=None)


def stopped(row: Reminder) -> None:
    Chat.objects.filter(chat_id=1001).update(status=ChatStatus.STOPPED)


def disabled(row: Reminder) -> None:
    User.objects.filter(pk=row.user_id).update(is_active=False)


def habit_deleted(row: Reminder) -> None:
    assert row.habit is not None
    delete(row.habit)


def account_deleted(row: Reminder) -> None:
    delete_account(row.user)


NOT_LINKED = "This chat is no longer linked."
LOST: dict[str, tuple[Callable[[Reminder], None], str]] = {
    "moved away": (moved_away, NOT_LINKED),
    "without a chat": (without_a_chat, NOT_LINKED),
    "stopped": (stopped, NOT_LINKED),
    "disabled": (disabled, "This account is disabled."),
    "habit deleted": (habit_deleted, "This habit was deleted."),
    "account deleted": (account_deleted, "This reminder is no longer kept."),
}


@pytest.mark.parametrize("how", LOST)
def test_a_chat_that_may_no_longer_answer_is_told_so_and_writes_nothing(
    how: str, row: Reminder, fingers: Fingers
) -> None:
    lose, text = LOST[how]
    shown = fingers.press("Done")
    habit = row.habit_id or 0
    lose(row)
    before = rows()

    assert {fingers.press(label) for label in OPEN} == {Answer(text)}
    assert fingers.press_shown("Undo", shown) == Answer(text)
    for action in Action:
        listed = data(OnDate(habit, TODAY, action), 1001)
        refused = press(Press(1001, 1, listed), NOW)
        assert refused.html is None
        gone = how in ("habit deleted", "account deleted")
        assert refused.text == ("This habit was deleted." if gone else text)
    assert rows() == before


def test_a_chat_that_blocked_the_bot_for_a_while_may_answer(
    row: Reminder, fingers: Fingers
) -> None:
    chats.mark_unreachable(1001, "blocked", NOW)

    assert fingers.press("Done").text == "Done!"


def test_in_a_group_each_button_answers_for_its_own_person(
    make_habit: MakeHabit, db: None, fingers: Fingers, steps: Steps
) -> None:
    for name in ("a", "b"):
        planned(make_habit(person(-5, email=f"{name}@example.org"), action=name))
    deliver(steps)
    names = [re.findall("<b>(.)</b>", each.text) for each in fingers.api.delivered]

    fingers.press("Done", message=names.index(["b"]))

    assert list(CheckIn.objects.values_list("habit__action", flat=True)) == ["b"]


@pytest.mark.parametrize("pressed_in", [-5, -1005])
def test_buttons_go_on_to_work_when_a_group_gets_a_new_id(
    pressed_in: int, make_habit: MakeHabit, db: None, fingers: Fingers
) -> None:
    """Whichever id the press comes from; what is edited has buttons for the new one."""
    row = planned(make_habit(person(-5)))
    send_next()
    pressed = replace(fingers.on("Done"), chat_id=pressed_in)

    chats.move(-5, -1005)
    answer = press(pressed, NOW)

    assert said(row) == DONE
    ((undo,),) = answer.buttons
    assert press(replace(pressed, data=undo.data), NOW).text == "Taken back."
    strangers = replace(pressed, chat_id=-1006)
    assert press(strangers, NOW) == Answer("This button does not work any more.")


def test_a_chat_that_another_one_moved_to_does_not_answer_for_a_third(
    row: Reminder, db: None, fingers: Fingers
) -> None:
    chats.move(-5, -1005)
    before = rows()

    for chat_id in (-5, -1005):
        answer = press(replace(fingers.on("Done"), chat_id=chat_id), NOW)
        assert answer == Answer("This button does not work any more.")
    assert rows() == before


# --- A habit on a date -----------------------------------------------------------------------


def test_a_day_can_be_answered_without_a_reminder(habit: Habit) -> None:
    def on(action: Action, date: datetime.date = TODAY) -> Answer:
        return press(Press(1001, None, data(OnDate(habit.pk, date, action), 1001)), NOW)

    assert on(Action.DONE) == Answer("Done!")
    assert on(Action.DONE) == Answer("It is done already.")
    assert on(Action.SKIP) == Answer("Skipped.")
    assert on(Action.UNDO) == Answer("Taken back.")
    assert on(Action.LATER) == Answer("It cannot be put off.")
    assert on(Action.DONE, TODAY - 31 * DAY) == Answer("That was too long ago.")
    assert not CheckIn.objects.exists()


# --- At once ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("label", OPEN)
def test_two_presses_at_once_are_one(label: str, row: Reminder, fingers: Fingers) -> None:
    pressed = fingers.on(label)
    with transaction.atomic():
        list(User.objects.select_for_update(no_key=True))
        calls = [background(lambda: press(pressed, NOW)) for _ in range(2)]
        assert blocked(calls[0])
    texts = {call.result(10).text for call in calls}

    assert (
        texts
        == {
            "Done": {"Done!", "It is done already."},
            "Skip": {"Skipped.", "It is skipped already."},
            "Later": {"Again at 07:45.", "It is coming already."},
        }[label]
    )
    row.refresh_from_db()
    assert row.round == (1 if label == "Later" else 0)


@pytest.mark.django_db(transaction=True)
def test_a_press_that_waits_for_a_deletion_comes_after_it(
    row: Reminder, habit: Habit, fingers: Fingers
) -> None:
    pressed = fingers.on("Done")
    with transaction.atomic():
        list(User.objects.select_for_update(no_key=True))
        call = background(lambda: press(pressed, NOW))
        assert blocked(call)
        habit.delete()

    assert call.result(10) == Answer("This habit was deleted.")
    assert end_of(row) == (State.SENT, "")


@pytest.mark.django_db(transaction=True)
def test_a_press_that_waits_while_its_row_is_pruned_comes_after_it(
    row: Reminder, fingers: Fingers
) -> None:
    pressed = fingers.on("Done")
    with transaction.atomic():
        list(User.objects.select_for_update(no_key=True))
        call = background(lambda: press(pressed, NOW))
        assert blocked(call)
        row.delete()

    assert call.result(10) == Answer("This reminder is no longer kept.")
    assert not CheckIn.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_press_that_waits_for_a_deleted_account_comes_after_it(
    row: Reminder, alice: User, fingers: Fingers
) -> None:
    pressed = fingers.on("Done")
    with transaction.atomic():
        list(User.objects.select_for_update(no_key=True))
        call = background(lambda: press(pressed, NOW))
        assert blocked(call)
        alice.delete()

    assert call.result(10) == Answer("This reminder is no longer kept.")
