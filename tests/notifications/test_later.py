"""Later: the same row goes out again, at most once in each of its rounds."""

import datetime
from collections.abc import Callable
from dataclasses import replace

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from habits import tracking, zone_rules
from habits.models import CheckInSource, CheckInStatus, Habit
from notifications import ledger, retention, telegram, totals, upkeep
from notifications.bot.presses import Answer, press
from notifications.buttons import Keyboard
from notifications.delivery import deliver
from notifications.later import DELAY
from notifications.ledger import AMBIGUOUS_DELAY, LEASE, SKEW
from notifications.messages import reminder_text
from notifications.models import Reason, Reminder, State
from notifications.planning import plan_due
from tests.conftest import MakeHabit
from tests.fake_bot_api import FakeBotApi, bad_request, cut, too_many
from tests.notifications.pressing import ANSWERED, OPEN, PUT_OFF, Fingers, labels, said
from tests.notifications.stage import (
    DAY,
    HOUR,
    MINUTE,
    MOMENT,
    NOW,
    SECOND,
    TODAY,
    Steps,
    delete,
    edit,
    edit_profile,
    end_of,
    planned,
    send_next,
    sent,
    under_way,
)

Change = Callable[[Habit], None]

AGAIN = "Again at 07:45."
COMING = "It is coming already."


@pytest.fixture
def fingers(api: FakeBotApi) -> Fingers:
    return Fingers(api)


@pytest.fixture
def habit(alice: User, make_habit: MakeHabit) -> Habit:
    habit = make_habit(alice)
    habit.reschedule(NOW - SECOND)
    habit.save()
    return habit


@pytest.fixture
def row(habit: Habit, fingers: Fingers) -> Reminder:
    """A reminder that has just reached alice's chat."""
    row = planned(habit)
    send_next()
    assert sent(row)
    return row


def run(steps: Steps, moment: datetime.datetime) -> None:
    """A tick and a sender at that moment."""
    steps.clock.move_to(moment)
    plan_due(moment)
    ledger.expire_late(moment)
    deliver(steps)


def counts(api: FakeBotApi) -> int:
    return len(api.requests)


def test_the_same_row_goes_out_again_a_quarter_of_an_hour_later(
    row: Reminder, habit: Habit, fingers: Fingers, steps: Steps
) -> None:
    token = row.token
    answer = fingers.press("Later")

    row.refresh_from_db()
    assert 15 * MINUTE == DELAY
    assert (row.state, row.round, row.ended_at) == (State.PENDING, 1, None)
    assert row.due_at == row.not_before == NOW + DELAY
    assert (row.attempts, row.breaks, row.ambiguities, row.chat_slot_at) == (0, 0, 0, None)
    assert row.token > token
    assert answer.text == AGAIN
    assert answer.html == f"{reminder_text(habit)}\n\n⏰ Again at 07:45."
    assert labels(answer) == PUT_OFF

    run(steps, NOW + DELAY - MINUTE)
    assert counts(fingers.api) == 1
    run(steps, NOW + DELAY)

    assert sent(row)
    assert (row.round, row.message_id, counts(fingers.api)) == (1, 2, 2)
    assert fingers.api.texts(1001) == [reminder_text(habit)] * 2
    assert Reminder.objects.count() == 1
    assert [text for text, _data in fingers.api.delivered[1].buttons[0]] == OPEN


def test_it_can_be_put_off_again_and_again_each_round_being_sent_once(
    row: Reminder, fingers: Fingers, steps: Steps
) -> None:
    tokens = [row.token]
    for round_ in range(1, 6):
        fingers.press("Later")
        row.refresh_from_db()
        run(steps, row.due_at)
        assert sent(row)
        assert (row.round, counts(fingers.api)) == (round_, round_ + 1)
        tokens.append(row.token)
    assert tokens == sorted(set(tokens))


