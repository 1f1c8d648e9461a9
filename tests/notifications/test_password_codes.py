"""A code on its way: to a chat that its owner linked, and to nobody else."""

import logging
import re
from collections.abc import Iterator
from typing import Any

import dramatiq
import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from dramatiq.brokers.redis import RedisBroker
from pytest_django import Settings

from accounts.models import ChatStatus, PasswordReset, User
from accounts.password_resets import LIFE
from notifications import pacing, telegram
from notifications.actors import send_password_code, tick
from notifications.middleware import stopping
from notifications.models import Chat
from notifications.password_codes import LEASE, MOST_ATTEMPTS, code_text, send_code, waiting
from tests.accounts.documents import REQUEST_RESET, RESET_PASSWORD
from tests.conftest import Caller
from tests.fake_bot_api import (
    FakeBotApi,
    Request,
    bad_request,
    cut,
    forbidden,
    server_error,
    too_many,
    unauthorized,
)
from tests.notifications.stage import NOW, SECOND, Steps, edit_profile

ALICE = "alice@example.org"
CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b")


@pytest.fixture
def linked(alice: User) -> User:
    """alice, whose chat said that it is hers."""
    alice.chat_linked_at = NOW
    alice.save(update_fields=["chat_linked_at"])
    return alice


@pytest.fixture
def broker() -> RedisBroker:
    found = dramatiq.get_broker()
    assert isinstance(found, RedisBroker)
    found.flush_all()
    stopping.clear()
    return found


def ask(email: str = ALICE) -> PasswordReset:
    """The row of a request, whose hint is lost."""
    assert Caller().problems(REQUEST_RESET, email=email) == set()
    return PasswordReset.objects.get(email=email)


def codes(api: FakeBotApi, chat_id: int = 1001) -> list[str]:
    return [found for text in api.texts(chat_id) for found in CODE.findall(text)]


def works(code: str, email: str = ALICE) -> bool:
    given = {"email": email, "code": code, "password": "another passphrase"}
    problems = Caller().problems(RESET_PASSWORD, **given)
    assert problems in (set(), {("code", "reset_code_invalid")})
    return not problems


def assert_settled_without_a_message(reset: PasswordReset, api: FakeBotApi) -> None:
    """As far as anybody can tell, it is as if a code had been sent."""
    reset.refresh_from_db()
    assert api.requests == []
    assert (reset.send_at, reset.user_id) == (None, None)
    assert len(reset.digest) == 64
    assert reset.expires_at is not None


# --- To whom -------------------------------------------------------------------------------------


def test_the_linked_chat_gets_a_code_that_works(
    linked: User, api: FakeBotApi, steps: Steps
) -> None:
    reset = ask()

    send_code(reset.pk, steps)

    (code,) = codes(api)
    assert api.requests[0].parse_mode == "HTML"
    reset.refresh_from_db()
    assert (reset.send_at, reset.expires_at) == (None, timezone.now() + LIFE)
    assert waiting(timezone.now()) == []
    assert works(code)


@pytest.mark.parametrize(
    "changes",
    [
        {"chat_linked_at": None},
        {"chat_id": None},
        {"chat_id": -1001},
        {"is_active": False},
    ],
    ids=["typed", "none", "a group", "disabled"],
)
def test_nobody_else_gets_one(
    changes: dict[str, Any], linked: User, api: FakeBotApi, steps: Steps
) -> None:
    User.objects.update(**changes)
    reset = ask()

    send_code(reset.pk, steps)

    assert_settled_without_a_message(reset, api)


def test_an_unknown_address_gets_none(linked: User, api: FakeBotApi, steps: Steps) -> None:
    reset = ask("nobody@example.org")

    send_code(reset.pk, steps)

    assert_settled_without_a_message(reset, api)


