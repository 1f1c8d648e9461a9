"""What people say to the bot, and what it does and says then."""

import pytest

from accounts.models import ChatStatus, User
from notifications import answering, pacing
from notifications.answering import answer_waiting
from notifications.linking import LIFETIME, make_link
from notifications.models import Chat, Reason, State, TelegramLink
from notifications.receiving import receive
from tests.conftest import MakeHabit
from tests.fake_bot_api import FakeBotApi
from tests.notifications.shapes import message
from tests.notifications.stage import (
    DAY,
    NOW,
    SECOND,
    Steps,
    edit_profile,
    end_of,
    person,
    planned,
    send_next,
)
from tests.notifications.test_linking import token_of

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
    text: str, alice: User, say: Talk, settings: object
) -> None:
    settings.TELEGRAM_BOT_NAME = "habits_bot"  # type: ignore[attr-defined]

    assert say(text, -5) == []
    assert not Chat.objects.exists()


@pytest.mark.parametrize("text", ["/HELP", "/help@Habits_Bot", "/Help please"])
def test_commands_are_understood_in_any_case_and_by_the_bots_name(
    text: str, alice: User, say: Talk, settings: object
) -> None:
    settings.TELEGRAM_BOT_NAME = "habits_bot"  # type: ignore[attr-defined]

    assert say(text, -5)[0].startswith("/today")


def test_a_disabled_account_is_nobody_here(alice: User, say: Talk) -> None:
    User.objects.update(is_active=False)

    (answer,) = say("/help")

    assert "No account is linked" in answer