def test_each_round_is_counted_as_sent_and_the_date_as_planned_once(
    row: Reminder, fingers: Fingers, steps: Steps
) -> None:
    fingers.press("Later")
    assert totals.read()[State.SENT, ""] == 1
    run(steps, NOW + DELAY)

    totals.count_ended()
    assert totals.read()[State.SENT, ""] == 2
    assert totals.read()[totals.Total.PLANNED, ""] == 1


def test_it_is_told_in_the_log(
    row: Reminder,
    fingers: Fingers,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with caplog.at_level("INFO"), django_capture_on_commit_callbacks(execute=True):
        fingers.press("Later")

    (line,) = [each.getMessage() for each in caplog.records]
    assert line.startswith(f"reminder_put_off reminder={row.pk} ")
    assert line.endswith("chat=1001 round=1")


def test_a_second_tap_says_that_it_comes_already(
    row: Reminder, fingers: Fingers, clock: time_machine.Traveller
) -> None:
    first = fingers.press("Later")
    clock.shift(MINUTE)

    second = fingers.press("Later")

    assert second == replace(first, text=COMING)
    row.refresh_from_db()
    assert (row.round, row.due_at) == (1, NOW + DELAY)


def test_the_button_of_an_older_round_starts_no_new_one(
    row: Reminder, fingers: Fingers, steps: Steps
) -> None:
    fingers.press("Later")
    run(steps, NOW + DELAY)

    answer = fingers.press("Later", message=0)

    assert answer.text == "It was sent anew: please press there."
    assert labels(answer) == PUT_OFF
    assert sent(row)
    assert row.round == 1


def test_any_rounds_message_checks_the_same_date(
    row: Reminder, fingers: Fingers, steps: Steps
) -> None:
    fingers.press("Later")
    run(steps, NOW + DELAY)
    steps.clock.move_to(NOW + DAY)

    for message, other in ((0, 1), (1, 0)):
        shown = fingers.press("Done", message=message)
        assert said(row) == [(str(TODAY), "done", "telegram")]
        assert fingers.press("Done", message=other).text == "It is done already."
        fingers.press_shown("Undo", shown, message=message)
        assert said(row) == []


def test_undo_below_the_newest_message_offers_later_again(
    row: Reminder, fingers: Fingers, steps: Steps
) -> None:
    fingers.press("Later")
    run(steps, NOW + DELAY)

    shown = fingers.press("Skip")

    assert labels(fingers.press_shown("Undo", shown)) == OPEN


# --- Done in between -------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["Done", "Skip"])
def test_what_is_answered_before_it_comes_again_is_not_sent(
    label: str, row: Reminder, fingers: Fingers, steps: Steps
) -> None:
    fingers.press("Later")
    shown = fingers.press(label)
    assert labels(shown) == ANSWERED

    run(steps, NOW + DELAY)

    assert end_of(row) == (State.CANCELLED, Reason.CHECKED_IN)
    assert counts(fingers.api) == 1
    answer = fingers.press_shown("Undo", shown)
    assert (answer.text, labels(answer)) == ("Taken back.", PUT_OFF)
    assert fingers.press("Later").text == "It cannot be put off any more."
    assert end_of(row) == (State.CANCELLED, Reason.CHECKED_IN)


def test_what_is_taken_back_before_it_comes_again_is_sent(
    row: Reminder, habit: Habit, fingers: Fingers, steps: Steps
) -> None:
    fingers.press("Later")
    shown = fingers.press("Done")

    answer = fingers.press_shown("Undo", shown)

    assert answer.html == f"{reminder_text(habit)}\n\n⏰ Again at 07:45."
    assert labels(answer) == PUT_OFF
    run(steps, NOW + DELAY)
    assert sent(row)
    assert counts(fingers.api) == 2


@pytest.mark.parametrize("status", CheckInStatus)
def test_an_answered_date_is_not_put_off(
    status: CheckInStatus, row: Reminder, habit: Habit, fingers: Fingers
) -> None:
    with transaction.atomic():
        tracking.check_in(habit, TODAY, status, source=CheckInSource.API, now=NOW)

    answer = fingers.press("Later")

    assert answer.text == f"It is {status} already."
    assert labels(answer) == ANSWERED
    assert sent(row)


@pytest.mark.parametrize("status", CheckInStatus)
def test_a_date_that_was_answered_before_its_reminder_gets_none(
    status: CheckInStatus, habit: Habit, api: FakeBotApi, steps: Steps
) -> None:
    with transaction.atomic():
        tracking.check_in(habit, TODAY, status, source=CheckInSource.API, now=NOW)
        tracking.check_in(habit, TODAY - DAY, status, source=CheckInSource.API, now=NOW)
    row = planned(habit)

    deliver(steps)

    assert end_of(row) == (State.CANCELLED, Reason.CHECKED_IN)
    assert (row.attempts, api.requests) == (0, [])
    assert totals.read()[State.CANCELLED, Reason.CHECKED_IN] == 1


def test_another_date_or_another_habit_that_was_answered_silences_nothing(
    alice: User, habit: Habit, make_habit: MakeHabit, api: FakeBotApi, steps: Steps
) -> None:
    other = make_habit(alice)
    with transaction.atomic():
        for each, date in ((habit, TODAY - DAY), (other, TODAY)):
            tracking.check_in(each, date, CheckInStatus.DONE, source=CheckInSource.API, now=NOW)
    row = planned(habit)

    deliver(steps)

    assert sent(row)


# --- What is no longer due -------------------------------------------------------------------


def paused(habit: Habit) -> None:
    habit.refresh_from_db()
    with transaction.atomic():
        tracking.pause(habit, TODAY, None, now=timezone.now())


def not_on_this_date(habit: Habit) -> None:
    """Every other day since yesterday: not today."""
    edit(habit, periodicity=2, startsOn=str(TODAY - DAY))


def without_a_time(habit: Habit) -> None:
    edit(habit, isEnjoyed=True, time=None, duration=None, reward=None)


NOT_DUE = [paused, not_on_this_date, without_a_time]


@pytest.mark.parametrize("change", NOT_DUE)
def test_a_date_that_is_no_longer_due_is_not_put_off(
    change: Change, row: Reminder, habit: Habit, fingers: Fingers
) -> None:
    change(habit)

    answer = fingers.press("Later")

    assert answer.text == "This date is no longer due."
    assert labels(answer) == PUT_OFF
    assert sent(row)
    assert row.round == 0


@pytest.mark.parametrize("change", NOT_DUE)
def test_a_date_that_is_no_longer_due_does_not_come_again(
    change: Change, row: Reminder, habit: Habit, fingers: Fingers, steps: Steps
) -> None:
    fingers.press("Later")
    change(habit)

    assert end_of(row) == (State.CANCELLED, Reason.NOT_DUE)
    run(steps, NOW + DELAY)
    assert counts(fingers.api) == 1


def test_a_deleted_habit_does_not_come_again(
    row: Reminder, habit: Habit, fingers: Fingers, steps: Steps
) -> None:
    fingers.press("Later")
    delete(habit)

    assert end_of(row) == (State.CANCELLED, Reason.HABIT_DELETED)
    run(steps, NOW + DELAY)
    assert counts(fingers.api) == 1


# --- A change of plan while it waits ---------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"action": "run"},
        {"periodicity": 2, "startsOn": str(TODAY)},
        {"time": "06:00"},
        {"time": "07:29"},
    ],
    ids=str,
)
def test_a_change_that_leaves_the_date_due_leaves_what_was_put_off(
    changes: dict[str, object], row: Reminder, habit: Habit, fingers: Fingers, steps: Steps
) -> None:
    fingers.press("Later")

    edit(habit, **changes)

    row.refresh_from_db()
    assert (row.state, row.due_at) == (State.PENDING, NOW + DELAY)
    run(steps, NOW + DELAY)
    assert sent(row)
    assert counts(fingers.api) == 2


