"""What people say to the bot, and what it does and says then."""

import datetime
import html

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import ChatStatus, User
from habits.models import CheckIn, CheckInSource, CheckInStatus, Habit
from habits.tracking import check_in
from notifications import pacing
from notifications.bot import answering
from notifications.bot.agenda import MOST_PAGES, PAGE, Agenda
from notifications.bot.answering import answer_waiting
from notifications.bot.linking import LIFETIME, make_link
from notifications.bot.stats import MOST_PICTURES
from notifications.buttons import Action, OnDate, read
from notifications.models import Chat, Reason, State, TelegramLink
from notifications.pictures import MOST_SECTIONS
from notifications.receiving import receive
from tests.conftest import MakeHabit
from tests.fake_bot_api import FakeBotApi, Request, ok, server_error
from tests.notifications.bot.test_linking import token_of
from tests.notifications.shapes import message, press
from tests.notifications.stage import (
    DAY,
    HOUR,
    NOW,
    SECOND,
    TODAY,
    Steps,
    edit_profile,
    end_of,
    person,
    planned,
    send_next,
)

pytestmark = pytest.mark.django_db
STRANGER = 9009


@pytest.fixture(autouse=True)
def own_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    """No slots are left over from another test."""
    monkeypatch.setattr(answering, "slots", pacing.Slots())


class Talk:
    """Says things in a chat and hears the answers."""

    def __init__(self, api: FakeBotApi, steps: Steps) -> None:
        self.api, self.steps, self.said = api, steps, 0

    def __call__(self, text: str, chat_id: int = 1001, language: str = "en") -> list[str]:
        """The texts that the chat gets."""
        before = len(self.api.texts(chat_id))
        self.said += 1
        receive(message(self.said, text, chat_id, language), NOW + self.said * 2 * SECOND)
        answer_waiting(self.steps)
        return self.api.texts(chat_id)[before:]


@pytest.fixture
def say(api: FakeBotApi, steps: Steps) -> Talk:
    return Talk(api, steps)


def account(user: User) -> tuple[int | None, object, str]:
    user.refresh_from_db()
    return user.chat_id, user.chat_linked_at, user.chat_status


# --- /start ----------------------------------------------------------------------------------


def test_start_with_a_links_token_links_and_says_whose_chat_it_is(alice: User, say: Talk) -> None:
    token = token_of(make_link(alice, NOW).url)

    (answer,) = say(f"/start {token}", STRANGER)

    assert answer == "Linked to a…@example.org. The reminders come here from now on."
    assert account(alice)[0] == STRANGER
    assert account(alice)[1] is not None


def test_a_link_is_answered_in_the_accounts_language(alice: User, say: Talk) -> None:
    """Whoever opens it: it is the account's owner who is told."""
    User.objects.update(language="ru")
    token = token_of(make_link(alice, NOW).url)

    (answer,) = say(f"/start {token}", STRANGER, language="en")

    assert "a…@example.org" in answer


def test_a_link_opens_in_a_group(alice: User, say: Talk) -> None:
    token = token_of(make_link(alice, NOW).url)

    (answer,) = say(f"/start@habits_bot {token}", -5)

    assert answer.startswith("Linked to a…@example.org")
    assert account(alice)[0] == -5


def test_a_used_an_expired_and_a_made_up_token_are_told_alike(
    alice: User, bob: User, say: Talk
) -> None:
    used = token_of(make_link(alice, NOW).url)
    say(f"/start {used}", 5005)
    expired = token_of(make_link(bob, NOW - LIFETIME).url)
    before = [*User.objects.values(), *TelegramLink.objects.values(), *Chat.objects.values()]

    answers = [
        say(f"/start {token}", STRANGER)
        for token in (used, expired, "made-up", "x" * 4000, "' OR 1=1", "\N{GRINNING FACE}")
    ]

    assert len({tuple(answer) for answer in answers}) == 1
    assert "not good any more" in answers[0][0]
    assert [
        *User.objects.values(),
        *TelegramLink.objects.values(),
        *Chat.objects.values(),
    ] == before


def test_start_tells_a_stranger_how_to_link(say: Talk) -> None:
    (answer,) = say("/start", STRANGER)

    assert f"<code>{STRANGER}</code>" in answer
    assert not Chat.objects.exists()


def test_start_tells_whose_reminders_come(alice: User, say: Talk) -> None:
    person(1001, email="<b>ob@example.org")

    (answer,) = say("/start")

    assert answer == "The reminders of a…@example.org, &lt;…@example.org come here."


