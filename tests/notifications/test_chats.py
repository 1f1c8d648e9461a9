"""What is known of a chat outlives accounts and reaches those whose reminders go there."""

import pytest
import time_machine
from django.db import transaction
from graphql_jwt.shortcuts import get_token

from accounts.models import ChatStatus, User
from notifications import chats
from notifications.delivery import deliver
from notifications.models import Chat, Reason, Reminder, State
from tests.conftest import Caller, MakeHabit
from tests.fake_bot_api import BLOCKED, FakeBotApi, forbidden
from tests.notifications.stage import (
    DAY,
    HOUR,
    NOW,
    SECOND,
    TODAY,
    Steps,
    background,
    blocked,
    edit_profile,
    end_of,
    person,
    planned,
    sent,
)

REGISTER = """
mutation($input: RegisterInput!) {
  register(input: $input) { ... on TokenPair { user { chatId chatStatus } } }
}
"""


def shown(user: User) -> str:
    """What `me` says of the chat."""
    status: str = Caller(get_token(user)).data("{ me { chatStatus } }")["chatStatus"]
    return status


def test_an_unreachable_chat_gets_nothing_more_until_its_id_is_given_again(
    alice: User,
    make_habit: MakeHabit,
    api: FakeBotApi,
    clock: time_machine.Traveller,
    steps: Steps,
) -> None:
    habit = make_habit(alice)
    first = planned(habit)
    api.next(forbidden())
    deliver(steps)

    assert end_of(first) == (State.FAILED, Reason.CHAT_UNREACHABLE)
    assert shown(alice) == "UNREACHABLE"

    clock.move_to(NOW + DAY)
    second = planned(habit, NOW + DAY)
    deliver(steps)
    assert end_of(second) == (State.FAILED, Reason.CHAT_UNREACHABLE)
    edit_profile(alice, firstName="Alice B.")
    assert shown(alice) == "UNREACHABLE"
    assert len(api.requests) == 1

    edit_profile(alice, chatId=alice.chat_id)
    assert shown(alice) == "OK"
    clock.move_to(NOW + 2 * DAY)
    third = planned(habit, NOW + 2 * DAY)
    deliver(steps)
    assert sent(third)
    assert end_of(second) == (State.FAILED, Reason.CHAT_UNREACHABLE)


def test_a_mark_says_why_and_since_when(alice: User) -> None:
    Chat.objects.create(chat_id=1001)

    chats.mark_unreachable(1001, BLOCKED, NOW)

    chat = Chat.objects.get()
    assert (chat.status, chat.reason, chat.since) == (ChatStatus.UNREACHABLE, BLOCKED, NOW)


def test_a_mark_reaches_everybody_who_shares_the_chat_and_nobody_else(
    alice: User, bob: User
) -> None:
    friend = person(alice.chat_id)
    Chat.objects.create(chat_id=1001)

    chats.mark_unreachable(1001, BLOCKED, NOW)

    assert [shown(user) for user in (alice, friend, bob)] == ["UNREACHABLE", "UNREACHABLE", "OK"]


