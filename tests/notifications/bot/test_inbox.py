"""Updates wait once each, in their chat's order, and are held by one worker at a time."""

import itertools

import pytest
from pytest_django import Settings

from notifications.bot import inbox
from notifications.bot.inbox import KEPT, LEASE, MAX_ATTEMPTS, MOST_A_MINUTE
from notifications.models import Kind, Update
from notifications.receiving import receive, receive_all
from tests.notifications.shapes import STRANGE, message, press
from tests.notifications.stage import DAY, MINUTE, MOMENT, NOW, SECOND, background

pytestmark = pytest.mark.django_db


def came(*numbers: int, chat_id: int = 1001) -> None:
    """Updates of these numbers came in, in this order."""
    for number in numbers:
        receive(message(number, "/help", chat_id), NOW)


def taken() -> list[int]:
    """The numbers of all that may be taken now."""
    found = []
    while (update := inbox.take(NOW)) is not None:
        found.append(update.pk)
    return found


def handle(number: int) -> None:
    update = inbox.take(NOW)
    assert update is not None
    assert update.pk == number
    inbox.finish(update, NOW)


def test_what_is_repeated_is_kept_once() -> None:
    receive(message(1, "/stop"), NOW)
    handle(1)

    receive(message(1, "/stop"), NOW + SECOND)
    receive_all([message(1, "/start"), message(1, "/help"), message(2, "/help")], NOW + SECOND)

    assert list(Update.objects.values_list("pk", "command", "received_at")) == [
        (1, "stop", NOW),
        (2, "help", NOW + SECOND),
    ]
    assert taken() == [2]


def test_what_asks_for_nothing_is_not_kept(settings: Settings) -> None:
    settings.TELEGRAM_BOT_NAME = "habits_bot"

    receive_all([{"update_id": n, **it} for n, it in enumerate(STRANGE.values())], NOW)
    receive_all([None, 5, {"update_id": "7"}], NOW)

    assert not Update.objects.exists()


def test_a_chats_updates_are_taken_one_by_one_in_the_order_of_their_numbers() -> None:
    came(12, 11, 10)
    came(5, chat_id=1002)

    assert taken() == [5, 10]

    Update.objects.filter(pk=10).update(handled_at=NOW)
    assert taken() == [11]


def test_presses_of_no_chat_wait_for_nobody() -> None:
    for number in (1, 2):
        pressed = press(number, "x")
        del pressed["callback_query"]["message"]
        receive(pressed, NOW)

    assert taken() == [1, 2]


def test_what_was_taken_is_nobody_elses_until_the_lease_ends() -> None:
    came(1)
    first = inbox.take(NOW)
    assert first is not None

    assert inbox.take(NOW + LEASE - MOMENT) is None
    second = inbox.take(NOW + LEASE)
    assert second is not None
    assert (first.attempts, second.attempts) == (1, 2)

    inbox.finish(first, NOW)
    assert Update.objects.get().handled_at is None
    inbox.give_back(first, NOW, NOW)
    assert inbox.take(NOW + LEASE) is None
    inbox.finish(second, NOW + LEASE)
    assert Update.objects.get().handled_at == NOW + LEASE


def test_a_lease_of_a_clock_that_was_wrong_counts_for_nothing() -> None:
    came(1)
    inbox.take(NOW + DAY)

    assert taken() == [1]


def test_what_is_given_back_for_long_is_looked_at_in_between() -> None:
    """Otherwise it would look like a lease of a clock that was wrong."""
    came(1)
    update = inbox.take(NOW)
    assert update is not None

    inbox.give_back(update, NOW + DAY, NOW)

    assert Update.objects.get().lease_until == NOW + LEASE
    assert Update.objects.get().attempts == 0
    assert taken() == []


@pytest.mark.django_db(transaction=True)
def test_workers_that_look_at_once_take_different_updates() -> None:
    for number in range(40):
        came(number, chat_id=1000 + number % 10)

    def work() -> list[int]:
        found = []
        while (update := inbox.take(NOW)) is not None:
            found.append(update.pk)
            inbox.finish(update, NOW)
        return found

    handled = [call.result(20) for call in [background(work) for _ in range(4)]]

    assert sorted(itertools.chain(*handled)) == list(range(40))
    for found in handled:
        assert found == sorted(found)


def test_a_flood_is_told_by_when_it_came() -> None:
    most = MOST_A_MINUTE[Kind.MESSAGE]
    receive_all([message(n, "/help") for n in range(most + 2)], NOW)
    receive(message(500, "/help", 1002), NOW)
    receive(press(501, "x"), NOW)
    receive(message(502, "/help"), NOW + MINUTE)

    floods = [each.pk for each in Update.objects.all() if inbox.is_flood(each)]

    assert floods == [most, most + 1]


def test_what_was_handled_is_forgotten_after_days() -> None:
    for number, age in enumerate((KEPT + SECOND, KEPT - SECOND, KEPT + SECOND)):
        receive(message(number, "/help", 1000 + number), NOW - age)
    Update.objects.exclude(pk=2).update(handled_at=NOW)

    assert inbox.prune(NOW) == 1
    assert set(Update.objects.values_list("pk", flat=True)) == {1, 2}


def test_telegram_repeats_for_a_day_and_that_is_less_than_an_update_is_kept() -> None:
    assert KEPT > DAY
    assert MAX_ATTEMPTS > 1