def test_a_new_time_later_today_moves_what_was_put_off(
    row: Reminder, habit: Habit, fingers: Fingers, steps: Steps
) -> None:
    fingers.press("Later")

    edit(habit, time="20:00")
    evening = NOW.replace(hour=18, minute=0)

    run(steps, NOW + DELAY)
    assert counts(fingers.api) == 1
    run(steps, evening)
    assert sent(row)
    assert (row.due_at, counts(fingers.api)) == (evening, 2)


def test_what_is_put_off_after_the_time_has_moved_on_comes_when_it_was_told(
    row: Reminder, habit: Habit, fingers: Fingers, steps: Steps
) -> None:
    """The person chose that moment last; and the evening's date has its row."""
    edit(habit, time="20:00")
    assert fingers.press("Later").text == AGAIN

    edit(habit, action="run")
    edit(habit, periodicity=2, startsOn=str(TODAY))
    zone_rules.replan_all(NOW + MINUTE)
    run(steps, NOW + DELAY)

    assert sent(row)
    assert counts(fingers.api) == 2
    run(steps, NOW.replace(hour=18))
    assert counts(fingers.api) == 2


def test_a_move_of_its_owner_to_a_zone_where_the_time_has_passed_leaves_it(
    row: Reminder, alice: User, fingers: Fingers, steps: Steps
) -> None:
    fingers.press("Later")

    edit_profile(alice, timeZone="Asia/Tokyo")

    run(steps, NOW + DELAY)
    assert sent(row)
    assert counts(fingers.api) == 2