def test_a_mark_is_made_as_a_whole(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash between the two would show a chat as reachable that gets nothing."""
    Chat.objects.create(chat_id=1001)

    def crash(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("kill -9")

    for table in (Chat, User):
        with monkeypatch.context() as patch:
            patch.setattr(table.objects, "filter", crash)
            with pytest.raises(RuntimeError, match="kill -9"):
                chats.mark_unreachable(1001, BLOCKED, NOW)
        assert Chat.objects.get().status == ChatStatus.OK
        assert shown(alice) == "OK"


@pytest.mark.django_db(transaction=True)
def test_one_person_who_gives_the_id_opens_the_chat_for_all(alice: User) -> None:
    friend = person(alice.chat_id)
    Chat.objects.create(chat_id=1001)
    chats.mark_unreachable(1001, BLOCKED, NOW)

    edit_profile(friend, chatId=1001)

    chat = Chat.objects.get()
    assert (chat.status, chat.reason, chat.since) == (ChatStatus.OK, "", NOW)
    assert shown(alice) == shown(friend) == "OK"


@pytest.mark.django_db(transaction=True)
def test_two_people_who_open_their_chat_at_once_do_not_block_each_other(alice: User) -> None:
    friend = person(alice.chat_id)
    Chat.objects.create(chat_id=1001)
    chats.mark_unreachable(1001, BLOCKED, NOW)

    with transaction.atomic():
        # As `updateProfile` does: one's own row first.
        User.objects.select_for_update(no_key=True).get(pk=alice.pk)
        other = background(lambda: edit_profile(friend, chatId=1001))
        blocked(other)
        chats.try_again(alice, NOW)
    other.result(10)

    assert shown(alice) == shown(friend) == "OK"


def test_another_chat_is_another_matter(
    alice: User, make_habit: MakeHabit, api: FakeBotApi, steps: Steps
) -> None:
    Chat.objects.create(chat_id=1001)
    chats.mark_unreachable(1001, BLOCKED, NOW)

    edit_profile(alice, chatId=1009)
    assert shown(alice) == "OK"
    row = planned(make_habit(alice))
    deliver(steps)

    assert sent(row)
    assert row.chat_id == 1009
    assert Chat.objects.get(chat_id=1001).status == ChatStatus.UNREACHABLE


def test_a_chat_that_said_stop_stays_silent_for_whoever_registers_with_its_number(
    visitor: Caller, make_habit: MakeHabit, api: FakeBotApi, steps: Steps
) -> None:
    Chat.objects.create(chat_id=7007, status=ChatStatus.STOPPED, since=NOW - DAY)

    given = {"email": "new@example.org", "password": "a-long-enough-passphrase", "chatId": 7007}
    user = visitor.data(REGISTER, input=given)["user"]
    assert user == {"chatId": 7007, "chatStatus": "STOPPED"}
    newcomer = User.objects.get()
    edit_profile(newcomer, chatId=7007)
    row = planned(make_habit(newcomer))
    deliver(steps)

    assert shown(newcomer) == "STOPPED"
    assert end_of(row) == (State.FAILED, Reason.CHAT_STOPPED)
    assert api.requests == []
    assert Chat.objects.get().since == NOW - DAY


def test_a_chat_that_said_stop_is_not_called_unreachable(alice: User) -> None:
    Chat.objects.create(chat_id=1001, status=ChatStatus.STOPPED, since=NOW - HOUR)
    User.objects.update(chat_status=ChatStatus.STOPPED)

    chats.mark_unreachable(1001, BLOCKED, NOW)

    assert Chat.objects.get().status == ChatStatus.STOPPED
    assert shown(alice) == "STOPPED"


def test_a_chat_outlives_the_accounts(alice: User) -> None:
    Chat.objects.create(chat_id=1001)
    chats.mark_unreachable(1001, BLOCKED, NOW)

    alice.delete()

    assert Chat.objects.get().status == ChatStatus.UNREACHABLE


def test_somebody_without_a_chat_has_nothing_to_try_again(db: None) -> None:
    staff = person(None, is_staff=True)

    chats.try_again(staff, NOW)

    assert staff.chat_status == ChatStatus.OK
    assert not Chat.objects.exists()


def test_a_group_that_moved_takes_its_people_along(alice: User, bob: User) -> None:
    User.objects.filter(pk=alice.pk).update(chat_id=-5)
    friend = person(-5)

    chats.move(-5, -1005)

    people = User.objects.order_by("pk").values_list("pk", "chat_id")
    assert list(people) == [(alice.pk, -1005), (bob.pk, 1002), (friend.pk, -1005)]


def test_a_group_that_moved_takes_along_what_was_sent_to_its_people(
    make_habit: MakeHabit, alice: User
) -> None:
    """And nothing that went elsewhere."""
    friend = person(-5)
    rows = {
        (owner.pk, chat_id, day): Reminder.objects.create(
            habit=make_habit(owner),
            user=owner,
            local_date=TODAY - day * DAY,
            due_at=NOW,
            not_before=NOW,
            state=State.SENT,
            chat_id=chat_id,
        )
        for owner in (alice, friend)
        for day, chat_id in enumerate((-5, 1001, None))
    }

    chats.move(-5, -1005)

    for (owner, before, _day), row in rows.items():
        row.refresh_from_db()
        assert row.chat_id == (-1005 if (owner, before) == (friend.pk, -5) else before)


def test_a_chat_goes_by_the_ids_that_it_had(db: None) -> None:
    chats.move(-5, -1005)
    chats.move(-5, -1005)

    assert chats.ids_of(-5) == [-1005, -5]
    assert chats.ids_of(-1005) == [-1005, -5]
    assert chats.ids_of(7) == [7]
    assert Chat.objects.count() == 1


def test_a_group_that_moved_to_a_chat_that_said_stop_shows_it(alice: User) -> None:
    Chat.objects.create(chat_id=-1005, status=ChatStatus.STOPPED, since=NOW - SECOND)
    User.objects.update(chat_id=-5)

    chats.move(-5, -1005)

    assert shown(alice) == "STOPPED"