def test_start_opens_a_chat_that_said_stop(alice: User, say: Talk) -> None:
    say("/stop")
    edit_profile(alice, chatId=1001)
    assert account(alice) == (1001, None, ChatStatus.STOPPED)

    say("/start")

    assert account(alice) == (1001, None, ChatStatus.OK)
    chat = Chat.objects.get()
    assert (chat.status, chat.reason) == (ChatStatus.OK, "")


def test_start_opens_a_chat_that_was_unreachable(alice: User, say: Talk) -> None:
    Chat.objects.create(chat_id=1001, status=ChatStatus.UNREACHABLE, reason="blocked", since=NOW)
    User.objects.update(chat_status=ChatStatus.UNREACHABLE)

    say("/start")

    assert account(alice)[2] == ChatStatus.OK
    assert Chat.objects.get().status == ChatStatus.OK


# --- /stop -----------------------------------------------------------------------------------


def test_stop_takes_the_chat_from_all_of_its_people(alice: User, bob: User, say: Talk) -> None:
    friend = person(1001, chat_linked_at=NOW)

    (answer,) = say("/stop")

    assert "/start" in answer
    assert account(alice) == account(friend) == (None, None, ChatStatus.STOPPED)
    assert account(bob) == (1002, None, ChatStatus.OK)
    chat = Chat.objects.get()
    assert (chat.chat_id, chat.status) == (1001, ChatStatus.STOPPED)
    assert chat.since is not None


@pytest.mark.parametrize("chat_id", [STRANGER, -5])
def test_stop_of_a_chat_of_nobody_is_kept(chat_id: int, say: Talk) -> None:
    assert len(say("/stop", chat_id)) == 1

    assert Chat.objects.get().status == ChatStatus.STOPPED


def test_stop_twice_is_stop(alice: User, say: Talk) -> None:
    say("/stop")
    since = Chat.objects.get().since

    assert len(say("/stop")) == 1
    assert Chat.objects.get().since == since


def test_after_stop_an_unsent_reminder_says_why_it_was_not_sent(
    alice: User, make_habit: MakeHabit, say: Talk
) -> None:
    row = planned(make_habit(alice))

    say("/stop")
    send_next()

    assert end_of(row) == (State.FAILED, Reason.CHAT_STOPPED)
    assert len(say.api.requests) == 1


def test_a_number_that_is_typed_again_does_not_resume(
    alice: User, make_habit: MakeHabit, say: Talk
) -> None:
    say("/stop")

    edit_profile(alice, chatId=1001)
    row = planned(make_habit(alice), NOW + DAY)
    say.steps.clock.move_to(NOW + DAY)
    send_next()

    assert account(alice) == (1001, None, ChatStatus.STOPPED)
    assert end_of(row) == (State.FAILED, Reason.CHAT_STOPPED)


def test_another_chat_is_another_matter_after_stop(alice: User, say: Talk) -> None:
    say("/stop")

    edit_profile(alice, chatId=6006)

    assert account(alice) == (6006, None, ChatStatus.OK)


# --- The rest --------------------------------------------------------------------------------


def test_help_lists_the_commands(alice: User, say: Talk) -> None:
    (answer,) = say("/help")

    assert [line.split(" ")[0] for line in answer.splitlines()] == [
        "/today",
        "/stats",
        "/stop",
        "/help",
    ]


def test_help_tells_a_stranger_how_to_link(say: Talk) -> None:
    (answer,) = say("/help", STRANGER)

    assert f"<code>{STRANGER}</code>" in answer


@pytest.mark.parametrize("text", ["hello", "/unknown", "/stopp", "x" * 4096, "/x " + "ы" * 4090])
def test_in_a_private_chat_the_unknown_gets_help_once(text: str, alice: User, say: Talk) -> None:
    (answer,) = say(text)

    assert answer == say("/help")[0]


@pytest.mark.parametrize("text", ["hello", "/unknown", "/stop@other_bot"])
def test_in_a_group_the_unknown_is_somebody_elses(
    text: str, alice: User, say: Talk, settings: Settings
) -> None:
    settings.TELEGRAM_BOT_NAME = "habits_bot"

    assert say(text, -5) == []
    assert not Chat.objects.exists()


@pytest.mark.parametrize("text", ["/HELP", "/help@Habits_Bot", "/Help please"])
def test_commands_are_understood_in_any_case_and_by_the_bots_name(
    text: str, alice: User, say: Talk, settings: Settings
) -> None:
    settings.TELEGRAM_BOT_NAME = "habits_bot"

    assert say(text, -5)[0].startswith("/today")