@pytest.mark.parametrize("status", [ChatStatus.STOPPED, ChatStatus.UNREACHABLE])
def test_a_chat_that_said_stop_gets_none(
    status: ChatStatus, linked: User, api: FakeBotApi, steps: Steps
) -> None:
    Chat.objects.create(chat_id=1001, status=status)
    reset = ask()

    send_code(reset.pk, steps)

    assert_settled_without_a_message(reset, api)


def test_a_chat_that_was_typed_after_the_request_gets_none(
    linked: User, api: FakeBotApi, steps: Steps
) -> None:
    reset = ask()
    edit_profile(linked, chatId=666)

    send_code(reset.pk, steps)

    assert_settled_without_a_message(reset, api)


def test_a_chat_that_changes_while_the_code_waits_for_its_slot_gets_none(
    linked: User, api: FakeBotApi, clock: time_machine.Traveller
) -> None:
    reset = ask()

    class Meanwhile(Steps):
        def wait(self, timeout: float | None = None) -> bool:
            User.objects.update(chat_id=666, chat_linked_at=None)
            return super().wait(timeout)

    send_code(reset.pk, Meanwhile(clock))

    assert_settled_without_a_message(reset, api)


def test_an_account_that_was_deleted_meanwhile_gets_none(
    linked: User, api: FakeBotApi, steps: Steps
) -> None:
    reset = ask()
    linked.delete()

    send_code(reset.pk, steps)

    assert_settled_without_a_message(reset, api)


# --- Once ----------------------------------------------------------------------------------------


def test_a_doubled_hint_sends_nothing_twice(linked: User, api: FakeBotApi, steps: Steps) -> None:
    reset = ask()

    for _ in range(3):
        send_code(reset.pk, steps)

    (code,) = codes(api)
    assert works(code)


def test_a_hint_while_the_code_is_on_its_way_sends_nothing(
    linked: User, api: FakeBotApi, steps: Steps, clock: time_machine.Traveller
) -> None:
    reset = ask()
    PasswordReset.objects.update(send_at=timezone.now() + LEASE)
    clock.shift(LEASE - 2 * SECOND)

    send_code(reset.pk, steps)

    assert api.requests == []


def test_a_hint_of_nothing_does_nothing(db: None, api: FakeBotApi, steps: Steps) -> None:
    send_code(1, steps)

    assert api.requests == []
    assert not PasswordReset.objects.exists()


def test_a_code_whose_sender_died_is_replaced_by_a_new_one(
    linked: User, api: FakeBotApi, steps: Steps, clock: time_machine.Traveller
) -> None:
    reset = ask()
    api.next(cut())
    send_code(reset.pk, steps)
    clock.shift(LEASE)
    assert waiting(timezone.now()) == [reset.pk]

    send_code(reset.pk, steps)

    first, second = codes(api)
    assert not works(first)
    assert works(second)


@pytest.mark.django_db(transaction=True)
def test_a_request_that_comes_while_a_code_is_sent_gets_a_code_of_its_own(
    linked: User, api: FakeBotApi, steps: Steps
) -> None:
    reset = ask()

    def ask_again(_request: Request) -> None:
        api.on_request = None
        PasswordReset.objects.update(send_at=NOW + SECOND, attempts=0)
        connection.close()

    api.on_request = ask_again
    send_code(reset.pk, steps)
    assert waiting(NOW + SECOND) == [reset.pk]
    send_code(reset.pk, steps)

    first, second = codes(api)
    assert not works(first)
    assert works(second)


def test_a_request_that_waited_too_long_is_not_answered_any_more(
    linked: User, api: FakeBotApi, steps: Steps, clock: time_machine.Traveller
) -> None:
    reset = ask()
    clock.shift(LIFE)

    send_code(reset.pk, steps)

    assert_settled_without_a_message(reset, api)


# --- When it does not get through ----------------------------------------------------------------


