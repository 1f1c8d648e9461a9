"""From an update to the answer: effects once, answers at least once, each chat in its order."""

import itertools
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import ChatStatus, User
from habits import tracking
from habits.models import CheckIn
from notifications import chats, pacing, telegram
from notifications.bot import answering, commands, inbox
from notifications.bot.answering import answer_next, answer_waiting
from notifications.bot.inbox import LEASE, MAX_ATTEMPTS, MOST_A_MINUTE
from notifications.bot.presses import Answer, Press
from notifications.buttons import Action, OnReminder, data
from notifications.models import Chat, Kind, Reminder, TelegramLink, Update
from notifications.receiving import receive, receive_all
from tests.conftest import MakeHabit
from tests.fake_bot_api import (
    FakeBotApi,
    bad_request,
    cut,
    forbidden,
    migrated,
    server_error,
    too_many,
    unauthorized,
)
from tests.notifications.shapes import membership, message, press
from tests.notifications.stage import (
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    TODAY,
    NoWaits,
    Steps,
    background,
    planned,
    send_next,
)

pytestmark = pytest.mark.django_db
STRANGER = 9009


@pytest.fixture(autouse=True)
def own_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    """No slots are left over from another test."""
    monkeypatch.setattr(answering, "slots", pacing.Slots())


@pytest.fixture
def presses(monkeypatch: pytest.MonkeyPatch) -> list[Press]:
    """Presses are done as they come: each time they say so, and show what was pressed."""
    found: list[Press] = []

    def note(pressed: Press, now: Any, *, is_done: bool) -> Answer:
        assert not connection.in_atomic_block or connection.savepoint_ids is not None
        found.append(pressed)
        return Answer("Done!", f"<b>{pressed.data}</b>")

    monkeypatch.setattr(answering, "press", note)
    return found


def unhandled() -> list[int]:
    return list(Update.objects.filter(handled_at=None).values_list("pk", flat=True))


def attempts() -> int:
    return Update.objects.get().attempts


def happened(*payloads: dict[str, Any], steps: Steps) -> None:
    """All of that came in, and was answered as far as may be within a run."""
    receive_all(payloads, timezone.now())
    answer_waiting(steps)


def test_a_message_is_answered_and_then_handled(api: FakeBotApi, steps: Steps) -> None:
    happened(message(1, "/help", STRANGER), steps=steps)

    (request,) = api.requests
    assert (request.method, request.chat_id, request.parse_mode) == (
        "sendMessage",
        STRANGER,
        "HTML",
    )
    assert unhandled() == []


def test_a_replayed_update_is_answered_once(api: FakeBotApi, steps: Steps) -> None:
    for _ in range(3):
        happened(message(1, "/help"), message(1, "/help"), steps=steps)

    assert len(api.requests) == 1


def test_nothing_is_kept_of_a_stranger_but_the_update(api: FakeBotApi, steps: Steps) -> None:
    texts = ["/start", "/start x", "/help", "/today", "/stats", "/what", "hello", None]

    happened(*(message(n, text, STRANGER) for n, text in enumerate(texts)), steps=steps)

    assert len(api.delivered) >= len(texts)
    assert not any(table.objects.exists() for table in (Chat, User, Reminder, TelegramLink))