def test_a_disabled_account_is_nobody_here(alice: User, say: Talk) -> None:
    User.objects.update(is_active=False)

    (answer,) = say("/help")

    assert "No account is linked" in answer


# --- /today ----------------------------------------------------------------------------------


def today(say: Talk, chat_id: int = 1001) -> list[Request]:
    """The messages that answer `/today`."""
    before = len(say.api.delivered)
    say("/today", chat_id)
    return say.api.delivered[before:]


def marked(habit: Habit, status: CheckInStatus, date: datetime.date = TODAY) -> None:
    check_in(habit, date, status, source=CheckInSource.API, now=timezone.now())


def test_today_lists_what_is_due_with_its_state_and_buttons_for_what_is_open(
    alice: User, bob: User, make_habit: MakeHabit, say: Talk
) -> None:
    late = make_habit(alice, action="read <i>", time="21:00")
    make_habit(alice, action="swim", periodicity=7, starts_on="2026-06-30")
    open_one = make_habit(alice, action="walk", time="07:30")
    done, skipped = make_habit(alice, action="sing"), make_habit(alice, action="sew", time="08:00")
    make_habit(bob, action="bob's own")
    for day in range(3):
        marked(done, CheckInStatus.DONE, TODAY - day * DAY)
    marked(skipped, CheckInStatus.SKIPPED)

    (message,) = today(say)

    assert message.text.splitlines() == [
        "<b>Wednesday, July 1, 2026</b>",
        "1. ▫️ 07:30 walk",
        "2. ✅ 07:30 sing (3 times in a row)",
        "3. ⏭ 08:00 sew",
        "4. ▫️ 21:00 read &lt;i&gt;",
    ]
    assert [[text for text, _data in row] for row in message.buttons] == [
        ["1. Done", "1. Skip"],
        ["4. Done", "4. Skip"],
    ]
    pressed = [read(data, 1001) for row in message.buttons for _text, data in row]
    assert pressed == [
        OnDate(open_one.pk, TODAY, Action.DONE),
        OnDate(open_one.pk, TODAY, Action.SKIP),
        OnDate(late.pk, TODAY, Action.DONE),
        OnDate(late.pk, TODAY, Action.SKIP),
    ]


def test_today_is_the_date_that_the_person_means(
    alice: User, make_habit: MakeHabit, say: Talk
) -> None:
    """At half past one in Berlin it is yesterday to whose day starts at three."""
    User.objects.update(day_starts_at="03:00")
    make_habit(alice)
    say.steps.clock.move_to(NOW - 6 * HOUR)

    (message,) = today(say)

    assert message.text.startswith("<b>Tuesday, June 30, 2026</b>\n1. ▫️")


def test_today_comes_in_the_accounts_language(
    alice: User, make_habit: MakeHabit, say: Talk
) -> None:
    User.objects.update(language="ru")
    make_habit(alice, action="гулять")

    (message,) = today(say)

    assert message.text.splitlines()[0] == "<b>Среда, 1 июля 2026 г.</b>"


def test_today_tells_whose_each_list_is_where_several_share_a_chat(
    alice: User, make_habit: MakeHabit, say: Talk
) -> None:
    friend = person(1001, email="friend@example.org")
    make_habit(alice, action="walk")
    make_habit(friend, action="run")

    first, second = today(say)

    assert "a…@example.org" in first.text
    assert "walk" in first.text
    assert "f…@example.org" in second.text
    assert "run" in second.text


def test_a_day_without_anything_due_says_so(alice: User, say: Talk) -> None:
    (message,) = today(say)

    assert message.text.endswith("Nothing is due today.")
    assert message.buttons == []


def test_a_long_day_comes_in_several_messages_each_within_telegrams_bounds(
    alice: User, make_habit: MakeHabit, say: Talk
) -> None:
    for _ in range(MOST_PAGES * PAGE + 3):
        make_habit(alice, action="&" * 255)

    messages = today(say)

    assert len(messages) == MOST_PAGES
    assert all(len(html.unescape(message.text)) <= 4096 for message in messages)
    assert all(len(message.buttons) == PAGE for message in messages)
    assert messages[1].buttons[0][0][0] == f"{PAGE + 1}. Done"
    assert messages[-1].text.endswith("There is more than fits in here.")
    assert "more than" not in messages[0].text


