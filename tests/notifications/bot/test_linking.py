"""Bringing a chat to an account by a link that works once."""

import datetime
import re
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from graphql_jwt.shortcuts import get_token
from pytest_django import Settings

from accounts.models import ChatStatus, User
from notifications import chats
from notifications.bot import linking
from notifications.bot.linking import LIFETIME, make_link, use_link
from notifications.bot.updates import digest_of
from notifications.models import Chat, TelegramLink
from tests.conftest import Caller
from tests.notifications.stage import (
    NOW,
    SECOND,
    background,
    delete_account,
    edit_profile,
    person,
)

LINK = """
mutation {
  linkTelegram {
    __typename
    ... on TelegramLink { url expiresAt }
    ... on OperationInfo { messages { field code } }
  }
}
"""
EXPIRED = NOW + LIFETIME


@pytest.fixture(autouse=True)
def bot_name(settings: Settings) -> None:
    settings.TELEGRAM_BOT_NAME = "habits_bot"


def token_of(url: str) -> str:
    (token,) = parse_qs(urlsplit(url).query)["start"]
    return token


def linked(user: User) -> str:
    """The digest of a fresh link of that person."""
    return digest_of(token_of(make_link(user, NOW).url))


def whose(user: User) -> tuple[int | None, datetime.datetime | None, str]:
    user.refresh_from_db()
    return user.chat_id, user.chat_linked_at, user.chat_status


def test_a_link_leads_to_the_bot_and_ends_soon(alice: User) -> None:
    answer = Caller(get_token(alice)).data(LINK)

    assert re.fullmatch(r"https://t\.me/habits_bot\?start=[A-Za-z0-9_-]{43,64}", answer["url"])
    ends = datetime.datetime.fromisoformat(answer["expiresAt"])
    assert 10 <= (ends - NOW) / datetime.timedelta(minutes=1) <= 15
    assert TelegramLink.objects.get().user == alice
    assert token_of(answer["url"]) not in str(TelegramLink.objects.values())


def test_a_site_without_a_bot_says_so(alice: User, settings: Settings) -> None:
    settings.TELEGRAM_BOT_NAME = ""

    assert Caller(get_token(alice)).problems(LINK) == {(None, "telegram_not_configured")}
    assert not TelegramLink.objects.exists()


def test_a_visitor_gets_no_link(visitor: Caller) -> None:
    assert visitor.error_code(LINK) == "UNAUTHENTICATED"
    assert not TelegramLink.objects.exists()


def test_a_link_brings_its_chat_to_its_person(alice: User, bob: User) -> None:
    assert use_link(linked(alice), 5005, 1, NOW) == alice

    assert whose(alice) == (5005, NOW, ChatStatus.OK)
    assert whose(bob) == (1002, None, ChatStatus.OK)


def test_a_link_works_once(alice: User) -> None:
    digest = linked(alice)
    use_link(digest, 5005, 1, NOW)

    assert use_link(digest, 6006, 2, NOW) is None
    assert whose(alice) == (5005, NOW, ChatStatus.OK)


def test_the_same_update_may_be_handled_twice(alice: User) -> None:
    digest = linked(alice)
    use_link(digest, 5005, 1, NOW)

    assert use_link(digest, 5005, 1, NOW + SECOND) == alice
    assert whose(alice)[0] == 5005


def test_a_link_ends(alice: User) -> None:
    digest = linked(alice)

    assert use_link(digest, 5005, 1, EXPIRED) is None
    assert whose(alice) == (1001, None, ChatStatus.OK)
    assert use_link(digest, 5005, 1, EXPIRED - SECOND) == alice


def test_a_new_link_makes_the_one_before_void(alice: User) -> None:
    before, after = linked(alice), linked(alice)

    assert use_link(before, 5005, 1, NOW) is None
    assert use_link(after, 5005, 1, NOW) == alice


def test_a_used_link_makes_room_for_a_new_one(alice: User) -> None:
    use_link(linked(alice), 5005, 1, NOW)

    assert use_link(linked(alice), 6006, 2, NOW) == alice
    assert whose(alice)[0] == 6006


def test_a_disabled_account_is_not_linked(alice: User) -> None:
    digest = linked(alice)
    User.objects.update(is_active=False)

    assert use_link(digest, 5005, 1, NOW) is None
    assert whose(alice) == (1001, None, ChatStatus.OK)


def test_what_is_no_link_changes_nothing(alice: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert use_link(digest_of("made up"), 5005, 1, NOW) is None

    assert not any(each["sql"].startswith(("UPDATE", "INSERT")) for each in queries)


def test_a_stopped_chat_opens_for_a_link(alice: User) -> None:
    Chat.objects.create(chat_id=5005, status=ChatStatus.STOPPED, since=NOW)

    use_link(linked(alice), 5005, 1, NOW)

    assert whose(alice) == (5005, NOW, ChatStatus.OK)
    assert Chat.objects.get().status == ChatStatus.OK


def test_a_group_may_be_linked_by_several(alice: User, bob: User) -> None:
    use_link(linked(alice), -5, 1, NOW)
    use_link(linked(bob), -5, 2, NOW)

    assert whose(alice)[0] == whose(bob)[0] == -5


def test_a_number_that_is_typed_is_linked_no_more(alice: User) -> None:
    use_link(linked(alice), 5005, 1, NOW)

    edit_profile(alice, chatId=5005, firstName="Alice B.")
    assert whose(alice) == (5005, NOW, ChatStatus.OK)
    edit_profile(alice, chatId=6006)

    assert whose(alice) == (6006, None, ChatStatus.OK)


def test_a_link_goes_with_its_account(alice: User) -> None:
    digest = linked(alice)

    delete_account(alice)

    assert use_link(digest, 5005, 1, NOW) is None
    assert not TelegramLink.objects.exists()


def test_old_links_are_forgotten(alice: User, bob: User) -> None:
    make_link(alice, NOW - LIFETIME)
    make_link(bob, NOW)

    assert linking.forget_old_links(NOW) == 1
    assert TelegramLink.objects.get().user == bob


@pytest.mark.django_db(transaction=True)
def test_of_two_that_use_a_link_at_once_one_wins(alice: User) -> None:
    digest = linked(alice)

    calls = [background(partial(use_link, digest, 5000 + n, n, NOW)) for n in range(8)]
    winners = [n for n, call in enumerate(calls) if call.result(20)]

    assert len(winners) == 1
    assert whose(alice)[0] == 5000 + winners[0]


@pytest.mark.django_db(transaction=True)
def test_people_who_link_and_stop_one_group_at_once_do_not_block_each_other(
    alice: User, clock: time_machine.Traveller
) -> None:
    people = [alice, *(person(-5, email=f"p{n}@example.org") for n in range(4))]
    digests = [linked(user) for user in people]

    links = [background(partial(use_link, d, -5, n, NOW)) for n, d in enumerate(digests)]
    stops = [background(partial(chats.stop, -5, NOW)) for _ in range(3)]
    for link in links:
        link.result(20)
    for stop in stops:
        stop.result(20)

    assert {whose(user)[0] for user in people} <= {-5, None}