def test_the_pass_over_new_zone_rules_leaves_it(
    row: Reminder, fingers: Fingers, steps: Steps
) -> None:
    fingers.press("Later")
    before = Reminder.objects.values().get()

    zone_rules.replan_all(NOW + MINUTE)

    assert Reminder.objects.values().get() == before
    run(steps, NOW + DELAY)
    assert sent(row)


def test_the_chat_that_its_owner_has_by_then_gets_it(
    row: Reminder, alice: User, fingers: Fingers, steps: Steps
) -> None:
    fingers.press("Later")
    edit_profile(alice, chatId=5555)
    run(steps, NOW + DELAY)

    assert [each.chat_id for each in fingers.api.delivered] == [1001, 5555]
    refused = fingers.press("Done", message=0)
    assert refused == Answer("This chat is no longer linked.")
    assert fingers.press("Done", message=1).text == "Done!"


# --- In doubt --------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["resend", "leave"])
def test_an_ambiguous_message_that_is_pressed_has_arrived_and_can_be_put_off(
    policy: str, habit: Habit, fingers: Fingers, steps: Steps, settings: Settings
) -> None:
    """Whether it waits to be sent again or was left: it comes once, at the chosen moment."""
    settings.REMINDER_AMBIGUOUS = policy
    row = planned(habit)
    fingers.api.next(cut())
    send_next()
    row.refresh_from_db()
    assert row.ambiguities == 1

    assert fingers.press("Later").text == AGAIN
    assert fingers.press("Later").text == COMING

    run(steps, NOW + AMBIGUOUS_DELAY + MINUTE)
    assert counts(fingers.api) == 1
    run(steps, NOW + DELAY)
    assert sent(row)
    assert (row.round, row.ambiguities, counts(fingers.api)) == (1, 0, 2)
    failed = totals.read()[State.FAILED, Reason.AMBIGUOUS]
    assert failed == (1 if policy == "leave" else 0)
    assert totals.read()[totals.Total.AMBIGUOUS, ""] == 1


def test_while_an_ambiguous_round_waits_an_older_message_starts_no_new_one(
    row: Reminder, fingers: Fingers, steps: Steps
) -> None:
    fingers.press("Later")
    fingers.api.next(cut())
    run(steps, NOW + DELAY)
    row.refresh_from_db()
    assert (row.round, row.ambiguities, row.state) == (1, 1, State.PENDING)

    assert fingers.press("Later", message=0).text == COMING
    row.refresh_from_db()
    assert row.round == 1
    assert fingers.press("Later", message=1).text == "Again at 08:00."
    row.refresh_from_db()
    assert row.round == 2