def test_today_costs_the_same_for_few_and_for_many(
    alice: User, make_habit: MakeHabit, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_habit(alice)
    with CaptureQueriesContext(connection) as few:
        Agenda.of(alice, NOW).pages(1001)
    for _ in range(30):
        make_habit(alice)

    with django_assert_num_queries(len(few)):
        Agenda.of(alice, NOW).pages(1001)


@pytest.mark.parametrize("text", ["/today", "/stats"])
def test_a_stranger_is_told_how_to_link(text: str, say: Talk) -> None:
    (answer,) = say(text, STRANGER)

    assert f"<code>{STRANGER}</code>" in answer


def test_a_press_below_the_list_checks_in_and_shows_it(
    alice: User, make_habit: MakeHabit, say: Talk
) -> None:
    habits = [make_habit(alice, action=f"habit {n}") for n in range(PAGE + 2)]
    messages = today(say)
    (_text, done), _skip = messages[1].buttons[0]
    message_id = say.api.delivered.index(messages[1]) + 1

    for number in (900, 901):
        receive(press(number, done, message_id=message_id), timezone.now())
        answer_waiting(say.steps)

    assert CheckIn.objects.get().habit == habits[PAGE]
    assert [each.text for each in say.api.calls("answerCallbackQuery")] == [
        "Done!",
        "It is done already.",
    ]
    shown = say.api.calls("editMessageText")[0]
    assert f"{PAGE + 1}. ✅ 07:30 habit {PAGE}" in shown.text
    assert f"{PAGE + 2}. ▫️" in shown.text
    assert "\n1. " not in shown.text
    assert [row[0][0] for row in shown.buttons] == [f"{PAGE + 2}. Done"]


def test_a_press_below_yesterdays_list_counts_for_its_date_and_leaves_the_list(
    alice: User, make_habit: MakeHabit, say: Talk
) -> None:
    make_habit(alice)
    (message,) = today(say)
    say.steps.clock.move_to(NOW + DAY)

    receive(press(900, message.buttons[0][0][1], message_id=1), timezone.now())
    answer_waiting(say.steps)

    assert CheckIn.objects.get().date == TODAY
    assert say.api.calls("editMessageText") == []


def test_a_press_of_another_chats_list_does_nothing(
    alice: User, bob: User, make_habit: MakeHabit, say: Talk
) -> None:
    make_habit(alice)
    (message,) = today(say)

    receive(press(900, message.buttons[0][0][1], chat_id=1002, message_id=1), timezone.now())
    answer_waiting(say.steps)

    assert not CheckIn.objects.exists()
    assert say.api.calls("editMessageText") == []
    assert len(say.api.calls("answerCallbackQuery")) == 1


# --- /stats ----------------------------------------------------------------------------------


def photos(say: Talk, chat_id: int = 1001) -> list[Request]:
    before = len(say.api.delivered)
    say("/stats", chat_id)
    return say.api.delivered[before:]


def test_stats_are_a_picture(alice: User, make_habit: MakeHabit, say: Talk) -> None:
    make_habit(alice)

    (photo,) = photos(say)

    assert photo.method == "sendPhoto"
    assert photo.payload["photo"].startswith(b"\x89PNG\r\n\x1a\n")
    assert photo.text == ""


def test_many_habits_make_several_pictures_but_not_too_many(
    alice: User, make_habit: MakeHabit, say: Talk
) -> None:
    for _ in range(MOST_PICTURES * MOST_SECTIONS + 5):
        make_habit(alice)

    found = photos(say)

    assert len(found) == MOST_PICTURES
    assert [photo.text for photo in found] == ["", "", "5 older habits are not shown."]


def test_stats_without_habits_say_so(alice: User, say: Talk) -> None:
    assert say("/stats") == ["There are no habits yet."]


def test_stats_tell_whose_they_are_where_several_share_a_chat(
    alice: User, make_habit: MakeHabit, say: Talk
) -> None:
    make_habit(alice)
    person(1001, email="friend@example.org")

    first, second = photos(say)

    assert (first.method, first.text) == ("sendPhoto", "a…@example.org")
    assert (second.method, second.text) == (
        "sendMessage",
        "f…@example.org\nThere are no habits yet.",
    )


def test_a_second_picture_that_was_lost_is_sent_again_without_the_first(
    alice: User, make_habit: MakeHabit, say: Talk
) -> None:
    for _ in range(MOST_SECTIONS + 1):
        make_habit(alice)
    say.api.next(ok(), server_error())

    assert len(photos(say)) == 2
    assert len(say.api.requests) == 3