@pytest.mark.parametrize(
    "answer", [cut(delivers=False), server_error()], ids=["cut", "server error"]
)
def test_what_may_be_lost_is_sent_a_few_times(
    answer: Any, linked: User, api: FakeBotApi, steps: Steps, clock: time_machine.Traveller
) -> None:
    reset = ask()
    api.default = answer

    for _ in range(MOST_ATTEMPTS + 2):
        send_code(reset.pk, steps)
        clock.shift(LEASE)

    assert len(api.requests) == MOST_ATTEMPTS
    assert waiting(timezone.now()) == []


def test_what_never_left_is_tried_again(
    linked: User, api: FakeBotApi, steps: Steps, clock: time_machine.Traveller
) -> None:
    reset = ask()
    with api.refusing():
        send_code(reset.pk, steps)
    assert waiting(timezone.now()) == []
    clock.shift(LEASE)

    send_code(reset.pk, steps)

    (code,) = codes(api)
    assert works(code)


def test_a_chat_that_blocked_the_bot_is_marked_and_not_tried_again(
    linked: User, api: FakeBotApi, steps: Steps
) -> None:
    reset = ask()
    api.next(forbidden())

    send_code(reset.pk, steps)

    assert Chat.objects.get().status == ChatStatus.UNREACHABLE
    linked.refresh_from_db()
    assert linked.chat_status == ChatStatus.UNREACHABLE
    reset.refresh_from_db()
    assert reset.send_at is None


def test_a_message_that_telegram_refuses_is_not_tried_again(
    linked: User, api: FakeBotApi, steps: Steps
) -> None:
    reset = ask()
    api.next(bad_request())

    send_code(reset.pk, steps)

    reset.refresh_from_db()
    assert reset.send_at is None


@pytest.mark.parametrize(("answer", "seconds"), [(too_many(7), 7), (unauthorized(), 60)])
def test_the_whole_bot_pauses_when_it_is_told_to(
    answer: Any,
    seconds: int,
    linked: User,
    api: FakeBotApi,
    steps: Steps,
    clock: time_machine.Traveller,
) -> None:
    reset = ask()
    api.next(answer)

    send_code(reset.pk, steps)

    until = timezone.now() + seconds * SECOND
    assert pacing.pause_end(timezone.now()) == until
    reset.refresh_from_db()
    assert reset.send_at == until
    send_code(reset.pk, steps)
    assert len(api.requests) == 1

    clock.move_to(until)
    send_code(reset.pk, steps)
    assert len(codes(api)) == 1


# --- The bot's pace ------------------------------------------------------------------------------


def test_a_code_takes_its_turn_in_its_chat(linked: User, api: FakeBotApi, steps: Steps) -> None:
    Chat.objects.create(chat_id=1001, last_slot_at=NOW, next_slot_at=NOW + pacing.PRIVATE_GAP)
    reset = ask()

    send_code(reset.pk, steps)

    assert len(codes(api)) == 1
    assert timezone.now() - NOW >= pacing.PRIVATE_GAP
    assert Chat.objects.get().last_slot_at == timezone.now()


def test_a_turn_that_is_far_off_is_left_to_a_later_tick(
    linked: User, api: FakeBotApi, steps: Steps, clock: time_machine.Traveller
) -> None:
    Chat.objects.create(chat_id=1001, last_slot_at=NOW, next_slot_at=NOW + 20 * SECOND)
    reset = ask()

    send_code(reset.pk, steps)

    assert api.requests == []
    reset.refresh_from_db()
    assert reset.send_at == NOW + 20 * SECOND
    clock.move_to(reset.send_at)
    assert waiting(timezone.now()) == [reset.pk]
    send_code(reset.pk, steps)
    assert len(codes(api)) == 1