def test_a_press_that_is_quicker_than_the_senders_own_record_may_be_repeated(
    habit: Habit, fingers: Fingers
) -> None:
    row = planned(habit)
    answers: list[Answer] = []
    send = telegram.send_message

    def send_and_tap(chat_id: int, html: str, buttons: Keyboard) -> telegram.Sent:
        arrived = send(chat_id, html, buttons)
        answers.append(fingers.press("Later"))
        return arrived

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telegram, "send_message", send_and_tap)
        send_next()

    assert [each.text for each in answers] == ["One moment: please press again."]
    assert sent(row)
    assert row.round == 0
    assert fingers.press("Later").text == AGAIN


def test_a_message_without_a_number_is_not_taken_for_the_newest(
    row: Reminder, fingers: Fingers
) -> None:
    pressed = replace(fingers.on("Later"), message_id=None)

    assert press(pressed, NOW).text == "It was sent anew: please press there."
    assert sent(row)


# --- What else happens to a round ------------------------------------------------------------


def test_a_round_that_is_refused_for_now_is_tried_again_as_the_same_round(
    row: Reminder, fingers: Fingers, steps: Steps
) -> None:
    fingers.press("Later")
    fingers.api.next(too_many(2))
    run(steps, NOW + DELAY)
    run(steps, NOW + DELAY + MINUTE)

    assert sent(row)
    assert (row.round, len(fingers.api.delivered)) == (1, 2)


def test_a_round_whose_sender_died_is_sent_once_more_and_marked(
    row: Reminder, fingers: Fingers, steps: Steps
) -> None:
    fingers.press("Later")
    steps.clock.move_to(NOW + DELAY)
    under_way(NOW + DELAY)
    freed_at = NOW + DELAY + LEASE + SKEW + MOMENT

    assert ledger.free_expired_leases(freed_at) == 1
    run(steps, freed_at + AMBIGUOUS_DELAY)

    assert sent(row)
    assert (row.round, row.ambiguities, counts(fingers.api)) == (1, 1, 2)


def test_a_round_that_failed_is_not_put_off_and_may_be_requeued(
    row: Reminder, fingers: Fingers, steps: Steps
) -> None:
    fingers.press("Later")
    fingers.api.next(bad_request())
    run(steps, NOW + DELAY)
    assert end_of(row) == (State.FAILED, Reason.REJECTED)

    answer = fingers.press("Later", message=0)
    assert (answer.text, labels(answer)) == ("It cannot be put off any more.", PUT_OFF)
    assert upkeep.requeue(upkeep.Selection(), timezone.now()).rows == 1
    assert fingers.press("Later", message=0).text == COMING
    deliver(steps)

    assert sent(row)
    assert row.round == 1


def test_a_round_that_nobody_sends_expires_by_its_own_moment(
    row: Reminder, fingers: Fingers, clock: time_machine.Traveller, settings: Settings
) -> None:
    clock.move_to(NOW + 3 * HOUR)
    fingers.press("Later")
    again_at = NOW + 3 * HOUR + DELAY

    assert ledger.expire_late(again_at + settings.REMINDER_CATCH_UP) == 0
    assert ledger.expire_late(again_at + settings.REMINDER_CATCH_UP + MOMENT) == 1
    assert end_of(row) == (State.EXPIRED, Reason.TOO_LATE)


def test_what_was_put_off_stays_whatever_the_retention(
    row: Reminder, fingers: Fingers, settings: Settings
) -> None:
    settings.REMINDER_RETENTION = 3 * DAY
    fingers.press("Later")

    assert retention.prune(NOW + 100 * DAY) == 0
    assert Reminder.objects.get().state == State.PENDING
