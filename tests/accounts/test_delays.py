"""How failures slow down what comes after them."""

import pytest
from pytest_django import Settings

from accounts.delays import DAY, HOUR, MINUTE, SECOND, Pace, Tally
from accounts.throttling import _password_policy

NOW = 1_772_452_800_000
PACE = Pace(free=3, cap=15 * MINUTE, memory=HOUR)


def failed(count: int, pace: Pace = PACE, now: int = NOW) -> Tally:
    """After so many failures at one moment."""
    tally = Tally()
    for _ in range(count):
        tally = pace.failed(tally, now)
    return tally


def guesses(pace: Pace, until: int) -> list[int]:
    """The moments at which somebody guesses who does so as soon as they may."""
    moments, tally, now = [], Tally(), NOW
    while now < until:
        wait = pace.wait(tally, now)
        if wait:
            now += wait
        else:
            moments.append(now)
            tally = pace.failed(tally, now)
    return moments


def test_the_free_failures_cost_nothing_and_each_further_one_doubles_the_delay() -> None:
    delays = [PACE.wait(failed(count), NOW) // SECOND for count in range(17)]

    assert delays == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    assert PACE.most == 14


@pytest.mark.parametrize("cap", [1, 2, 3, 4, 30, 64, 900])
def test_the_longest_delay_is_reached_and_never_passed(cap: int) -> None:
    pace = Pace(free=0, cap=cap * SECOND, memory=HOUR)

    assert pace.delay(pace.most) == cap * SECOND
    assert pace.delay(pace.most - 1) < cap * SECOND


def test_delays_may_begin_with_more_than_a_second() -> None:
    pace = Pace(free=0, first=MINUTE, cap=10 * MINUTE, memory=HOUR)

    delays = [pace.delay(failures) // MINUTE for failures in range(7)]
    assert delays == [0, 1, 2, 4, 8, 10, 10]
    assert pace.most == 5


def test_one_may_try_again_at_the_very_moment() -> None:
    tally = failed(5)

    assert PACE.wait(tally, NOW + 2 * SECOND - 1) == 1
    assert PACE.wait(tally, NOW + 2 * SECOND) == 0


def test_failures_are_forgotten_one_by_one_until_nothing_is_left() -> None:
    tally = failed(7)

    for quiet, delay in ((0, 16), (1, 8), (2, 4), (3, 2), (4, 1), (5, 0), (7, 0)):
        now = NOW + quiet * HOUR
        assert PACE.failed(tally, now).next_at in {0, now + delay * SECOND}
        assert bool(PACE.failed(tally, now).next_at) is bool(delay)
    assert tally.clear_at == NOW + 7 * HOUR


def test_however_many_failures_there_were_they_are_forgotten_as_soon_as_the_most() -> None:
    assert failed(1000) == failed(PACE.most)


def test_a_clock_that_was_wrong_locks_nobody_out() -> None:
    tally = failed(PACE.most, now=NOW + DAY)

    assert PACE.wait(tally, NOW) == 0
    again = PACE.failed(tally, NOW)
    assert PACE.wait(again, NOW) == PACE.cap
    assert again.clear_at <= NOW + PACE.most * PACE.memory


def test_a_host_whose_clock_is_behind_waits_for_no_free_failure() -> None:
    assert PACE.wait(failed(PACE.free), NOW - 1) == 0


def test_what_is_forgiven_leaves_nothing_behind() -> None:
    before = failed(6)
    counted = PACE.failed(before, NOW + MINUTE)

    after = PACE.forgiven(counted, counted)

    assert after.clear_at == before.clear_at
    assert PACE.wait(after, NOW + MINUTE) == 0
    assert PACE.failed(after, NOW + MINUTE) == counted


def test_what_is_forgiven_shortens_no_delay_that_came_later() -> None:
    counted = failed(6)
    later = PACE.failed(counted, NOW + MINUTE)

    after = PACE.forgiven(later, counted)

    assert PACE.wait(after, NOW + MINUTE) == PACE.wait(later, NOW + MINUTE) > 0


def test_a_guesser_at_one_account_has_about_a_hundred_guesses_a_day() -> None:
    pair = _password_policy("login").pair

    assert len(guesses(pair, NOW + DAY)) == 110
    assert len(guesses(pair, NOW + 2 * DAY)) == 110 + 96


@pytest.mark.parametrize("free", [1, 5, 20, 1000])
def test_a_few_strangers_that_never_rest_slow_down_nobody_else(
    free: int, settings: Settings
) -> None:
    """Six addresses, each at its own fastest pace, for two days."""
    settings.LOGIN_FREE_FAILURES = free
    policy = _password_policy("login")
    tally = Tally()

    for moment in sorted(6 * guesses(policy.pair, NOW + 2 * DAY)):
        tally = policy.account.failed(tally, moment)
        assert policy.account.wait(tally, moment) == 0
