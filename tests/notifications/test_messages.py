"""What a reminder says, in its owner's language."""

import re
from html import unescape

import pytest

from accounts.models import Language, User
from habits.models import CheckInStatus
from notifications.messages import MAX_LENGTH, answered_text, later_text, reminder_text
from tests.conftest import MakeHabit
from tests.notifications.stage import NOW


@pytest.fixture
def russian(alice: User) -> User:
    alice.language = Language.RUSSIAN
    alice.save()
    return alice


def test_a_reminder_is_the_books_sentence_with_the_reward(
    alice: User, make_habit: MakeHabit
) -> None:
    assert reminder_text(make_habit(alice)) == (
        "I will <b>walk</b> at 07:30 in the park.\nIt takes 60 seconds.\nThen: a coffee."
    )


def test_a_reminder_names_the_related_habit(alice: User, make_habit: MakeHabit) -> None:
    bath = make_habit(alice, is_enjoyed=True, action="take a bath", place="the bathroom")

    text = reminder_text(make_habit(alice, related_habit=bath, duration=1))

    assert text == (
        "I will <b>walk</b> at 07:30 in the park.\nIt takes 1 second.\n"
        "Then: take a bath in the bathroom."
    )


def test_an_enjoyed_habit_is_its_own_reward(alice: User, make_habit: MakeHabit) -> None:
    habit = make_habit(alice, is_enjoyed=True, time="19:05", action="read", place="bed")

    assert reminder_text(habit) == "I will <b>read</b> at 19:05 in bed."


@pytest.mark.parametrize(
    ("duration", "takes"),
    [
        (1, "1 секунду"),
        (2, "2 секунды"),
        (11, "11 секунд"),
        (60, "60 секунд"),
        (101, "101 секунду"),
    ],
)
def test_a_reminder_in_russian(
    russian: User, make_habit: MakeHabit, duration: int, takes: str
) -> None:
    habit = make_habit(russian, action="гулять", place="парк", reward="кофе", duration=duration)

    assert reminder_text(habit) == (
        f"Я буду <b>гулять</b> в 07:30, место: парк.\nЭто займёт {takes}.\nПотом: кофе."
    )


def test_a_related_habit_in_russian(russian: User, make_habit: MakeHabit) -> None:
    bath = make_habit(russian, is_enjoyed=True, action="принять ванну", place="ванная")

    text = reminder_text(make_habit(russian, related_habit=bath))

    assert text.splitlines()[-1] == "Потом: принять ванну, место: ванная."


def test_a_reminders_language_is_its_owners_and_stays_with_it(
    russian: User, bob: User, make_habit: MakeHabit
) -> None:
    texts = [reminder_text(make_habit(owner)) for owner in (russian, bob)]

    assert [text.split()[0] for text in texts] == ["Я", "I"]


@pytest.mark.parametrize("related", [False, True])
def test_texts_of_people_are_no_markup(alice: User, make_habit: MakeHabit, related: bool) -> None:
    evil = '<a href="tg://user?id=1">\'&amp;%(action)s</a>'
    enjoyed = make_habit(alice, is_enjoyed=True, action=evil, place=evil)
    reward = {"related_habit": enjoyed} if related else {"reward": evil}

    text = reminder_text(make_habit(alice, action=evil, place=evil, **reward))

    assert re.findall(r"<[^>]*>", text) == ["<b>", "</b>"]
    assert set(re.findall(r"&\w*;?", text)) == {"&lt;", "&gt;", "&amp;"}
    assert unescape(text).count(evil) == (4 if related else 3)


def test_a_habit_without_a_time_names_none(alice: User, bob: User, make_habit: MakeHabit) -> None:
    bob.language = Language.RUSSIAN

    texts = [
        reminder_text(make_habit(owner, is_enjoyed=True, action="x", place="y"))
        for owner in (alice, bob)
    ]

    assert texts == ["I will <b>x</b> in y.", "Я буду <b>x</b>, место: y."]


def test_what_was_answered_stands_below_the_reminder(alice: User, make_habit: MakeHabit) -> None:
    habit = make_habit(alice)
    outcomes = [
        answered_text(habit, CheckInStatus.SKIPPED, 5),
        answered_text(habit, CheckInStatus.DONE, 0),
        answered_text(habit, CheckInStatus.DONE, 1),
        answered_text(habit, CheckInStatus.DONE, 2),
        later_text(habit, NOW),
    ]

    assert {text.rpartition("\n\n")[0] for text in outcomes} == {reminder_text(habit)}
    assert [text.rpartition("\n\n")[2] for text in outcomes] == [
        "⏭ Skipped.",
        "✅ Done.",
        "✅ Done.",
        "✅ Done, 2 times in a row.",
        "⏰ Again at 07:30.",
    ]


@pytest.mark.parametrize(
    ("streak", "times"),
    [(2, "2 раза"), (5, "5 раз"), (11, "11 раз"), (21, "21 раз"), (104, "104 раза")],
)
def test_what_was_answered_in_russian(
    russian: User, make_habit: MakeHabit, streak: int, times: str
) -> None:
    habit = make_habit(russian)
    outcomes = [
        answered_text(habit, CheckInStatus.SKIPPED, streak),
        answered_text(habit, CheckInStatus.DONE, 1),
        answered_text(habit, CheckInStatus.DONE, streak),
        later_text(habit, NOW),
    ]

    assert [text.rpartition("\n\n")[2] for text in outcomes] == [
        "⏭ Пропущено.",
        "✅ Сделано.",
        f"✅ Сделано, {times} подряд.",
        "⏰ Напомню снова в 07:30.",
    ]


@pytest.mark.parametrize("language", Language)
def test_the_longest_reminder_is_far_below_telegrams_limit(
    alice: User, make_habit: MakeHabit, language: Language
) -> None:
    alice.language = language
    longest = "&" * 255
    enjoyed = make_habit(alice, is_enjoyed=True, action=longest, place=longest)

    text = reminder_text(
        make_habit(alice, action=longest, place=longest, related_habit=enjoyed, duration=120)
    )

    # Telegram counts after the entities are read.
    assert 4 * 255 < len(unescape(text)) < MAX_LENGTH / 2