def test_a_worker_that_stops_sends_nothing_more(
    linked: User, api: FakeBotApi, steps: Steps
) -> None:
    reset = ask()
    steps.set()

    send_code(reset.pk, steps)

    assert api.requests == []
    assert waiting(timezone.now()) == [reset.pk]


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_code_is_on_its_way(
    linked: User, api: FakeBotApi, steps: Steps
) -> None:
    seen: list[int] = []

    def look(_request: Request) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
            )
            seen.append(cursor.fetchone()[0])
        connection.close()

    api.on_request = look
    send_code(ask().pk, steps)

    assert seen == [0]


# --- Hints ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_request_wakes_a_worker_and_tells_it_no_more_than_a_number(
    linked: User, api: FakeBotApi, broker: RedisBroker
) -> None:
    reset = ask()

    kept = broker.client.hgetall(f"{broker.namespace}:deliver.msgs")
    assert f'"args":[{reset.pk}]' in str(kept)
    assert "alice" not in str(kept)
    assert api.requests == []


def test_the_actor_sends_what_its_hint_names(
    linked: User, api: FakeBotApi, broker: RedisBroker
) -> None:
    send_password_code(ask().pk)

    assert len(codes(api)) == 1


def test_a_tick_hints_at_what_was_lost_and_clears_away_what_is_old(
    linked: User, broker: RedisBroker, clock: time_machine.Traveller
) -> None:
    ask("nobody@example.org")
    clock.shift(2 * LIFE + SECOND)
    PasswordReset.objects.update(send_at=None)
    ask()

    tick()

    assert broker.do_qsize("deliver") == 1
    assert PasswordReset.objects.get().email == ALICE


# --- What it says, and what no log says ----------------------------------------------------------


def test_the_message_says_what_for_how_long_and_what_else_to_do() -> None:
    assert code_text("AB12-CD34", "en") == (
        "Your code for a new password: <code>AB12-CD34</code>\n"
        "It is good once, for 10 minutes.\n"
        "If you did not ask for it, ignore this message: your password stays as it is."
        " Show the code to nobody."
    )


def test_the_message_in_russian() -> None:
    assert code_text("AB12-CD34", "ru") == (
        "Ваш код для нового пароля: <code>AB12-CD34</code>\n"
        "Он годится один раз, в течение 10 минут.\n"
        "Если вы его не запрашивали, не обращайте внимания на это сообщение: пароль останется"
        " прежним. Никому не показывайте код."
    )


def test_the_message_is_in_the_language_of_its_owner(
    linked: User, api: FakeBotApi, steps: Steps
) -> None:
    User.objects.update(language="ru")

    send_code(ask().pk, steps)

    assert api.texts(1001)[0].startswith("Ваш код")


@pytest.fixture
def every_log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


@pytest.mark.parametrize(
    "answer", [None, cut(), forbidden(), bad_request(), too_many(1), unauthorized(), server_error()]
)
def test_no_log_shows_a_code(
    answer: Any,
    linked: User,
    api: FakeBotApi,
    steps: Steps,
    every_log: pytest.LogCaptureFixture,
) -> None:
    if answer is not None:
        api.next(answer)

    send_code(ask().pk, steps)

    ((code,),) = [CODE.findall(each.text) for each in api.requests]
    assert "password_code_" in every_log.text
    assert code not in every_log.text


@pytest.mark.parametrize(("debug", "shown"), [(True, 1), (False, 0)])
def test_without_a_token_a_code_goes_to_the_log_in_development_only(
    debug: bool,
    shown: int,
    linked: User,
    steps: Steps,
    settings: Settings,
    every_log: pytest.LogCaptureFixture,
) -> None:
    settings.DEBUG = debug

    send_code(ask().pk, steps)

    assert len(CODE.findall(every_log.text)) == shown
    assert ("telegram_secret_unsent chat=1001" in every_log.text) == (not debug)


def test_a_message_that_is_no_secret_goes_to_the_log_as_ever(
    every_log: pytest.LogCaptureFixture,
) -> None:
    telegram.send_message(1001, "I will <b>walk</b>")

    assert "text='I will <b>walk</b>'" in every_log.text