def test_nothing_is_open_while_telegram_is_asked(
    alice: User, api: FakeBotApi, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_before, opened = len(connection.savepoint_ids), []
    send = telegram.send_message

    def look(*arguments: Any) -> object:
        opened.append(len(connection.savepoint_ids) - open_before)
        return send(*arguments)

    monkeypatch.setattr(telegram, "send_message", look)

    happened(message(1, "/help"), message(2, "/stop"), steps=steps)

    assert opened == [0, 0]


# --- When something goes wrong ---------------------------------------------------------------


def test_a_crash_between_effect_and_answer_repeats_the_answer_and_not_the_effect(
    alice: User, api: FakeBotApi, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_arguments: object) -> None:
        raise SystemExit

    receive(message(1, "/stop"), NOW)
    with monkeypatch.context() as patch:
        patch.setattr(telegram, "send_message", die)
        with pytest.raises(SystemExit):
            answer_next(NoWaits())
    assert Chat.objects.get().status == ChatStatus.STOPPED
    assert unhandled() == [1]
    before = (list(Chat.objects.values("status", "since")), list(User.objects.values()))

    answer_waiting(steps)
    assert api.requests == []
    steps.clock.shift(LEASE)
    answer_waiting(steps)

    assert len(api.texts(1001)) == 1
    assert unhandled() == []
    assert (list(Chat.objects.values("status", "since")), list(User.objects.values())) == before


def test_a_crash_after_the_answer_repeats_the_answer(
    alice: User, api: FakeBotApi, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_arguments: object) -> None:
        raise SystemExit

    receive(message(1, "/help"), NOW)
    with monkeypatch.context() as patch:
        patch.setattr(inbox, "finish", die)
        with pytest.raises(SystemExit):
            answer_next(NoWaits())

    steps.clock.shift(LEASE)
    answer_waiting(steps)

    assert len(api.texts(1001)) == 2
    assert unhandled() == []


def test_a_poison_update_ends_after_few_attempts_and_stops_no_other_chat(
    api: FakeBotApi, steps: Steps, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    obey, poisoned = commands.obey, 0

    def stumble(update: Update, now: Any) -> commands.Replies:
        nonlocal poisoned
        if update.pk == 1:
            poisoned += 1
            raise ValueError("poison")
        return obey(update, now)

    monkeypatch.setattr(commands, "obey", stumble)
    receive_all([message(1, "/help", STRANGER), message(2, "/help", STRANGER)], NOW)
    receive(message(3, "/help", 1002), NOW)

    answer_waiting(steps)
    assert len(api.texts(1002)) == 1
    for _ in range(2 * MAX_ATTEMPTS):
        steps.clock.shift(MINUTE)
        answer_waiting(steps)

    assert poisoned == MAX_ATTEMPTS
    assert "update_given_up update=1" in caplog.text
    assert len(api.texts(STRANGER)) == 1
    assert unhandled() == []


@pytest.mark.parametrize("trouble", [server_error(), cut(delivers=False)])
def test_an_answer_that_is_lost_goes_out_again(trouble: Any, api: FakeBotApi, steps: Steps) -> None:
    api.next(trouble)

    happened(message(1, "/help"), steps=steps)

    assert len(api.texts(1001)) == 1
    assert unhandled() == []


def test_an_answer_that_is_refused_is_given_up(
    api: FakeBotApi, steps: Steps, caplog: pytest.LogCaptureFixture
) -> None:
    api.next(bad_request())

    happened(message(1, "/help"), steps=steps)

    assert len(api.requests) == 1
    assert unhandled() == []
    assert "update_answer_refused update=1" in caplog.text


def test_a_person_who_blocked_the_bot_meanwhile_is_unreachable(
    alice: User, api: FakeBotApi, steps: Steps
) -> None:
    api.next(forbidden())

    happened(message(1, "/help"), steps=steps)

    alice.refresh_from_db()
    assert alice.chat_status == ChatStatus.UNREACHABLE
    assert unhandled() == []


def test_a_stranger_who_blocked_the_bot_leaves_nothing(api: FakeBotApi, steps: Steps) -> None:
    api.next(forbidden())

    happened(message(1, "/help", STRANGER), steps=steps)

    assert not Chat.objects.exists()
    assert unhandled() == []


def test_a_group_that_moved_is_answered_where_it_is(
    alice: User, api: FakeBotApi, steps: Steps
) -> None:
    User.objects.update(chat_id=-5)
    api.next(migrated(-1005))

    happened(message(1, "/help", -5), steps=steps)

    assert [request.chat_id for request in api.requests] == [-5, -1005]
    alice.refresh_from_db()
    assert alice.chat_id == -1005
    assert unhandled() == []


def test_a_strangers_group_that_moved_leaves_nothing(api: FakeBotApi, steps: Steps) -> None:
    api.next(migrated(-1005))

    happened(message(1, "/help", -5), steps=steps)

    assert [request.chat_id for request in api.requests] == [-5, -1005]
    assert not Chat.objects.exists()


@pytest.mark.parametrize(
    ("trouble", "pause"), [(too_many(7), 7 * SECOND), (unauthorized(), MINUTE)]
)
def test_what_pauses_the_bot_delays_the_answer_and_is_no_attempt(
    trouble: Any, pause: Any, api: FakeBotApi, steps: Steps
) -> None:
    api.next(trouble)
    receive(message(1, "/help"), NOW)

    answer_next(NoWaits())
    assert unhandled() == [1]
    assert attempts() == 0
    assert pacing.pause_end(NOW) is not None

    steps.clock.move_to(NOW + pause - SECOND)
    answer_next(NoWaits())
    assert len(api.requests) == 1
    steps.clock.move_to(NOW + pause + SECOND)
    answer_waiting(steps)
    assert len(api.requests) == 2
    assert unhandled() == []


def test_a_stop_is_obeyed_while_the_bot_is_paused(
    alice: User, api: FakeBotApi, steps: Steps
) -> None:
    pacing.pause_bot(NOW + HOUR)
    receive(message(1, "/stop"), NOW)

    answer_next(NoWaits())

    assert Chat.objects.get().status == ChatStatus.STOPPED
    assert api.requests == []


def test_a_database_that_went_away_is_waited_for(
    api: FakeBotApi, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, failures = inbox.take, 2

    def fail_twice(now: Any) -> Update | None:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise OperationalError("terminating connection")
        return take(now)

    monkeypatch.setattr(inbox, "take", fail_twice)
    monkeypatch.setattr(connection, "close", lambda: None)

    happened(message(1, "/help"), steps=steps)

    assert unhandled() == []


def test_without_a_token_answers_go_to_the_log(
    settings: Settings, steps: Steps, caplog: pytest.LogCaptureFixture
) -> None:
    settings.TELEGRAM_BOT_TOKEN = ""

    with caplog.at_level("INFO"):
        happened(message(1, "/help"), press(2, "made up"), steps=steps)

    assert "telegram_message chat=1001 text=" in caplog.text
    assert "telegram_press callback=4300000000000000002" in caplog.text
    assert unhandled() == []


def test_a_worker_that_stops_takes_nothing_more(api: FakeBotApi, steps: Steps) -> None:
    receive(message(1, "/help"), NOW)
    steps.set()

    assert not answer_waiting(steps)

    assert attempts() == 0


# --- Order and pace --------------------------------------------------------------------------


def test_answers_of_a_chat_come_in_the_order_of_what_it_said(
    alice: User, api: FakeBotApi, steps: Steps
) -> None:
    happened(message(3, "/help"), message(2, "/start"), message(1, "/stop"), steps=steps)

    texts = api.texts(1001)
    assert [texts[0][:18], texts[1][:10]] == ["This chat gets no ", "No account"]
    assert texts[2].startswith("/today")
    assert Chat.objects.get().status == ChatStatus.OK


@pytest.mark.parametrize(("late", "early"), [("/stop", "/start"), ("/start", "/stop")])
def test_a_word_that_was_overtaken_changes_nothing(
    late: str, early: str, alice: User, api: FakeBotApi, steps: Steps
) -> None:
    happened(message(2, early), steps=steps)
    before = list(Chat.objects.values("status")), list(User.objects.values("chat_id"))

    happened(message(1, late), steps=steps)

    assert (list(Chat.objects.values("status")), list(User.objects.values("chat_id"))) == before
    assert len(api.requests) == 1
    assert unhandled() == []


@pytest.mark.parametrize(
    ("chat_id", "gap"), [(STRANGER, pacing.PRIVATE_GAP), (-5, pacing.GROUP_GAP)]
)
@pytest.mark.parametrize("is_known", [False, True])
def test_answers_keep_the_chats_distance(
    chat_id: int,
    gap: Any,
    *,
    is_known: bool,
    api: FakeBotApi,
    steps: Steps,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if is_known:
        Chat.objects.create(chat_id=chat_id)
    moments = []
    api.on_request = lambda _request: moments.append(timezone.now())

    happened(*(message(n, "/help", chat_id) for n in range(4)), steps=steps)

    gaps = [after - before for before, after in itertools.pairwise(moments)]
    assert len(gaps) == 3
    assert min(gaps) >= gap - pacing.LEAD
    assert unhandled() == []


def test_an_answer_waits_for_a_reminder_that_went_to_the_chat(
    alice: User, make_habit: MakeHabit, api: FakeBotApi, steps: Steps
) -> None:
    planned(make_habit(alice))
    assert send_next()
    receive(message(1, "/help"), NOW)

    answer_next(NoWaits())
    assert len(api.requests) == 1
    answer_waiting(steps)

    assert len(api.requests) == 2
    assert timezone.now() >= NOW + pacing.PRIVATE_GAP - pacing.LEAD


def test_a_flood_of_one_chat_is_answered_a_few_times_and_delays_nobody(
    alice: User, api: FakeBotApi, steps: Steps
) -> None:
    most = MOST_A_MINUTE[Kind.MESSAGE]
    receive_all([message(n, "/help", STRANGER) for n in range(200)], NOW)
    receive(message(500, "/help"), NOW)

    for _ in range(3):
        answer_next(NoWaits())
    assert len(api.texts(1001)) == 1
    assert timezone.now() == NOW
    answer_waiting(steps)

    assert len(api.texts(STRANGER)) == most
    assert unhandled() == []


def test_a_stop_in_a_flood_is_obeyed(alice: User, api: FakeBotApi, steps: Steps) -> None:
    happened(*(message(n, "/help") for n in range(30)), message(30, "/stop"), steps=steps)

    assert Chat.objects.get().status == ChatStatus.STOPPED


def test_two_workers_answer_each_update_once(
    transactional_db: None, api: FakeBotApi, clock: time_machine.Traveller
) -> None:
    receive_all([message(n, "/help", 5000 + n) for n in range(30)], NOW)

    def work() -> None:
        while answer_next(NoWaits()):
            pass

    for call in [background(work) for _ in range(3)]:
        call.result(30)
    for _ in range(5):
        clock.shift(5)
        work()

    assert sorted(request.chat_id for request in api.delivered) == list(range(5000, 5030))
    assert unhandled() == []


# --- Presses ---------------------------------------------------------------------------------


def test_a_press_is_answered_at_once_and_then_shown(
    presses: list[Press], api: FakeBotApi, steps: Steps
) -> None:
    api.shows(1001, 77, "I will walk")

    happened(press(1, "done:5:x", message_id=77), steps=steps)

    assert presses == [Press(1001, 77, "done:5:x")]
    answered, edited = api.requests
    assert answered.method == "answerCallbackQuery"
    assert answered.payload == {"callback_query_id": "4300000000000000001", "text": "Done!"}
    assert edited.method == "editMessageText"
    assert (edited.chat_id, edited.payload["message_id"]) == (1001, 77)
    assert edited.text == "<b>done:5:x</b>"
    assert unhandled() == []


def test_a_press_twice_shows_the_same(presses: list[Press], api: FakeBotApi, steps: Steps) -> None:
    api.shows(1001, 77, "I will walk")

    happened(*(press(n, "x", message_id=77) for n in (1, 2)), steps=steps)

    assert len(api.calls("answerCallbackQuery")) == 2
    assert len(api.edits(1001)) == 2
    assert unhandled() == []


def test_a_press_that_came_too_late_is_shown_all_the_same(
    presses: list[Press], api: FakeBotApi, steps: Steps
) -> None:
    api.shows(1001, 77, "I will walk")
    api.next(
        bad_request(
            "Bad Request: query is too old and response timeout expired or query ID is invalid"
        )
    )

    happened(press(1, "x", message_id=77), steps=steps)

    assert api.edits(1001) == ["<b>x</b>"]
    assert unhandled() == []


def test_a_press_on_a_message_that_is_gone_is_done(
    presses: list[Press], api: FakeBotApi, steps: Steps, caplog: pytest.LogCaptureFixture
) -> None:
    happened(press(1, "x", message_id=404), steps=steps)

    assert unhandled() == []
    assert "update_answer_refused" not in caplog.text


def test_a_press_that_waits_for_its_slot_is_answered_once(
    presses: list[Press], api: FakeBotApi, steps: Steps
) -> None:
    api.shows(1001, 77, "I will walk")
    pacing.pause_bot(NOW + 5 * SECOND)
    receive(press(1, "x", message_id=77), NOW)

    answer_next(NoWaits())
    assert [request.method for request in api.requests] == ["answerCallbackQuery"]
    steps.clock.shift(6)
    answer_waiting(steps)

    assert [request.method for request in api.requests] == [
        "answerCallbackQuery",
        "editMessageText",
    ]
    assert unhandled() == []


def test_a_press_of_no_chat_is_answered_and_does_nothing(
    presses: list[Press], api: FakeBotApi, steps: Steps
) -> None:
    pressed = press(1, "x", language="ru")
    del pressed["callback_query"]["message"]
    pressed["callback_query"]["inline_message_id"] = "AgAAABc"

    happened(pressed, steps=steps)

    assert presses == []
    assert [request.method for request in api.requests] == ["answerCallbackQuery"]
    assert unhandled() == []


@pytest.mark.parametrize("pressed", ["x", data(OnReminder(404, Action.DONE), 1001)])
def test_a_press_of_what_is_nobodys_is_answered_in_the_language_of_whoever_pressed(
    pressed: str, api: FakeBotApi, steps: Steps
) -> None:
    happened(press(1, pressed, language="ru"), press(2, pressed), steps=steps)

    russian, english = (request.text for request in api.calls("answerCallbackQuery"))
    assert russian in {"Эта кнопка больше не работает.", "Это напоминание уже не хранится."}
    assert english in {"This button does not work any more.", "This reminder is no longer kept."}


def test_what_was_undone_while_a_press_waited_to_be_shown_stays_undone(
    alice: User, make_habit: MakeHabit, api: FakeBotApi, steps: Steps
) -> None:
    habit = make_habit(alice)
    planned(habit)
    send_next()
    ((done, _skip, _later),) = api.delivered[0].buttons
    pacing.pause_bot(NOW + 20 * SECOND)
    receive(press(1, done[1], message_id=1), NOW)
    answer_next(NoWaits())
    assert CheckIn.objects.count() == 1

    tracking.undo(habit, TODAY, now=NOW)
    steps.clock.shift(30)
    answer_waiting(steps)

    assert not CheckIn.objects.exists()
    assert len(api.edits(1001)) == 1
    assert "Done" not in api.edits(1001)[0]
    assert [request.text for request in api.calls("answerCallbackQuery")] == ["Done!"]
    assert unhandled() == []


def test_a_flood_of_presses_is_done_and_answered_a_few_times(
    presses: list[Press], api: FakeBotApi, steps: Steps
) -> None:
    """What waited at Telegram during an outage comes as a flood, too."""
    happened(*(press(n, "x") for n in range(100)), steps=steps)

    assert {pressed.data for pressed in presses} == {"x"}
    assert len(api.calls("answerCallbackQuery")) == MOST_A_MINUTE[Kind.PRESS]
    assert len(presses) >= 100
    assert unhandled() == []


# --- Coming and going ------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["kicked", "left"])
def test_a_bot_that_is_sent_away_writes_no_more(
    status: str, alice: User, bob: User, api: FakeBotApi, steps: Steps
) -> None:
    happened(membership(1, status), steps=steps)

    alice.refresh_from_db()
    assert alice.chat_status == ChatStatus.UNREACHABLE
    chat = Chat.objects.get()
    assert (chat.chat_id, chat.status) == (1001, ChatStatus.UNREACHABLE)
    assert status in chat.reason
    bob.refresh_from_db()
    assert bob.chat_status == ChatStatus.OK
    assert api.requests == []


def test_a_bot_that_is_let_in_again_writes_again(
    alice: User, api: FakeBotApi, steps: Steps
) -> None:
    happened(membership(1, "kicked"), membership(2, "member", before="kicked"), steps=steps)

    alice.refresh_from_db()
    assert alice.chat_status == ChatStatus.OK
    assert Chat.objects.get().status == ChatStatus.OK


def test_a_chat_that_said_stop_stays_stopped_when_the_bot_comes_back(
    alice: User, api: FakeBotApi, steps: Steps
) -> None:
    happened(message(1, "/stop"), membership(2, "kicked"), membership(3, "member"), steps=steps)

    assert Chat.objects.get().status == ChatStatus.STOPPED


def test_a_membership_that_was_overtaken_changes_nothing(
    alice: User, api: FakeBotApi, steps: Steps
) -> None:
    happened(membership(2, "member"), steps=steps)
    happened(membership(1, "kicked"), steps=steps)

    alice.refresh_from_db()
    assert alice.chat_status == ChatStatus.OK


def test_a_strangers_block_leaves_nothing(api: FakeBotApi, steps: Steps) -> None:
    happened(membership(1, "kicked", STRANGER), membership(2, "member", STRANGER), steps=steps)

    assert not Chat.objects.exists()
    assert unhandled() == []


@pytest.mark.parametrize("left_first", [True, False])
def test_a_group_that_says_that_it_moved_is_followed_at_once(
    left_first: bool, alice: User, make_habit: MakeHabit, api: FakeBotApi, steps: Steps
) -> None:
    """The bot is said to have left the old one, to which nothing is sent any more."""
    User.objects.update(chat_id=-5)
    moved, left = message(2, None, -5, migrate_to_chat_id=-1005), membership(1, "left", -5)
    left["update_id"] = 1 if left_first else 3

    happened(moved, left, message(4, "/help", -1005), steps=steps)
    planned(make_habit(alice))
    steps.clock.shift(5)
    send_next()

    assert [request.chat_id for request in api.requests] == [-1005, -1005]
    assert "No account is linked" not in api.texts(-1005)[0]
    alice.refresh_from_db()
    assert (alice.chat_id, alice.chat_status) == (-1005, ChatStatus.OK)


def test_a_group_that_said_stop_stays_stopped_as_a_supergroup(
    alice: User, api: FakeBotApi, steps: Steps
) -> None:
    User.objects.update(chat_id=-5)

    happened(message(1, "/stop", -5), message(2, None, -5, migrate_to_chat_id=-1005), steps=steps)

    assert Chat.objects.get(chat_id=-1005).status == ChatStatus.STOPPED


def test_a_strangers_group_that_says_that_it_moved_leaves_nothing(
    api: FakeBotApi, steps: Steps
) -> None:
    happened(message(1, None, -5, migrate_to_chat_id=-1005), steps=steps)

    assert not Chat.objects.exists()
    assert unhandled() == []


def test_a_stop_at_the_same_time_as_a_register_leaves_no_message(
    alice: User, make_habit: MakeHabit, api: FakeBotApi, steps: Steps
) -> None:
    """The account may show a chat as reachable that is not, and gets nothing there."""
    chats.stop(7007, NOW)
    User.objects.update(chat_id=7007, chat_status=ChatStatus.OK)
    planned(make_habit(alice))

    send_next()

    assert api.requests == []
    alice.refresh_from_db()
    assert alice.chat_status == ChatStatus.STOPPED
